"""A policy in sentences, as the people who sign it off read it."""

from alerts.policy import SHIPPED_POLICY, read_policy
from alerts.policy_summary import describe_policy
from tests.alerts.scenes import policy_of, policy_to


def test_the_shipped_policy_in_sentences() -> None:
    assert list(describe_policy(read_policy(SHIPPED_POLICY), [])) == [
        "Everything to the duty desk, as files.",
        "A level is raised at once, and lowered only after 2 assessments in a row below it.",
        "Recipients who have been notified about a level also hear once about each new adverse finding that is as "
        "serious as the level.",
        "At watch or worse, Duty desk is notified at once.",
        "An acknowledgement pauses further steps and reminders until its last day, unless the level rises.",
        "A silence stops all messages until its last day, unless the level rises or the escalation ends.",
        "If a clock runs out and nobody acts, Duty desk is notified at once.",
        "If a milestone will be late at its present pace, Duty desk is notified in advance.",
        "When a regime has a new version, Duty desk is notified once about the changes and their effect.",
        'An escalation at concern or worse is listed as "threshold met, nothing done" after 10 working days without '
        "any action.",
        "A message describes at most 30 providers; at most 20 new critical levels of a run also have a message of "
        "their own. A message that cannot be sent within 7 days is dropped.",
        "Recipients:",
        "  duty, Duty desk: as files in the outbox; sees everything; gets a short message on days without news.",
    ]


def test_a_channel_that_is_not_configured_is_named() -> None:
    policy = policy_to(board={"channel": "mail", "fallback": "pager"})
    [recipient] = [line for line in describe_policy(policy, ["pager"]) if line.startswith("  board")]
    assert "by channel 'mail', NOT CONFIGURED: set CONTINUITY_CHANNEL_MAIL" in recipient
    assert "critical messages that fail go by 'pager';" in recipient


def test_a_late_step_and_a_reminder_are_described() -> None:
    desk = {"title": "Desk", "channel": "file"}
    steps = {"concern": [{"to": ["duty"], "after": "5 working days"}]}
    policy = policy_of(recipients={"duty": desk}, steps=steps, repeat_after="30 days")
    lines = list(describe_policy(policy, []))
    assert (
        "At concern or worse, Desk is notified after 5 working days, unless the escalation is acknowledged by then."
    ) in lines
    assert "Recipients get a reminder of an open escalation after 30 days, unless it is acknowledged." in lines
