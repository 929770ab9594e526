"""The findings behind a level, chosen for a message."""

from datetime import date

from sqlalchemy import Engine

from alerts.message.provider_lines import main_findings
from models.vocabulary import Level
from tests.alerts.scenes import finding, messages, score_and_tell

DAY = date(2024, 1, 2)


def test_the_three_worst_findings_about_risk_are_told_and_none_about_the_register() -> None:
    findings = [
        finding("watch", Level.WATCH),
        finding("evidence", Level.CONCERN, principle="evidence"),
        finding("concern", Level.CONCERN, known_on="2024-01-01"),
        finding("newer concern", Level.CONCERN, known_on="2024-01-02"),
        finding("no plan", Level.CRITICAL, principle="support"),
        finding("no inspections anywhere", Level.CRITICAL, status="source"),
        finding("critical", Level.CRITICAL),
        finding("fine", Level.NONE, status="clear"),
    ]
    assert [found["title"] for found in main_findings(findings)] == ["critical", "newer concern", "concern"]


def test_two_findings_on_the_same_rows_are_told_once() -> None:
    findings = [
        finding("two warnings", seqs=[7, 8]),
        finding("one of them", seqs=[8]),
        finding("another", seqs=[8, 9]),
        finding("nothing known"),
        finding("nothing known either"),
    ]
    assert [found["title"] for found in main_findings(findings)] == ["two warnings", "another", "nothing known"]


def test_a_message_shows_the_findings_behind_a_level(sqlite_engine: Engine) -> None:
    found = {"Sunny House": [finding("Net debt £219m on 31 December 2016", known_on="2017-03-01", is_recalled=True)]}
    score_and_tell(sqlite_engine, DAY, {"Sunny House": "critical"}, findings=found)
    assert (
        "\n- Net debt £219m on 31 December 2016 (known 2017-03-01, recalled)\n"
        in messages(sqlite_engine)[0].body_markdown
    )
