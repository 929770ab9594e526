"""A finding that rests on restricted rows names their audiences; all other findings are the same without those rows."""

import json
from functools import cache
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from access.redaction import pick_audiences
from indicators import catalogue
from models.vocabulary import Level
from regimes import source_findings
from regimes.schema import Regime, shipped_regimes
from risk.score import RunScores, Verdict, assess_providers
from tests.regimes.builder import Known, Values, reading
from tests.regimes.invented import DAY, LOOKED, any_values, covering, merged
from tests.regimes.restricted import content_of
from tests.regimes.small import ONE, small_regime

SEED, ORIGINALS = 7, 3


class Pair(NamedTuple):
    """One provider twice: where one indicator's rows are secret, and where they are not there."""

    of: str
    secret: Verdict
    without: Verdict


@cache
def pairs(name: str) -> list[Pair]:
    """Some invented providers of a regime, each with one indicator after the other, or only its newest row, secret."""
    regime, any_ = shipped_regimes()[name], Random(SEED)
    values: dict[tuple[int, str, str], Values] = {}
    for number in range(ORIGINALS):
        base = any_values(any_, regime)
        for key, given in base.items():
            if key in covering(regime) or not isinstance(given, list | Known):
                continue
            rows = given if isinstance(given, list) else [given]
            for what, kept in ((key, []), *([(f"newest {key}", rows[:-1])] if len(rows) > 1 else [])):
                hidden = [one._replace(audience="secret") for one in rows[len(kept) :]]
                plain = {one: value for one, value in base.items() if one != key}
                values[number, what, "secret"] = base | {key: [*kept, *hidden]}
                values[number, what, "without"] = plain | ({key: kept} if kept else {})
    by_provider = {verdict.provider: verdict for verdict in _scores(regime, list(values.values())).verdicts}
    found = dict(zip(values, [by_provider.get(key) for key in _keys(regime, len(values))], strict=True))
    return [
        Pair(what, one, other)
        for (number, what, side), one in found.items()
        if side == "secret" and one and (other := found[number, what, "without"])
    ]


def _keys(regime: Regime, number: int) -> list[str]:
    return [f"{regime.covers.schemes[0]}-{place}" for place in range(number)]


def _scores(regime: Regime, values: list[Values], *, with_redacted: bool = False) -> RunScores:
    subjects = {key: flat(one, regime) for key, one in zip(_keys(regime, len(values)), values, strict=True)}
    looks = dict.fromkeys(catalogue.load().registers, LOOKED)
    with (
        patch.object(source_findings, "SOURCE_MIN_PROVIDERS", len(subjects) + 1),
        reading(subjects, day=DAY, looks=looks) as known,
    ):
        return assess_providers(known, [regime], with_redacted=with_redacted)


def flat(values: Values, regime: Regime) -> Values:
    """Values as the builder takes them."""
    judged = {key: one[0] if isinstance(one, list) else one for key, one in values.items() if key.startswith("judge")}
    return merged(values | judged, regime)


def told(verdict: Verdict) -> dict[str, dict[str, Any]]:
    return {one["rule"]: one | {"seqs": len(one["seqs"])} for one in json.loads(verdict.findings)}


@pytest.mark.parametrize("name", shipped_regimes())
def test_what_is_shown_to_everybody_is_what_there_is_without_the_secret(name: str) -> None:
    assert any("secret" in pair.secret.audiences for pair in pairs(name))
    for pair in pairs(name):
        without = told(pair.without)
        for rule, finding in told(pair.secret).items():
            if "audiences" not in finding:
                assert finding == without[rule], (pair.of, rule)


EVENT = {
    "key": "warned",
    "kind": "event",
    "title": "Notice",
    "events": ["notice_issued"],
    "within": "12 months",
    "level": "concern",
    "unless_since": ["support_accepted"],
}
GRADED = {
    "key": "graded",
    "kind": "siblings",
    "title": "Others of its owner",
    "indicator": "overall_judgement",
    "worse_than": "Good",
    "at_least": 1,
    "bands": [{"level": "none", "to": 0}, {"level": "watch", "above": 0}],
}
PLACED = {
    "key": "placed",
    "kind": "quantile",
    "indicator": "net_assets",
    "better": "higher",
    "at_least": 2,
    "bands": [{"level": "none", "to": 1}, {"level": "watch", "above": 1}],
}
OTHER = "GB-COH-00000002"


