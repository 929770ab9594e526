"""Entries of casework: who may write which, which are refused and why, and how records read afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sqlalchemy import update

from access.permissions import NotAllowed
from casework import reading
from casework.kinds import WrongCasework
from models.casework import CaseEntry
from models.database import table_of, write_session
from tests.casework.story import HOME, refuses
from tests.factories import on_record

CONCERN = {"type": "safeguarding"}
OVERRIDE = {"regime": "care", "rationale": "It was lifted", "details": {"of": "level", "to": "watch"}}


def test_a_long_reason_comes_back_whole(story):
    reason = "Because. " * 1000
    number = story.open("concern", details=CONCERN, rationale=reason)

    assert reading.find_record(story.engine, story.person("ann"), number).newest_entry.rationale == reason.strip()
    with refuses(WrongCasework, "the text has 20,001 characters; shorten it to 20,000 or fewer"):
        story.change(number, rationale="x" * 20_001)


def test_a_provider_that_no_register_knows_has_no_casework(sqlite_story):
    with sqlite_story.writer() as writer, refuses(WrongCasework, "'GB-COH-1' is not in any register read so far"):
        writer.open_record("concern", "GB-COH-1", details=CONCERN)


def test_entries_of_one_writer_are_kept_together_or_not_at_all(story):
    with refuses(WrongCasework, "a duty needs a due date"), story.writer() as writer:
        writer.open_record("concern", HOME, details=CONCERN)
        writer.open_record("duty", HOME, details={"title": "x"})

    assert reading.list_records(story.engine, story.person("ann")) == []


def test_people_writing_at_once_get_numbers_without_gaps(story):
    def write(_):
        return story.open("concern", details=CONCERN)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(write, range(12))) == list(range(1, 13))


def test_an_arrangement_tested_again_is_due_for_its_next_test(story):
    number = story.open("arrangement", state="agreed", due_on="2026-06-01", details={"type": "transition"})
    story.on("2026-05-20").change(number, state="tested", details={"word_of": "The council"})
    noted = story.on("2026-05-25").change(number, rationale="Minutes are in")
    assert noted.newest_entry.due_on is None
    assert noted.newest_entry.details["tested_on"] == "2026-05-20"

    again = story.on("2027-05-10").change(
        number, state="tested", about_on="2027-05-01", due_on="2028-05-01", details={"evidence": "Minutes"}
    )
    assert again.newest_entry.due_on == date(2028, 5, 1)
    assert again.newest_entry.details["tested_on"] == "2027-05-01"


def test_an_entry_from_before_reasons_were_required_still_reads_and_goes_on(story):
    number = story.open("duty", due_on="2026-05-01", details={"title": "Visit"})
    with write_session(story.engine) as session:
        session.execute(
            update(table_of(CaseEntry)).values(
                state="done", details={"title": "Visit", "within": "", "then": "", "source": ""}
            )
        )
    ann = story.person("ann")
    [record] = reading.list_records(story.engine, ann)
    assert record.state == "done"
    assert record.newest_entry.summary == "Visit"
    again = story.change(number, state="open", rationale="It was another visit")
    assert reading.describe_entry_changes(again.newest_entry, again.entries[0]) == "done -> open"


def test_a_person_does_only_what_the_role_allows(story):
    on_record(story.engine, "cora", roles=["commissioner"])
    with refuses(NotAllowed, "'cora' may not enter a notice: that needs the role regulator or official"):
        story.open("notice", by="cora", details={"type": "warning letter"})
    number = story.open("override", due_on="2026-06-30", **OVERRIDE)
    with refuses(NotAllowed, "'cora' may not approve or refuse an override"):
        story.change(number, by="cora", state="approved", rationale="Why not")
    assert story.open("concern", by="cora", details=CONCERN)
    with refuses(NotAllowed, "'guest' belongs to the public alone and may not enter a concern"):
        story.open("concern", by="guest", details=CONCERN)
