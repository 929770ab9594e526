"""The rule ``event``: something happened not long ago."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import first_finding

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
    assert first_finding(WARNING, values=warned(day))[0] == status


def test_a_title_names_the_days_of_events() -> None:
    assert first_finding(WARNING, values=warned("2020-07-10", "2020-09-29")) == (
        "met",
        2,
        "Profit warning: 29 September 2020; 2 since 10 July 2020",
    )
    assert first_finding(WARNING, values=SPOKEN_OF) == ("clear", 0, "Profit warning: none within 12 months")


def test_a_rule_can_ask_for_several_events() -> None:
    twice = WARNING | {"at_least": 2}

    assert first_finding(twice, values=warned("2020-07-10"))[0] == "clear"
    assert first_finding(twice, values=warned("2020-07-10", "2020-07-11"))[0] == "met"


def test_a_later_event_can_put_it_right() -> None:
    rule = WARNING | {"unless_since": ["equity_raised"]}
    values = warned("2020-07-10")

    assert first_finding(rule, values=values | {"equity_raised": Known(None, "2020-08-01")})[0] == "clear"
    assert first_finding(rule, values=values | {"equity_raised": Known(None, "2020-07-09")})[0] == "met"


def test_silence_of_a_register_that_does_not_cover_the_provider_means_nothing() -> None:
    assert first_finding(WARNING, values={}) == ("missing", 0, "Profit warning: not known, no register speaks of it")


def test_silence_of_a_register_that_was_not_read_for_long_is_stale() -> None:
    rule = WARNING | {"events": ["charity_report"], "title": "Report"}
    values = {"charity_income": Known(5.0, "2020-12-31")}

    assert first_finding(rule, values=values, looks={"charity_commission": "2021-03-30"})[0] == "clear"
    assert first_finding(rule, values=values, looks={"charity_commission": "2021-02-28"})[0] == "stale"
