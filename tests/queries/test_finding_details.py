"""Details of findings: limits and distances, contributions, peers, first and last run, completeness."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from flows.scoring import load_inputs
from flows.scoring import score as score_day
from models.vocabulary import View
from queries.finding_details import (
    describe_finding,
    describe_level,
    level_parts,
    measure_completeness,
    nearest_limits,
    section_score,
)
from queries.provider import explain_provider
from settings import Settings
from tests.factories import load, observed

BANDS = {
    "kind": "bands",
    "bands": [
        {"level": "concern", "below": 0},
        {"level": "watch", "from": 0, "to": 10},
        {"level": "none", "above": 10},
    ],
}
METRIC = """
        {{key: {0}, kind: bands, indicator: {0}, better: higher, weight: {1}, source: Made up, evidence: ours, bands: [
          {{level: critical, score: 1, below: -2}}, {{level: concern, score: 2, from: -2, below: -1}},
          {{level: watch, score: 3, from: -1, below: 0}}, {{level: none, score: 4, from: 0}}]}}"""
REGIME = f"""
schema: 1
key: scored
title: Scored
about: A test
publisher: Us
owner: Us
legal_basis: None
valid_from: 2010-01-01
review_on: 2030-01-01
official: false
covers: {{schemes: [GB-COH], has_indicator: [net_assets]}}
peers: {{kind: company_category, size: employees, size_bands: [10]}}
principles:
  support: {{}}
  accountability:
    combine: weighted_mean
    rounding: half_up
    better: higher
    limits: [{{title: Any metric at 1, any_score_at: 1, no_better_than: 2, source: Made up, evidence: ours}}]
    grades: [{{rating: '4', level: none, from: 4}}, {{rating: '3', level: watch, from: 3, below: 4}},
             {{rating: '2', level: concern, from: 2, below: 3}}, {{rating: '1', level: critical, below: 2}}]
    source: Made up
    evidence: ours
    rules: [{METRIC.format("net_assets", 0.3)}, {METRIC.format("cash", 0.7)}]
  consequences: {{}}
  evidence:
    rules: [{{key: old, kind: age, title: Net assets, indicator: net_assets, old: [{{after: 24 months, level: watch}}],
             source: Made up, evidence: ours}}]
  external_powers: {{}}
  flexibility: {{vision: None, transition: None}}
