"""The embedded sample: its format, and what must be true of every file that is shipped."""

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from indicators import catalogue
from indicators.folder import FolderClient
from indicators.parsed_records import ArchiveState, Document, LinkRecord, ObservationRecord, Record, UnreadableRecord
from indicators.sources import casebook
from models.vocabulary import DateBasis, IndicatorKind, Relation

SAMPLES = Path(__file__).parents[3] / "samples"
NOW = datetime(2026, 1, 2, tzinfo=UTC)

HEAD = """\
format: casebook/1
provider:
  name: Example Care Ltd
  kind: care_group
  activity: care homes
  about: It failed in 2020.
"""
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
EVENT = """\
events:
  - event: profit_warning
    known_on: 2017-07-10
    known_on_evidence: verified
    what: 12m written off
    evidence: recalled (medium)
    source: recalled, no document read
"""


def read(text: str | bytes, name: str = "casebook/example.yaml") -> list[Record]:
    content = text if isinstance(text, bytes) else text.encode()
    return list(casebook.parse(Document("casebook", name, "0" * 64, NOW, lambda: io.BytesIO(content))))


def figure(value: str, head: str = HEAD, entry: str = FIGURES) -> Record:
    """The record of one value."""
    return read(f"{head}{entry}      {value}\n")[-1]


def event(text: str = EVENT, **fields: str) -> Record:
    """The record of one event, with some fields added or replaced."""
    for key, value in fields.items():
        text = re.sub(rf"    {key}: .*\n", "", text) + f"    {key}: {value}\n"
    return read(HEAD + text)[-1]


@pytest.fixture(scope="module")
def shipped() -> list[tuple[str, Record]]:
    """Every record of the shipped files with the file's name."""
    return [
        (fetched.name, record)
        for fetched in casebook.fetch(FolderClient(SAMPLES), ArchiveState())
        for record in casebook.parse(Document("casebook", fetched.name, "0" * 64, NOW, fetched.open))
    ]


def facts(shipped: list[tuple[str, Record]], subject: str, indicator: str) -> list[ObservationRecord]:
    return [
        r for _, r in shipped if isinstance(r, ObservationRecord) and (r.subject, r.indicator) == (subject, indicator)
    ]


# --- the format


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


def test_an_event_says_when_it_happened_and_in_what_words() -> None:
    record = event(happened_on="2017-06", amount="12 GBP_m")
    assert (record.value, record.unit, record.verbatim) == (12_000_000.0, "GBP", "12m written off")
    assert record.period_end == date(2017, 6, 30)


def test_an_event_never_happened_after_it_became_known() -> None:
    record = event(happened_from="2012", happened_on="2017")
    assert (record.period_start, record.period_end) == (date(2012, 1, 1), date(2017, 7, 10))


def test_a_recalled_fact_arrives_with_its_mark_and_its_line() -> None:
    record = event()
    assert record.is_recalled
    assert record.line == 8
    assert record.place == "events[0] · recalled (medium) · recalled, no document read"


def test_a_verified_fact_is_not_recalled() -> None:
    assert not event(evidence="verified", address="https://example.org/notice").is_recalled


def test_only_a_verified_number_becomes_the_identifier() -> None:
    number = HEAD + "  identifier: GB-COH-01234567\n  identifier_evidence: {}\n"
    assert read(number.format("recalled (high)") + EVENT)[0].subject == "CW-SAMPLE-example"
    assert read(number.format("verified") + EVENT)[0].subject == "GB-COH-01234567"


def test_a_provider_is_known_since_the_first_fact_about_it() -> None:
    first = read(HEAD + EVENT)[0]
    assert (first.indicator, first.value, first.known_on) == ("name", "Example Care Ltd", date(2017, 7, 10))


def test_notes_for_readers_stay_out_of_the_ledger() -> None:
    records = read(HEAD + EVENT + "    note: the first of three\n")
    assert "2020" not in str(records)
    assert "the first of three" not in str(records)


