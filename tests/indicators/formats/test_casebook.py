"""The schema of the casebook: quantities, days, marks."""

from datetime import date

import pytest

from indicators.parsed_records import Record, UnreadableRecord
from models.vocabulary import DateBasis
from tests.indicators.sources.casebook_texts import EVENT, HEAD, event, read

FIGURES = """\
figures:
  - period_end: 2016-12-31
    known_on: 2017-03-01
    known_on_evidence: verified
    evidence: verified
    source: Results 2016
    address: https://example.org/2016
    values:
"""


def figure(value: str, head: str = HEAD, entry: str = FIGURES) -> Record:
    """The record of one value."""
    return read(f"{head}{entry}      {value}\n")[-1]


def test_money_in_millions_becomes_exact_pounds() -> None:
    record = figure("turnover_including_jv: 23.104 GBP_m")
    assert (record.value, record.verbatim, record.unit) == (23_104_000.0, "23.104 GBP_m", None)
    assert record.period_end == date(2016, 12, 31)


def test_other_units_are_kept_as_given() -> None:
    assert figure("occupancy: 88.4 percent").value == 88.4
    assert figure("homes: 735").value == 735.0


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("turn_over: 5 GBP_m", "unknown indicator 'turn_over': add it to the catalogue or correct the name"),
        ("net_debt: 5", "'5': 'net_debt' is in 'GBP', not in ''"),
        ("occupancy: 5 GBP_m", "'5 GBP_m': 'occupancy' is in 'percent', not in 'GBP'"),
        ("net_debt: about 5 GBP_m", "'about 5 GBP_m' is not a number with its unit, like '5.5 GBP_m'"),
        (
            "profit_warning: 5",
            "'profit_warning' is not a figure or forecast of this register: correct it or the catalogue",
        ),
        ("interim_turnover: 5 GBP_m", "an interim figure needs the number of 'months' it is about"),
    ],
)
def test_a_figure_that_does_not_fit_is_refused_with_its_line(value: str, reason: str) -> None:
    assert figure(value) == UnreadableRecord(reason, 15, f"figures[0].{value.partition(':')[0]}")


def test_a_figure_known_before_the_end_of_its_period_must_be_a_forecast() -> None:
    early = FIGURES.replace("2017-03-01", "2016-11")
    assert figure("net_interest: 55 GBP_m", entry=early).reason == (
        "'net_interest' was known before the end of its period: write it as a forecast"
    )
    assert figure("forecast_net_interest: 55 GBP_m", entry=early).known_on == date(2016, 11, 30)


def test_an_interim_figure_is_about_its_months_alone() -> None:
    half = FIGURES.replace("2016-12-31", "2017-03-29\n    months: 6").replace("2017-03-01", "2017-05")
    record = figure("interim_turnover: 5 GBP_m", entry=half)
    assert (record.period_start, record.period_end) == (date(2016, 10, 1), date(2017, 3, 29))


@pytest.mark.parametrize(
    ("written", "known_on", "basis"),
    [
        ("2017-07-10", date(2017, 7, 10), DateBasis.STATED),
        ("2017-02", date(2017, 2, 28), DateBasis.INFERRED),
        ("2017", date(2017, 12, 31), DateBasis.INFERRED),
    ],
)
def test_an_imprecise_day_counts_from_its_last_day(written: str, known_on: date, basis: DateBasis) -> None:
    record = event(known_on=written)
    assert (record.known_on, record.known_on_basis) == (known_on, basis)


def test_a_recalled_day_is_inferred() -> None:
    assert event(known_on_evidence="recalled (high)").known_on_basis == DateBasis.INFERRED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", UnreadableRecord("not a file of the casebook: it must say 'format: casebook/1'", 1)),
        ("- a list\n", UnreadableRecord("not a file of the casebook: it must say 'format: casebook/1'", 1)),
        ("format: [", UnreadableRecord("not YAML: expected the node content, but found '<stream end>'", 1)),
        (HEAD + "colour: red\n", UnreadableRecord("unknown key 'colour'", 7, "colour")),
        (HEAD + "  size: big\n", UnreadableRecord("'size': unknown key", 2, "provider")),
        (HEAD + "name: x\nname: y\n", UnreadableRecord("not YAML: 'name' is given twice", 8)),
        (HEAD + "events: none\n", UnreadableRecord("'events' must be a list", 7, "events")),
        (HEAD + EVENT + "    when: today\n", UnreadableRecord("'when': unknown key", 8, "events[0]")),
        (
            HEAD + EVENT.replace("10\n", "32\n"),
            UnreadableRecord("'known_on': day is out of range for month", 8, "events[0]"),
        ),
        (
            HEAD + EVENT.replace("recalled (medium)", "verified"),
            UnreadableRecord("a verified fact needs the 'address' where it was read", 8, "events[0]"),
        ),
        (
            HEAD + EVENT.replace("events", "outcome"),
            UnreadableRecord("'profit_warning' belongs under 'events'", 8, "outcome[0]"),
        ),
    ],
)
def test_a_part_that_does_not_fit_the_format_is_refused_with_its_line(text: str, expected: UnreadableRecord) -> None:
    assert read(text) == [expected]
