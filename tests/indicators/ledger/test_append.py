"""The ledger on SQLite and on PostgreSQL: append once, correct by new rows, read as of a day."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from indicators.archive import Archive
from indicators.ledger import append
from indicators.ledger.as_of import as_of
from indicators.ledger.corrections import NothingToWithdraw, outdated_readings, withdraw
from indicators.ledger.reader import is_recalled_row
from indicators.ledger.repeats import LINK, OBSERVATION
from indicators.parsed_records import ObservationRecord, UnreadableRecord
from models.database import read_session, table_of
from models.ledger import Load, Quarantine, RecalledRow, Rounding, Withdrawal
from models.vocabulary import DateBasis, View
from tests.factories import FILE_DAY, HOME, NOW, hosted, listed, load, observed, owned

LATER = FILE_DAY.replace(year=2020)
LATEST = FILE_DAY.replace(year=2021)


def values(engine: Engine, day: date, indicator: str = "places", **options) -> list:
    with as_of(engine, day, **options) as known:
        query = (
            "SELECT s.key, coalesce(value_text, value_number::VARCHAR) FROM observation "
            "JOIN subject s ON s.id = subject_id JOIN indicator i ON i.id = indicator_id "
            "WHERE i.key = $indicator ORDER BY s.key, period_end, known_on"
        )
        return known.sql(query, indicator=indicator).fetchall()


def links(engine: Engine, day: date) -> list:
    with as_of(engine, day) as known:
        return known.sql(
            "SELECT s.key, relation, o.key FROM link JOIN subject s ON s.id = subject_id "
            "LEFT JOIN subject o ON o.id = object_id ORDER BY ALL"
        ).fetchall()


def rows(engine: Engine) -> int:
    with read_session(engine) as session:
        return session.scalar(select(func.count()).select_from(OBSERVATION)) or 0


def test_loading_the_same_snapshot_again_adds_nothing(engine):
    first = load(engine, [observed(5.0), owned("CW-OWNER-a")])
    second = load(engine, [observed(5.0), owned("CW-OWNER-a")])

    assert (first.observations, first.links) == (1, 1)
    assert (second.records, rows(engine)) == (0, 1)


def test_an_unchanged_value_of_the_next_file_is_not_repeated(engine):
    load(engine, [observed(5.0), owned("CW-OWNER-a"), hosted("CW-AREA-x")], name="a")
    second = load(
        engine,
        [observed(5.0, known_on=LATER), owned("CW-OWNER-a", known_on=LATER), hosted("CW-AREA-x", known_on=LATER)],
        name="b",
    )

    assert (second.records, second.observations, second.links) == (3, 0, 0)


def test_a_changed_value_is_seen_from_the_day_it_became_known(engine):
    load(engine, [observed(5.0)], name="a")
    load(engine, [observed(6.0, known_on=LATER)], name="b")

    assert values(engine, FILE_DAY) == [(HOME, "5.0")]
    assert values(engine, LATER - timedelta(days=1)) == [(HOME, "5.0")]
    assert values(engine, LATER) == [(HOME, "6.0")]


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


def test_a_restated_figure_replaces_the_first_only_from_its_own_day(engine):
    period = {"indicator": "places", "period_end": date(2018, 12, 31)}
    load(engine, [observed(100.0, **period)], name="a")
    load(engine, [observed(-20.0, **period, known_on=LATER)], name="b")

    assert values(engine, FILE_DAY, "places") == [(HOME, "100.0")]
    assert values(engine, LATER, "places") == [(HOME, "-20.0")]


def restated(engine: Engine, day: date, **options) -> list:
    with as_of(engine, day, **options) as known:
        return known.sql(
            "SELECT s.key, first_value, first_known_on, newest_value, newest_known_on FROM restated "
            "JOIN subject s ON s.id = subject_id ORDER BY ALL"
        ).fetchall()


OF_2018 = {"indicator": "net_assets", "period_end": date(2018, 12, 31)}


def test_the_first_statement_about_a_period_is_kept_beside_the_newest(engine):
    for value, day in ((100.0, FILE_DAY), (90.0, LATER), (-20.0, LATEST)):
        load(engine, [observed(value, **OF_2018, known_on=day), observed(1.0, subject="GB-COH-2")], name=str(day))

    assert restated(engine, FILE_DAY) == []
    assert restated(engine, LATER) == [(HOME, 100.0, FILE_DAY, 90.0, LATER)]
    assert restated(engine, LATEST) == [(HOME, 100.0, FILE_DAY, -20.0, LATEST)]
    assert restated(engine, LATEST, subjects=[HOME]) == restated(engine, LATEST)
    assert values(engine, LATEST, "net_assets") == [(HOME, "-20.0")]
    with as_of(engine, LATER) as known:  # both rows can be followed home
        assert known.sql("SELECT first_seq < newest_seq FROM restated").fetchall() == [(True,)]


def rounded(value: float, decimals: int | None, known_on: date, **fields) -> ObservationRecord:
    """Net assets of 2018 as a set of accounts gives them."""
    return observed(value, **{**OF_2018, **fields}, known_on=known_on)._replace(decimals=decimals)


@pytest.mark.parametrize(
    ("sayings", "value", "is_restated"),
    [
        ([(1600.0, None), (2000.0, -3)], 1600.0, False),  # the comparative is the old figure rounded
        ([(1500.0, None), (2000.0, -3)], 1500.0, False),  # a half goes either way
        ([(400.0, None), (0.0, -3)], 400.0, False),
        ([(-1600.0, None), (-2000.0, -3)], -1600.0, False),
        ([(2000.0, -3), (1600.0, None)], 1600.0, False),  # and the other way about
        ([(1_600_000.0, None), (1_600_000.0, -5), (2_000_000.0, -6)], 1_600_000.0, False),
        ([(1_640_000.0, None), (1_600_000.0, -5), (2_000_000.0, -6)], 1_640_000.0, False),
        ([(1600.0, None), (3000.0, -3)], 3000.0, True),
        ([(1600.0, None), (2000.0, None)], 2000.0, True),  # not rounded: somebody changed it
        ([(2000.0, -3), (3000.0, -3)], 3000.0, True),
        ([(1600.0, None), (2600.0, None), (2000.0, -3)], 2000.0, True),  # back again, but to thousands
    ],
)
def test_a_figure_and_its_rounding_are_no_restatement_and_the_precise_one_is_the_value(
    engine, sayings, value, is_restated
):
    days = (FILE_DAY, LATER, LATEST)
    for (figure, decimals), day in zip(sayings, days, strict=False):
        load(engine, [rounded(figure, decimals, day), observed(1.0, subject="GB-COH-2")], name=str(day))

    last = days[len(sayings) - 1]
    assert values(engine, last, "net_assets") == [(HOME, str(value))]
    assert bool(restated(engine, last)) is is_restated
    assert restated(engine, last, subjects=[HOME]) == restated(engine, last)


def test_a_rounded_figure_is_the_value_until_a_more_precise_one_is_known(engine):
    load(engine, [rounded(2000.0, -3, FILE_DAY)], name="a")
    load(engine, [rounded(1600.0, None, LATER)], name="b")
    assert values(engine, FILE_DAY, "net_assets") == [(HOME, "2000.0")]
    assert values(engine, LATER, "net_assets") == [(HOME, "1600.0")]


def test_a_rounding_in_another_currency_or_of_another_period_agrees_with_nothing(engine):
    load(engine, [rounded(1600.0, None, FILE_DAY)], name="a")
    in_dollars = rounded(2000.0, -3, LATER)._replace(unit="USD")
    load(engine, [in_dollars, rounded(2000.0, -3, LATER, period_end=date(2019, 12, 31))], name="b")
    assert values(engine, LATER, "net_assets") == [(HOME, "2000.0"), (HOME, "2000.0")]


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


def test_the_same_number_in_another_currency_is_another_value(engine):
    load(engine, [observed(100.0, **OF_2018)._replace(unit="USD")], name="a")
    load(engine, [observed(100.0, **OF_2018, known_on=LATER)], name="b")
    load(engine, [observed(100.0, **OF_2018, known_on=LATEST)], name="c")
    assert rows(engine) == 2
    with as_of(engine, LATEST) as known:
        assert known.sql("SELECT unit_id FROM latest").fetchall() == [(None,)]
    assert restated(engine, LATEST) == []


def test_a_correction_of_one_day_a_state_a_text_and_another_registers_word_are_no_restatement(engine):
    load(engine, [observed(100.0, **OF_2018), observed(90.0, **OF_2018)], name="the same day")
    load(engine, [observed(5.0), observed("a", indicator="name", period_end=date(2018, 12, 31))], name="first")
    load(engine, [observed(6.0, known_on=LATER)], name="how things stand")
    load(engine, [observed("b", indicator="name", period_end=date(2018, 12, 31), known_on=LATER)], name="a text")
    other = {"register": "casebook", "parser": "casebook/1"}
    load(engine, [observed(50.0, **OF_2018, known_on=LATER)], name="another register", **other)

    assert values(engine, LATER, "net_assets") == [(HOME, "50.0")]
    assert restated(engine, LATER) == []


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


def test_a_replay_sees_neither_later_rows_nor_later_retractions(engine):
    load(engine, [observed(5.0), listed()], parser="contracts/1")
    with as_of(engine, FILE_DAY) as known:
        upto, digest = known.upto, known.digest
    load(engine, [observed(50.0)], parser="contracts/2")

    assert values(engine, FILE_DAY) == [(HOME, "50.0")]
    assert values(engine, FILE_DAY, upto=upto) == [(HOME, "5.0")]
    with as_of(engine, FILE_DAY, upto=upto) as known:
        assert known.digest == digest
        assert known.sql("SELECT count(*) FROM listing").fetchall() == [(1,)]


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


def test_a_setting_missing_from_the_next_list_of_its_kind_has_left(engine):
    gone, other = "GB-OFSTED-SC000002", "GB-OFSTED-SC000003"
    first = [listed(), listed(gone), listed(other, "Boarding School"), observed(5.0)]
    load(engine, first, name="2019")
    load(engine, [listed(), observed(5.0, known_on=LATER)], name="2020")

    with as_of(engine, LATER) as known:
        events = known.sql(
            "SELECT s.key, period_start, period_end, known_on FROM observation JOIN subject s ON s.id = subject_id "
            "JOIN indicator i ON i.id = indicator_id WHERE i.key = 'left_register'"
        ).fetchall()
        listing = known.sql("SELECT s.key, is_present FROM listing JOIN subject s ON s.id = subject_id ORDER BY 1")
        # Nothing is said of the boarding school: the second list has no settings of its kind.
        assert events == [(gone, FILE_DAY, LATER, LATER)]
        assert listing.fetchall() == [(HOME, True), (gone, False), (other, True)]
    assert values(engine, LATER - timedelta(days=1), "left_register") == []


def test_links_are_as_of_too(engine):
    load(engine, [owned("CW-OWNER-a"), hosted("CW-AREA-x")], name="a")
    load(engine, [owned("CW-OWNER-b", known_on=LATER), hosted("CW-AREA-y", known_on=LATER)], name="b")

    assert links(engine, FILE_DAY) == [("CW-AREA-x", "buys_from", HOME), (HOME, "owned_by", "CW-OWNER-a")]
    assert links(engine, LATER) == [("CW-AREA-y", "buys_from", HOME), (HOME, "owned_by", "CW-OWNER-b")]


def test_only_wanted_subjects_are_kept(engine):
    loaded = load(
        engine, [observed(1.0, subject="GB-COH-1"), observed(2.0, subject="GB-COH-2")], wanted_subjects={"GB-COH-2"}
    )

    assert loaded.observations == 1
    assert values(engine, FILE_DAY) == [("GB-COH-2", "2.0")]


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


def test_rows_for_another_audience_are_not_seen_by_the_open_view(engine):
    load(engine, [observed(5.0)])
    with engine.begin() as connection:
        connection.execute(OBSERVATION.update().values(audience_id=2))

    assert values(engine, FILE_DAY, view=View.OPEN) == []
    assert values(engine, FILE_DAY, view=View.FULL) == [(HOME, "5.0")]


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


def test_a_load_remembers_what_it_added(sqlite_engine):
    load(
        sqlite_engine,
        [observed(5.0), observed(6.0, known_on=LATER, known_on_basis=DateBasis.STATED), owned("CW-OWNER-a")],
    )

    with read_session(sqlite_engine) as session:
        (entry,) = session.scalars(select(Load))
        assert (entry.is_done, entry.observations, entry.links, entry.looked_on) == (True, 2, 1, FILE_DAY)


def test_a_document_may_give_its_newest_word_first(engine):
    load(engine, [observed(6.0, known_on=LATER), observed(5.0)])

    assert values(engine, FILE_DAY) == [(HOME, "5.0")]
    assert values(engine, LATER) == [(HOME, "6.0")]


def test_overlapping_documents_with_a_correction_of_one_day_settle(engine):
    pair = [observed(5.0), observed(6.0), owned("CW-OWNER-a"), owned("CW-OWNER-b")]
    load(engine, pair, name="a")
    second = load(engine, pair, name="b")

    assert (second.observations, second.links, outdated_readings(engine, "contracts")) == (0, 0, [])
    assert values(engine, FILE_DAY) == [(HOME, "6.0")]
    assert links(engine, FILE_DAY) == [(HOME, "owned_by", "CW-OWNER-b")]


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b", float("nan"), float("inf")])
def test_a_text_that_databases_cannot_store_is_quarantined(engine, bad):
    indicator = "name" if isinstance(bad, str) else "places"
    loaded = load(engine, [observed(bad, indicator=indicator), observed(5.0)])

    assert (loaded.observations, loaded.unreadable) == (1, 1)


# --- the fast reading against ten lines of plain Python -------------------------------------------------------------

entries = st.tuples(
    st.sampled_from([HOME, "GB-OFSTED-SC2"]),
    st.sampled_from([None, date(2018, 12, 31), date(2019, 12, 31)]),
    st.integers(0, 3),
    st.integers(0, 6),
)


def plain_as_of(loads: list, day: date) -> dict:
    """The latest known value of each (subject, period), by going through everything in order."""
    best: dict = {}
    for order, batch in enumerate(loads):
        for place, (subject, period, value, days) in enumerate(batch):
            known_on = FILE_DAY + timedelta(days=days)
            rank = (known_on, order, place)
            if known_on <= day and rank >= best.get((subject, period), (rank, None))[0]:
                best[subject, period] = (rank, float(value))
    return {key: value for key, (_, value) in best.items()}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(entries, min_size=1, max_size=4), min_size=1, max_size=4), st.integers(0, 7))
def test_as_of_agrees_with_plain_python_and_never_sees_the_future(migrated_sqlite_file, tmp_path_factory, loads, days):
    import shutil

    from models.database import engine_for

    path = tmp_path_factory.mktemp("oracle") / "ledger.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    # Documents of one register are read in the order of their days, as the archive gives them; one day has one value
    # (corrections within a day have tests of their own above).
    first: dict = {}
    loads = sorted(loads, key=lambda batch: max(entry[3] for entry in batch))
    loads = [[e for e in batch if first.setdefault((e[:2], e[3]), e[2]) == e[2]] for batch in loads]
    for number, batch in enumerate(loads):
        records = [
            ObservationRecord(s, "places", float(v), FILE_DAY + timedelta(days=d), DateBasis.STATED, period_end=p)
            for s, p, v, d in batch
        ]
        load(engine, records, name=f"{number}")
    day = FILE_DAY + timedelta(days=days)
    for _ in range(10):
        again = outdated_readings(engine, "contracts")
        if not again:
            break
        for snapshot_id, _scope, repetition in again:
            records = [
                ObservationRecord(s, "places", float(v), FILE_DAY + timedelta(days=d), DateBasis.STATED, period_end=p)
                for s, p, v, d in loads[snapshot_id - 1]
            ]
            load(engine, records, name=f"{snapshot_id - 1}", repetition=repetition + 1)
    with as_of(engine, day) as known:
        rows = known.sql(
            "SELECT s.key, period_end, value_number, known_on FROM observation JOIN subject s ON s.id = subject_id"
        ).fetchall()
    engine.dispose()

    assert {(row[0], row[1]): row[2] for row in rows} == plain_as_of(loads, day)
    assert all(row[3] <= day for row in rows)


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


def test_a_recalled_link_is_marked(engine):
    load(engine, [owned("CW-OWNER-a")._replace(is_recalled=True), hosted("CW-AREA-x")])

    with read_session(engine) as session:
        k = LINK.c
        marks = dict(session.execute(select(k.relation, is_recalled_row(k))).tuples().all())
    assert marks == {"owned_by": True, "buys_from": False}
