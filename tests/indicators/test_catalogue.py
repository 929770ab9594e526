"""The promises of the catalogue about every indicator, and what it refuses."""

from typing import Any

import pytest

from indicators import catalogue
from indicators.catalogue import Catalogue, Indicator

STATUS: dict[str, Any] = {"title": "Status", "kind": "text", "why": "made up for a test"}


def test_every_grade_flag_and_text_grows_stale_or_says_why_it_never_does() -> None:
    indicators = catalogue.load().indicators
    silent = [
        key
        for key, indicator in indicators.items()
        if indicator.kind in {"grade", "flag", "text"}
        and not (indicator.shelf_life_days or indicator.never_stale_because)
    ]
    assert silent == []


def test_a_status_lives_no_longer_than_the_slowest_register_that_states_it() -> None:
    """By then the register itself is stale. A figure or grade of a past period may live longer."""
    registers = catalogue.load().registers
    for key in ("registration_status", "company_status", "charity_reporting_status", "charity_insolvent"):
        indicator = catalogue.load().indicators[key]
        assert indicator.shelf_life_days == max(registers[name].stale_after_days for name in indicator.registers), key


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "needs either 'shelf_life_days' or 'never_stale_because'"),
        ({"shelf_life_days": 30, "never_stale_because": "It is a fact"}, "needs either 'shelf_life_days'"),
        ({"kind": "event", "never_stale_because": "It has happened"}, "belong to a grade, a flag or a text"),
        ({"kind": "figure", "starts": {"5": "inspection"}}, "belong to a grade, a flag or a text"),
    ],
)
def test_an_indicator_without_a_clear_shelf_life_is_refused(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Indicator.model_validate(STATUS | more)


def test_a_status_reports_only_events_of_the_catalogue() -> None:
    status = STATUS | {"shelf_life_days": 30, "starts": {"suspended": "suspended_somehow"}}
    with pytest.raises(ValueError, match="'status' starts or ends 'suspended_somehow', which is no event"):
        Catalogue.model_validate({"registers": {}, "indicators": {"status": status}})
