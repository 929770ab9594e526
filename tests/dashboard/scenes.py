"""A small history to look at: three scored days of four providers, with what was known and what came out later."""

import hashlib
import json
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

import yaml
from sqlalchemy import Engine, select

from indicators.parsed_records import LinkRecord
from models.database import table_of, write_session
from models.scoring import ArchivedFile, Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import BuyerKind, DateBasis, Principle, Relation, RunStatus, View
from tests.factories import load, observed
from tests.redacted import redacted_rows

BEFORE, DAY, AFTER = date(2020, 3, 31), date(2020, 6, 30), date(2020, 12, 31)
ALDER, BIRCH, CEDAR, DOGWOOD = (f"GB-COH-0000000{number}" for number in (1, 2, 3, 4))
COUNCIL, OWNER = "CW-AREA-leeds", "CW-OWNER-alder-group"
FORMULA = "=HYPERLINK(1)<script>alert(1)</script> Cedar"
VERIFIED = "events[1] · verified · The Gazette, 1 May 2020 https://example.org/gazette"
RECALLED = "figures[3].net_assets · recalled (high) · recalled, no document read"

REGIME = """
title: Care companies
about: Our own reading.
ladder:
  - {key: failing, title: Failing, next_step: Councils move people, told: [councils],
     clocks: [{title: Plan, within: 10 days, then: it is published}]}
principles:
  flexibility: {vision: Nobody loses a home., transition: Councils take over.}
"""


class Scored(NamedTuple):
    """One provider of a scored day, with defaults."""

    id: str
    name: str
    level: str
    findings: tuple[dict[str, Any], ...] = ()
    probability: float | None = None
    probability_reason: str = "no failure model covers companies"
    is_official: bool = False
    stage: str = ""
    regime: str = "care"
    principles: dict[str, str] | None = None


def finding(title: str, level: str = "concern", **fields: Any) -> dict[str, Any]:
    return {
        "principle": "accountability",
        "rule": "net_assets",
        "title": title,
        "status": "met",
        "level": level,
        "indicators": ["net_assets"],
        "value": -1.0,
        "unit": "GBP",
        "threshold": "concern: below £0",
        "seqs": [],
        "period_end": None,
        "known_on": None,
        "is_recalled": False,
        "source": "Our own choice",
        **fields,
    }


def score(
    engine: Engine,
    day: date,
    *providers: Scored,
    source_findings: list[dict[str, Any]] | None = None,
    view: View = View.FULL,
    regime_file: str = REGIME,
) -> int:
    """The number of a finished run that left these verdicts."""
    now, sha256 = datetime.combine(day, time(12), UTC), hashlib.sha256(regime_file.encode()).hexdigest()
    with write_session(engine) as session:
        if session.get(ArchivedFile, sha256) is None:
            session.add(ArchivedFile(sha256=sha256, kind="regime", key="care", body=regime_file, first_used_at=now))
        run = Run(
            day=day,
            view=view,
            status=RunStatus.DONE,
            code_version="test",
            now_at=now,
            started_at=now,
            regimes={provider.regime: sha256 for provider in providers},
            source_findings=source_findings or [],
        )
        session.add(run)
        session.flush()
        for provider in providers:
            findings = list(provider.findings)
            audiences = {audience for finding in findings for audience in finding.get("audiences", ())}
            key = hashlib.sha256(json.dumps(findings).encode()).hexdigest()
            if session.get(FindingSet, key) is None:
                session.add(FindingSet(sha256=key, findings=findings))
                session.flush()
            session.add(
                Assessment(
                    run_id=run.id,
                    provider_id=_subject(session, provider.id),
                    provider_name=provider.name,
                    regime=provider.regime,
                    level=provider.level,
                    rating="Rated so",
                    is_official=provider.is_official,
                    stage=provider.stage,
                    probability=provider.probability,
                    probability_reason=provider.probability_reason,
                    findings_sha256=key,
                    audiences=",".join(sorted(audiences)),
                    **{
                        **dict.fromkeys(map(str, Principle), "none"),
                        "accountability": provider.level,
                        **(provider.principles or {}),
                    },
                )
            )
            assert run.id is not None
            number = _subject(session, provider.id)
            verdict = (provider.regime, provider.level, provider.stage, findings)
            for row in redacted_rows(run.id, number, *verdict, yaml.safe_load(regime_file).get("ladder", ())):
                session.add(row.assessment)
                session.merge(row.findings)
        return run.id or 0


