"""The verdict on one provider: findings in order, stage and bodies, words for peers and statuses."""

from dashboard.presenters import provider_view
from dashboard.presenters.provider_view import RecommendedStage
from tests.dashboard.presenters.builders import assessed, finding


def test_findings_that_matter_are_open_worst_first_and_the_rest_is_folded() -> None:
    findings = [
        finding("clear"),
        finding("missing", status="missing"),
        finding("bad", "watch", "met"),
        finding("worse", "concern", "met"),
    ]
    shown = provider_view.verdict_view(assessed(*findings), {}, "GB-COH-1").groups[0].principles[0]
    assert [shown_finding.title for shown_finding in shown.open] == ["Worse", "Bad", "Missing"]
    assert [shown_finding.title for shown_finding in shown.folded] == ["Clear"]


def test_the_recommended_stage_comes_with_its_next_step_and_clocks() -> None:
    ladder = [
        {
            "key": "failing",
            "title": "Failing",
            "next_step": "Move people",
            "told": ["owner", "placing councils"],
            "clocks": [{"title": "Plan", "within": "10 days", "then": "it ends"}],
        }
    ]
    regime = {"title": "Care", "about": "Ours.", "ladder": ladder}
    bodies = [
        {"role": "owner", "name": "A Group", "identifier": "CW-OWNER-a", "not_known": ""},
        {"role": "placing councils", "name": "", "identifier": "", "not_known": "ask the home"},
    ]
    given = assessed(stage="failing", probability=0.2) | {"next": {"stage": "Failing", "step": "", "told": bodies}}
    shown = provider_view.verdict_view(given, regime, "GB-COH-1")
    assert shown.stage == RecommendedStage(
        title="Failing",
        next_step="Move people",
        bodies="A Group (CW-OWNER-a), owner; placing councils: not known: ask the home",
        clocks=["Plan: within 10 days; then it ends"],
    )
    assert shown.title == "Care"
    assert shown.probability == "20 %"
    assert provider_view.verdict_view(assessed(), {}, "GB-COH-1").stage is None


def test_who_can_step_in_is_always_shown() -> None:
    powers = finding("the council can step in", principle="external_powers", rule="powers")
    shown = provider_view.verdict_view(assessed(powers), {}, "GB-COH-1").groups[2].principles[0]
    assert shown.notes == ["The council can step in."]
    assert shown.open == []
    assert shown.folded == []


def test_an_unscorable_principle_and_its_findings_say_why() -> None:
    findings = [
        finding("Plan", status="missing", principle="support", unscorable_because="nothing_entered"),
        finding("Clock", status="clear", principle="support", unscorable_because="nothing_due"),
        finding("Help", status="missing", principle="support", unscorable_because="not_known"),
        finding("Notice", status="clear", principle="support"),
    ]
    verdict = assessed(*findings)
    verdict["principles"]["support"] |= {"level": "unscorable", "unscorable_because": "not_known"}
    shown = provider_view.verdict_view(verdict, {}, "GB-COH-1")
    support = next(entry for group in shown.groups for entry in group.principles if entry.title == "Support")

    assert support.level.word == "Unscorable: not known"
    assert {shown_finding.title: shown_finding.status_words for shown_finding in (*support.open, *support.folded)} == {
        "Plan": "nothing entered",
        "Clock": "nothing due",
        "Help": "not known",
        "Notice": "nothing to report",
    }


def test_the_peer_group_is_said_in_words() -> None:
    verdict = assessed(peer_group="care_group; Places in all services from 10,000")
    assert provider_view.verdict_view(verdict, {}, "GB-COH-1").peers == (
        "care groups; Places in all services from 10,000"
    )
    assert provider_view.verdict_view(assessed(), {}, "GB-COH-1").peers == ""
