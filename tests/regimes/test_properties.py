"""Properties of every regime that comes with the service, for any figures.

Missing, stale or late never improves a level; a worse value never gives a better finding.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import combinations_with_replacement
from typing import Any

import pytest

from alerts.message.provider_lines import main_findings
from models.vocabulary import Level, Principle
from regimes.evaluate import evaluate
from regimes.rules.registry import AnyRule
from regimes.schema import regimes_in_force, shipped_regimes
from tests.regimes.builder import Known, reading
from tests.regimes.invented import DAY, Which, World, covering, read_by

SEEDS = (1, 2)
# Rules whose inputs cannot be changed one by one: parts of one balance sheet, or two measures of one thing.
NOT_BY_ONE_INPUT = {"altman", "taffler", "zmijewski", "dressed_debt", "rent_cover", "interim_rent_cover"}
KNOWN = {"met", "clear"}
LEVELS = [str(level) for level in (Level.NONE, Level.WATCH, Level.CONCERN, Level.CRITICAL)]


@cache
def _world(name: str, seed: int) -> World:
    return World(shipped_regimes()[name], seed)


@pytest.fixture(
    params=[(name, seed) for name in shipped_regimes() for seed in SEEDS], ids=lambda one: f"{one[0]}-{one[1]}"
)
def world(request: pytest.FixtureRequest) -> World:
    return _world(*request.param)


def rules(world: World) -> Iterator[AnyRule]:
    return (rule for _, rule in world.regime.rules())


def ranks(world: World, which: Which) -> dict[str, float]:
    """How bad each principle is; not to know is worse than nothing, and better than something."""
    levels = world.verdicts[which].principles
    return {str(principle): 0.5 if level is Level.UNSCORABLE else level.rank for principle, level in levels.items()}


def lower(world: World, original: Which, changed: Which) -> list[str]:
    """The principles that are better than they were."""
    before, after = ranks(world, original), ranks(world, changed)
    return [name for name in before if after[name] < before[name]]


def is_cleared(world: World, original: Which, changed: Which) -> bool:
    """Whether the change has made the provider's level ``none``."""
    return world.verdicts[changed].level is Level.NONE and world.verdicts[original].level is not Level.NONE


def row_rank(row: dict[str, Any]) -> int:
    return LEVELS.index(row["level"])


def test_the_originals_are_covered_and_of_many_levels(world: World) -> None:
    originals = {which for which in world.values if not which.change}

    assert originals <= set(world.verdicts)
    assert {row["status"] for which in originals for row in world.findings[which].values()} >= {"met", "clear"}


def test_a_worse_number_is_never_in_a_better_band(world: World) -> None:
    for rule in rules(world):
        if rule.kind == "bands":
            sign = -1 if rule.better == "higher" else 1
            seen = [rows[rule.key] for rows in world.findings.values() if rows[rule.key]["status"] in KNOWN]
            levels = [row_rank(row) for row in sorted(seen, key=lambda row: sign * row["value"])]
            assert levels == sorted(levels), rule.key


def test_a_worse_value_never_gives_a_better_finding(world: World) -> None:
    """This holds for any ratio: a debt over negative earnings must not look like no debt."""
    for original, worse in world.pairs("worse"):
        for rule in rules(world):
            before, after = (world.findings[which][rule.key] for which in (original, worse))
            # Insolvent, or nobody knows: one bad answer can say more than is known without it.
            is_share_known = getattr(rule, "expression", None) == "completeness"
            is_compared = rule.key not in NOT_BY_ONE_INPUT and not is_share_known
            if is_compared and {before["status"], after["status"]} <= KNOWN:
                assert row_rank(after) >= row_rank(before), (worse, before["title"], after["title"])


def test_a_missing_value_never_clears_a_provider(world: World) -> None:
    """Values that a regime excuses by name (``optional_because``) are left out."""
    excused = {key for rule in rules(world) if getattr(rule, "optional_because", None) for key in read_by(rule)}
    excused |= {f"judgement of {rule.key}" for rule in rules(world) if getattr(rule, "optional_because", None)}
    for original, missing in world.pairs("missing"):
        if missing.of not in excused:
            before, after = ranks(world, original), ranks(world, missing)
            assert [name for name in before if before[name] and not after[name]] == [], missing
            assert not is_cleared(world, original, missing), missing


