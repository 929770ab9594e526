"""Records as they stood on a day or at an instant, for the people who may see them."""

import re
from datetime import date

import pytest

from casework import reading

CONCERN = {"type": "safeguarding"}


def refuses(error, message):
    return pytest.raises(error, match=re.escape(message))


def test_a_record_is_the_chain_of_its_entries_and_the_newest_gives_its_state(story):
    number = story.open("plan", rationale="Asked for one")
    story.on("2026-03-09").change(number, state="viable", due_on="2026-12-31", rationale="Agreed")
    story.on("2026-04-01").change(number, by="ben", state="on track", details={"evidence": "The first report"})

    record = reading.find_record(story.engine, story.person("ann"), number)
    assert [(entry.state, entry.author, str(entry.entered_on)) for entry in record.entries] == [
        ("awaiting", "ann", "2026-03-02"),
        ("viable", "ann", "2026-03-09"),
        ("on track", "ben", "2026-04-01"),
    ]
    assert record.newest_entry.due_on == date(2026, 12, 31)
    assert record.newest_entry.details["agreed_on"] == "2026-03-09"


def test_a_record_reads_as_it_stood_on_a_day_and_at_an_instant(story):
    number = story.open("concern", details=CONCERN)
    story.on("2026-03-09").change(number, state="closed", about_on="2026-03-03", rationale="Nothing in it")
    ann = story.person("ann")

    assert reading.find_record(story.engine, ann, number, day=date(2026, 3, 8)).state == "open"
    assert reading.find_record(story.engine, ann, number, day=date(2026, 3, 9)).state == "closed"
    closed_at = reading.find_record(story.engine, ann, number).newest_entry.entered_at
    assert reading.find_record(story.engine, ann, number, instant=closed_at).state == "closed"
    assert reading.list_records(story.engine, ann, day=date(2026, 3, 1)) == []


def test_a_person_outside_the_audience_sees_and_changes_nothing(story):
    hidden = story.open("concern", by="cat", audience="police", details=CONCERN)
    shown = story.open("concern", audience="public", details=CONCERN)

    def visible(key):
        return [record.number for record in reading.list_records(story.engine, story.person(key))]

    assert visible("ann") == [shown]
    assert visible("cat") == [hidden, shown]
    assert visible("guest") == [shown]
    with refuses(reading.UnknownRecord, f"there is no record {hidden} that you may see"):
        story.change(hidden, rationale="I guessed the number")
    with refuses(reading.UnknownRecord, "there is no record 99 that you may see"):
        story.change(99, rationale="There is none")


def test_a_part_has_the_audience_of_its_parent(story):
    plan = story.open("plan", by="cat", state="viable", due_on="2026-12-31", rationale="Agreed")
    story.open("milestone", by="cat", part_of=plan, due_on="2026-06-30", details={"title": "Manager"})

    records = reading.list_records(story.engine, story.person("cat"))
    assert {record.first_entry.audience for record in records} == {"police"}
