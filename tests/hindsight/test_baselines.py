"""Textbook scores: worked out by hand, and never with a figure made up."""

from datetime import date

import pytest

from hindsight.baselines import TextbookScore, textbook_scores
from indicators import catalogue
from tests.regimes.builder import Known, reading

ONE = "GB-COH-00000001"
THIS_YEAR, YEAR_BEFORE = "2020-12-31", "2019-12-31"
ACCOUNTS = {  # working capital 30, assets 100, liabilities 60
    "net_current_assets": 30.0,
    "total_assets_less_current_liabilities": 75.0,
    "creditors_within_one_year": 25.0,
    "current_assets": 55.0,
    "stocks": 10.0,
    "net_assets": 40.0,
    "profit_and_loss_reserve": 20.0,
    "operating_profit": 15.0,
    "profit_before_tax": 12.0,
    "profit_after_tax": 10.0,
    "turnover": 200.0,
    "depreciation": 5.0,
    "market_value_of_equity": 90.0,
}
INTERNATIONAL = {"total_assets": 100.0} | {
    key: value
    for key, value in ACCOUNTS.items()
    if key not in {"net_current_assets", "total_assets_less_current_liabilities"}
}


def values(accounts=ACCOUNTS, end=THIS_YEAR):
    return {key: Known(value, end) for key, value in accounts.items()}


def found(subject, **options):
    with reading({ONE: subject}, **options) as known:
        return {score.key: score for score in textbook_scores(known, [ONE])[ONE]}


def with_year_before(accounts=ACCOUNTS):
    return values(accounts) | {
        "creditors_within_one_year": [Known(25.0, THIS_YEAR), Known(35.0, YEAR_BEFORE)],
    }


@pytest.mark.parametrize("accounts", [ACCOUNTS, INTERNATIONAL], ids=["UK formats", "international"])
def test_scores_are_those_worked_out_by_hand(accounts):
    by_hand = {
        "altman_z": 1.2 * 0.3 + 1.4 * 0.2 + 3.3 * 0.15 + 0.6 * 90 / 60 + 0.999 * 2,
        "altman_z1": 0.717 * 0.3 + 0.847 * 0.2 + 3.107 * 0.15 + 0.42 * 40 / 60 + 0.998 * 2,
        "altman_z2": 6.56 * 0.3 + 3.26 * 0.2 + 6.72 * 0.15 + 1.05 * 40 / 60,
        # mean of current liabilities 30; quick assets 45 less 25; costs 200 - 12 - 5 a year
        "taffler": 3.2 + 12.18 * 12 / 30 + 2.5 * 55 / 60 - 10.68 * 0.25 + 0.0289 * 20 / (183 / 365),
        "springate": 1.03 * 0.3 + 3.07 * 0.15 + 0.66 * 12 / 25 + 0.4 * 2,
        "zmijewski": -4.336 - 4.513 * 0.1 + 5.679 * 0.6 + 0.004 * 55 / 25,
    }
    said = found(with_year_before(accounts))
    assert {key: score.value for key, score in said.items()} == pytest.approx(by_hand)
    assert {score.zone for score in said.values()} == {"safe"}


@pytest.mark.parametrize("left_out", sorted(ACCOUNTS))
def test_without_an_input_a_score_is_missing_and_names_it(left_out):
    accounts = {key: value for key, value in ACCOUNTS.items() if key != left_out}
    title = catalogue.load().indicators[left_out].title
    for score in found(values(accounts)).values():
        assert (score.value is None) == bool(score.missing)
        assert left_out == "creditors_within_one_year" or score.key == "taffler" or score.missing in {(), (title,)}
    assert any(title in score.missing for score in found(values(accounts)).values())


def test_figures_of_different_years_are_never_mixed():
    mixed = values() | {"net_assets": Known(40.0, YEAR_BEFORE)}
    score = found(mixed)["altman_z2"]

    assert (score.value, score.accounts_on, score.missing) == (None, date(2020, 12, 31), ("Net assets",))


def test_the_newest_accounts_that_have_all_it_needs_are_taken():
    older = {key: [Known(value, YEAR_BEFORE)] for key, value in ACCOUNTS.items()}
    newer = older | {"turnover": [Known(200.0, YEAR_BEFORE), Known(250.0, THIS_YEAR)]}

    assert found(newer)["altman_z2"].accounts_on == date(2019, 12, 31)


def test_where_one_figure_is_missing_it_is_said_what_it_would_have_to_be():
    without = {key: value for key, value in ACCOUNTS.items() if key != "profit_and_loss_reserve"}
    millions = {key: value * 1e6 for key, value in without.items()}
    # 6.56 * 0.3 + 6.72 * 0.15 + 1.05 * 40 / 60 = 3.676; it would have to fall by 2.576 * 100 / 3.26 = 79
    assert found(values(millions))["altman_z2"].describe() == (
        "cannot be computed at 2020-12-31 (missing: Profit and loss account (reserve); distress unless it is above "
        "-£79 million)"
    )


def test_who_has_no_accounts_has_no_scores():
    score = found({"name": "One"})["altman_z2"]
    assert score.describe().startswith("cannot be computed (missing: Creditors due within one year, Net assets, ")


def test_zones():
    poor = values(ACCOUNTS | {"operating_profit": -60.0, "net_assets": -10.0, "profit_after_tax": -30.0})
    said = found(poor)
    assert said["altman_z2"].zone == "distress"
    assert said["zmijewski"].zone == "distress"
    assert found(values(ACCOUNTS | {"operating_profit": -15.0}))["altman_z2"].zone == "grey"
    edges = {"altman_z": 2.99, "altman_z1": 1.23, "altman_z2": 2.60, "taffler": 0.0, "zmijewski": 0.0}
    assert {key: TextbookScore(key, value, None, ()).zone for key, value in edges.items()} == {
        "altman_z": "grey",
        "altman_z1": "grey",
        "altman_z2": "grey",
        "taffler": "safe",
        "zmijewski": "safe",
    }
