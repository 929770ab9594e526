import hashlib
import json
from itertools import product
from typing import Any

import pyarrow as pa
import pytest

from alerts.message.provider_lines import main_findings
from models.vocabulary import Level, Principle
from regimes.schema import Regime
from risk.score import RunScores, Verdict, assess_providers
from tests.regimes.builder import Known, reading
from tests.regimes.small import NET_ASSETS, ONE, small_regime

END = "2020-12-31"
NONE, WATCH, CONCERN, CRITICAL, UNSCORABLE = Level


def graded(key: str, indicator: str) -> dict[str, Any]:
    """A rule by which 0, -1, -2 and -3 are none, watch, concern and critical."""
    levels = ("critical", None, -2), ("concern", -2, -1), ("watch", -1, 0), ("none", 0, None)
    edges = [{"level": level, "from": low, "below": high} for level, low, high in levels]
    bands = [{name: edge for name, edge in band.items() if edge is not None} for band in edges]
    return {"key": key, "kind": "bands", "indicator": indicator, "better": "higher", "bands": bands}


MONEY, LATE = graded("money", "net_assets"), graded("late", "turnover")
VALUES = {NONE: 0, WATCH: -1, CONCERN: -2, CRITICAL: -3}


def company(money: Level, evidence: Level = NONE, **more: Any) -> dict[str, Any]:
    """A company whose money and evidence have these levels; unscorable ones have no figure."""
    values: dict[str, Any] = {"name": "x"} | more
    for key, level in (("net_assets", money), ("turnover", evidence)):
        if level is not UNSCORABLE:
            values[key] = Known(VALUES[level], END)
    return values


def scored(regime: Regime, *companies: dict[str, Any], **options: Any) -> list[Verdict]:
    return scores(regime, *companies, **options).verdicts


def scores(regime: Regime, *companies: dict[str, Any], **options: Any) -> RunScores:
    with reading({f"GB-COH-{n:08}": values for n, values in enumerate(companies, 1)}) as known:
        return assess_providers(known, [regime], **options)


def test_the_level_is_that_of_money_and_evidence_and_evidence_alone_never_exceeds_watch() -> None:
    """The whole truth table: level by money (down) and evidence (across)."""
    columns = (NONE, WATCH, CONCERN, CRITICAL, UNSCORABLE)
    table = {
        NONE: (NONE, WATCH, WATCH, WATCH, WATCH),  # what cannot be judged is not well
        WATCH: (WATCH, WATCH, WATCH, WATCH, WATCH),
        CONCERN: (CONCERN,) * 5,
        CRITICAL: (CRITICAL,) * 5,
        UNSCORABLE: (UNSCORABLE,) * 5,
    }
    pairs = list(product(table, columns))
    ordinary = [company(NONE)] * 100  # so that nothing is true of too many at once
    verdicts = scored(small_regime(MONEY, evidence=[LATE]), *(company(*pair) for pair in pairs), *ordinary)

    for (money, evidence), verdict in zip(pairs, verdicts, strict=False):
        assert verdict.principles[Principle.ACCOUNTABILITY] == money
        assert verdict.level == table[money][columns.index(evidence)], (money, evidence)


def test_a_regime_can_say_how_far_evidence_alone_goes() -> None:
    regime = small_regime(MONEY, evidence=[LATE], risk={"evidence_up_to": "concern"})
    verdicts = scored(regime, company(NONE, CONCERN), company(NONE, CRITICAL))

    assert [verdict.level for verdict in verdicts] == [CONCERN, CONCERN]


def test_response_and_readiness_stand_beside_the_level_and_do_not_change_it() -> None:
    regime = small_regime(MONEY, consequences=[LATE])
    (verdict,) = scored(regime, company(NONE, CRITICAL))

    assert verdict.principles[Principle.CONSEQUENCES] is CRITICAL
    assert verdict.principles[Principle.EXTERNAL_POWERS] is WATCH  # no body with powers
    assert verdict.level is NONE


def test_a_principle_is_well_only_if_nothing_it_needs_is_missing() -> None:
    regime = small_regime(MONEY, graded("sales", "turnover"))
    verdicts = scored(
        regime,
        company(NONE, NONE),
        company(NONE, UNSCORABLE),
        company(WATCH, UNSCORABLE),
        company(UNSCORABLE, UNSCORABLE),
    )

    assert [verdict.level for verdict in verdicts] == [NONE, UNSCORABLE, WATCH, UNSCORABLE]


