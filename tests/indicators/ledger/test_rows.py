"""Rows of the ledger with the way back to their documents: audiences, links, quarantine, withdrawals."""

from datetime import timedelta

from sqlalchemy import Engine

from indicators.ledger.rows import (
    find_withdrawal,
    newest_load,
    read_ledger_rows,
    read_link_sources,
    read_quarantined_rows,
    read_rows_known_after,
    stream_known_rows,
)
from indicators.parsed_records import UnreadableRecord
from models.database import read_session
from tests.factories import FILE_DAY, HOME, load, observed, owned

PUBLIC = frozenset({"public"})


def test_a_row_has_its_document_line_and_place(engine: Engine) -> None:
    load(engine, [observed(4.0, line=2, place="Places")], name="list.csv")
    [row] = stream_known_rows(engine, FILE_DAY, audiences=None, subject=HOME)
    assert row.value_number == 4.0
    assert row.document == "list.csv"
    assert row.line == 2
    assert row.place == "Places"
    with read_session(engine) as session:
        assert list(read_ledger_rows(session, [row.seq], audiences=None)) == [row]


def test_rows_for_other_audiences_are_left_out(engine: Engine) -> None:
    load(engine, [observed(4.0), observed("North West", indicator="region", audience="casework")])
    assert len(list(stream_known_rows(engine, FILE_DAY, audiences=None))) == 2
    assert [row.indicator for row in stream_known_rows(engine, FILE_DAY, audiences=PUBLIC)] == ["places"]


def test_a_row_that_becomes_known_later_is_apart(engine: Engine) -> None:
    later = FILE_DAY + timedelta(days=1)
    load(engine, [observed(4.0, known_on=later)])
    assert list(stream_known_rows(engine, FILE_DAY, audiences=None)) == []
    with read_session(engine) as session:
        assert [row.value_number for row in read_rows_known_after(session, FILE_DAY, [HOME], audiences=None)] == [4.0]
        assert list(read_rows_known_after(session, later, [HOME], audiences=None)) == []


def test_a_link_has_the_document_it_was_read_from(engine: Engine) -> None:
    load(engine, [owned("CW-OWNER-a")], name="owners.csv")
    with read_session(engine) as session:
        assert {source.document for source in read_link_sources(session, range(1, 10)).values()} == {"owners.csv"}


def test_quarantined_rows_are_found_by_document_and_place(engine: Engine) -> None:
    load(engine, [UnreadableRecord("truncated", place="Prod_0012_2020.html")], name="bulk.zip")
    with read_session(engine) as session:
        [row] = read_quarantined_rows(session, "0012", FILE_DAY)
        assert row.document == "bulk.zip"
        assert row.reason == "truncated"
        assert read_quarantined_rows(session, "0012", FILE_DAY, without_register="contracts") == []
        assert read_quarantined_rows(session, "99", FILE_DAY) == []


def test_without_loads_and_withdrawals_there_is_nothing(engine: Engine) -> None:
    with read_session(engine) as session:
        assert newest_load(session) == 0
        assert find_withdrawal(session, "ab" * 32, HOME) is None