def test_an_owner_is_a_link_and_has_a_name() -> None:
    text = EVENT.replace("events", "links").replace("event: profit_warning", "relation: owned_by")
    text = text.replace("what: 12m written off", "object: CW-OWNER-x\n    object_name: X")
    link, name = read(HEAD + text)[-2:]
    assert (link.subject, link.relation, link.object) == ("CW-SAMPLE-example", Relation.OWNED_BY, "CW-OWNER-x")
    assert (name.subject, name.value) == ("CW-OWNER-x", "X")


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


def test_one_wrong_entry_does_not_take_the_others_with_it() -> None:
    second = EVENT.removeprefix("events:\n").replace("profit_warning", "profit_warming")
    assert [type(record) for record in read(HEAD + EVENT + second)] == [ObservationRecord] * 4 + [UnreadableRecord]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"format: \x00", b"[" * 100_000, b"x" * 1_000_001])
def test_bytes_that_are_not_text_are_one_unreadable_document(content: bytes) -> None:
    (record,) = read(content)
    assert isinstance(record, UnreadableRecord)
    assert "\n" not in record.reason


def test_the_web_has_no_casebook() -> None:
    class Web:
        is_folder = False

    assert list(casebook.fetch(Web(), ArchiveState())) == []


# --- the shipped files


def test_every_shipped_file_is_read_to_the_last_fact(shipped: list[tuple[str, Record]]) -> None:
    assert [(name, record) for name, record in shipped if isinstance(record, UnreadableRecord)] == []
    assert len({name for name, _ in shipped}) == 19
    cited = [
        record
        for _, record in shipped
        if isinstance(record, ObservationRecord) and not record.place.startswith("provider.")
    ]
    assert len([record for record in cited if record.indicator != "name"]) == 652


def test_every_fact_has_its_evidence_and_citation(shipped: list[tuple[str, Record]]) -> None:
    bare = [
        record
        for _, record in shipped
        if isinstance(record, ObservationRecord | LinkRecord)
        and not record.place.startswith("provider.")
        and not re.search(r" · (verified · .+ https?://\S+|recalled \(\w+\) · .+)$", record.place)
    ]
    assert bare == []


def test_recalled_facts_are_few_and_marked(shipped: list[tuple[str, Record]]) -> None:
    recalled = [
        record
        for _, record in shipped
        if isinstance(record, ObservationRecord) and record.is_recalled and record.indicator != "name"
    ]
    assert len(recalled) == 8
    assert all(" · recalled (" in record.place for record in recalled)
    assert facts(shipped, "CW-SAMPLE-carillion", "pension_deficit")[0] in recalled


def test_only_verified_numbers_are_identifiers(shipped: list[tuple[str, Record]]) -> None:
    subjects = {record.subject for _, record in shipped if not record.subject.startswith("CW-OWNER-")}
    assert {subject for subject in subjects if not subject.startswith("CW-SAMPLE-")} == {"GB-COH-01963820"}
    assert len(subjects) == 19


def test_the_labels_of_the_back_test_are_not_data() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SAMPLES.glob("casebook/*.yaml"))
    assert re.findall(r"(?m)^\s*-?\s*(?:group|label|failed|survived):", text) == []


def test_outcomes_end_or_go_on_and_nothing_else(shipped: list[tuple[str, Record]]) -> None:
    outcomes = {
        r.subject: r.indicator for _, r in shipped if isinstance(r, ObservationRecord) and "outcome_" in r.indicator
    }
    assert len(outcomes) == 19
    assert sorted(s.removeprefix("CW-SAMPLE-") for s, key in outcomes.items() if key == "outcome_survived") == [
        "capita",
        "caretech",
        "change-grow-live",
        "hc-one",
        "mitie",
        "serco",
        "turning-point",
    ]


def test_carillions_confidential_ratings_are_known_only_when_published(shipped: list[tuple[str, Record]]) -> None:
    ratings = facts(shipped, "CW-SAMPLE-carillion", "government_rating_worsened")
    assert [(r.period_end, r.known_on) for r in ratings] == [
        (date(2016, 3, 31), date(2018, 5, 23)),
        (date(2017, 7, 31), date(2018, 5, 23)),
        (date(2017, 11, 29), date(2018, 5, 23)),
    ]