def test_what_a_provider_never_gave_and_need_not_give_is_no_reason_not_to_score_it() -> None:
    excused = graded("sales", "turnover") | {"optional_because": "small companies need not publish it"}
    stopped = {"turnover": Known(0, "2018-12-31")}
    never, given_before = scored(
        small_regime(MONEY, excused), company(NONE, UNSCORABLE), company(NONE, UNSCORABLE, **stopped)
    )

    assert never.level is NONE
    assert finding(never, "sales")["unscorable_because"] == "nothing_entered"
    assert finding(given_before, "sales")["unscorable_because"] == "not_known"
    assert finding(never, "sales")["title"] == "Turnover: not known; small companies need not publish it"
    assert given_before.level is UNSCORABLE


def test_a_cap_and_a_floor_hold_the_level_when_their_rule_is_met() -> None:
    limits = {
        "caps": [{"rule": "sales", "level": "watch", "source": "x", "evidence": "ours"}],
        "floors": [{"rule": "staff", "level": "critical", "source": "x", "evidence": "ours"}],
    }
    regime = small_regime(MONEY, consequences=[graded("sales", "turnover"), graded("staff", "employees")], risk=limits)
    few = {"employees": Known(-1, END)}
    levels = [
        verdict.level
        for verdict in scored(
            regime,
            company(CRITICAL),
            company(CRITICAL, WATCH),
            company(NONE, WATCH),
            company(NONE, **few),
            company(CRITICAL, WATCH, **few),
            company(UNSCORABLE, WATCH),
            company(UNSCORABLE, **few),
        )
    ]

    assert levels == [CRITICAL, WATCH, NONE, CRITICAL, CRITICAL, UNSCORABLE, CRITICAL]


LADDER = [
    {"key": "usual", "title": "Usual", "from_level": "none", "next_step": "x"},
    {"key": "closer", "title": "Closer", "from_level": "concern", "next_step": "x"},
    {"key": "suspended", "title": "Suspended", "from_rules": ["sales"], "next_step": "x"},
]


def test_the_stage_is_the_furthest_that_anything_recommends() -> None:
    regime = small_regime(MONEY, consequences=[graded("sales", "turnover")], ladder=LADDER)
    verdicts = scored(
        regime,
        company(NONE),
        company(WATCH),
        company(CRITICAL),
        company(NONE, WATCH),
        company(UNSCORABLE),
    )

    assert [verdict.stage for verdict in verdicts] == ["usual", "usual", "closer", "suspended", ""]


def test_the_rating_is_in_the_regimes_own_words() -> None:
    verdicts = scored(small_regime(MONEY), *(company(level) for level in Level))

    assert [verdict.rating for verdict in verdicts] == ["Fine", "Watched", "Weak", "Failing", "not scored"]


def test_a_rating_is_official_only_if_every_number_and_figure_was_read() -> None:
    read = {"source": "the law", "evidence": "verified"}
    regime = small_regime(NET_ASSETS | read, official=True)
    recalled = {"name": "x", "net_assets": Known(5, END, is_recalled=True)}

    assert [verdict.is_official for verdict in scored(regime, company(NONE), recalled)] == [True, False]
    assert not scored(small_regime(NET_ASSETS | read), company(NONE))[0].is_official


PROBABLE = {
    "key": "probable",
    "kind": "bands",
    "title": "Probability of failure",
    "expression": "probability",
    "unit": "share",
    "better": "lower",
    "bands": [{"level": "none", "to": 0.5}, {"level": "critical", "above": 0.5}],
    "optional_because": "no model covers everybody",
}


def test_a_probability_comes_with_its_reason_and_moves_the_level_only_by_a_rule() -> None:
    given = pa.table({"subject_id": [1, 2], "probability": [0.51, None], "reason": ["of closing", "never inspected"]})
    companies = [company(NONE)] * 3

    beside = scored(small_regime(MONEY), *companies, probabilities=given)
    assert [(verdict.probability, verdict.probability_reason) for verdict in beside] == [
        (0.51, "of closing"),
        (None, "never inspected"),
        (None, "no failure model covers it"),
    ]
    assert [verdict.level for verdict in beside] == [NONE, NONE, NONE]

    by_rule = scored(small_regime(MONEY, PROBABLE), *companies, probabilities=given)
    assert [verdict.level for verdict in by_rule] == [CRITICAL, NONE, NONE]
    assert finding(by_rule[0], "probable")["title"] == "Probability of failure 51.0 % (critical: above 50 %)"


