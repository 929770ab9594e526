"""A list that gives nothing any more ends what an older list gave; what was known on earlier days stays."""

from datetime import date, timedelta

from indicators.archive import Archive
from indicators.ledger.as_of import as_of
from indicators.ledger.corrections import outdated_readings, withdraw
from indicators.parsed_records import BlankRecord
from models.vocabulary import DateBasis
from queries import ledger_rows
from tests.factories import FILE_DAY, HOME, NOW, load, observed

FEBRUARY, MARCH, APRIL = (FILE_DAY + timedelta(days=30 * number) for number in range(3))
STRUCK_OFF = "2019-03-15"


def dissolved(known_on, on=STRUCK_OFF):
    return [
        observed("Restored Care", indicator="name", known_on=known_on),
        observed(on, indicator="dissolved_on", known_on=known_on),
    ]


def restored(known_on):
    return [
        observed("Restored Care", indicator="name", known_on=known_on),
        BlankRecord(HOME, "dissolved_on", known_on, DateBasis.SNAPSHOT, line=3, place="DissolutionDate"),
    ]


def known(engine, day):
    with as_of(engine, day) as reading:
        rows = reading.sql(
            "SELECT value_text FROM latest JOIN indicator i ON i.id = indicator_id WHERE i.key = 'dissolved_on'"
        ).fetchall()
    return [value for (value,) in rows]


def shown(engine, day):
    return [
        row["value"]
        for row in ledger_rows.read_observations(engine, day, audiences=None)
        if row["indicator"] == "dissolved_on"
    ]


def test_a_blank_ends_the_value_from_its_day_on(engine):
    load(engine, dissolved(FEBRUARY), name="february")
    assert load(engine, restored(MARCH), name="march").observations == 1

    assert known(engine, MARCH - timedelta(days=1)) == shown(engine, MARCH - timedelta(days=1)) == [STRUCK_OFF]
    assert known(engine, MARCH) == shown(engine, MARCH) == []


def test_a_blank_where_nothing_was_known_or_again_adds_nothing(engine):
    assert load(engine, restored(FEBRUARY), name="february").observations == 1  # the name
    load(engine, dissolved(MARCH), name="march")
    load(engine, restored(APRIL), name="april")

    assert load(engine, restored(APRIL + timedelta(days=30)), name="may").observations == 0
    assert (known(engine, MARCH), known(engine, APRIL)) == ([STRUCK_OFF], [])


def test_a_value_given_again_is_current_again(engine):
    load(engine, dissolved(FEBRUARY), name="february")
    load(engine, restored(MARCH), name="march")
    load(engine, dissolved(APRIL), name="april")

    assert [known(engine, day) for day in (FEBRUARY, MARCH, APRIL)] == [[STRUCK_OFF], [], [STRUCK_OFF]]
    assert shown(engine, APRIL) == [STRUCK_OFF]


def test_a_withdrawn_blank_ends_nothing(engine, tmp_path):
    load(engine, dissolved(FEBRUARY), name="february")
    load(engine, restored(MARCH), name="march")
    with engine.connect() as connection:
        sha256 = connection.exec_driver_sql("SELECT sha256 FROM snapshot WHERE name = 'march'").scalar_one()
    withdraw(engine, Archive(engine, tmp_path), sha256, reason="x", person="y", now=NOW)

    assert known(engine, MARCH) == shown(engine, MARCH) == [STRUCK_OFF]


def test_a_list_that_repeated_the_blank_is_read_again_when_an_older_one_says_otherwise(engine):
    load(engine, dissolved(FEBRUARY), name="february")
    load(engine, restored(MARCH), name="march")
    load(engine, restored(APRIL), name="april")
    load(engine, dissolved(MARCH + timedelta(days=1), "2019-05-01"), name="late")

    again = outdated_readings(engine, "contracts")
    assert len(again) == 1
    load(engine, restored(APRIL), name="april", repetition=again[0][2] + 1)
    assert known(engine, MARCH + timedelta(days=1)) == ["2019-05-01"]
    assert known(engine, APRIL) == []


def test_a_figure_and_a_flag_end_too_and_an_event_without_a_value_stays(engine):
    event = observed(None, indicator="inspection", period_end=date(2019, 1, 10), occurrence="1")
    load(engine, [observed(4.0), observed(True, indicator="charity_insolvent"), event], name="february")
    blanks = [BlankRecord(HOME, indicator, MARCH, DateBasis.SNAPSHOT) for indicator in ("places", "charity_insolvent")]
    load(engine, blanks, name="march")

    with as_of(engine, MARCH) as reading:
        rows = reading.sql("SELECT i.key FROM observation JOIN indicator i ON i.id = indicator_id").fetchall()
    assert rows == [("inspection",)]
    assert [row["indicator"] for row in ledger_rows.read_observations(engine, MARCH, audiences=None)] == ["inspection"]
