"""Runs of earlier versions get their redacted verdicts from what they were computed from, the newest first."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, delete, select, update

from models.database import read_session, table_of, write_session
from models.scoring import ArchivedFile, RedactedAssessment, Run
from models.vocabulary import RunStatus, View
from regimes.schema import load_regime_text
from risk.day import compute_day
from risk.rescoring import InputsGone, recompute_run, redact_earlier_runs
from risk.runs import begin_run, store_run
from tests.factories import load, observed
from tests.regimes.small import regime_content

COMPANY = "GB-COH-00000001"
DAYS = (date(2020, 12, 31), date(2021, 1, 31))
NOW = datetime(2021, 2, 1, 9, tzinfo=UTC)
WARNED = {
    "key": "warned",
    "kind": "event",
    "title": "Concern",
    "events": ["concern_raised"],
    "within": "12 months",
    "level": "critical",
    "optional_because": "nobody has written",
}
NET_ASSETS = {"key": "net_assets", "kind": "condition", "title": "In debt", "when": "net_assets < 0", "level": "watch"}
REGIME = load_regime_text(Path("small.yaml"), yaml.safe_dump(regime_content(WARNED, NET_ASSETS), sort_keys=False))
RUN, REDACTED = table_of(Run), table_of(RedactedAssessment)


@pytest.fixture
def ledger(engine: Engine) -> Engine:
    """Two runs on a restricted record, as the version before stored them."""
    rows = [
        observed("One", subject=COMPANY, indicator="name", known_on=date(2020, 1, 1)),
        observed(-5.0, subject=COMPANY, indicator="net_assets", known_on=date(2020, 12, 1)),
        observed(
            "A letter", subject=COMPANY, indicator="concern_raised", known_on=date(2020, 12, 1), audience="secret"
        ),
    ]
    load(engine, rows)
    for day in DAYS:
        computed = compute_day(engine, day, view=View.FULL, regimes=[REGIME], models=[])
        run = Run(
            day=day,
            status=RunStatus.DONE,
            upto_seq=computed.upto.seq,
            upto_load=computed.upto.load,
            upto_pull=computed.upto.pull,
            code_version="before",
            regimes={REGIME.key: REGIME.sha256},
            result_hash=computed.result_hash,
            now_at=NOW,
            started_at=NOW,
        )
        store_run(engine, begin_run(engine, run, [REGIME], NOW), computed)
    return engine


def forget_redacted(engine: Engine) -> None:
    with write_session(engine) as session:
        session.execute(delete(REDACTED))
        session.execute(update(RUN).values(has_redacted=False))


def redacted_levels(engine: Engine) -> dict[date, str]:
    statement = select(RUN.c.day, REDACTED.c.level).join_from(REDACTED, RUN, RUN.c.id == REDACTED.c.run_id)
    with read_session(engine) as session:
        return dict(session.execute(statement).tuples().all())


def test_a_run_stores_what_readers_see_who_may_not_see_every_row(ledger: Engine) -> None:
    assert redacted_levels(ledger) == dict.fromkeys(DAYS, "watch")


def test_earlier_runs_get_the_same_redacted_verdicts_the_newest_first(ledger: Engine) -> None:
    forget_redacted(ledger)

    assert redact_earlier_runs(ledger, [], limit=1) == 1
    assert redacted_levels(ledger) == {DAYS[1]: "watch"}
    assert redact_earlier_runs(ledger, []) == 1
    assert redacted_levels(ledger) == dict.fromkeys(DAYS, "watch")
    assert redact_earlier_runs(ledger, []) == 0


def test_a_run_whose_regime_is_gone_is_passed_over(ledger: Engine) -> None:
    forget_redacted(ledger)
    with write_session(ledger) as session:
        session.execute(delete(table_of(ArchivedFile)))
        run = session.scalars(select(Run).order_by(RUN.c.id)).first()
        session.expunge_all()

    assert redact_earlier_runs(ledger, []) == 0
    assert run is not None
    with pytest.raises(InputsGone, match="the regime 'small' with hash .* is not archived in this database"):
        recompute_run(ledger, run, [])


def test_a_run_is_computed_again_to_the_same_bytes(ledger: Engine) -> None:
    with read_session(ledger) as session:
        runs = list(session.scalars(select(Run).order_by(RUN.c.id)))
    for run in runs:
        assert recompute_run(ledger, run, []).result_hash == run.result_hash
