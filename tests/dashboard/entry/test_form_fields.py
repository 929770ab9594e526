"""Forms: fields made from kinds and details, values as they are written, and each form written once."""

from datetime import UTC, date, datetime

from sqlalchemy import Engine

from access.people import RegisteredUser
from casework.kinds import record_kinds
from casework.reading import Record
from casework.writing import case_writer
from dashboard.entry import form_fields, form_submission
from dashboard.entry.detail_fields import Control, FormField
from dashboard.entry.form_fields import FormChoices
from tests.dashboard.casework_scenes import ROSE, all_of, story
from tests.factories import on_record

ANN = RegisteredUser(1, "ann", "Ann", frozenset({"official"}), frozenset({"casework", "public"}))
BEN = RegisteredUser(2, "ben", "", frozenset({"official"}), frozenset({"casework", "public"}))
VIC = RegisteredUser(3, "vic", "Vic", frozenset({"official"}), frozenset({"police", "public"}))
AROUND = FormChoices(ANN, [ANN, BEN, VIC], {"homes": "Homes"})
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def of(fields: list[FormField], key: str) -> FormField:
    return next(field for field in fields if field.key == key)


def test_only_those_who_share_an_audience_can_be_chosen() -> None:
    fields = form_fields.new_record_fields(record_kinds()["plan"], AROUND)
    assert [key for _, key in of(fields, "owner").options] == ["ann", "ben"]
    assert [key for _, key in of(fields, "audience").options] == ["casework", "public"]


def test_a_part_takes_regime_and_audience_of_the_whole() -> None:
    keys = {field.key for field in form_fields.new_record_fields(record_kinds()["milestone"], AROUND)}
    assert "part_of" in keys
    assert not keys & {"audience", "regime"}


def test_what_is_left_as_it_was_is_not_entered() -> None:
    title = FormField("details.title", "Title", Control.LINE, value="Old")
    done = FormField("details.done", "Done", Control.NUMBER, value=20)
    text = FormField("text", "Why", Control.TEXT, value="")
    assert form_fields.read_form([title, done, text], {"details.title": "Old", "details.done": 20, "text": " "}) == {
        "details": {}
    }
    assert form_fields.read_form([title, done, text], {"details.title": "", "details.done": 0, "text": " a "}) == {
        "details": {"title": "", "done": 0},
        "text": "a",
    }


def progress_of(engine: Engine, kind: str, author: RegisteredUser) -> tuple[list[FormField], Record]:
    [record] = all_of(engine, kind)
    return form_fields.update_fields(record, FormChoices(author, [author], {})), record


def test_only_the_states_that_may_follow_are_offered(sqlite_engine: Engine) -> None:
    ann = story(sqlite_engine)["ann"]
    for kind in ("plan", "milestone", "duty"):
        fields, record = progress_of(sqlite_engine, kind, ann)
        states = record_kinds()[kind].states[record.state]
        assert [label for label, _ in of(fields, "state").options] == [f"stays {record.state}", *states.to]
    fields, _ = progress_of(sqlite_engine, "milestone", ann)
    shown = [field.key for field in fields if not field.is_folded]
    assert shown == ["state", "details.done", "details.evidence", "details.word_of", "due", "text"]
    assert of(fields, "details.word_of").label == "Word of (evidence or word of needed for: met)"
    assert of(fields, "text").label == "Reason (needed for: missed, dropped)"


def test_a_form_says_what_needs_a_reason_or_evidence() -> None:
    concern = form_fields.new_record_fields(record_kinds()["concern"], AROUND)
    assert of(concern, "text").label.endswith(" (needed for: a rating)")
    assert "details.evidence" not in {field.key for field in concern}
    told = form_fields.new_record_fields(record_kinds()["told"], AROUND)
    assert of(told, "details.evidence").label.endswith("(by or evidence or word of needed for: told)")
    assert of(form_fields.new_record_fields(record_kinds()["plan"], AROUND), "text").label.endswith(
        "(needed for: viable)"
    )
    assert of(form_fields.new_record_fields(record_kinds()["decision"], AROUND), "text").is_needed


def test_evidence_of_an_earlier_state_is_not_offered_as_that_of_the_next(sqlite_engine: Engine) -> None:
    ann = story(sqlite_engine)["ann"]
    with case_writer(sqlite_engine, ann, now=NOW) as book:
        book.change_record(2, details={"evidence": "Advert placed"})
    fields, _ = progress_of(sqlite_engine, "milestone", ann)
    assert of(fields, "details.evidence").value == ""


def test_only_what_the_role_allows_is_offered(sqlite_engine: Engine) -> None:
    who = story(sqlite_engine)
    cora = on_record(sqlite_engine, "cora", roles=["commissioner"])
    with case_writer(sqlite_engine, who["ann"], now=NOW) as book:
        book.open_record(
            "override",
            ROSE,
            regime="homes",
            due_on=date(2027, 1, 1),
            rationale="x",
            details={"of": "level", "to": "watch"},
        )
    [override] = all_of(sqlite_engine, "override")
    assert form_fields.next_states(override, cora) == []
    assert not form_fields.has_next_states(override, cora)
    assert form_fields.has_next_states(all_of(sqlite_engine, "plan")[0], cora)
    assert form_fields.allowed_actions(cora, is_open=True, is_silenced=True) == ["acknowledge"]
    assert form_fields.allowed_actions(who["ann"], is_open=True, is_silenced=False) == [
        "acknowledge",
        "silence",
        "close",
    ]


def test_what_a_second_person_must_enter_is_left_to_them(sqlite_engine: Engine) -> None:
    who = story(sqlite_engine)
    with case_writer(sqlite_engine, who["ann"], now=NOW) as book:
        book.open_record(
            "override",
            ROSE,
            regime="homes",
            due_on=date(2027, 1, 1),
            rationale="x",
            details={"of": "level", "to": "watch"},
        )
    [record] = all_of(sqlite_engine, "override")
    assert [label for label, _ in form_fields.next_states(record, who["ann"])] == ["stays proposed", "withdrawn"]
    assert form_fields.states_for_others(record, who["ann"]) == ["approved", "refused"]
    assert "approved" in dict(form_fields.next_states(record, who["ben"]))


def test_a_tested_arrangement_can_be_tested_again(engine: Engine) -> None:
    ann = story(engine)["ann"]
    with case_writer(engine, ann, now=NOW) as book:
        book.open_record(
            "arrangement",
            ROSE,
            state="tested",
            due_on=date(2026, 6, 1),
            details={"type": "transition", "word_of": "The council"},
        )
    [record] = all_of(engine, "arrangement")
    assert ("tested again", "tested") in form_fields.next_states(record, ann)
    submitter = form_submission.FormSubmitter(engine, ann, ROSE, NOW)
    sentences = submitter.update_record(
        record, {"details": {"evidence": "Minutes"}, "state": "tested", "due": "3 months", "text": "Went well"}
    )
    assert sentences[1] == "Due on 1 August 2026, 92 days from now. Owner: ann."


def test_a_notice_names_the_event_it_counts_as(sqlite_engine: Engine) -> None:
    submitter = form_submission.FormSubmitter(sqlite_engine, story(sqlite_engine)["ann"], ROSE, NOW)
    sentences = submitter.open_record("notice", {"details": {"type": "Statutory inquiry"}})
    assert sentences[-1].startswith("The notice counts as: ")
