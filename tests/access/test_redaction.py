"""A reader who may not see every finding reads what scoring gives without the rows they may not see."""

import json
from typing import Any

import pytest

from access.redaction import redact_assessment
from models.vocabulary import PRINCIPLES
from risk.score import Verdict, assess_providers
from tests.regimes.builder import Known, reading
from tests.regimes.small import OURS, small_regime

HOME = "GB-OFSTED-SC000001"
SUSPENDED = {
    "key": "suspended",
    "kind": "condition",
    "title": "Registration suspended",
    "when": "registration_status = 'Suspended'",
    "level": "critical",
}
DECIDED = {
    "key": "decided",
    "kind": "event",
    "title": "Decision",
    "events": ["decision_recorded"],
    "within": "12 months",
    "level": "concern",
    "optional_because": "nobody has decided",
}
COMPLETE = {
    "key": "complete",
    "kind": "bands",
    "title": "Completeness",
    "expression": "completeness",
    "unit": "share",
    "better": "higher",
    "bands": [{"level": "watch", "below": 0}, {"level": "none", "from": 0}],
}
LADDER = [
    {"key": "usual", "title": "Usual", "from_level": "none", "next_step": "nothing"},
    {"key": "look", "title": "Look", "from_level": "watch", "next_step": "look"},
    {"key": "stop", "title": "Stop", "from_rules": ["suspended"], "next_step": "stop", "audience": "commissioners"},
    {"key": "act", "title": "Act", "from_rules": ["decided"], "next_step": "act", "audience": "commissioners"},
]
REGIME = small_regime(
    SUSPENDED,
    DECIDED,
    evidence=[COMPLETE],
    covers={"schemes": ["GB-OFSTED"], "has_indicator": ["name"]},
    ladder=LADDER,
    risk={"floors": [OURS | {"rule": "suspended", "level": "critical"}]},
)
FILE = json.loads(REGIME.model_dump_json(by_alias=True))


def scored(status: str, day: str, *, is_decided: bool) -> Verdict:
    values: dict[str, Any] = {"name": "One", "registration_status": Known(status, None, "2019-03-31")}
    if is_decided:
        values["decision_recorded"] = Known(None, "2020-08-01", "2020-08-02", audience="casework")
    with reading({HOME: values}, day=day, listed={HOME: ("ofsted_social_care", "2019-03-31", True)}) as known:
        return assess_providers(known, [REGIME]).verdicts[0]


@pytest.mark.parametrize("day", ["2020-09-30", "2021-03-31"], ids=["current", "last known"])
@pytest.mark.parametrize("status", ["Suspended", "Active"])
def test_a_reader_without_the_audience_reads_what_is_scored_without_the_record(status: str, day: str) -> None:
    whole, without = (scored(status, day, is_decided=is_decided) for is_decided in (True, False))
    levels = {str(principle): str(level) for principle, level in whole.principles.items()}
    read = redact_assessment(Row(whole, levels), json.loads(whole.findings), FILE, frozenset({"public"}), {})

    assert (read.level, read.stage, read.rating) == (without.level, without.stage, without.rating)
    assert [one["is_last_known"] for one in read.findings] == [
        one["is_last_known"] for one in json.loads(without.findings)
    ]


def test_the_stage_of_a_public_status_is_recommended_to_readers_outside_the_audience_of_its_record() -> None:
    verdict = scored("Suspended", "2020-09-30", is_decided=False)
    levels = {str(principle): str(level) for principle, level in verdict.principles.items()}

    assert (
        redact_assessment(Row(verdict, levels), json.loads(verdict.findings), FILE, frozenset({"public"}), {}).stage
        == "stop"
    )


class Row:
    """An assessment as it is stored."""

    def __init__(self, verdict: Verdict, levels: dict[str, str]) -> None:
        self.level, self.rating, self.stage = verdict.level, verdict.rating, verdict.stage
        for principle, because in zip(PRINCIPLES, verdict.unscorable_reasons, strict=True):
            setattr(self, f"{principle}_because", because)
        for principle, level in levels.items():
            setattr(self, principle, level)