def finding(verdict: Verdict, rule: str) -> dict[str, Any]:
    return next(one for one in json.loads(verdict.findings) if one["rule"] == rule)


def test_findings_are_an_ordered_list_of_documented_fields() -> None:
    (verdict,) = scored(small_regime(NET_ASSETS), {"name": "x", "net_assets": Known(-5, END, "2021-02-03")})

    assert json.loads(verdict.findings)[0] == {
        "principle": "accountability",
        "rule": "net_assets",
        "title": "Net assets -£5 at 31 December 2020 (concern: below £0)",
        "status": "met",
        "level": "concern",
        "weight": None,
        "score": None,
        "contribution": None,
        "indicators": ["net_assets"],
        "value": -5.0,
        "unit": "GBP",
        "threshold": "concern: below £0",
        "seqs": [2],
        "period_end": "2020-12-31",
        "known_on": "2021-02-03",
        "is_recalled": False,
        "is_last_known": False,
        "source": "made up for a test",
    }
    assert list(json.loads(verdict.findings)[0])[:4] == ["principle", "rule", "title", "status"]
    assert verdict.findings_sha256 == hashlib.sha256(verdict.findings.encode()).hexdigest()


def test_a_text_is_a_value_too() -> None:
    rule = {
        "key": "status",
        "kind": "condition",
        "title": "Wound up",
        "when": "company_status = 'Liquidation'",
        "level": "watch",
    }
    (verdict,) = scored(small_regime(rule), {"name": "x", "company_status": "Liquidation"})

    assert finding(verdict, "status")["value"] == "Liquidation"


@pytest.mark.parametrize("word", ['"', "\\", 'a"},{"b', "\n\t\x01", "é \u2028 ü", "\U0001f600", "", "%s $1 {0}"])
def test_whatever_a_register_says_the_findings_are_the_json_that_python_would_write(word: str) -> None:
    status = {"key": "status", "kind": "condition", "title": f"Is it {word}?", "when": "company_status = 'Liquidation'"}
    rule = status | {"level": "watch", "source": f"Page {word} 3"}
    verdicts = scored(small_regime(rule), *({"name": "x", "company_status": f"{word} {n}"} for n in range(3)))

    for n, verdict in enumerate(verdicts):
        findings = json.loads(verdict.findings)
        assert (findings[0]["value"], findings[0]["source"]) == (f"{word} {n}", f"Page {word} 3")
        assert json.dumps(findings, separators=(",", ":"), ensure_ascii=False) == verdict.findings


def test_equal_providers_have_equal_findings_and_another_provider_does_not_change_them() -> None:
    fields = {"net_assets": Known(-1 / 3, END)}
    alone = scored(small_regime(MONEY), {"name": "x"} | fields)
    among = scored(small_regime(MONEY), {"name": "x"} | fields, *[company(level) for level in Level] * 50)

    assert among[0].findings == alone[0].findings


def test_the_same_inputs_give_the_same_bytes_on_any_number_of_threads() -> None:
    share = graded("share", "employees") | {"applies_when": "area_share < 0.9"}
    regime = small_regime(MONEY, share, evidence=[LATE])
    subjects = {
        f"GB-COH-{n:08}": company(list(Level)[n % 5], places=n % 7, employees=Known(n / 7, END)) for n in range(3000)
    }
    results = []
    for threads in (1, 4):
        with reading(subjects, areas={key: f"CW-AREA-{n % 9}" for n, key in enumerate(subjects)}) as known:
            known.db.execute(f"SET threads = {threads}")
            results.append(assess_providers(known, [regime]))

    assert len(results[0].verdicts) == 3000
    assert results[0] == results[1]


def test_a_provider_under_two_regimes_has_two_verdicts_in_order_of_the_regimes() -> None:
    second = small_regime(MONEY, key="another")
    with reading({ONE: company(CONCERN), "GB-COH-00000002": company(NONE)}) as known:
        found = assess_providers(known, [small_regime(MONEY), second]).verdicts

    assert [(verdict.regime, verdict.provider[-1]) for verdict in found] == [
        ("another", "1"),
        ("another", "2"),
        ("small", "1"),
        ("small", "2"),
    ]


