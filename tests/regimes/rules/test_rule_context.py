"""The facts about the ledger that rules ask for: numbers of indicators, and their registers."""

from datetime import date

import pytest

from regimes.rules.rule_context import RuleContext, registers_of, sole_register
from regimes.rules.sql_text import Query


def context(*schemes: str) -> RuleContext:
    """The context of a regime for these schemes; the ledger has two indicators."""
    return RuleContext(
        day=date(2021, 3, 31),
        regime_key="small",
        schemes=frozenset(schemes),
        indicators={"net_assets": 7, "places": 9},
        units={},
        register_checked_on={},
        listing_registers=frozenset(),
        irregular_periods=frozenset(),
        foreign_units=frozenset(),
    )


def test_the_numbers_of_indicators_are_parameters_and_unknown_indicators_are_left_out() -> None:
    query = Query()
    assert context().indicator_ids(query, ["places", "turnover", "net_assets"]) == "$p0, $p1"
    assert query.parameters == {"p0": 9, "p1": 7}


def test_a_ledger_without_the_indicators_matches_no_row() -> None:
    query = Query()
    assert context().indicator_ids(query, ["turnover"]) == "-1"
    assert query.parameters == {}


@pytest.mark.parametrize(
    ("schemes", "name", "register"),
    [
        (["GB-OFSTED"], "registration_status", "ofsted_social_care"),
        (["GB-CHC"], "registration_status", "charity_commission"),
        (["GB-OFSTED", "GB-CHC"], "registration_status", None),  # both registers state the status
        (["GB-CQC"], "places", "ofsted_social_care"),  # its only register
        (["GB-COH"], "name", None),
        (["GB-COH"], "no_such_indicator", None),
    ],
)
def test_the_register_of_an_indicator_is_the_one_that_covers_the_schemes(
    schemes: list[str], name: str, register: str | None
) -> None:
    assert context(*schemes).register_of(name) == register


def test_an_indicator_of_two_registers_has_no_sole_register() -> None:
    assert sole_register("registration_status") is None
    assert sole_register("places") == "ofsted_social_care"


def test_the_registers_of_some_indicators_are_those_of_each() -> None:
    assert registers_of(["places", "registration_status"]) == {"ofsted_social_care", "charity_commission"}
