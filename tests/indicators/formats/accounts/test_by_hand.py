"""Real documents against what a reader sees on their pages (of plain XBRL: in their elements), typed off by hand.

Each entry: the document; this balance-sheet day and the one before; indicator to this year's and last year's figure.
A figure that a page shows but its software did not tag is not in the table.
"""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.indicators.sources.accounts_documents import only, parse, values

Row = dict[str, tuple[float | None, float | None]]

# UK GAAP 2009, iXBRL
GAAP_2009: dict[str, tuple[str, str, Row]] = {
    "Prod223_2125_09102728_20170630.html": (
        "2017-06-30",
        "2016-06-30",
        {
            "unpaid_share_capital": (0, 0),
            "fixed_assets": (500, 500),
            "current_assets": (500, 500),
            "prepayments": (0, 0),
            "creditors_within_one_year": (0, 0),
            "net_current_assets": (500, 500),
            "total_assets_less_current_liabilities": (1000, 1000),
            "creditors_after_one_year": (0, 0),
            "provisions": (0, 0),
            "accruals": (0, 0),
            "net_assets": (1000, 1000),
        },
    ),
    "Prod223_2125_09128383_20180331.html": (
        "2018-03-31",
        "2017-03-31",
        {
            "fixed_assets": (1108, 1477),
            "current_assets": (4533, 2639),
            "creditors_within_one_year": (5547, 2701),
            "net_current_assets": (-1014, -62),
            "total_assets_less_current_liabilities": (94, 1415),
            "net_assets": (94, 1415),
        },
    ),
    "Prod223_2125_09139478_20170731.html": (
        "2017-07-31",
        "2016-07-31",
        {
            "unpaid_share_capital": (2000, 2000),
            "fixed_assets": (0, 0),
            "current_assets": (0, 0),
            "prepayments": (0, 0),
            "creditors_within_one_year": (0, 0),
            "net_current_assets": (0, 0),
            "total_assets_less_current_liabilities": (2000, 2000),
            "creditors_after_one_year": (0, 0),
            "provisions": (0, 0),
            "accruals": (0, 0),
            "net_assets": (2000, 2000),
        },
    ),
    "Prod223_2125_09168118_20170831.html": (  # dormant
        "2017-08-31",
        "2016-08-31",
        {"unpaid_share_capital": (100, 100), "cash": (0, 0), "net_assets": (100, 100)},
    ),
    "Prod223_2125_09223793_20170930.html": (
        "2017-09-30",
        "2016-09-30",
        {
            "tangible_fixed_assets": (12324, 12845),
            "fixed_assets": (12324, 12845),
            "cash": (6019, 8204),
            "current_assets": (6019, 8204),
            "creditors_within_one_year": (13782, 12656),
            "net_current_assets": (-7763, -4452),
            "total_assets_less_current_liabilities": (4561, 8393),
            "creditors_after_one_year": (2627, 7333),
            "net_assets": (1934, 1060),
            "share_capital": (100, 100),
            "profit_and_loss_reserve": (1834, 960),
        },
    ),
    "Prod223_2125_09418227_20170228.html": (
        "2017-02-28",
        "2016-02-28",
        {
            "current_assets": (19922, 15708),
            "creditors_within_one_year": (19574, 15345),
            "net_current_assets": (348, 363),
            "total_assets_less_current_liabilities": (348, 363),
            "net_assets": (348, 363),
        },
    ),
    "Prod223_2125_09978579_20180131.html": (
        "2018-01-31",
        "2017-01-31",
        {
            "current_assets": (495, 1430),
            "prepayments": (78, 0),
            "creditors_within_one_year": (978, 605),
            "net_current_assets": (-405, 825),
            "total_assets_less_current_liabilities": (-405, 825),
            "accruals": (0, 660),
            "net_assets": (-405, 165),
            "share_capital": (100, 100),
            "profit_and_loss_reserve": (-505, 65),
        },
    ),
}

