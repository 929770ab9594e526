"""The ledger as known on a day: values, restatements and links."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.ledger.as_of import as_of
from indicators.ledger.corrections import outdated_readings
from indicators.ledger.repeats import OBSERVATION
from indicators.parsed_records import ObservationRecord
from models.vocabulary import DateBasis, View
from tests.factories import FILE_DAY, HOME, hosted, listed, load, observed, owned
from tests.indicators.ledger.readings import LATER, LATEST, OF_2018, links, restated, rounded, values


def test_a_changed_value_is_seen_from_the_day_it_became_known(engine):
    load(engine, [observed(5.0)], name="a")
    load(engine, [observed(6.0, known_on=LATER)], name="b")

    assert values(engine, FILE_DAY) == [(HOME, "5.0")]
    assert values(engine, LATER - timedelta(days=1)) == [(HOME, "5.0")]
    assert values(engine, LATER) == [(HOME, "6.0")]


def test_a_restated_figure_replaces_the_first_only_from_its_own_day(engine):
    period = {"indicator": "places", "period_end": date(2018, 12, 31)}
    load(engine, [observed(100.0, **period)], name="a")
    load(engine, [observed(-20.0, **period, known_on=LATER)], name="b")

    assert values(engine, FILE_DAY, "places") == [(HOME, "100.0")]
    assert values(engine, LATER, "places") == [(HOME, "-20.0")]


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


def test_a_correction_of_one_day_a_state_a_text_and_another_registers_word_are_no_restatement(engine):
    load(engine, [observed(100.0, **OF_2018), observed(90.0, **OF_2018)], name="the same day")
    load(engine, [observed(5.0), observed("a", indicator="name", period_end=date(2018, 12, 31))], name="first")
    load(engine, [observed(6.0, known_on=LATER)], name="how things stand")
    load(engine, [observed("b", indicator="name", period_end=date(2018, 12, 31), known_on=LATER)], name="a text")
    other = {"register": "casebook", "parser": "casebook/1"}
    load(engine, [observed(50.0, **OF_2018, known_on=LATER)], name="another register", **other)

    assert values(engine, LATER, "net_assets") == [(HOME, "50.0")]
    assert restated(engine, LATER) == []


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


def test_rows_for_another_audience_are_not_seen_by_the_open_view(engine):
    load(engine, [observed(5.0)])
    with engine.begin() as connection:
        connection.execute(OBSERVATION.update().values(audience_id=2))

    assert values(engine, FILE_DAY, view=View.OPEN) == []
    assert values(engine, FILE_DAY, view=View.FULL) == [(HOME, "5.0")]


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