def audiences(rule: dict[str, Any], one: Values, other: Values | None = None, **options: Any) -> dict[str, list[str]]:
    """For whom the rule's finding is, by provider; of those that are not for everybody."""
    subjects = {ONE: {"name": "One"} | one} | ({OTHER: {"name": "Other"} | other} if other is not None else {})
    with reading(subjects, **options) as known:
        verdicts = assess_providers(known, [small_regime(rule)]).verdicts
    found = {verdict.provider: told(verdict)[rule["key"]] for verdict in verdicts}
    return {provider: one["audiences"] for provider, one in found.items() if "audiences" in one}


def secret(value: Any = None, day: str = "2020-12-31", audience: str = "secret") -> Known:
    return Known(value, day, audience=audience)


def test_a_finding_is_for_those_for_whom_its_rows_are() -> None:
    assert audiences(EVENT, {"notice_issued": [secret(), secret(audience="casework", day="2020-11-30")]}) == {
        ONE: ["casework", "secret"]
    }
    assert audiences(EVENT, {"notice_issued": Known(None, "2020-12-31")}) == {}


def test_a_finding_is_for_those_who_may_know_that_it_was_made_good() -> None:
    issued = Known(None, "2020-11-30")
    assert audiences(EVENT, {"notice_issued": issued, "support_accepted": secret()}) == {ONE: ["secret"]}


def test_that_a_register_speaks_of_a_provider_is_for_those_who_know_it_first() -> None:
    first, then = secret("x", "2020-01-31", "casework"), secret("y", "2020-02-29")
    assert audiences(EVENT, {"concern_raised": first, "decision_recorded": then}) == {ONE: ["casework"]}
    assert audiences(EVENT, {"concern_raised": Known("x", "2020-03-31"), "decision_recorded": then}) == {}


def test_a_rule_that_looks_at_others_is_for_those_who_may_see_theirs() -> None:
    grade = {"overall_judgement": secret("Good")}
    own = {"overall_judgement": Known("Good", "2020-12-31")}
    owners = {ONE: "CW-OWNER-a", OTHER: "CW-OWNER-a"}
    assert audiences(GRADED, own, grade, owners=owners) == {ONE: ["secret"]}
    assert audiences(GRADED, own, grade, owners={ONE: "CW-OWNER-a"}) == {}
    placed = {"net_assets": Known(5, "2020-12-31")}
    assert audiences(PLACED, placed, {"net_assets": secret(4)}) == {ONE: ["secret"], OTHER: ["secret"]}


GOOD = {
    "provision_type": "Children's home",
    "registration_status": "Active",
    "overall_judgement": Known("Good", "2020-12-01"),
    "inspection": Known("Full", "2020-12-01"),
    "protection_judgement": Known("Good", "2020-12-01"),
    "leadership_judgement": Known("Good", "2020-12-01"),
}
ON_TRACK = {"plan_state": Known("on track", "2021-02-01"), "plan_has_end": Known(True, "2021-02-01")}
INADEQUATE = {"overall_judgement": Known("Inadequate", "2020-12-01")}


@pytest.mark.parametrize("values", [GOOD, GOOD | ON_TRACK, GOOD | INADEQUATE, GOOD | INADEQUATE | ON_TRACK])
def test_a_rule_asked_from_a_level_is_asked_as_it_would_be_without_the_secret(values: Values) -> None:
    """A secret restriction makes the home critical: to everybody else it is asked for what it was asked before."""
    regime = shipped_regimes()["childrens_homes"]
    hidden = {"accommodation_restricted": Known(None, "2021-03-01", audience="secret")}
    scores = _scores(regime, [values | hidden, values], with_redacted=True)
    whole, without = scores.verdicts
    ((visible_to, visible),) = scores.redacted_verdicts

    assert whole.level is Level.CRITICAL
    assert visible_to == pick_audiences([], [visible_to])
    assert content_of(visible) == content_of(without)
