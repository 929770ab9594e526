"""Carillion from March 2016 to its liquidation, day by day: what two people would have received, and when.

The facts are those of the casebook; what Ann does is invented. ``WRITE_GOLDEN=1`` writes the story anew: read the
difference before you keep it.
"""

import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import select

from access.people import RegisteredUser
from access.viewer import UNRESTRICTED_VIEWER
from alerts.escalation.actions import ActionWriter, action_writer
from casework.writing import CaseWriter, case_writer
from flows import day as steps
from flows.day import Day
from flows.sample import SAMPLES
from indicators.sources import casebook, casework
from models.alerting import Message, Recipient
from models.database import read_session
from queries.timeline import read_timeline
from queries.why_told import explain_notifications
from settings import Settings
from tests.factories import on_record

STORY = Path(__file__).with_name("story_carillion.txt")
CARILLION = "CW-SAMPLE-carillion"
HEAD = """# The messages about Carillion, from March 2016 to its liquidation on 15 January 2018.
#
# The facts are those of samples/casebook/carillion.yaml, on the days on which they became public; Ann's actions are
# invented. Ann's supplier desk is notified about everything at once. The head of markets is notified about a concern
# after five working days unless it is acknowledged, about a critical level at once, and about a clock five working days
# after it ran out. Days without messages and actions are left out.
"""
POLICY = """
schema: 2
title: Two people
lower_after: 2
useful_for_days: 7
lines: 30
criticals_alone: 20
nothing_done: {from_level: concern, after: 20 working days}
recipients:
  desk: {title: Supplier desk, channel: file, person: ann, sees: [casework]}
  head: {title: Head of markets, channel: file, sees: [casework]}
steps:
  watch: [{to: [desk]}]
  concern: [{to: [head], after: 5 working days}]
  critical: [{to: [head]}]
lapsed:
  - {to: [owner]}
  - {to: [head], after: 5 working days}
pace: [desk]
"""


def between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


DAYS = [
    *between(date(2016, 3, 2), date(2016, 3, 4)),
    date(2016, 3, 10),
    *between(date(2016, 3, 31), date(2016, 4, 1)),
    date(2017, 3, 1),
    *between(date(2017, 7, 10), date(2017, 7, 11)),
    *between(date(2017, 7, 21), date(2017, 7, 24)),
    *between(date(2017, 7, 28), date(2017, 7, 31)),
    *between(date(2017, 9, 28), date(2017, 9, 30)),
    date(2017, 11, 17),
    *between(date(2018, 1, 3), date(2018, 1, 4)),
    *between(date(2018, 1, 14), date(2018, 1, 16)),
]


def take_on(at: ActionWriter) -> str:
    at.acknowledge(CARILLION, next_step="Ask for the cash flow of the year", until_on=date(2016, 3, 31))
    return "takes it on until 31 March 2016: asks for the cash flow of the year"


def meet(book: CaseWriter) -> str:
    book.open_record("duty", CARILLION, due_on=date(2017, 7, 21), details={"title": "Meet the interim chief executive"})
    return "undertakes to meet the interim chief executive by 21 July 2017"


def have_met(book: CaseWriter) -> str:
    [duty] = [one for one in book.list_records(CARILLION) if one.kind.key == "duty"]
    book.change_record(
        duty.number,
        state="done",
        rationale="Met in London; no forecast of cash was to be had",
        details={"evidence": "Minutes"},
    )
    return "enters that the meeting took place"


DEEDS: dict[date, Callable[..., str]] = {
    date(2016, 3, 4): take_on,
    date(2017, 7, 10): meet,
    date(2017, 7, 31): have_met,
}


def test_the_story_of_carillion_is_told_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "facts" / "casebook").mkdir(parents=True)
    shutil.copy(SAMPLES / "casebook" / "carillion.yaml", tmp_path / "facts" / "casebook")
    home = tmp_path / "home"
    home.mkdir()
    (home / "policy.yaml").write_text(POLICY, encoding="utf-8")
    day = steps.open_day(Settings(home=home), now=datetime(2016, 3, 1, tzinfo=UTC))
    day.sources = (casebook, casework)
    ann = on_record(day.engine, "ann", name="Ann")
    story = [HEAD]
    for on in DAYS:
        day.day, day.now = on, datetime.combine(on, time(9), UTC)
        steps.pull(day, tmp_path / "facts")
        assert steps.observe(day) == []
        steps.score(day)
        steps.send(day)
        story += told_on(day)
        if on in DEEDS:
            story.append(f"  Ann {act(day, ann, DEEDS[on])}.\n")
    written = "\n".join(story)
    if os.environ.get("WRITE_GOLDEN"):
        STORY.write_text(written, encoding="utf-8")
    assert STORY.read_text(encoding="utf-8") == written
    kinds = {moment.kind for moment in read_timeline(day.engine, ann.viewer, CARILLION).events}
    assert kinds == {"assessed", "escalation", "told", "not told", "clock", "casework"}
    _, answers = explain_notifications(day.engine, CARILLION, date(2016, 3, 31), viewer=UNRESTRICTED_VIEWER)
    reasons = {answer.recipient: answer.reason for answer in answers if answer.regime == "house_suppliers"}
    assert reasons == {"desk": "unchanged", "head": "acknowledged"}


def act(day: Day, ann: RegisteredUser, deed: Callable[..., str]) -> str:
    """Ann's action of the afternoon, as text."""
    now = day.now + timedelta(hours=6)
    with action_writer(day.engine, ann, now=now) if deed is take_on else case_writer(day.engine, ann, now=now) as at:
        return deed(at)


def told_on(day: Day) -> list[str]:
    """The day's messages as they arrived, without their references."""
    with read_session(day.engine) as session:
        rows = session.execute(
            select(Recipient.title, Message.subject, Message.body_markdown, Message.status)
            .join_from(Message, Recipient, Recipient.id == Message.recipient_id)
            .where(Message.created_at == day.now)
            .order_by(Message.id)
        ).all()
    said = [f"== {day.day:%A} {day.day.day} {day.day:%B %Y}\n"] if rows or day.day in DEEDS else []
    for title, subject, body, status in rows:
        assert status == "accepted"
        lines = "\n".join(f"      {line}".rstrip() for line in re.sub(r"\n\n+", "\n", body).splitlines())
        said.append(f"  To the {title[0].lower()}{title[1:]}: {subject}\n{lines}\n")
    return said
