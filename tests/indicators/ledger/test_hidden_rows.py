"""A reading with hidden rows has the rows of a ledger that never had them, and is whole again afterwards."""

from datetime import date

from sqlalchemy import Engine

from indicators.ledger.as_of import AsOf, as_of
from indicators.ledger.hidden_rows import HiddenRows
from tests.factories import load, observed

DAY = date(2020, 12, 31)
OTHER = "GB-OFSTED-SC000002"
TABLES = ("observation", "ranked", "restated", "status_event", "audience")


def entered(engine: Engine) -> None:
    """A public figure, a restricted correction of it, a restricted status, and a home that has neither."""
    of_year = {"indicator": "turnover", "period_start": date(2018, 4, 1), "period_end": date(2019, 3, 31)}
    load(engine, [observed(5.0, known_on=date(2019, 6, 1), **of_year), observed(7.0, subject=OTHER)], name="a.csv")
    status = {"indicator": "registration_status", "known_on": date(2020, 1, 1)}
    correction = observed(9.0, known_on=date(2020, 1, 1), audience="secret", **of_year)
    load(engine, [correction, observed("Suspended", audience="casework", **status)], name="b.csv")


def content(known: AsOf) -> dict[str, list[tuple]]:
    return {table: sorted(known.sql(f"SELECT * FROM {table}").fetchall(), key=str) for table in TABLES}


def test_hidden_rows_leave_the_reading_of_a_ledger_that_never_had_them(engine: Engine) -> None:
    entered(engine)
    with as_of(engine, DAY) as known:
        whole, rows = content(known), HiddenRows(known)
        for audiences in ((), ("casework",), ("secret",)):
            with as_of(engine, DAY, audiences=audiences) as visible, rows.hide_from(frozenset(audiences)):
                assert content(known) == content(visible)
            assert content(known) == whole


def test_the_reading_is_whole_again_after_an_error(engine: Engine) -> None:
    entered(engine)
    with as_of(engine, DAY) as known:
        whole = content(known)
        try:
            with HiddenRows(known).hide_from(frozenset()):
                raise ValueError
        except ValueError:
            pass
        assert content(known) == whole
