"""A past day is computed again from what the ledger held then, and differences are named."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from flows import day as steps
from flows.sample import SAMPLES
from hindsight.replay import NothingToReplay, replay_scored_day
from indicators.ledger.corrections import withdraw
from indicators.sources import casebook
from models.database import table_of, write_session
from models.scoring import Assessment, FindingSet, Run
from models.subjects import Subject
from models.vocabulary import View
from settings import Settings

DAY = date(2017, 6, 30)
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def day(sqlite_engine, tmp_path):
    """The sample's facts, scored on one day."""
    settings = Settings(home=tmp_path / "home", database_url=str(sqlite_engine.url))
    day = steps.open_day(settings, now=NOW, day=DAY)
    day.sources, day.only_file_channel = (casebook,), True
    steps.pull(day, Path(SAMPLES))
    steps.observe(day)
    steps.score(day)
    return day


def test_a_day_is_proved_unchanged_and_a_changed_verdict_is_named(day):
    (proved,) = replay_scored_day(day.engine, day.settings, DAY, audiences=None).runs
    assert (proved.is_same, proved.is_same_code, proved.differences) == (True, True, [])
    assert proved.describe()[0].endswith("13 assessments unchanged, byte for byte")

    assessment, run = table_of(Assessment), table_of(Run)
    with write_session(day.engine) as session:
        session.execute(update(run).values(code_version="another"))
    (proved,) = replay_scored_day(day.engine, day.settings, DAY, audiences=None).runs
    assert (proved.is_same, proved.is_same_code) == (True, False)
    assert proved.describe()[1:] == ["  the code has changed since; the result has not"]

    with write_session(day.engine) as session:
        session.execute(update(assessment).where(assessment.c.level == "watch").values(level="critical"))
    (tampered,) = replay_scored_day(day.engine, day.settings, DAY, audiences=None).runs
    assert (tampered.is_same, tampered.is_same_code) == (False, False)
    assert tampered.differences == ["CW-SAMPLE-caretech under house_care_groups: level critical -> watch"]
    assert tampered.describe()[1] == "  the code has changed since; the new code may cause the differences"


def test_the_finding_that_differs_is_named_with_what_of_it(day):
    assessment, sets = table_of(Assessment), table_of(FindingSet)
    with write_session(day.engine) as session:
        sha256 = session.scalar(
            select(assessment.c.findings_sha256)
            .join(table_of(Subject), table_of(Subject).c.id == assessment.c.provider_id)
            .where(table_of(Subject).c.key == "CW-SAMPLE-carillion")
        )
        findings = session.get(FindingSet, sha256).findings
        told = [
            {**one, "title": "Made up", "level": "none"} if one["rule"] == "dressed_debt" else one
            for one in findings
            if one["rule"] != "acid_ratio"
        ]
        session.execute(insert(sets).values(sha256="0" * 64, findings=told))
        session.execute(
            update(assessment).where(assessment.c.findings_sha256 == sha256).values(findings_sha256="0" * 64)
        )
    (tampered,) = replay_scored_day(day.engine, day.settings, DAY, audiences=None).runs
    assert tampered.differences == [
        "CW-SAMPLE-carillion under house_suppliers: findings dressed_debt (title, level), acid_ratio (not there then)"
    ]


def test_what_differs_beside_the_verdicts_is_said(day):
    run = table_of(Run)
    with write_session(day.engine) as session:
        session.execute(update(run).values(result_hash="another"))
    (proved,) = replay_scored_day(day.engine, day.settings, DAY, audiences=None).runs
    assert (proved.is_same, proved.differences) == (
        False,
        ["the verdicts are the same; how figures are spread over peers differs"],
    )


def test_both_bases_of_a_day_are_proved(day):
    day.view = View.OPEN
    steps.score(day)
    assert [
        (one.view, one.is_same) for one in replay_scored_day(day.engine, day.settings, DAY, audiences=None).runs
    ] == [
        ("full", True),
        ("open", True),
    ]


def test_a_withdrawn_input_is_said_and_a_revision_stands_beside(day):
    key = "CW-SAMPLE-carillion"
    withdraw(day.engine, day.archive, key, reason="published in error", person="ada", now=NOW)
    revised, _ = steps.score(day)
    first, second = replay_scored_day(day.engine, day.settings, DAY, audiences=None).runs

    assert (revised.revision, revised.is_new) == (1, True)
    assert (first.is_same, first.notes) == (True, [f"an input was withdrawn since: {key}"])
    assert (second.is_same, second.notes) == (True, [])
    assert (first.providers, second.providers) == (13, 12)


def test_a_day_that_was_never_scored_is_said_so(day):
    with pytest.raises(NothingToReplay, match="2016-01-01 was never scored; run 'continuity watch --as-of 2016-01-01'"):
        replay_scored_day(day.engine, day.settings, date(2016, 1, 1), audiences=None)
