"""Plays the cases of ``escalations.txt``, which people who know the work write."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, select

from access.people import RegisteredUser
from alerts.decide import Reason
from alerts.escalation.actions import action_writer
from alerts.message.composer import SUMMARY
from alerts.policy import Policy
from casework.writing import case_writer
from models.alerting import Delivery, Escalation, Message, Recipient
from models.database import read_session
from models.scoring import Run
from models.subjects import Subject
from models.vocabulary import Level
from tests.alerts.scenes import HOMES, POLICY, finding, key_of, noon, policy_of, score, tell
from tests.factories import on_record

FILE = Path(__file__).with_name("escalations.txt")
FIRST = date(2024, 1, 1)
# A day's first letter is the level, each further one the level of one finding more.
LEVELS = {".": "none", "w": "watch", "c": "concern", "C": "critical", "?": Level.UNSCORABLE, "-": None}
TOLD = {
    "b": Reason.BASELINE,
    "o": Reason.OPENED,
    "r": Reason.RAISED,
    "a": Reason.ADDED,
    "l": Reason.LOWERED,
    "x": Reason.RESOLVED,
    "e": Reason.ENDED,
    "s": Reason.STEP_DUE,
    "k": Reason.RETURNED,
    "p": Reason.REPEATED,
    "R": Reason.REOPENED,
    "h": Reason.CLOSED,
}
LETTERS = {reason: letter for letter, reason in TOLD.items()}


DUTY = "duty"


@dataclass
class Case:
    title: str
    levels: dict[str, list[str]] = field(default_factory=dict)
    told: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # by provider and recipient
    policy: list[str] = field(default_factory=list)
    does: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    subjects: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    says: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    never: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def cases() -> list[Case]:
    text = "\n".join(line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [case(block.splitlines()) for block in re.split(r"\n\s*\n", text.strip())]


def case(lines: list[str]) -> Case:
    found = Case(lines[0])
    kinds = {
        "subject": found.subjects,
        "says": found.says,
        "never says": found.never,
        "does": found.does,
        "changes": found.rules,
    }
    name = ""
    for line in lines[1:]:
        if wording := re.fullmatch(r"\s+day (\d+) (subject|says|never says|does|changes)\s+(.*)", line):
            kinds[wording[2]][int(wording[1])].append(wording[3])
            continue
        if policy := re.fullmatch(r"\s+policy\s+(.*)", line):
            found.policy.append(policy[1])
            continue
        row = re.fullmatch(r" {4}(?:(\S.*?)\s{2,}|\s+)((?:\S+ +)*\S+)", line)
        assert row, f"{FILE}: cannot read '{line}'"
        if row[1] and row[1].startswith("> "):
            found.told[name, row[1].removeprefix("> ")] = row[2].split()
        elif row[1]:
            name = row[1]
            found.levels[name] = row[2].split()
        else:
            found.told[name, DUTY] = row[2].split()
    assert found.levels.keys() == {name for name, _ in found.told}, f"{FILE}: '{found.title}': what is told is missing"
    assert len({len(row) for row in [*found.levels.values(), *found.told.values()]}) == 1, f"{FILE}: '{found.title}'"
    return found


def policy_for(case: Case) -> Policy:
    """The shipped policy with what the case adds."""
    if not case.policy:
        return POLICY
    desks = {DUTY: {"title": "Duty desk", "channel": "file", "sees": "everything"}}
    steps = {"watch": [{"to": [DUTY]}]}
    lapsed, more = [{"to": [DUTY]}], {}
    for line in case.policy:
        if again := re.fullmatch(r"repeat after (.+)", line):
            more["repeat_after"] = again[1]
            continue
        step = re.fullmatch(r"(\w+): (\w+)(?: after (.+))?", line)
        assert step, f"{FILE}: cannot read the policy '{line}'"
        desks[step[1]] = {"title": step[1].title(), "channel": "file", "sees": "everything"}
        (lapsed if step[2] == "lapsed" else steps.setdefault(step[2], [])).append(
            {"to": [step[1]], "after": step[3] or "0 days"}
        )
    return policy_of(recipients=desks, steps=steps, lapsed=lapsed, pace=[], **more)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)
def test_people_are_told_what_the_case_says(sqlite_engine: Engine, case: Case) -> None:
    policy, ann = policy_for(case), on_record(sqlite_engine, "ann", name="Ann")
    facts = Facts()
    for number in range(len(next(iter(case.levels.values())))):
        day = FIRST + timedelta(days=number)
        levels = {name: LEVELS[row[number][0]] for name, row in case.levels.items()}
        findings = {name: more(row[number]) for name, row in case.levels.items()}
        changed = set(case.rules[number + 1])
        for name, found in findings.items():
            facts.put_behind(name, found, changed)
        file = regime_after([rule for n in range(number + 2) for rule in case.rules[n]]) if case.rules else HOMES
        run = score(sqlite_engine, day, levels, findings=findings, file=file)
        tell(sqlite_engine, run, day=day, policy=policy)
        for deed in case.does[number + 1]:
            do(sqlite_engine, ann, deed, now=noon(day) + timedelta(hours=8))
    assert told(sqlite_engine, case) == case.told
    for day, expected in case.subjects.items():
        assert [message.subject for message in written(sqlite_engine, day)] == expected
    for day, expected in case.says.items():
        lines = [line for message in written(sqlite_engine, day) for line in message.body_markdown.splitlines()]
        assert [line for line in expected if line not in lines] == [], "\n".join(lines)
    for day, unwanted in case.never.items():
        text = "".join(message.subject + message.body_markdown for message in written(sqlite_engine, day))
        assert [words for words in unwanted if words in text] == []


class Facts:
    """Gives each finding the row of the ledger that it rests on: another row where it is another than the day before.

    On a day on which its rule is changed the finding rests on what was known the day before.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[Level, int]] = {}
        self._last = 0

    def put_behind(self, name: str, findings: list[dict[str, Any]], changed: set[str]) -> None:
        for one in findings:
            level, seq = self._rows.get((name, one["rule"]), (None, 0))
            if level is not one["level"] and one["rule"] not in changed:
                self._last += 1
                seq = self._last
            one["seqs"] = [seq]
            self._rows[name, one["rule"]] = (one["level"], seq)


