"""The rule ``event``: something happened not long ago."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import of_one

WARNING = {
    "key": "warning",
    "kind": "event",
    "title": "Profit warning",
    "events": ["profit_warning"],
    "within": "12 months",
    "level": "concern",
}


SPOKEN_OF = {"provider_kind": Known("supplier", known_on="2015-01-01")}  # by the casebook, which has profit warnings


def warned(*days: str) -> dict[str, list[Known]]:
    return {"profit_warning": [Known(None, day) for day in days]}


@pytest.mark.parametrize(
    ("day", "status"),
    [("2020-03-31", "met"), ("2020-03-30", "clear"), ("2021-03-31", "met")],
)
def test_an_event_counts_for_as_long_as_the_rule_says(day: str, status: str) -> None:
    assert of_one(WARNING, values=warned(day))[0] == status


def test_events_are_told_with_their_days() -> None:
    assert of_one(WARNING, values=warned("2020-07-10", "2020-09-29")) == (
        "met",
        2,
        "Profit warning: 29 September 2020; 2 since 10 July 2020",
    )
    assert of_one(WARNING, values=SPOKEN_OF) == ("clear", 0, "Profit warning: none within 12 months")


def test_a_rule_can_ask_for_several_events() -> None:
    twice = WARNING | {"at_least": 2}

    assert of_one(twice, values=warned("2020-07-10"))[0] == "clear"
    assert of_one(twice, values=warned("2020-07-10", "2020-07-11"))[0] == "met"


def test_a_later_event_can_make_it_good_again() -> None:
    rule = WARNING | {"unless_since": ["equity_raised"]}
    values = warned("2020-07-10")

    assert of_one(rule, values=values | {"equity_raised": Known(None, "2020-08-01")})[0] == "clear"
    assert of_one(rule, values=values | {"equity_raised": Known(None, "2020-07-09")})[0] == "met"


def test_silence_of_a_register_that_does_not_speak_of_the_provider_means_nothing() -> None:
    assert of_one(WARNING, values={}) == ("missing", 0, "Profit warning: not known, no register speaks of it")


def test_silence_of_a_register_that_nobody_looked_at_for_long_is_stale() -> None:
    rule = WARNING | {"events": ["charity_report"], "title": "Report"}
    values = {"charity_income": Known(5.0, "2020-12-31")}

    assert of_one(rule, values=values, looks={"charity_commission": "2021-03-30"})[0] == "clear"
    assert of_one(rule, values=values, looks={"charity_commission": "2021-02-28"})[0] == "stale"
