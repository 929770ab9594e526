"""The pages about escalations and casework: their content, who may see it, and an empty database."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from alerts.escalation.actions import action_writer
from casework.writing import case_writer
from tests.alerts.scenes import finding, key_of, score_and_tell
from tests.dashboard.conftest import html
from tests.factories import on_record

Open = Callable[..., AppTest]
LONG_AGO = date(2024, 1, 1)
NOW = datetime(2024, 1, 2, 18, tzinfo=UTC)


@pytest.fixture
def acted(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Two homes in trouble: Ann has acknowledged one, and a duty of hers, visible to casework only, is overdue."""
    levels = {"Sunny <b>House": "concern", "Rose Lodge": "critical"}
    score_and_tell(engine, LONG_AGO, levels, findings={"Rose Lodge": [finding("Net assets are gone")]})
    ann = on_record(engine, "ann", name="Ann")
    on_record(engine, "pat", name="Pat", audiences=[])
    monkeypatch.setenv("CONTINUITY_USER", "ann")
    with action_writer(engine, ann, now=NOW) as at:
        at.acknowledge(key_of("Sunny <b>House"), next_step="Visit", until_on=date(2024, 1, 20), reason="They <i>rang")
    with case_writer(engine, ann, now=NOW) as book:
        book.open_record(
            "duty", key_of("Rose Lodge"), due_on=date(2024, 1, 5), details={"title": "Visit", "then": "Refer it"}
        )
    return engine


def test_the_timeline_has_findings_notifications_and_actions(acted: Engine, open_app: Open) -> None:
    app = open_app(acted, "timeline", id=key_of("Sunny <b>House"))
    assert not app.exception
    shown = html(app)
    assert "<h1>Sunny &lt;b&gt;House</h1>" in shown
    assert "escalation 2 acknowledged at concern: ann is responsible until 20 January 2024; next step: Visit" in shown
    assert "They &lt;i&gt;rang" in shown
    assert "Duty desk: baseline, concern, M-1 by file pending" in shown
    assert shown.index("2 January 2024") < shown.index("1 January 2024")


def test_readers_of_public_records_see_no_escalation(
    acted: Engine, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTINUITY_USER", "pat")
    shown = html(open_app(acted, "timeline", id=key_of("Sunny <b>House")))
    assert "You see only information for: public." in shown
    assert "acknowledged" not in shown
    shown = html(open_app(acted, "due"))
    assert "Nothing is overdue." in shown
    assert "Threshold met" not in shown


def test_escalations_without_action_are_listed(acted: Engine, open_app: Open) -> None:
    app = open_app(acted, "due")
    assert not app.exception
    overdue, without_action = html(app).split("<h2>Threshold met, nothing done: 1</h2>")
    assert "1 clock overdue" in overdue
    assert 'Visit <span class="cw-mark">duty 1</span>' in overdue
    assert "Refer it" in overdue
    assert "Sunny &lt;b&gt;House" in without_action  # what Ann took on has run out
    assert "continuity alerts ack 2" in without_action
    assert "do=escalation&amp;escalation=2" in without_action
    assert "Rose Lodge" not in without_action.split("<h2>The coming")[0]  # there is casework about it


@pytest.mark.parametrize(("page", "words"), [("timeline", "Choose a provider"), ("due", "Nothing is overdue.")])
def test_an_empty_database_shows_words(engine: Engine, open_app: Open, page: str, words: str) -> None:
    app = open_app(engine, page)
    assert not app.exception
    assert words in html(app)
