"""Escalations on the first page."""

from dashboard.presenters import escalation_view
from models.vocabulary import Level
from queries import casework
from tests.alerts.scenes import key_of
from tests.dashboard.casework_scenes import LONG_AGO


def test_the_worst_are_named_once_each() -> None:
    def undone(provider: str, level: Level) -> casework.EscalationWithoutAction:
        return casework.EscalationWithoutAction(1, key_of(provider), provider, "homes", level, LONG_AGO)

    escalations = [
        undone("A", Level.CRITICAL),
        undone("A", Level.CONCERN),
        undone("B", Level.CONCERN),
        undone("C", Level.CONCERN),
    ]
    shown, more = escalation_view.worst_by_provider(escalations, 2)
    assert [escalation.name for escalation in shown] == ["A", "B"]
    assert more == 1