def _subject(session: Any, key: str) -> int:
    subject = table_of(Subject).c
    number = session.scalar(select(subject.id).where(subject.key == key))
    if number is None:
        row = Subject(key=key)
        session.add(row)
        session.flush()
        number = row.id
    return int(number)


def seqs(engine: Engine, indicator: str, subject: str = ALDER) -> list[int]:
    """The ledger rows of an indicator of a subject."""
    from queries.ledger_rows import read_observations

    rows = read_observations(engine, date(2030, 1, 1), audiences=None, subject=subject)
    return [row["seq"] for row in rows if row["indicator"] == indicator]


def facts() -> list[Any]:
    """The rows of the ledger: most of them known on DAY, some only later."""

    def about(subject: str, indicator: str, value: Any, known_on: date, **fields: Any) -> Any:
        return observed(
            value, subject=subject, indicator=indicator, known_on=known_on, known_on_basis=DateBasis.STATED, **fields
        )

    return [
        about(ALDER, "name", "Alder Holdings Ltd", date(2015, 1, 1)),
        about(ALDER, "name", "Alder Care Ltd", date(2018, 1, 1)),
        about(ALDER, "net_assets", 2_500_000.0, date(2019, 6, 1), period_end=date(2018, 12, 31)),
        about(
            ALDER,
            "net_assets",
            -1_250_000.0,
            date(2020, 6, 1),
            period_end=date(2019, 12, 31),
            place=RECALLED,
            is_recalled=True,
        ),
        about(ALDER, "payment_missed", "Rent not paid", date(2020, 5, 1), period_end=date(2020, 4, 30), place=VERIFIED),
        about(ALDER, "investigation_opened", "Opened in secret", date(2020, 9, 1), period_end=date(2020, 5, 15)),
        about(ALDER, "outcome_failed", "<b>Administration</b>", date(2021, 1, 15), period_end=date(2021, 1, 14)),
        about(BIRCH, "name", "Birch Homes Ltd", date(2018, 1, 1)),
        about(COUNCIL, "name", "Leeds", date(2018, 1, 1)),
        about(OWNER, "name", "Alder Group", date(2018, 1, 1)),
        LinkRecord(ALDER, Relation.OWNED_BY, OWNER, date(2018, 1, 1), DateBasis.STATED, line=7, place="Owner"),
        LinkRecord(
            COUNCIL,
            Relation.BUYS_FROM,
            ALDER,
            date(2019, 4, 1),
            DateBasis.STATED,
            kind=BuyerKind.BUYER,
            since=date(2019, 4, 1),
            until=date(2022, 3, 31),
            reference="C-17",
            value_gbp=450_000.0,
            line=9,
        ),
        LinkRecord(
            COUNCIL, Relation.BUYS_FROM, BIRCH, date(2019, 4, 1), DateBasis.STATED, kind=BuyerKind.HOST_AREA, line=8
        ),
    ]


def story(engine: Engine) -> None:
    """Facts and three scored days; what the pages' tests look at unless they need something else."""
    load(engine, facts())
    negative = finding(
        "Net assets -£1,250,000 at 31 December 2019 (concern: below £0)",
        seqs=seqs(engine, "net_assets")[1:],
        is_recalled=True,
        known_on="2020-06-01",
    )
    missing = finding("Turnover: not known", "none", rule="turnover", status="missing", threshold="", value=None)
    powers = finding(
        "councils can step in", "none", principle="external_powers", rule="powers", status="clear", threshold=""
    )
    alder = Scored(ALDER, "Alder Care Ltd", "concern", (negative, missing, powers), stage="failing")
    birch = Scored(
        BIRCH, "Birch Homes Ltd", "none", probability=0.07, probability_reason="of leaving", is_official=True
    )
    cedar = Scored(CEDAR, FORMULA, "unscorable", (missing,))
    score(engine, BEFORE, alder._replace(level="watch"), birch, Scored(DOGWOOD, "Dogwood Ltd", "watch"))
    register = {
        "regime": "care",
        "rule": "inspection",
        "registers": ["x"],
        "title": "No inspections since March",
        "level": "watch",
        "providers": 2,
        "of": 3,
        "threshold": "",
        "source": "",
    }
    score(engine, DAY, alder, birch, cedar, source_findings=[register])
    score(engine, AFTER, alder._replace(level="critical"), birch._replace(level="watch"))
