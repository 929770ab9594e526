"""Plays the cases of ``escalations.txt``, which people who know the work write."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from alerts.decide import Reason
from models.alerting import Delivery, Escalation, Message
from models.database import reading
from models.ledger import Subject
from models.scoring import Run
from models.vocabulary import Level
from tests.alerts.scenes import key_of, score, tell

FILE = Path(__file__).with_name("escalations.txt")
FIRST = date(2024, 1, 1)
LEVELS = {".": "none", "w": "watch", "c": "concern", "C": "critical", "?": Level.UNSCORABLE, "-": None}
TOLD = {
    "b": Reason.BASELINE,
    "o": Reason.OPENED,
    "r": Reason.RAISED,
    "l": Reason.LOWERED,
    "x": Reason.RESOLVED,
    "e": Reason.ENDED,
}
LETTERS = {reason: letter for letter, reason in TOLD.items()}


@dataclass
class Case:
    title: str
    levels: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    subjects: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    says: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def cases() -> list[Case]:
    text = "\n".join(line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [case(block.splitlines()) for block in re.split(r"\n\s*\n", text.strip())]


def case(lines: list[str]) -> Case:
    found = Case(lines[0])
    name = ""
    for line in lines[1:]:
        wording = re.fullmatch(r"\s+day (\d+) (subject|says)\s+(.*)", line)
        if wording:
            {"subject": found.subjects, "says": found.says}[wording[2]][int(wording[1])].append(wording[3])
            continue
        row = re.fullmatch(r"\s+(?:(\S.*?)\s{2,})?((?:\S )*\S)", line)
        assert row, f"{FILE}: cannot read '{line}'"
        if row[1]:
            name = row[1]
            found.levels[name] = row[2].split()
        else:
            found.told[name] = row[2].split()
    assert found.levels.keys() == found.told.keys(), f"{FILE}: '{found.title}': a line of what is told is missing"
    assert len({len(row) for row in [*found.levels.values(), *found.told.values()]}) == 1, f"{FILE}: '{found.title}'"
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)
def test_people_are_told_what_the_case_says(sqlite_engine: Engine, case: Case) -> None:
    days = range(len(next(iter(case.levels.values()))))
    for number in days:
        day = FIRST + timedelta(days=number)
        run = score(sqlite_engine, day, {name: LEVELS[row[number]] for name, row in case.levels.items()})
        tell(sqlite_engine, run, day=day)
    assert told(sqlite_engine, case) == case.told
    for day, expected in case.subjects.items():
        assert [message.subject for message in written(sqlite_engine, day)] == expected
    for day, expected in case.says.items():
        lines = [line for message in written(sqlite_engine, day) for line in message.body_markdown.splitlines()]
        assert [line for line in expected if line not in lines] == [], "\n".join(lines)


def told(engine: Engine, case: Case) -> dict[str, list[str]]:
    """The letters that the deliveries make."""
    rows = {name: ["."] * len(row) for name, row in case.levels.items()}
    names = {key_of(name): name for name in rows}
    with reading(engine) as session:
        for key, day, reason in session.execute(
            select(Subject.key, Run.day, Delivery.reason)
            .join_from(Delivery, Escalation, Escalation.id == Delivery.escalation_id)
            .join(Subject, Subject.id == Escalation.provider_id)
            .join(Run, Run.id == Delivery.run_id)
        ):
            rows[names[key]][(day - FIRST).days] = LETTERS[reason]
    return rows


def written(engine: Engine, day: int) -> list[Message]:
    with reading(engine) as session:
        of_day = select(Message).join_from(Message, Run, Run.id == Message.run_id)
        return list(session.scalars(of_day.where(Run.day == FIRST + timedelta(days=day - 1)).order_by(Message.id)))