def regime_after(changes: list[str]) -> str:
    """The regime's file after some changes of its rules, one after the other."""
    rules = [
        {"key": key, "limit": changes.count(key)} for key in ("first", *(f"further_{place}" for place in range(1, 4)))
    ]
    content = {
        "title": "Children's homes",
        "version": 1 + len(changes),
        "principles": {"accountability": {"rules": rules}},
    }
    return yaml.safe_dump(content, sort_keys=False)


def more(letters: str) -> list[dict[str, Any]]:
    """The finding that gives the level, and what a day holds against a home beside it."""
    level, *others = (Level(LEVELS[letter] or Level.NONE) for letter in letters)
    if level is Level.UNSCORABLE:
        return []
    return [
        finding("First finding", level, rule="first", status="met" if level.rank else "clear"),
        *(finding(f"Further finding {place}", one, rule=f"further_{place}") for place, one in enumerate(others, 1)),
    ]


def do(engine: Engine, ann: RegisteredUser, deed: str, *, now: datetime) -> None:
    """Do what the case says about Ann."""
    said = re.fullmatch(r"(\w+) (.+?)(?: until day (\d+))?: (.+)", deed)
    assert said, f"{FILE}: cannot read what is done: '{deed}'"
    key, until_on = key_of(said[2]), FIRST + timedelta(days=int(said[3]) - 1) if said[3] else None
    if said[1] in {"duty", "done"}:
        with case_writer(engine, ann, now=now) as book:
            if said[1] == "duty":
                book.open_record("duty", key, due_on=until_on, details={"title": said[4]})
            else:
                [record] = [one for one in book.list_records(key) if one.newest_entry.details.get("title") == said[4]]
                book.change_record(record.number, state="done", details={"evidence": "Report"})
        return
    with action_writer(engine, ann, now=now) as at:
        if said[1] == "ack":
            at.acknowledge(key, next_step=said[4], until_on=until_on)
        elif said[1] == "silence":
            at.silence(key, reason=said[4], until_on=until_on)
        else:
            {"unsilence": at.unsilence, "close": at.close, "reopen": at.reopen}[said[1]](key, reason=said[4])


def told(engine: Engine, case: Case) -> dict[tuple[str, str], list[str]]:
    """The letters that the deliveries in summaries make."""
    rows = {key: ["."] * len(row) for key, row in case.told.items()}
    names = {key_of(name): name for name in case.levels}
    with read_session(engine) as session:
        for key, recipient, day, reason in session.execute(
            select(Subject.key, Recipient.key, Run.day, Delivery.reason)
            .join_from(Delivery, Escalation, Escalation.id == Delivery.escalation_id)
            .join(Recipient, Recipient.id == Delivery.recipient_id)
            .join(Subject, Subject.id == Escalation.provider_id)
            .join(Run, Run.id == Delivery.run_id)
            .where(Delivery.part == SUMMARY)
        ):
            rows[names[key], recipient][(day - FIRST).days] = LETTERS[reason]
    return rows


def written(engine: Engine, day: int) -> list[Message]:
    with read_session(engine) as session:
        of_day = select(Message).join_from(Message, Run, Run.id == Message.run_id)
        return list(session.scalars(of_day.where(Run.day == FIRST + timedelta(days=day - 1)).order_by(Message.id)))
