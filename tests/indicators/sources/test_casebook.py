"""The embedded sample: its format, and what must be true of every file that is shipped."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from indicators import catalogue
from indicators.folder import FolderClient
from indicators.parsed_records import ArchiveState, Document, LinkRecord, ObservationRecord, Record, UnreadableRecord
from indicators.sources import casebook
from models.vocabulary import IndicatorKind, Relation
from tests.indicators.sources.casebook_texts import EVENT, HEAD, NOW, event, read

SAMPLES = Path(__file__).parents[3] / "samples"


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