def test_a_finding_without_its_values_is_never_clear(world: World) -> None:
    for original, missing in world.pairs("missing"):
        for rule in rules(world):
            before, after = (world.findings[which][rule.key] for which in (original, missing))
            if before["status"] in {"met", "stale"} and row_rank(before) and missing.of in read_by(rule):
                assert after["status"] != "clear" or row_rank(after) >= row_rank(before), (missing, before["title"])


def test_an_older_value_never_improves_a_result(world: World) -> None:
    """A status, flag or grade that is only last known raises a level as far as the regime says, and is no good news."""
    up_to = world.regime.risk.last_known_up_to.rank
    for original, older in world.pairs("older"):
        capped = {row["principle"] for row in world.findings[older].values() if row["is_last_known"]}
        assert set(lower(world, original, older)) <= capped, older
        assert not is_cleared(world, original, older), older
        for key, row in world.findings[original].items():
            aged = world.findings[older][key]
            least = min(row_rank(row), up_to) if aged["is_last_known"] else row_rank(row)
            assert row_rank(aged) >= least, (older, key)
            assert (row["status"], aged["status"]) not in {("stale", "clear"), ("missing", "clear")}, (older, key)


def test_a_late_return_never_improves_a_result(world: World) -> None:
    for original, late in world.pairs("late"):
        assert lower(world, original, late) == [], late
        assert world.verdicts[late].level.rank >= world.verdicts[original].level.rank, late


def test_a_correction_never_improves_anything(world: World) -> None:
    for original, restated in world.pairs("restated"):
        assert lower(world, original, restated) == [], restated
        assert world.verdicts[restated].level.rank >= world.verdicts[original].level.rank, restated


def test_a_corrected_figure_is_found_if_the_regime_asks_for_it(world: World) -> None:
    asking = [rule for rule in rules(world) if rule.kind == "restated"]
    for _, restated in world.pairs("restated"):
        for rule in (rule for rule in asking if restated.of in {"all", *rule.indicators}):
            if set(rule.indicators) & world.values[restated].keys():
                assert world.findings[restated][rule.key]["status"] == "met", restated


def test_no_level_is_none_while_evidence_is_unscorable_and_the_reason_is_given(world: World) -> None:
    for which, verdict in world.verdicts.items():
        is_blind = verdict.principles[Principle.EVIDENCE] is Level.UNSCORABLE
        if is_blind and verdict.principles[Principle.ACCOUNTABILITY] is not Level.UNSCORABLE:
            assert verdict.level is not Level.NONE, which
            titles = [finding["title"] for finding in main_findings(world.findings[which].values())]
            assert titles, which


def test_a_worse_home_of_the_same_owner_never_helps_the_others() -> None:
    words = ("Outstanding", "Good", "Requires improvement to be good", "Inadequate")
    groups = list(combinations_with_replacement(range(4), 3))
    home = covering(shipped_regimes()["childrens_homes"])
    graded = {word: home | {"overall_judgement": Known(word, "2020-12-31")} for word in words}
    key = {(group, n): f"GB-OFSTED-{''.join(map(str, group))}-{n}" for group in groups for n in range(4)}
    subjects = {key[group, 0]: graded["Good"] for group in groups}
    subjects |= {key[group, n]: graded[words[group[n - 1]]] for group in groups for n in (1, 2, 3)}
    owners = {name: f"CW-OWNER-{name.split('-')[2]}" for name in key.values()}
    with reading(subjects, day=DAY, owners=owners) as known:
        evaluation = evaluate(known, shipped_regimes()["childrens_homes"])
    numbers = {row["number"]: row["rule"] for row in evaluation.rules.to_pylist()}
    names = {row["id"]: row["key"] for row in evaluation.providers.to_pylist()}
    levels = {
        (names[row["provider_id"]], numbers[row["rule"]]): row["level"] for row in evaluation.findings.to_pylist()
    }

    for rule in ("owner_below_good", "owner_inadequate"):
        for group in groups:
            for worse in (w for w in groups if all(a >= b for a, b in zip(w, group, strict=True))):
                assert levels[key[worse, 0], rule] >= levels[key[group, 0], rule], (rule, group, worse)
        assert {levels[key[group, 0], rule] for group in groups} > {0}


def test_the_regimes_of_one_day_have_keys_of_their_own() -> None:
    for day in (date(2010, 6, 30), date(2015, 6, 30), DAY, date(2026, 3, 31)):
        keys = [regime.key for regime in regimes_in_force(shipped_regimes().values(), day)]
        assert len(keys) == len(set(keys)) > 0