def test_source_findings_of_all_regimes_are_kept_apart_from_the_providers() -> None:
    result = scores(small_regime(MONEY, evidence=[LATE]), *[company(NONE, CRITICAL)] * 6)

    assert [found["rule"] for found in result.source_findings] == ["late"]
    assert {verdict.level for verdict in result.verdicts} == {NONE}


def test_nobody_covered_is_nobody_scored() -> None:
    assert scored(small_regime(MONEY)) == []


def test_what_is_missing_of_the_evidence_is_the_reason_for_a_watch_and_recommends_no_stage_by_itself() -> None:
    """The principle stays unscorable; the finding carries the level, so that lists and messages can say why."""
    ladder = [
        {"key": "usual", "title": "Usual", "from_level": "none", "next_step": "nothing"},
        {"key": "asked", "title": "Asked", "from_rules": ["late"], "next_step": "ask"},
    ]
    (verdict,) = scored(small_regime(MONEY, evidence=[LATE], ladder=ladder), company(NONE, UNSCORABLE))
    (told,) = main_findings(json.loads(verdict.findings))

    assert (verdict.level, verdict.principles[Principle.EVIDENCE], verdict.stage) == (WATCH, UNSCORABLE, "usual")
    assert (told["rule"], told["status"], told["level"]) == ("late", "missing", "watch")


def test_a_regime_that_lets_evidence_count_for_nothing_is_not_raised_by_what_is_missing() -> None:
    regime = small_regime(MONEY, evidence=[LATE], risk={"evidence_up_to": "none"})
    (verdict,) = scored(regime, company(NONE, UNSCORABLE))

    assert verdict.level == NONE
    assert [one["level"] for one in json.loads(verdict.findings) if one["rule"] == "late"] == ["none"]


def test_what_is_excused_or_not_asked_for_leaves_the_evidence_well() -> None:
    excused = LATE | {"optional_because": "nobody gives it"}

    assert scored(small_regime(MONEY, evidence=[excused]), company(NONE, UNSCORABLE))[0].level == NONE
    assert scored(small_regime(MONEY), company(NONE))[0].level == NONE


CLOCK = {
    "key": "answered",
    "kind": "clock",
    "title": "Answer to the notice",
    "starts": ["notice_issued"],
    "within": "4 weeks",
    "done_by": ["support_accepted"],
    "level": "concern",
    "then": "ask",
    "forgotten_after": "2 years",
}
EXCUSED = graded("sales", "turnover") | {"optional_because": "nobody enters it"}
ELSEWHERE = graded("staff", "employees") | {"applies_when": "places > 5"}
ENTERED = {"concern_raised": Known("x", "2020-06-01")}  # so that the casework speaks of the company
POWER = {"body": "A regulator", "can": "step in"}


@pytest.mark.parametrize(
    ("rules", "values", "level", "because"),
    [
        ([], {}, UNSCORABLE, "nothing_due"),
        ([ELSEWHERE], {"places": 2}, UNSCORABLE, "nothing_due"),
        ([CLOCK], ENTERED, UNSCORABLE, "nothing_due"),
        ([CLOCK], ENTERED | {"notice_issued": Known(None, "2021-03-20")}, NONE, ""),
        ([CLOCK], {}, UNSCORABLE, "not_known"),
        ([CLOCK | {"optional_because": "none is entered"}], {}, UNSCORABLE, "nothing_entered"),
        ([EXCUSED], {}, UNSCORABLE, "nothing_entered"),
        ([EXCUSED, ELSEWHERE], {"places": 2}, UNSCORABLE, "nothing_entered"),
        ([EXCUSED, ELSEWHERE], {"places": 9}, UNSCORABLE, "not_known"),
        ([EXCUSED, ELSEWHERE], {"places": 9, "employees": Known(0, END)}, NONE, ""),
        ([EXCUSED, ELSEWHERE], {"places": 9, "employees": Known(-1, END)}, WATCH, ""),
        ([ELSEWHERE], {"places": 9, "employees": Known(0, "2015-12-31")}, UNSCORABLE, "not_known"),
    ],
)
def test_a_principle_is_well_only_if_a_rule_looked_at_something_and_says_why_it_is_not(
    rules: list[dict[str, Any]], values: dict[str, Any], level: Level, because: str
) -> None:
    regime = small_regime(MONEY, consequences=rules, powers=[POWER])
    looks = {"casework": "2021-03-31"}
    with reading({ONE: company(NONE, UNSCORABLE) | values}, looks=looks) as known:
        (verdict,) = assess_providers(known, [regime]).verdicts

    place = list(Principle).index(Principle.CONSEQUENCES)
    assert (verdict.principles[Principle.CONSEQUENCES], verdict.unscorable_reasons[place]) == (level, because)
    assert verdict.level is NONE
    # The bodies that can step in are the same for all: that they are named is nothing done about this one.
    assert verdict.principles[Principle.EXTERNAL_POWERS] is UNSCORABLE
    assert finding(verdict, "powers")["unscorable_because"] == "nothing_due"