# UK GAAP 2004 on the form of 2009, plain XBRL
GAAP_2004: dict[str, tuple[str, str, Row]] = {
    "Prod223_2125_09159222_20170831.xml": (  # dormant
        "2017-08-31",
        "2016-08-31",
        {"unpaid_share_capital": (0, 0), "cash": (100, 100), "net_assets": (100, 100)},
    ),
    "Prod224_0042_00385188_20160831.xml": (
        "2016-08-31",
        "2015-08-31",
        {
            "cash": (5910, 5995),
            "current_assets": (5910, 5995),
            "creditors_within_one_year": (500, 480),
            "net_current_assets": (5410, 5515),
            "total_assets_less_current_liabilities": (5410, 5515),
            "net_assets": (5410, 5515),
            "profit_and_loss_reserve": (5410, 5515),
        },
    ),
    "Prod224_0042_00450266_20160831.xml": (
        "2016-08-31",
        "2015-08-31",
        {
            "tangible_fixed_assets": (19594, 288570),
            "fixed_assets": (95195, 330798),
            "stocks": (8705, 10860),
            "debtors": (32764, 71755),
            "cash": (366072, 16765),
            "current_assets": (2237125, 1451975),
            "creditors_within_one_year": (1110031, 879956),
            "net_current_assets": (1127094, 572019),
            "total_assets_less_current_liabilities": (1222289, 902817),
            "net_assets": (1222289, 902817),
            "share_capital": (274320, 274320),
            "profit_and_loss_reserve": (885585, 566113),
        },
    ),
    "Prod224_0042_01673950_20160930.xml": (
        "2016-09-30",
        "2015-09-30",
        {
            "tangible_fixed_assets": (12616, 5873),
            "fixed_assets": (12616, 5873),
            "stocks": (500, 500),
            "debtors": (92653, 49314),
            "cash": (164414, 450025),
            "current_assets": (257567, 499839),
            "creditors_within_one_year": (193007, 474804),
            "net_current_assets": (64560, 25035),
            "total_assets_less_current_liabilities": (77176, 30908),
            "net_assets": (77176, 30908),
            "share_capital": (7500, 7500),
            "profit_and_loss_reserve": (62176, 15908),
        },
    ),
    "Prod224_0042_02961990_20160831.xml": (
        "2016-08-31",
        "2015-08-31",
        {
            "tangible_fixed_assets": (5500, 5500),
            "fixed_assets": (5500, 5500),
            "creditors_within_one_year": (312, 312),
            "net_current_assets": (-312, -312),
            "total_assets_less_current_liabilities": (5188, 5188),
            "creditors_after_one_year": (5500, 5500),
            "net_assets": (-312, -312),
            "share_capital": (2, 2),
            "profit_and_loss_reserve": (-314, -314),
        },
    ),
    "Prod224_0042_03059505_20160831.xml": (
        "2016-08-31",
        "2015-08-31",
        {
            "tangible_fixed_assets": (16001533, 15050119),
            "fixed_assets": (16573074, 15297515),
            "debtors": (1605050, 1635546),
            "cash": (325254, 100211),
            "current_assets": (1930304, 1735757),
            "creditors_within_one_year": (835249, 918444),
            "net_current_assets": (1095055, 817313),
            "total_assets_less_current_liabilities": (17668129, 16114828),
            "creditors_after_one_year": (6763947, 6035773),
            "net_assets": (10904182, 10079055),
            "share_capital": (100, 100),
            "profit_and_loss_reserve": (1717814, 1605287),
        },
    ),
    "Prod224_0042_03239930_20160831.xml": (
        "2016-08-31",
        "2015-08-31",
        {
            "tangible_fixed_assets": (714554, 718874),
            "fixed_assets": (714554, 718874),
            "stocks": (567922, 620746),
            "debtors": (496536, 523730),
            "cash": (216942, 319060),
            "current_assets": (1281400, 1463536),
            "creditors_within_one_year": (858876, 1040979),
            "net_current_assets": (422524, 422557),
            "total_assets_less_current_liabilities": (1137078, 1141431),
            "creditors_after_one_year": (780000, 780000),
            "provisions": (6910, 7775),
            "net_assets": (350168, 353656),
            "share_capital": (100, 100),
            "profit_and_loss_reserve": (-25724, -22236),
        },
    ),
}

