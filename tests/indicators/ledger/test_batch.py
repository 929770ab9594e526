"""Records become rows: repeats are left out, unreadable parts are quarantined."""

import pytest
from sqlalchemy import select

from indicators.ledger.as_of import as_of
from indicators.parsed_records import UnreadableRecord
from models.database import read_session, table_of
from models.ledger import Quarantine, RecalledRow
from tests.factories import FILE_DAY, HOME, hosted, load, observed, owned
from tests.indicators.ledger.readings import LATER, LATEST, OF_2018, restated, rows, values


def test_an_unchanged_value_of_the_next_file_is_not_repeated(engine):
    load(engine, [observed(5.0), owned("CW-OWNER-a"), hosted("CW-AREA-x")], name="a")
    second = load(
        engine,
        [observed(5.0, known_on=LATER), owned("CW-OWNER-a", known_on=LATER), hosted("CW-AREA-x", known_on=LATER)],
        name="b",
    )

    assert (second.records, second.observations, second.links) == (3, 0, 0)


def test_a_text_is_its_value_however_the_document_writes_it(engine):
    """The first day of older accounts is that of the context in which they give the company's number."""
    load(engine, [observed("2020-04-01", indicator="accounts_period_start", verbatim="01234567")])

    assert values(engine, FILE_DAY, "accounts_period_start") == [(HOME, "2020-04-01")]


def test_a_value_that_goes_back_to_what_it_was_is_a_new_row(engine):
    for year, value in ((2019, 5.0), (2020, 6.0), (2021, 5.0)):
        load(engine, [observed(value, known_on=FILE_DAY.replace(year=year))], name=str(year))

    assert [values(engine, FILE_DAY.replace(year=year)) for year in (2019, 2020, 2021)] == [
        [(HOME, "5.0")],
        [(HOME, "6.0")],
        [(HOME, "5.0")],
    ]


def test_the_same_number_in_another_currency_is_another_value(engine):
    load(engine, [observed(100.0, **OF_2018)._replace(unit="USD")], name="a")
    load(engine, [observed(100.0, **OF_2018, known_on=LATER)], name="b")
    load(engine, [observed(100.0, **OF_2018, known_on=LATEST)], name="c")
    assert rows(engine) == 2
    with as_of(engine, LATEST) as known:
        assert known.sql("SELECT unit_id FROM latest").fetchall() == [(None,)]
    assert restated(engine, LATEST) == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (observed("n/a"), "places: 'n/a' is not a number"),
        (
            observed("Splendid", indicator="overall_judgement"),
            "overall_judgement: 'Splendid' is not one of its grades; "
            "add it to the catalogue if the register introduced it",
        ),
        (UnreadableRecord("the row has 3 cells instead of 29", line=7), "the row has 3 cells instead of 29"),
    ],
)
def test_an_unreadable_part_is_quarantined_with_its_reason(sqlite_engine, record, reason):
    loaded = load(sqlite_engine, [record, observed(5.0)])

    with read_session(sqlite_engine) as session:
        assert [row.reason for row in session.scalars(select(Quarantine))] == [reason]
    assert (loaded.observations, loaded.unreadable) == (1, 1)


def test_a_document_may_give_its_newest_word_first(engine):
    load(engine, [observed(6.0, known_on=LATER), observed(5.0)])

    assert values(engine, FILE_DAY) == [(HOME, "5.0")]
    assert values(engine, LATER) == [(HOME, "6.0")]


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b", float("nan"), float("inf")])
def test_a_text_that_databases_cannot_store_is_quarantined(engine, bad):
    indicator = "name" if isinstance(bad, str) else "places"
    loaded = load(engine, [observed(bad, indicator=indicator), observed(5.0)])

    assert (loaded.observations, loaded.unreadable) == (1, 1)


def test_a_recalled_row_is_marked_and_a_repeat_of_it_leaves_no_mark(engine):
    load(engine, [observed(5.0), observed(7.0, indicator="net_assets", is_recalled=True)], name="a")
    load(engine, [observed(7.0, indicator="net_assets", known_on=LATER, is_recalled=True)], name="b")

    with as_of(engine, LATEST) as known:
        marked = known.sql(
            "SELECT key FROM observation JOIN recalled USING (seq) JOIN indicator ON indicator.id = indicator_id"
        ).fetchall()
    with read_session(engine) as session:
        stored = session.execute(select(table_of(RecalledRow))).all()
    assert marked == [("net_assets",)]
    assert len(stored) == 1
