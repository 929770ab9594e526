"""A status that a register states reports an event: begun or ended by the first list with the new value."""

from datetime import date
from typing import Any

from sqlalchemy import Engine

from indicators.ledger.as_of import AsOf, as_of
from models.vocabulary import View
from tests.factories import load, observed

Y2019, Y2020, Y2021, Y2022 = (date(year, 3, 31) for year in (2019, 2020, 2021, 2022))
CHARITY = "GB-CHC-1000001"


def reported(known: AsOf) -> list[tuple[str, str]]:
    """The events that statuses report, with the day of the first list that had them."""
    return known.sql("SELECT event, known_on::VARCHAR FROM status_event ORDER BY known_on, event").fetchall()


def listed(engine: Engine, *statuses: tuple[date, str]) -> None:
    for day, status in statuses:
        row = observed(status, indicator="registration_status", known_on=day)
        load(engine, [row], name=f"{day}.csv")


def test_the_first_list_with_a_status_counts_and_a_status_that_comes_back_begins_anew(engine: Engine) -> None:
    listed(engine, (Y2019, "Suspended"), (Y2020, "Suspended"), (Y2021, "Active"), (Y2022, "Suspended"))

    def known_on(day: date) -> list[tuple[str, str]]:
        with as_of(engine, day) as known:
            return reported(known)

    first = [("registration_suspended", "2019-03-31")]
    assert known_on(date(2019, 3, 30)) == []
    assert known_on(Y2020) == first
    assert known_on(Y2021) == [*first, ("suspension_lifted", "2021-03-31")]
    assert known_on(Y2022)[2:] == [("registration_suspended", "2022-03-31")]


def test_lists_that_were_loaded_in_another_order_report_the_same(engine: Engine) -> None:
    listed(engine, (Y2021, "Suspended"), (Y2022, "Active"), (Y2020, "Suspended"))

    with as_of(engine, Y2022) as known:
        assert reported(known) == [("registration_suspended", "2020-03-31"), ("suspension_lifted", "2022-03-31")]


def test_a_status_that_is_read_again_by_a_corrected_parser_reports_nothing_twice(engine: Engine) -> None:
    row = observed("Suspended", indicator="registration_status", known_on=Y2021)
    load(engine, [row], parser="contracts/1")
    load(engine, [row], parser="contracts/2")

    with as_of(engine, Y2022) as known:
        assert reported(known) == [("registration_suspended", "2021-03-31")]


def test_a_status_that_an_event_on_record_explains_reports_nothing(engine: Engine) -> None:
    """Nor does it bring back a suspension that was lifted before; one that came after the lifting is news."""
    event = observed(None, indicator="registration_suspended", known_on=date(2021, 2, 12), period_end=date(2021, 2, 10))
    load(engine, [event], name="notice.json")
    listed(engine, (Y2020, "Active"), (Y2021, "Suspended"))
    with as_of(engine, Y2021) as known:
        assert reported(known) == []

    lifted = observed(None, indicator="suspension_lifted", known_on=date(2021, 3, 2), period_end=date(2021, 3, 1))
    load(engine, [lifted], name="letter.json")
    with as_of(engine, Y2021) as known:
        assert reported(known) == [("registration_suspended", "2021-03-31")]


def test_an_event_that_only_some_may_read_hides_no_public_status(engine: Engine) -> None:
    more: dict[str, Any] = {"known_on": date(2021, 2, 12), "period_end": date(2021, 2, 10), "audience": "casework"}
    load(engine, [observed(None, indicator="registration_suspended", **more)], name="notice.json")
    listed(engine, (Y2020, "Active"), (Y2021, "Suspended"))

    with as_of(engine, Y2021, view=View.OPEN) as known:
        assert reported(known) == [("registration_suspended", "2021-03-31")]


def test_a_flag_reports_an_event_when_it_is_raised(engine: Engine) -> None:
    for day, value in ((Y2020, False), (Y2021, True)):
        flag = observed(value, subject=CHARITY, indicator="charity_insolvent", known_on=day)
        load(engine, [flag, observed("Active", indicator="registration_status", known_on=day)], name=f"{day}.json")

    with as_of(engine, Y2022) as known:
        assert reported(known) == [("trustees_unable_to_pay", "2021-03-31")]
        assert known.sql("SELECT report FROM status_event").fetchall() == [
            ("Charity insolvent, first listed on 31 March 2021 (not later than that day)",)
        ]
        assert known.sql("SELECT key FROM subject JOIN status_event ON id = subject_id").fetchall() == [(CHARITY,)]