def test_the_inspection_of_working_links_is_known_on_the_day_it_failed(shipped: list[tuple[str, Record]]) -> None:
    (inspection,) = facts(shipped, "CW-SAMPLE-working-links", "inspection_adverse")
    (failure,) = facts(shipped, "CW-SAMPLE-working-links", "outcome_failed")
    assert (inspection.period_end, inspection.known_on) == (date(2018, 11, 30), date(2019, 2, 15))
    assert failure.known_on == inspection.known_on


def test_the_rescues_of_kids_company_are_known_only_from_the_audit_report(shipped: list[tuple[str, Record]]) -> None:
    rescues = facts(shipped, "CW-SAMPLE-kids-company", "bailout")
    assert [(r.period_start, r.period_end, r.known_on) for r in rescues] == [
        (None, date(2002, 12, 31), date(2015, 10, 29)),
        (date(2002, 1, 1), date(2015, 10, 29), date(2015, 10, 29)),
    ]


def test_a_restatement_stands_beside_the_figure_first_published(shipped: list[tuple[str, Record]]) -> None:
    profits = facts(shipped, "CW-SAMPLE-carillion", "profit_before_tax")
    assert [(r.value, r.known_on) for r in profits if r.period_end == date(2012, 12, 31)] == [
        (179_500_000.0, date(2013, 2, 27)),
        (164_800_000.0, date(2014, 3, 5)),
    ]


def test_a_vendors_restated_figures_are_not_known_with_the_first_results(shipped: list[tuple[str, Record]]) -> None:
    (assets,) = [r for r in facts(shipped, "CW-SAMPLE-capita", "net_assets") if r.period_end == date(2017, 12, 31)]
    assert assets.known_on == date(2019, 3, 14)


def test_guidance_is_a_forecast_that_the_outturn_does_not_replace(shipped: list[tuple[str, Record]]) -> None:
    guidance = facts(shipped, "CW-SAMPLE-carillion", "forecast_average_net_debt")
    assert [(r.value, r.known_on) for r in guidance] == [
        (775_000_000.0, date(2017, 7, 10)),
        (875_000_000.0, date(2017, 11, 17)),
    ]
    forecasts = {
        key for key, indicator in catalogue.load().indicators.items() if indicator.kind is IndicatorKind.FORECAST
    }
    early = {
        r.indicator
        for _, r in shipped
        if isinstance(r, ObservationRecord) and r.period_end and r.known_on < r.period_end
    }
    assert early <= forecasts


def test_no_two_facts_contradict_each_other_on_one_day(shipped: list[tuple[str, Record]]) -> None:
    figures = [
        (r.subject, r.indicator, r.period_start, r.period_end, r.known_on)
        for _, r in shipped
        if isinstance(r, ObservationRecord) and r.place.startswith("figures")
    ]
    assert sorted(figures, key=str) == sorted(set(figures), key=str)


def test_the_days_are_in_order_and_have_every_year_end_and_the_first_screen() -> None:
    sample = yaml.safe_load((SAMPLES / "days.yaml").read_text(encoding="utf-8"))
    days = sample["days"]
    assert days == sorted(set(days))
    assert {date(year, 12, 31) for year in range(2008, 2022)} <= set(days)
    assert sample["first_screen"] == date(2017, 6, 30)
    assert sample["first_screen"] in days


def test_the_days_have_every_failure_up_to_the_last(shipped: list[tuple[str, Record]]) -> None:
    days = yaml.safe_load((SAMPLES / "days.yaml").read_text(encoding="utf-8"))["days"]
    ends = {"outcome_failed", "outcome_left", "outcome_merged"}
    failures = {r.known_on for _, r in shipped if isinstance(r, ObservationRecord) and r.indicator in ends}
    assert failures - set(days) == set()
