"""The ledger on SQLite and on PostgreSQL: append once, correct by new rows, read as of a day."""

import pytest
from sqlalchemy import func, select

from indicators.ledger import append
from models.database import read_session, table_of
from models.ledger import Load, Rounding
from models.vocabulary import DateBasis
from tests.factories import FILE_DAY, HOME, listed, load, observed, owned
from tests.indicators.ledger.readings import LATER, rounded, rows, values


def test_loading_the_same_snapshot_again_adds_nothing(engine):
    first = load(engine, [observed(5.0), owned("CW-OWNER-a")])
    second = load(engine, [observed(5.0), owned("CW-OWNER-a")])

    assert (first.observations, first.links) == (1, 1)
    assert (second.records, rows(engine)) == (0, 1)


def test_a_killed_load_leaves_no_rounding_behind(engine, monkeypatch):
    def killed():
        yield rounded(2000.0, -3, FILE_DAY)
        raise KeyboardInterrupt

    monkeypatch.setattr(append, "BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        load(engine, killed(), name="a")
    load(engine, [rounded(2000.0, -3, FILE_DAY)], name="a")
    with read_session(engine) as session:
        assert session.scalar(select(func.count()).select_from(table_of(Rounding))) == 1


def test_the_rows_of_a_killed_load_are_neither_seen_nor_in_the_way(engine, monkeypatch):
    def two_batches():
        yield observed(5.0)
        raise KeyboardInterrupt

    monkeypatch.setattr(append, "BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        load(engine, two_batches(), name="a")
    assert rows(engine) == 1
    assert values(engine, FILE_DAY) == []

    other = load(engine, [observed(5.0)], name="b")
    again = load(engine, [observed(5.0)], name="a")

    assert (other.observations, again.observations) == (1, 0)
    assert values(engine, FILE_DAY) == [(HOME, "5.0")]


def test_batches_of_one_load_see_each_other(engine, monkeypatch):
    monkeypatch.setattr(append, "BATCH", 1)
    loaded = load(engine, [observed(5.0), observed(5.0), listed(), listed(), observed(6.0)])

    assert (loaded.records, loaded.observations, loaded.listed) == (5, 2, 1)
    assert values(engine, FILE_DAY) == [(HOME, "6.0")]


def test_only_wanted_subjects_are_kept(engine):
    loaded = load(
        engine, [observed(1.0, subject="GB-COH-1"), observed(2.0, subject="GB-COH-2")], wanted_subjects={"GB-COH-2"}
    )

    assert loaded.observations == 1
    assert values(engine, FILE_DAY) == [("GB-COH-2", "2.0")]


def test_a_load_remembers_what_it_added(sqlite_engine):
    load(
        sqlite_engine,
        [observed(5.0), observed(6.0, known_on=LATER, known_on_basis=DateBasis.STATED), owned("CW-OWNER-a")],
    )

    with read_session(sqlite_engine) as session:
        (entry,) = session.scalars(select(Load))
        assert (entry.is_done, entry.observations, entry.links, entry.looked_on) == (True, 2, 1, FILE_DAY)


# --- the fast reading against ten lines of plain Python -------------------------------------------------------------