# FRC 2014, iXBRL
FRC_2014: dict[str, tuple[str, str, Row]] = {
    "Prod223_2125_09110532_20170831.html": (
        "2017-08-31",
        "2016-08-31",
        {
            "tangible_fixed_assets": (445, 741),
            "debtors": (10670, 7765),
            "cash": (145470, 120846),
            "current_assets": (156140, 128611),
            "creditors_within_one_year": (20011, 17853),
            "net_current_assets": (136129, 110758),
            "total_assets_less_current_liabilities": (136574, 111499),
            "net_assets": (136574, 111499),
            "share_capital": (10, 10),
            "profit_and_loss_reserve": (136564, 111489),
            "employees": (2, None),
        },
    ),
    "Prod223_2125_09113928_20161231.html": (  # the minus of last year's net current liabilities is not tagged
        "2016-12-31",
        "2015-12-31",
        {
            "tangible_fixed_assets": (7525, 10959),
            "fixed_assets": (7525, 10959),
            "debtors": (35694, 31122),
            "cash": (22, 86),
            "current_assets": (35716, 31208),
            "creditors_within_one_year": (23964, 40414),
            "net_current_assets": (11752, -9206),
            "total_assets_less_current_liabilities": (19277, 1753),
            "net_assets": (19277, 1753),
            "share_capital": (100, 100),
            "profit_and_loss_reserve": (19177, 1653),
        },
    ),
    "Prod223_2125_09162869_20170831.html": (  # the page itself does not add up
        "2017-08-31",
        "2016-08-31",
        {
            "debtors": (2574, 1568),
            "cash": (693, 8071),
            "current_assets": (3267, 9639),
            "creditors_within_one_year": (3197, 8418),
            "net_current_assets": (70, 1221),
            "total_assets_less_current_liabilities": (70, 1563),
            "share_capital": (2, 2),
            "profit_and_loss_reserve": (None, 1629),
        },
    ),
    "Prod223_2125_09168865_20170831.html": (
        "2017-08-31",
        "2016-08-31",
        {
            "current_assets": (50225, 22824),
            "creditors_within_one_year": (17407, 15469),
            "net_current_assets": (32818, 7355),
            "total_assets_less_current_liabilities": (32818, 7355),
            "accruals": (234, 234),
            "net_assets": (32584, 7121),
        },
    ),
    "Prod223_2125_09181696_20170831.html": (
        "2017-08-31",
        "2016-08-31",
        {
            "current_assets": (6655, 6779),
            "creditors_within_one_year": (1313, 2956),
            "net_current_assets": (5342, 3823),
            "total_assets_less_current_liabilities": (5342, 3823),
            "net_assets": (5342, 3823),
        },
    ),
    "Prod223_2125_09208349_20170930.html": (  # total assets less current liabilities are tagged as negative
        "2017-09-30",
        "2016-09-30",
        {
            "debtors": (2200, 1236),
            "cash": (17887, 26397),
            "current_assets": (20087, 27633),
            "creditors_within_one_year": (11229, 14665),
            "net_current_assets": (8858, 12968),
            "total_assets_less_current_liabilities": (8858, 12968),
            "creditors_after_one_year": (0, 0),
            "net_assets": (8858, 12968),
            "share_capital": (1, 1),
            "profit_and_loss_reserve": (8857, 12967),
            "employees": (1, None),
        },
    ),
    "Prod223_2125_09406409_20180131.html": (  # all assets are tagged as negative
        "2018-01-31",
        "2017-01-31",
        {
            "current_assets": (11962, 15671),
            "creditors_within_one_year": (151, 1497),
            "net_current_assets": (11811, 14174),
            "total_assets_less_current_liabilities": (11811, 14174),
            "creditors_after_one_year": (2812, 2812),
            "net_assets": (8999, 11362),
        },
    ),
    "Prod223_2125_09495651_20180331.html": (  # so, too
        "2018-03-31",
        "2017-03-31",
        {
            "current_assets": (15313, 10183),
            "creditors_within_one_year": (6841, 5833),
            "net_current_assets": (8472, 4350),
            "total_assets_less_current_liabilities": (8472, 4350),
            "net_assets": (7972, 3810),
        },
    ),
    "Prod223_2125_09707484_20170731.html": (
        "2017-07-31",
        "2016-07-31",
        {
            "turnover": (276961, None),
            "gross_profit": (172997, None),
            "operating_profit": (31433, -890),
            "profit_before_tax": (31433, -890),
            "profit_after_tax": (24643, -890),
            "tangible_fixed_assets": (75766, None),
            "debtors": (3788, None),
            "cash": (49468, 6),
            "current_assets": (53256, 6),
            "creditors_within_one_year": (111477, 894),
            "net_current_assets": (-58221, -888),
            "total_assets_less_current_liabilities": (17545, -888),
            "provisions": (6790, None),
            "net_assets": (10755, -888),
            "employees": (5, 1),
        },
    ),
    "Prod223_2125_09796632_20180331.html": (  # tags what it shows in brackets as negative
        "2018-03-31",
        "2017-03-31",
        {
            "creditors_within_one_year": (36397, 45230),
            "net_current_assets": (7171, None),
            "total_assets_less_current_liabilities": (7171, 3843),
            "net_assets": (7171, 3843),
        },
    ),
    "Prod223_2125_09882433_20171130.html": (  # creditors are not tagged as due within one year
        "2017-11-30",
        "2016-11-30",
        {
            "tangible_fixed_assets": (718, 957),
            "fixed_assets": (718, 957),
            "cash": (7938, 43774),
            "current_assets": (7938, 43774),
            "creditors_within_one_year": (2096, 19018),
            "net_current_assets": (5842, 24756),
            "total_assets_less_current_liabilities": (6560, 25713),
            "net_assets": (6560, 25713),
            "share_capital": (100, 100),
            "profit_and_loss_reserve": (6460, 25613),
        },
    ),
    "Prod223_2125_09959988_20170131.html": (
        "2017-01-31",
        "2016-01-31",
        {
            "fixed_assets": (4885, None),
            "current_assets": (566, None),
            "creditors_within_one_year": (3845, None),
            "net_current_assets": (-3279, None),
            "total_assets_less_current_liabilities": (1606, None),
            "net_assets": (322, None),
        },
    ),
}

