"""A status, flag or grade past its shelf life is last known and does not count like a current one."""

import json
from typing import Any

from models.vocabulary import Level
from risk.score import Verdict, assess_providers
from tests.regimes.builder import Known, reading
from tests.regimes.small import NET_ASSETS, OURS, first_finding, small_regime

HOME = "GB-OFSTED-SC000001"
COVERS = {"schemes": ["GB-OFSTED"], "has_indicator": ["name"]}
SUSPENDED = {
    "key": "suspended",
    "kind": "condition",
    "title": "Registration suspended",
    "when": "registration_status = 'Suspended'",
    "level": "critical",
}
LADDER = [
    {"key": "usual", "title": "Usual", "from_level": "none", "next_step": "nothing"},
    {"key": "look", "title": "Look", "from_level": "watch", "next_step": "look"},
    {"key": "stop", "title": "Stop", "from_rules": ["suspended"], "next_step": "stop"},
]
LISTED = ("ofsted_social_care", "2019-03-31", True)
OLD, NEW = "2021-03-31", "2019-12-31"  # 731 and 275 days after the list; a status stands for 550


def scored(day: str, *rules: dict[str, Any], status: str = "Suspended", **more: Any) -> Verdict:
    values = {"name": "One", "registration_status": Known(status, None, "2018-03-31")} | more.pop("values", {})
    regime = small_regime(*rules or [SUSPENDED], covers=COVERS, ladder=LADDER, **more)
    with reading({HOME: values}, day=day, listed={HOME: LISTED}) as known:
        return assess_providers(known, [regime]).verdicts[0]


def finding(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(verdict.findings)[0]
    return found


def test_a_status_counts_from_the_newest_list_that_had_the_subject_though_two_registers_state_it() -> None:
    current, old = (finding(scored(day)) for day in (NEW, OLD))

    assert (current["status"], current["level"], current["is_last_known"]) == ("met", "critical", False)
    assert (old["status"], old["level"], old["is_last_known"]) == ("stale", "watch", True)
    assert old["title"] == "Registration suspended: yes (Suspended), last known on the list of 31 March 2019"


def test_a_status_that_is_last_known_recommends_no_stage_but_by_the_level_it_still_raises() -> None:
    assert [(scored(day).level, scored(day).stage) for day in (NEW, OLD)] == [("critical", "stop"), ("watch", "look")]


def test_a_regime_says_how_far_a_last_known_status_raises_a_level() -> None:
    levels = [scored(OLD, risk={"last_known_up_to": level}).level for level in ("none", "concern", "critical")]
    assert levels == ["unscorable", "concern", "critical"]


def test_a_good_status_that_is_last_known_counts_for_nothing() -> None:
    verdict = scored(OLD, status="Active")

    assert (verdict.level, verdict.stage) == (Level.UNSCORABLE, "")
    assert finding(verdict)["title"] == "Registration suspended: no (Active), last known on the list of 31 March 2019"


def test_a_floor_by_a_last_known_status_lifts_no_further_and_a_cap_by_it_does_not_hold() -> None:
    weak = {"values": {"net_assets": Known(-5, "2020-12-31", "2021-02-01")}}
    floor = {"floors": [OURS | {"rule": "suspended", "level": "critical"}]}
    cap = {"caps": [OURS | {"rule": "suspended", "level": "watch"}]}
    held_apart: dict[str, Any] = {"consequences": [SUSPENDED]}

    def level(day: str, risk: dict[str, Any], **more: Any) -> Level:
        return scored(day, NET_ASSETS, risk=risk, **held_apart, **more).level

    fine = {"values": {"net_assets": Known(5, "2020-12-31", "2021-02-01")}}
    assert [level(day, floor, **fine) for day in (NEW, OLD)] == ["critical", "watch"]
    early = {"values": {"net_assets": Known(-5, "2019-06-30", "2019-09-01")}}
    assert (level(NEW, cap, **early), level(OLD, cap, **weak)) == ("watch", "concern")


def test_a_scored_grade_that_is_last_known_raises_the_level_by_itself_and_leaves_the_score_alone() -> None:
    grades = {
        "key": "judged",
        "kind": "grades",
        "indicator": "overall_judgement",
        "grades": {"Outstanding": "none", "Good": "none", "Requires improvement": "concern", "Inadequate": "critical"},
        "scores": {"Outstanding": 1, "Good": 2, "Requires improvement": 3, "Inadequate": 4},
    }
    section = {
        "combine": "weighted_mean",
        "better": "lower",
        "rules": [OURS | grades],
        **OURS,
        "grades": [
            {"rating": "Fine", "level": "none", "to": 2},
            {"rating": "Failing", "level": "critical", "above": 2},
        ],
    }
    regime = small_regime(covers=COVERS)
    content = regime.model_dump(by_alias=True, exclude_unset=True, mode="json")
    content["principles"]["accountability"] = section
    scores = type(regime).model_validate(content)

    def judged(grade: str, day: str) -> tuple[str, float | None]:
        values = {"name": "One", "overall_judgement": Known(grade, "2019-02-01", "2019-03-01")}
        with reading({HOME: values}, day=day) as known:
            verdict = assess_providers(known, [scores]).verdicts[0]
        return str(verdict.level), finding(verdict)["score"]

    assert [judged("Inadequate", day) for day in (NEW, OLD)] == [("critical", 4.0), ("watch", None)]
    assert [judged("Good", day) for day in (NEW, OLD)] == [("none", 2.0), ("unscorable", None)]


def test_leaving_accounts_out_never_makes_a_result_better() -> None:
    """A stale figure keeps its weight although a status beside it is stale too."""
    rule = SUSPENDED | {"when": "is_dormant OR turnover < 5", "title": "Dormant or small"}
    values = {"is_dormant": Known(False, "2018-12-31"), "turnover": Known(1, "2018-12-31")}
    assert first_finding(rule, values=values, day=OLD)[:2] == ("stale", 3)

    status_alone = values | {"turnover": Known(1, "2020-12-31")}
    assert first_finding(rule, values=status_alone, day=OLD)[:2] == ("stale", 1)


def test_a_grade_that_is_last_known_is_given_its_day_once() -> None:
    change = {
        "key": "fall",
        "kind": "bands",
        "title": "Fall",
        "expression": "overall_judgement - previous.overall_judgement",
        "mixed_periods": True,
        "unit": "grades",
        "better": "lower",
        "bands": [{"level": "none", "below": 1}, {"level": "concern", "from": 1}],
    }
    values = {"overall_judgement": [Known("Good", "2017-01-10"), Known("Inadequate", "2018-01-10")]}

    assert first_finding(change, values=values, day=OLD) == (
        "stale",
        1,
        "Fall 2 grades (concern: from 1 grade), last known on 10 January 2018",
    )
