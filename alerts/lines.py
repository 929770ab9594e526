"""Gathers what a message says about the providers it describes: the findings behind a level, with their dates."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from sqlalchemy import select

from alerts import wording
from alerts.standing import Change
from alerts.wording import Line
from indicators.ledger import day_of
from models import bulk
from models.database import Session, table_of
from models.ledger import Observation
from models.scoring import ArchivedFile, FindingSet, Run
from models.vocabulary import Level, Principle

MOST_FINDINGS = 3  # on one line of a message

ARCHIVED, FINDING_SET = table_of(ArchivedFile).c, table_of(FindingSet).c
OBSERVATION = table_of(Observation).c

_RISK = (Principle.ACCOUNTABILITY, Principle.EVIDENCE)  # what a level rests on, in the order of telling

Days = tuple[date | None, date]  # what a figure is about, and when it became known


def lines(session: Session, run: Run, changes: Iterable[Change], outcomes: Mapping[int, str]) -> list[Line]:
    """What to say about each change, in the same order."""
    changes = list(changes)
    findings = _findings(session, changes)
    days = _days(session, [seq for chosen in findings.values() for finding in chosen for seq in finding["seqs"]])
    titles = regime_titles(session, run)
    return [
        Line(
            provider=change.provider,
            name=change.name,
            regime=titles[change.regime],
            reason=change.news.reason,
            before=change.before,
            level=change.news.level,
            is_official=change.is_official,
            findings=[_sentence(finding, days) for finding in findings.get(change.findings_sha256, ())],
            outcome=outcomes.get(change.provider_id, ""),
        )
        for change in changes
    ]


def regime_titles(session: Session, run: Run) -> dict[str, str]:
    """The run's regimes with the titles that their files give them."""
    found = select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(run.regimes.values()))
    files = {row.sha256: yaml.safe_load(row.body) for row in session.execute(found)}
    return {key: files.get(sha256, {}).get("title", key) for key, sha256 in run.regimes.items()}


def behind(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that a level rests on: of the risk principles, at watch or above, worst first, at most three."""
    found = [f for f in findings if f["principle"] in _RISK and Level(f["level"]).rank > 0]
    return sorted(found, key=lambda f: (-Level(f["level"]).rank, _RISK.index(f["principle"])))[:MOST_FINDINGS]


def _findings(session: Session, changes: Sequence[Change]) -> dict[str, list[Mapping[str, Any]]]:
    """Only for what is worse: a message does not explain why something is well."""
    wanted = {change.findings_sha256 for change in changes if change.news.reason.is_worse}
    return {
        row.sha256: behind(row.findings)
        for chunk in bulk.chunked(sorted(wanted))
        for row in session.execute(
            select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(chunk))
        )
    }


def _days(session: Session, seqs: Iterable[int]) -> dict[int, Days]:
    o, found = OBSERVATION, dict[int, Days]()
    for chunk in bulk.chunked(sorted(set(seqs))):
        for row in session.execute(select(o.seq, o.period_end, o.known_on).where(o.seq.in_(chunk))):
            found[row.seq] = (None if row.period_end is None else day_of(row.period_end), day_of(row.known_on))
    return found


def _sentence(finding: Mapping[str, Any], days: Mapping[int, Days]) -> str:
    known = [days[seq] for seq in finding["seqs"] if seq in days]
    return wording.dated(
        finding["text"],
        max((about for about, _ in known if about), default=None),
        max((known_on for _, known_on in known), default=None),
        is_recalled=finding.get("evidence") == "recalled",
    )
