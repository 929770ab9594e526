"""Corrections of the ledger: readings that are out of date, new parsers, withdrawals."""

import pytest
from sqlalchemy import select

from indicators.archive import Archive
from indicators.ledger.as_of import as_of
from indicators.ledger.corrections import NothingToWithdraw, outdated_readings, withdraw
from models.database import read_session
from models.ledger import Withdrawal
from tests.factories import FILE_DAY, HOME, NOW, listed, load, observed, owned
from tests.indicators.ledger.readings import LATER, LATEST, OF_2018, links, restated, values


def test_an_older_file_that_arrives_late_makes_the_later_ones_be_read_again(engine):
    load(engine, [observed(5.0)], name="2019")
    load(engine, [observed(5.0, known_on=LATEST)], name="2021")
    assert outdated_readings(engine, "contracts") == []

    load(engine, [observed(6.0, known_on=LATER)], name="2020")
    (again,) = outdated_readings(engine, "contracts")
    load(engine, [observed(5.0, known_on=LATEST)], name="2021", repetition=again[2] + 1)

    assert outdated_readings(engine, "contracts") == []
    assert values(engine, LATER) == [(HOME, "6.0")]
    assert values(engine, LATEST) == [(HOME, "5.0")]


def test_a_value_read_wrongly_or_withdrawn_is_not_a_restatement(engine, tmp_path):
    load(engine, [observed(100.0, **OF_2018)], name="a", parser="contracts/1")
    load(engine, [observed(90.0, **OF_2018)], name="a", parser="contracts/2")
    assert restated(engine, LATER) == []

    load(engine, [observed(80.0, **OF_2018, known_on=LATER)], name="b", parser="contracts/2")
    assert restated(engine, LATER) == [(HOME, 90.0, FILE_DAY, 80.0, LATER)]

    archive = Archive(engine, tmp_path)
    (snapshot,) = [
        snapshot for snapshot in archive.unread_snapshots("contracts", "nobody/0", "all") if snapshot.name == "b"
    ]
    withdraw(engine, archive, snapshot.sha256, reason="published in error", person="ada", now=NOW)
    assert restated(engine, LATER) == []


def test_a_new_parser_version_retracts_what_the_old_one_read(engine):
    load(engine, [observed(5.0), observed(7.0, subject="GB-OFSTED-SC2"), owned("CW-OWNER-a")], parser="contracts/1")
    load(engine, [observed(50.0), owned("CW-OWNER-b")], parser="contracts/2")

    assert values(engine, FILE_DAY) == [(HOME, "50.0")]
    assert links(engine, FILE_DAY) == [(HOME, "owned_by", "CW-OWNER-b")]


def test_a_new_parser_version_keeps_what_it_reads_alike(engine):
    load(engine, [observed(5.0)], parser="contracts/1")
    load(engine, [observed(5.0)], parser="contracts/2")

    assert values(engine, FILE_DAY) == [(HOME, "5.0")]


def test_a_withdrawn_snapshot_is_gone_but_leaves_a_tombstone(engine, tmp_path):
    load(engine, [observed(5.0), listed(), owned("CW-OWNER-a")], name="bad")
    archive = Archive(engine, tmp_path / "archive")
    snapshot = archive.find_snapshot(1)
    with as_of(engine, FILE_DAY) as known:
        upto = known.upto

    retracted = withdraw(engine, archive, snapshot.sha256, reason="published in error", person="ada", now=NOW)

    assert (retracted, values(engine, FILE_DAY), links(engine, FILE_DAY)) == (2, [], [])
    assert values(engine, FILE_DAY, upto=upto) == [(HOME, "5.0")]
    assert archive.unread_snapshots("contracts", "contracts/1", "all") == []
    with read_session(engine) as session:
        tombstone = session.scalars(select(Withdrawal)).one()
        assert (tombstone.target, tombstone.reason, tombstone.person) == (snapshot.sha256, "published in error", "ada")


def test_a_withdrawn_subject_is_gone_from_every_snapshot(engine, tmp_path):
    load(engine, [observed(5.0), observed(1.0, subject="GB-OFSTED-SC2"), owned("CW-OWNER-a")], name="a")

    assert withdraw(engine, Archive(engine, tmp_path), HOME, reason="r", person="ada", now=NOW) == 2
    assert values(engine, FILE_DAY) == [("GB-OFSTED-SC2", "1.0")]


def test_withdrawing_what_is_not_there_says_so(sqlite_engine, tmp_path):
    with pytest.raises(NothingToWithdraw, match="names no snapshots and no subject"):
        withdraw(sqlite_engine, Archive(sqlite_engine, tmp_path), "GB-COH-1", reason="r", person="p", now=NOW)


def test_overlapping_documents_with_a_correction_of_one_day_settle(engine):
    pair = [observed(5.0), observed(6.0), owned("CW-OWNER-a"), owned("CW-OWNER-b")]
    load(engine, pair, name="a")
    second = load(engine, pair, name="b")

    assert (second.observations, second.links, outdated_readings(engine, "contracts")) == (0, 0, [])
    assert values(engine, FILE_DAY) == [(HOME, "6.0")]
    assert links(engine, FILE_DAY) == [(HOME, "owned_by", "CW-OWNER-b")]
