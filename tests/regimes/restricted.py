"""Invented providers of which some rows are restricted, and the test of what readers see of them."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from access.redaction import pick_audiences
from access.viewer import may_see, split_audiences
from indicators import catalogue
from regimes.schema import Regime
from risk.score import RunScores, Verdict, assess_providers
from tests.regimes.builder import Known, Values, reading
from tests.regimes.invented import DAY, LOOKED
from tests.regimes.small import OURS, small_regime

CLOCK_EVENTS = {"starts": ["notice_issued"], "done_by": ["support_accepted"]}
BANDS = [{"level": "none", "to": 0}, {"level": "watch", "above": 0}]
EVERY_KIND = small_regime(
    {
        "key": "bands",
        "kind": "bands",
        "title": "Change of net assets",
        "expression": "net_assets - previous.net_assets",
        "unit": "GBP",
        "better": "higher",
        "bands": [{"level": "concern", "below": 0}, {"level": "none", "from": 0}],
    },
    {
        "key": "grades",
        "kind": "grades",
        "indicator": "overall_judgement",
        "stale_after": "3 years",
        "grades": {
            "Outstanding": "none",
            "Good": "none",
            "Requires improvement to be good": "watch",
            "Inadequate": "critical",
        },
    },
    {"key": "condition", "kind": "condition", "title": "Low cash", "when": "cash < 50", "level": "watch"},
    {
        "key": "event",
        "kind": "event",
        "title": "Notice",
        "events": ["notice_issued", "concern_raised"],
        "within": "12 months",
        "level": "concern",
        "at_least": 2,
        "unless_since": ["support_accepted"],
        "optional_because": "nobody has written",
    },
    {
        "key": "late",
        "kind": "late",
        "title": "Accounts",
        "due": "accounts_next_due_on",
        "received": "net_assets",
        "late": [{"level": "watch", "after": "0 days"}],
    },
    {
        "key": "defaults",
        "kind": "defaults",
        "title": "Returns",
        "due": "annual_return_due_on",
        "received": "annual_return_received_on",
        "of_last": 2,
        "at_least": 1,
        "level": "watch",
    },
    {
        "key": "age",
        "kind": "age",
        "title": "Judgement",
        "indicator": "overall_judgement",
        "old": [{"level": "watch", "after": "6 months"}],
    },
    {
        "key": "restated",
        "kind": "restated",
        "title": "Restated figures",
        "indicators": ["net_assets", "cash"],
        "by": 0.01,
        "within": "12 months",
        "bands": BANDS,
    },
    {
        "key": "clock",
        "kind": "clock",
        "title": "Answer",
        "within": "28 days",
        "level": "watch",
        "then": "it is published",
        "forgotten_after": "24 months",
        **CLOCK_EVENTS,
    },
    {
        "key": "siblings",
        "kind": "siblings",
        "title": "Others of the owner",
        "indicator": "overall_judgement",
        "worse_than": "Good",
        "at_least": 1,
        "bands": BANDS,
    },
    {
        "key": "quantile",
        "kind": "quantile",
        "indicator": "cash",
        "better": "higher",
        "at_least": 2,
        "bands": [{"level": "none", "to": 0.5}, {"level": "watch", "above": 0.5}],
    },
    {
        "key": "rating",
        "kind": "external_grade",
        "indicator": "leadership_judgement",
        "at_or_below": "Inadequate",
        "level": "concern",
    },
    {"key": "probability", "kind": "probability_over", "over": 0.5, "level": "watch"},
    {
        "key": "judgement",
        "kind": "judgement",
        "title": "Our view",
        "by": "the board",
        "scale": {"good": "none", "bad": "concern"},
        "optional_because": "nobody has judged",
    },
    evidence=[
        {
            "key": "complete",
            "kind": "bands",
            "title": "Completeness",
            "expression": "completeness",
            "unit": "share",
            "better": "higher",
            "bands": [{"level": "watch", "below": 0.7}, {"level": "none", "from": 0.7}],
        },
        {"key": "cash_known", "kind": "condition", "title": "Much cash", "when": "cash > 150", "level": "watch"},
    ],
    consequences=[
        {"key": "casework", "kind": "casework", "needs": "a plan"},
        {
            "key": "asked_late",
            "kind": "condition",
            "title": "No cash",
            "when": "cash < 1",
            "level": "concern",
            "applies_from_level": "concern",
        },
    ],
    risk={"caps": [], "floors": [OURS | {"rule": "event", "level": "critical"}]},
    ladder=[
        {"key": "usual", "title": "Usual", "from_level": "none", "next_step": "nothing"},
        {"key": "look", "title": "Look", "from_level": "watch", "next_step": "look"},
        {"key": "act", "title": "Act", "from_rules": ["event", "clock"], "next_step": "act", "audience": "secret"},
    ],
)


def restrict(subjects: Mapping[str, Values], audience_of: Callable[[], str | None]) -> dict[str, Values]:
    """The same values, each row for the audience that the function gives; None leaves a row public."""
    return {
        key: {
            name: [value._replace(audience=audience_of()) for value in _rows(values)]
            for name, values in provider.items()
        }
        for key, provider in subjects.items()
    }


def without_rows(subjects: Mapping[str, Values], audiences: Collection[str]) -> dict[str, Values]:
    """The same values less the rows that readers with these audiences may not see."""
    left = {}
    for key, provider in subjects.items():
        kept = {
            name: [row for row in _rows(rows) if row.audience in {None, *audiences}] for name, rows in provider.items()
        }
        left[key] = {name: rows for name, rows in kept.items() if rows}
    return left


def _rows(values: Any) -> list[Known]:
    rows = values if isinstance(values, list) else [values]
    return [row if isinstance(row, Known) else Known(row) for row in rows]


def score(
    regime: Regime, subjects: Mapping[str, Values], owners: Mapping[str, str], *, with_redacted: bool
) -> RunScores:
    """The verdicts on what was known on the day."""
    looks = dict.fromkeys(catalogue.load().registers, LOOKED)
    with reading(subjects, day=DAY, looks=looks, owners=owners) as known:
        return assess_providers(known, [regime], with_redacted=with_redacted)


def visible_verdicts(scores: RunScores, audiences: Collection[str]) -> dict[str, Verdict | None]:
    """By provider, the verdict that a reader with these audiences sees; None where none was scored for the reader."""
    redacted: dict[str, dict[frozenset[str], Verdict]] = {}
    for visible_to, verdict in scores.redacted_verdicts:
        redacted.setdefault(verdict.provider, {})[visible_to] = verdict
    visible: dict[str, Verdict | None] = {}
    for verdict in scores.verdicts:
        options = redacted.get(verdict.provider, {})
        picked = pick_audiences(audiences, options)
        is_whole = may_see(audiences, split_audiences(verdict.audiences))
        visible[verdict.provider] = verdict if is_whole else options[picked] if picked is not None else None
    return visible


def content_of(verdict: Verdict) -> dict[str, Any]:
    """The parts of a verdict that people read, without the numbers of ledger rows, which depend on the other rows."""
    findings = [finding | {"seqs": len(finding["seqs"])} for finding in json.loads(verdict.findings)]
    return {
        "level": verdict.level,
        "rating": verdict.rating,
        "stage": verdict.stage,
        "principles": verdict.principles,
        "reasons": verdict.unscorable_reasons,
        "findings": findings,
    }
