"""Gathers what a message says about the providers it describes: the findings behind a level, with their dates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from alerts import wording
from alerts.standing import Change
from alerts.wording import Line
from models.database import Session, table_of
from models.scoring import ArchivedFile, FindingSet, Run
from models.vocabulary import Level, Principle
from regimes.store import archived

MOST_FINDINGS = 3  # on one line of a message

ARCHIVED, FINDING_SET = table_of(ArchivedFile).c, table_of(FindingSet).c

_RISK = (Principle.ACCOUNTABILITY, Principle.EVIDENCE)  # what a level rests on, in the order of telling


def lines(session: Session, run: Run, changes: Iterable[Change], outcomes: Mapping[int, str]) -> list[Line]:
    """What to say about each change, in the same order."""
    changes = list(changes)
    findings = _findings(session, changes)
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
            findings=findings.get(change.findings_sha256, ()),
            outcome=outcomes.get(change.provider_id, ""),
        )
        for change in changes
    ]


def regime_titles(session: Session, run: Run) -> dict[str, str]:
    """The run's regimes with the titles that their files give them."""
    found = select(ARCHIVED.sha256, ARCHIVED.body).where(ARCHIVED.sha256.in_(run.regimes.values()))
    files = {row.sha256: archived(row.body) for row in session.execute(found)}
    return {key: files.get(sha256, {}).get("title", key) for key, sha256 in run.regimes.items()}


def behind(findings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The findings that a level rests on, at most three: worst first, of those the newest.

    What is true of a whole register is not among them, and what rests on the same rows is told once.
    """
    found = [f for f in findings if f["principle"] in _RISK and Level(f["level"]).rank > 0 and f["status"] != "source"]
    found.sort(key=lambda f: f["known_on"] or "", reverse=True)
    found.sort(key=lambda f: (-Level(f["level"]).rank, _RISK.index(f["principle"])))
    told: set[int] = set()
    chosen = []
    for finding in found:
        if not finding["seqs"] or not told.issuperset(finding["seqs"]):
            chosen.append(finding)
            told.update(finding["seqs"])
    return chosen[:MOST_FINDINGS]


def _findings(session: Session, changes: Sequence[Change]) -> dict[str, list[str]]:
    """Only for what is worse: a message does not explain why something is well."""
    wanted = {change.findings_sha256 for change in changes if change.news.reason.is_worse}
    found = select(FINDING_SET.sha256, FINDING_SET.findings).where(FINDING_SET.sha256.in_(wanted))
    return {row.sha256: [_sentence(finding) for finding in behind(row.findings)] for row in session.execute(found)}


def _sentence(finding: Mapping[str, Any]) -> str:
    return wording.dated(finding["title"], finding["known_on"], is_recalled=finding["is_recalled"])