@pytest.mark.parametrize(
    ("rule", "because", "level"),
    [(LATE, "not_known", WATCH), (EXCUSED, "nothing_entered", NONE), (ELSEWHERE, "nothing_due", NONE)],
)
def test_evidence_raises_the_level_only_where_something_that_had_to_be_known_is_missing(
    rule: dict[str, Any], because: str, level: Level
) -> None:
    (verdict,) = scored(small_regime(MONEY, evidence=[rule]), company(NONE, UNSCORABLE, places=2))

    place = list(Principle).index(Principle.EVIDENCE)
    assert (verdict.principles[Principle.EVIDENCE], verdict.unscorable_reasons[place]) == (UNSCORABLE, because)
    assert verdict.level is level


def test_what_is_about_the_source_neither_clears_nor_raises() -> None:
    verdicts = scored(small_regime(MONEY, evidence=[LATE]), *[company(NONE, CRITICAL)] * 6)

    place = list(Principle).index(Principle.EVIDENCE)
    assert {(one.principles[Principle.EVIDENCE], one.unscorable_reasons[place]) for one in verdicts} == {
        (UNSCORABLE, "about_source")
    }
    assert {one.level for one in verdicts} == {NONE}


def test_accountability_of_which_nothing_was_judged_has_no_level() -> None:
    (verdict,) = scored(small_regime(EXCUSED), company(NONE, UNSCORABLE))

    assert (verdict.level, verdict.unscorable_reasons[1]) == (UNSCORABLE, "nothing_entered")


def test_figures_that_are_too_old_of_many_are_about_the_source_and_clear_nobody() -> None:
    """The sound figure of another rule does not make them well; completeness does not hold it against them."""
    complete = {
        "key": "complete",
        "kind": "bands",
        "title": "Complete",
        "expression": "completeness",
        "unit": "share",
        "better": "higher",
        "bands": [{"level": "watch", "below": 0.6}, {"level": "none", "from": 0.6}],
    }
    old = {"name": "x", "net_assets": Known(0, "2015-12-31"), "turnover": Known(0, END)}
    regime = small_regime(MONEY, graded("sales", "turnover"), evidence=[complete])
    many, few = scored(regime, *[old] * 6), scored(regime, *[old] * 4)

    assert {(one.level, one.unscorable_reasons[1]) for one in many} == {(UNSCORABLE, "about_source")}
    assert {finding(one, "complete")["title"] for one in many} == {"Complete 100.0 %"}
    assert {(one.level, one.unscorable_reasons[1]) for one in few} == {(UNSCORABLE, "not_known")}
    assert {finding(one, "complete")["title"] for one in few} == {"Complete 50.0 % (watch: below 60 %)"}


FROM_CONCERN = graded("plan", "employees") | {"applies_from_level": "concern"}


@pytest.mark.parametrize(
    ("money", "status", "because"),
    [
        (NONE, "not_applicable", "nothing_due"),
        (WATCH, "not_applicable", "nothing_due"),
        (CONCERN, "missing", "not_known"),
        (CRITICAL, "missing", "not_known"),
        (UNSCORABLE, "not_applicable", "nothing_due"),
    ],
)
def test_a_rule_can_be_asked_of_those_that_stand_badly_whatever_put_them_there(
    money: Level, status: str, because: str
) -> None:
    (verdict,) = scored(small_regime(MONEY, consequences=[FROM_CONCERN]), company(money))

    assert (finding(verdict, "plan")["status"], verdict.unscorable_reasons[2]) == (status, because)
    assert verdict.principles[Principle.CONSEQUENCES] is UNSCORABLE
