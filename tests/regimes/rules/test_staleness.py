"""Values past their shelf life."""

from tests.regimes.builder import Known
from tests.regimes.small import NET_ASSETS, ONE, first_finding


def test_a_value_past_its_shelf_life_is_stale_and_a_good_one_counts_for_nothing() -> None:
    old = Known(5.0, "2019-06-29", "2020-03-01")  # shelf life 640 days before 31 March 2021: 30 June 2019

    assert first_finding(NET_ASSETS, values={"net_assets": old}) == (
        "stale",
        0,
        "Net assets £5 at 29 June 2019; older than it may be",
    )
    assert first_finding(NET_ASSETS, values={"net_assets": old._replace(period_end="2019-06-30")})[0] == "clear"


def test_a_stale_value_that_is_bad_still_raises_its_level() -> None:
    old = Known(-5.0, "2019-06-29", "2020-03-01")

    assert first_finding(NET_ASSETS, values={"net_assets": old}) == (
        "stale",
        2,
        "Net assets -£5 at 29 June 2019 (concern: below £0); older than it may be",
    )


def test_a_rule_can_set_its_own_shelf_life() -> None:
    old = {"net_assets": Known(5.0, "2019-12-31")}

    assert first_finding(NET_ASSETS | {"stale_after": "12 months"}, values=old)[0] == "stale"
    assert first_finding(NET_ASSETS | {"stale_after": "24 months"}, values=old)[0] == "clear"


def test_a_value_without_a_period_is_as_old_as_the_newest_list_that_still_says_it() -> None:
    rule = {
        "key": "suspended",
        "kind": "condition",
        "title": "Registration suspended",
        "stale_after": "12 months",
        "when": "company_status = 'Liquidation'",
        "level": "critical",
    }
    values = {"company_status": Known("Active", known_on="2015-01-01")}
    listed = {ONE: ("companies_house_register", "2021-03-01", True)}

    assert first_finding(rule, values=values)[0] == "stale"
    assert first_finding(rule, values=values, listed=listed)[0] == "clear"