# FRC 2019 and 2023, iXBRL
FRC_LATER: dict[str, tuple[str, str, Row]] = {
    "Prod223_2911_00390616_20201231.html": (
        "2020-12-31",
        "2019-12-31",
        {
            "tangible_fixed_assets": (18598191, 18384396),
            "fixed_assets": (18636501, 18420121),
            "stocks": (3870702, 3574846),
            "debtors": (416427, 366388),
            "cash": (2165, 2589),
            "current_assets": (4289294, 3943823),
            "creditors_within_one_year": (1121114, 871740),
            "net_current_assets": (3168180, 3072083),
            "total_assets_less_current_liabilities": (21804681, 21492204),
            "creditors_after_one_year": (3278414, 3149655),
            "provisions": (228969, 186322),
            "net_assets": (18297298, 18156227),
        },
    ),
    "Prod223_2911_03195231_20200630.html": (  # the company's balance sheet of consolidated accounts
        "2020-06-30",
        "2019-06-30",
        {
            "tangible_fixed_assets": (1588351, 1670180),
            "fixed_assets": (5667383, 5670310),
            "stocks": (60011, 64461),
            "debtors": (27983929, 28070125),
            "cash": (7658626, 10121690),
            "current_assets": (35702566, 38256276),
            "creditors_within_one_year": (6172106, 7797728),
            "net_current_assets": (29530460, 30458548),
            "total_assets_less_current_liabilities": (35197843, 36128858),
            "provisions": (232831, 232831),
            "net_assets": (34965012, 35896027),
            "share_capital": (100, 100),
            "profit_and_loss_reserve": (34964912, 35895927),
            "profit_before_tax": (None, None),  # shown and tagged, but the group's: 481,993
            "profit_after_tax": (-556015, None),  # what the page calls the company's loss
        },
    ),
    "Prod223_2911_05078870_20200930.html": (  # a group; the company's own balance sheet is tagged, too
        "2020-09-30",
        "2019-09-30",
        {
            "turnover": (21444801, 19372069),
            "gross_profit": (7472221, 6149030),
            "operating_profit": (2245991, 948089),
            "interest_payable": (805, 326),
            "profit_before_tax": (2159151, 953021),
            "profit_after_tax": (1719447, 663804),
            "tangible_fixed_assets": (144734, 124437),
            "fixed_assets": (155952, 227227),
            "stocks": (281, None),
            "debtors": (2209659, 2217700),
            "cash": (3639263, 1751968),
            "current_assets": (5849203, 3969668),
            "creditors_within_one_year": (3699239, 3236309),
            "net_current_assets": (2149964, 733359),
            "total_assets_less_current_liabilities": (2305916, 960586),
            "provisions": (17252, 13899),
            "net_assets": (2288664, 946687),
            "share_capital": (9000, 9000),
            "profit_and_loss_reserve": (1848256, 775983),
            "employees": (138, 123),
        },
    ),
    "Prod223_2911_09835877_20191231.html": (  # the company's balance sheet of consolidated accounts
        "2019-12-31",
        "2018-12-31",
        {
            "fixed_assets": (88235746, 87970488),
            "debtors": (1479071, 1427332),
            "cash": (0, 653002),
            "current_assets": (1479071, 2080334),
            "creditors_within_one_year": (132986, 140671),
            "net_current_assets": (1346085, 1939663),
            "total_assets_less_current_liabilities": (89581831, 89910151),
            "creditors_after_one_year": (1152643, 1476814),
            "net_assets": (88429188, 88433337),
            "share_capital": (85521066, 85527968),
            "profit_and_loss_reserve": (622375, 940582),
        },
    ),
    "Prod223_2911_11010959_20200630.html": (  # a group
        "2020-06-30",
        "2019-06-30",
        {
            "turnover": (27240615, 32702529),
            "gross_profit": (17460169, 20479821),
            "operating_profit": (-6572054, -2276853),
            "interest_payable": (5733446, 5172389),
            "profit_before_tax": (-12305500, -7448187),
            "profit_after_tax": (-12402299, -7419973),
            "intangible_fixed_assets": (25448692, 28599071),
            "tangible_fixed_assets": (19654961, 19836287),
            "fixed_assets": (45103653, 48435358),
            "stocks": (694828, 492323),
            "debtors": (2197512, 1843627),
            "cash": (3182256, 2194118),
            "current_assets": (6074596, 4530068),
            "creditors_within_one_year": (10077539, 8456789),
            "net_current_assets": (-4002943, -3926721),
            "total_assets_less_current_liabilities": (41100710, 44508637),
            "creditors_after_one_year": (64801830, 55950307),
            "provisions": (142849, None),
            "net_assets": (-23843969, -11441670),
            "share_capital": (202600, 202600),
            "profit_and_loss_reserve": (-24798969, -12396670),
            "employees": (843, 803),
        },
    ),
    "Prod223_2911_11996607_20201231.html": (  # the company's balance sheet of consolidated accounts
        "2020-12-31",
        "2019-12-31",
        {
            "fixed_assets": (5062716, 5062716),
            "debtors": (31837, 141410),
            "cash": (22300, 138534),
            "current_assets": (54137, 279944),
            "creditors_within_one_year": (2126886, 316187),
            "net_current_assets": (-2072749, -36243),
            "total_assets_less_current_liabilities": (2989967, 5026473),
            "creditors_after_one_year": (532416, 2089452),
            "net_assets": (2457551, 2937021),
            "share_capital": (6340, 6340),
            "profit_and_loss_reserve": (1469492, 1948962),
        },
    ),
    "Prod223_2911_12040362_20201231.html": (  # so, too; the loss is the one that the page calls the company's
        "2020-12-31",
        "2019-12-31",
        {
            "tangible_fixed_assets": (0, 0),
            "fixed_assets": (17208179, 17301302),
            "debtors": (29242, 40435),
            "cash": (364, 7009),
            "current_assets": (29606, 47444),
            "creditors_within_one_year": (2652003, 1493904),
            "net_current_assets": (-2622397, -1446460),
            "total_assets_less_current_liabilities": (14585782, 15854842),
            "creditors_after_one_year": (18036179, 17077968),
            "net_assets": (-3450397, -1223126),
            "share_capital": (940, 940),
            "profit_and_loss_reserve": (-3544348, -1317077),
            "profit_after_tax": (-2227271, None),
            "turnover": (None, None),  # shown and tagged, but the group's: 13,511,844
        },
    ),
    "00034118.xhtml": (  # a charity
        "2023-12-31",
        "2022-12-31",
        {"net_assets": (3140100, 3258587), "employees": (46, 43)},
    ),
}

