"""The signs of figures, settled by the balance sheet."""

from datetime import date

from tests.indicators.sources.accounts_documents import (
    figure,
    instance,
    only,
    page,
    parse,
    values,
)


def sheet(**shown: float) -> dict[str, object]:
    """The figures read of a plain balance sheet with these figures, by the names of the 2004 taxonomy."""
    names = {
        "fixed": "FixedAssets",
        "current": "CurrentAssets",
        "within": "CreditorsDueWithinOneYearTotalCurrentLiabilities",
        "net_current": "NetCurrentAssetsLiabilities",
        "less_current": "TotalAssetsLessCurrentLiabilities",
        "after": "CreditorsDueAfterOneYearTotalNoncurrentLiabilities",
        "provisions": "ProvisionsForLiabilitiesCharges",
        "net": "NetAssetsLiabilitiesIncludingPensionAssetLiability",
        "funds": "ShareholderFunds",
    }
    facts = [
        f'<pt:{names[key]} contextRef="now" unitRef="GBP">{value}</pt:{names[key]}>' for key, value in shown.items()
    ]
    return values(parse(instance(*facts), "Prod224_0042_01234567_20241231.xml"))


def test_amounts_owed_that_are_tagged_as_negative_are_positive():
    found = sheet(current=100, within=-60, net_current=40, less_current=40, after=-10, provisions=-5, net=25)
    assert [found[key] for key in ("creditors_within_one_year", "creditors_after_one_year", "provisions")] == [
        60,
        10,
        5,
    ]


def test_amounts_owed_are_positive_where_nothing_proves_anything():
    assert sheet(after=-10) == {"creditors_after_one_year": 10.0}


def test_a_negative_amount_owed_is_believed_where_the_balance_sheet_adds_up_with_it():
    assert sheet(current=100, within=-60, net_current=160)["creditors_within_one_year"] == -60.0


def test_a_minus_that_was_forgotten_is_put_back():
    found = sheet(fixed=10959, current=31208, within=40414, net_current=9206, less_current=1753)
    assert (found["net_current_assets"], found["total_assets_less_current_liabilities"]) == (-9206.0, 1753.0)


def test_a_page_that_is_tagged_with_all_signs_turned_is_turned_back():
    found = sheet(fixed=-4885, current=-566, within=3845, net_current=3279, less_current=-1606, net=-1606, funds=1606)
    assert found == {
        "fixed_assets": 4885.0,
        "current_assets": 566.0,
        "creditors_within_one_year": 3845.0,
        "net_current_assets": -3279.0,
        "total_assets_less_current_liabilities": 1606.0,
        "net_assets": 1606.0,
    }


def test_a_turned_page_is_turned_back_even_where_nothing_is_owed():
    found = sheet(current=-566, net_current=-566, less_current=-566, net=-566, funds=566)
    assert set(found.values()) == {566.0}


def test_net_assets_follow_equity_on_a_turned_page_whose_last_lines_are_not_tagged():
    found = sheet(current=-15313, within=6841, net_current=-8472, less_current=-8472, net=-7972, funds=7972)
    assert found["net_assets"] == 7972.0


def test_a_deficit_stays_a_deficit():
    found = sheet(current=10, within=60, net_current=-50, less_current=-50, net=-50, funds=-50)
    assert [found[key] for key in ("net_current_assets", "net_assets")] == [-50.0, -50.0]


def test_a_balance_sheet_that_does_not_add_up_is_left_as_it_is():
    found = sheet(current=-100, within=60, net_current=77)
    assert found == {"current_assets": -100.0, "creditors_within_one_year": 60.0, "net_current_assets": 77.0}


def test_a_sign_that_was_turned_is_said_at_its_place():
    records = parse(page(figure("core:Creditors", "60", context="within", sign="-")))
    assert only(records, "creditors_within_one_year").place == "Creditors, context within, sign turned"


def test_interest_payable_is_positive():
    interest = figure("core:InterestPayableSimilarChargesFinanceCosts", "5", context="year", sign="-")
    assert values(parse(page(interest))) == {"interest_payable": 5.0}


def test_the_day_before_is_settled_on_its_own():
    lines = [figure("core:CurrentAssets", "100", context="before"), figure("core:CurrentAssets", "100", sign="-")]
    records = parse(page(*lines, figure("core:NetCurrentAssetsLiabilities", "100")))
    assert values(records)["current_assets"] == 100.0
    assert values(records, date(2023, 12, 31)) == {"current_assets": 100.0}