levels: {{'4': none, '3': watch, '2': concern, '1': critical}}
ladder: [{{key: usual, title: Usual, from_level: none, next_step: Nothing}}]
"""


@pytest.mark.parametrize(
    ("value", "worse", "better"),
    [
        (-5, None, ("watch", 0, 5)),
        (0, ("concern", 0, 0), ("none", 10, 10)),
        (10, ("concern", 0, 10), ("none", 10, 0)),
        (10.5, ("watch", 10, 0.5), None),
    ],
)
def test_the_nearest_limits_on_both_sides(value: float, worse: Any, better: Any) -> None:
    found = nearest_limits(BANDS, value)

    assert found is not None
    sides = {side: away and (away["level"], away["at"], away["distance"]) for side, away in found.items()}
    assert sides == {"worse": worse, "better": better}


@pytest.mark.parametrize("value", [None, "Good", True])
def test_what_is_no_number_has_no_distance(value: object) -> None:
    assert nearest_limits(BANDS, value) is None


def test_a_probability_is_so_far_from_its_line() -> None:
    rule = {"kind": "probability_over", "over": 0.5, "level": "critical"}

    assert nearest_limits(rule, 0.3) == {"worse": {"level": "critical", "at": 0.5, "distance": 0.2}, "better": None}
    assert nearest_limits(rule, 0.7) == {"worse": None, "better": {"level": "none", "at": 0.5, "distance": 0.2}}


@pytest.mark.parametrize(
    ("known", "of", "grade"), [(10, 10, "A"), (9, 10, "A"), (8, 10, "B"), (1, 2, "C"), (0, 3, "E")]
)
def test_the_grade_of_completeness(known: int, of: int, grade: str) -> None:
    rows = [{"status": "clear" if n < known else "missing", "rule": "x"} for n in range(of)]
    rows += [{"status": "not_applicable", "rule": "y"}, {"status": "clear", "rule": "powers"}]

    rows += [{"status": "missing", "rule": "excused"}, {"status": "source", "rule": "z"}]
    rows += [{"status": "clear", "rule": "clock", "unscorable_because": "nothing_due"}]

    completeness = measure_completeness(rows, {"excused": {"optional_because": "none is entered"}})
    assert completeness["known"] == known
    assert completeness["of"] == of
    assert completeness["grade"] == grade


def test_where_no_rule_is_left_completeness_has_no_grade() -> None:
    completeness = measure_completeness([{"status": "not_applicable", "rule": "x"}])
    assert completeness == {"known": 0, "of": 0, "share": None, "grade": None}


def test_a_score_has_its_sum_its_limits_and_its_result() -> None:
    section = {
        "better": "higher",
        "rounding": "half_up",
        "limits": [{"title": "Any at 1", "any_score_at": 1, "no_better_than": 2}],
    }
    rows = [
        {"rule": "a", "status": "clear", "level": "none", "weight": 1.0, "score": 4.0, "contribution": 2.0},
        {"rule": "b", "status": "met", "level": "critical", "weight": 1.0, "score": 1.0, "contribution": 0.5},
    ]

    score = section_score(section, rows)
    assert score["sum"] == 2.5
    assert score["limits"] == ["Any at 1"]
    assert score["result"] == 2


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "regimes").mkdir()
    (tmp_path / "regimes" / "scored.yaml").write_text(REGIME, encoding="utf-8")
    return Settings(home=tmp_path)


def append_values(engine: Engine, values: dict[str, dict[str, float]], *, known_on: date, period_end: date) -> None:
    days = {"known_on": known_on, "period_end": period_end}
    rows = [observed(v, subject=key, indicator=name, **days) for key, one in values.items() for name, v in one.items()]
    load(engine, rows, name=f"{known_on}.csv")


def scored_regime(engine: Engine, provider: str, day: date) -> Any:
    explained = explain_provider(engine, provider, day, audiences=None)
    return next(regime for regime in explained["regimes"] if regime["regime"] == "scored")


def run(engine: Engine, settings: Settings, day: date) -> None:
    score_day(engine, settings, load_inputs(settings), day=day, view=View.FULL, now=datetime(2026, 1, 1, tzinfo=UTC))


def test_an_explanation_of_a_scored_provider_among_its_peers(engine: Engine, settings: Settings) -> None:
    """Twenty small companies with net assets of 0 to 19 and one large one; the first has cash at the worst score."""
    small = {"cash": 1.0, "employees": 3.0}
    values = {f"GB-COH-{n:08}": small | {"net_assets": float(n)} for n in range(20)}
    values["GB-COH-00000000"]["cash"] = -5.0
    values["GB-COH-00000099"] = {"net_assets": 1000.0, "cash": 1.0, "employees": 500.0}
    append_values(engine, values, known_on=date(2020, 6, 1), period_end=date(2019, 12, 31))
    for day in (date(2020, 6, 30), date(2020, 9, 30)):
        run(engine, settings, day)

    regime = scored_regime(engine, "GB-COH-00000000", date(2020, 9, 30))
    money = regime["principles"]["accountability"]
    parts = [Decimal(str(finding["contribution"])) for finding in money["findings"]]
    assert sum(parts) == Decimal(str(money["score"]["sum"])) == Decimal("1.9")  # 0.3 x 4 + 0.7 x 1
    assert money["score"]["limits"] == ["Any metric at 1"]
    assert regime["level"] == "concern"
    assert regime["rating"] == "2"
    assert money["score"]["result"] == 2
    net_assets, cash = money["findings"]
    assert net_assets["peers"] == {
        "group": "Average number of employees below 10",
        "providers": 20,
        "median": 9.5,
        "percentile": 0,
    }
    assert cash["limits"]["better"] == {"level": "concern", "at": -2.0, "distance": 3.0}
    assert cash["since"] == "2020-06-30"
    assert cash["first_run"]["day"] == "2020-06-30"
    assert cash["last_run"]["day"] == "2020-09-30"
    assert "counts 1, weight 0.7, adds 0.7 to the score" in describe_finding(cash)
    assert "median of 20 peers (Average number of employees below 10) £9.5; none of them has less" in describe_finding(
        net_assets
    )
    assert regime["next"] == {"stage": "Usual", "step": "Nothing", "told": []}
    old = regime["principles"]["evidence"]["findings"][0]
    assert old["status"] == "clear"
    assert old["contribution"] == 0
    assert not old["decides"]
    large = scored_regime(engine, "GB-COH-00000099", date(2020, 9, 30))["principles"]["accountability"]["findings"][0]
    assert large["peers"]["group"] == "all"  # nobody else of its size


def test_the_parts_of_a_level_include_the_caps_and_floors_that_hold() -> None:
    limit = {"rule": "bad", "level": "watch", "source": "Handbook"}
    risk = {"caps": [{**limit, "title": "New in post"}, {**limit, "rule": "good"}], "floors": [limit]}
    principles = {
        "accountability": {"level": "concern", "findings": [{"rule": "bad", "status": "met", "level": "concern"}]},
        "evidence": {"level": "none", "findings": [{"rule": "good", "status": "clear", "level": "none"}]},
    }

    parts = level_parts(risk, principles)

    assert [cap["title"] for cap in parts["caps"]] == ["New in post"]
    assert describe_level(parts) == (
        "accountability concern, evidence none (alone at most watch); no worse than watch: New in post (Handbook); "
        "no better than watch: bad (Handbook)"
    )


def test_few_peers_are_not_compared_and_shares_are_points_apart() -> None:
    finding = {
        "rule": "occupancy",
        "status": "met",
        "level": "concern",
        "unit": "percent",
        "decides": True,
        "since": None,
        "limits": {"worse": None, "better": {"level": "watch", "at": 85, "distance": 0.2}},
        "peers": {"group": "all", "providers": 2, "median": 86.1, "percentile": 0},
    }

    assert describe_finding(finding) == [
        "decides the level",
        "better (watch) at 85 %, 0.2 points away",
        "only 2 peers (all providers under this regime) have this figure, too few to compare",
    ]


def test_since_when_is_the_last_change_of_status_or_level(engine: Engine, settings: Settings) -> None:
    company = "GB-COH-00000001"
    for day, net_assets in ((date(2020, 3, 31), 1.0), (date(2020, 6, 30), -1.5), (date(2020, 9, 30), -1.2)):
        append_values(engine, {company: {"net_assets": net_assets, "cash": 1.0}}, known_on=day, period_end=day)
        run(engine, settings, day)

    net_assets, cash = scored_regime(engine, company, date(2020, 9, 30))["principles"]["accountability"]["findings"]
    assert net_assets["level"] == "concern"
    assert net_assets["since"] == "2020-06-30"
    assert cash["level"] == "none"
    assert cash["since"] == "2020-03-31"