BULK: dict[str, tuple[str, str, Row]] = {
    "Prod223_3951_00225951_20241031.html": (
        "2024-10-31",
        "2023-10-31",
        {
            "tangible_fixed_assets": (578307, 577694),
            "stocks": (3300, 2699),
            "debtors": (1252, None),
            "cash": (53901, 74864),
            "current_assets": (58453, 77563),
            "creditors_within_one_year": (19968, 29493),
            "net_current_assets": (38485, 48070),
            "total_assets_less_current_liabilities": (616792, 625764),
            "creditors_after_one_year": (21000, 24000),
            "provisions": (467, 467),
            "net_assets": (595325, 601297),
            "share_capital": (518700, 518700),
            "profit_and_loss_reserve": (70670, 76642),
            "employees": (1, 1),
        },
    ),
    "Prod223_3951_15052776_20240831_CIC.zip": (  # a first period, in a zip inside the zip
        "2024-08-31",
        "2023-08-31",
        {
            "current_assets": (4154, None),
            "creditors_within_one_year": (789, None),
            "net_current_assets": (3365, None),
            "total_assets_less_current_liabilities": (3365, None),
            "net_assets": (3365, None),
            "employees": (4, None),
        },
    ),
}


def columns(table: Row, which: int) -> dict[str, float | None]:
    return {indicator: both[which] for indicator, both in table.items()}


def read(data: bytes, name: str, days: tuple[str, str], table: Row) -> list[dict[str, object]]:
    """The values read for the two days, as far as the table asks."""
    records = parse(data, name)
    found = [values(records, date.fromisoformat(day)) for day in days]
    return [{indicator: each.get(indicator) for indicator in table} for each in found]


@pytest.mark.registers
@pytest.mark.parametrize(
    "name", sorted(GAAP_2009 | GAAP_2004 | FRC_2014 | FRC_LATER), ids=lambda name: name.removeprefix("Prod22")
)
def test_a_single_document_reads_as_its_page_shows(registers: Path, name: str):
    this, last, table = (GAAP_2009 | GAAP_2004 | FRC_2014 | FRC_LATER)[name]
    data = (registers / "companies_house/accounts" / name).read_bytes()
    found = read(data, f"companies_house/accounts/{name}", (this, last), table)
    assert found == [columns(table, 0), columns(table, 1)]


@pytest.mark.registers
@pytest.mark.parametrize("member", sorted(BULK))
def test_a_member_of_a_bulk_product_reads_as_its_page_shows(registers: Path, member: str):
    this, last, table = BULK[member]
    with zipfile.ZipFile(registers / "companies_house/Accounts_Bulk_Data-2025-05-03.zip") as bulk:
        alone = io.BytesIO()
        with zipfile.ZipFile(alone, "w") as archive:
            archive.writestr(member, bulk.read(member))
    found = read(alone.getvalue(), "companies_house/Accounts_Bulk_Data-2025-05-03.zip", (this, last), table)
    assert found == [columns(table, 0), columns(table, 1)]


@pytest.mark.registers
@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "Prod223_2125_09102728_20170630.html",
            {
                "name": "SQUARE ONE PROPERTY CONSULTANTS LIMITED",
                "is_dormant": False,
                "accounts_period_start": "2016-07-01",
                "accounts_period_end": "2017-06-30",
                "accounts_approved_on": "2018-05-02",
                "accounts_scope": "company",
                "currency": "GBP",
            },
        ),
        (
            "Prod223_2125_09159222_20170831.xml",
            {
                "is_dormant": True,
                "accounts_period_end": "2017-08-31",
                "accounts_approved_on": "2018-04-27",
                "accounts_filed_on": "2018-05-03",
            },
        ),
        (
            "Prod224_0042_00385188_20160831.xml",
            {
                "name": "Design & Industries Association (The)",
                "is_dormant": False,
                "accounts_period_start": "2015-09-01",
                "accounts_period_end": "2016-08-31",
                "accounts_approved_on": "2017-05-10",
                "accounts_filed_on": "2017-05-12",
            },
        ),
        (
            "Prod223_2125_09110532_20170831.html",
            {
                "name": "MGM Railway Associates Limited",
                "is_dormant": False,
                "accounts_period_start": "2016-09-01",
                "accounts_approved_on": "2018-03-28",
            },
        ),
        (
            "Prod223_2911_05078870_20200930.html",
            {"name": "Demo TV Limited", "accounts_scope": "group", "accounts_approved_on": "2021-05-04"},
        ),
        (
            "Prod223_2911_12040362_20201231.html",
            {
                "accounts_scope": "company (of consolidated accounts)",
                "accounts_period_start": "2020-01-01",
                "accounts_approved_on": "2021-04-30",
            },
        ),
        (
            "00034118.xhtml",
            {
                "name": "CHURCH OF ENGLAND SOLDIERS', SAILORS' & AIRMEN'S CLUBS",
                "accounts_period_start": "2023-01-01",
                "accounts_approved_on": "2024-05-22",
            },
        ),
    ],
)
def test_a_document_says_about_itself_what_its_page_shows(registers: Path, name: str, said: dict[str, object]):
    records = parse((registers / "companies_house/accounts" / name).read_bytes(), f"companies_house/accounts/{name}")
    assert {indicator: only(records, indicator).value for indicator in said} == said
