"""Every kind of rule has a file of its own with its model, its needs, its SQL and its limits, and is documented."""

import re
from pathlib import Path
from typing import Any

import pytest

from indicators import catalogue
from regimes.expressions import FACTS
from regimes.rules.registry import RULE_KINDS, AnyRule, nearest_limits
from regimes.rules.rule import Rule
from tests.regimes.rules.one_of_each import READ_ON, RULES, VALUES
from tests.regimes.small import ONE, evaluated_findings, small_regime

DOCUMENTED = Path(__file__).parents[3].joinpath("docs", "regimes.md").read_text(encoding="utf-8")
REGIMES = Path(__file__).parents[3] / "regimes"
kinds = pytest.mark.parametrize("kind", sorted(RULE_KINDS))


def rule_of(kind: str) -> AnyRule:
    return next(rule for _, rule in small_regime(RULES[kind]).rules())


def test_the_example_has_every_kind_once() -> None:
    assert list(RULES) == sorted(RULES, key=list(RULE_KINDS).index)
    assert RULES.keys() == RULE_KINDS.keys()


@kinds
def test_a_kind_is_one_file_of_its_name(kind: str) -> None:
    assert issubclass(RULE_KINDS[kind], Rule)
    assert RULE_KINDS[kind].__module__ == f"regimes.rules.{kind}"


@kinds
def test_no_other_file_decides_by_the_kind(kind: str) -> None:
    """A kind's class is named in its own file and in the registry alone."""
    name = RULE_KINDS[kind].__name__
    named = re.compile(rf"\b{name}\b")
    users = {path.name for path in REGIMES.rglob("*.py") if named.search(path.read_text(encoding="utf-8"))}

    assert users == {f"{kind}.py", "registry.py"}


@kinds
def test_a_kind_is_documented_with_the_words_that_it_needs(kind: str) -> None:
    row = next(line for line in DOCUMENTED.splitlines() if line.startswith(f"| `{kind}` |"))
    required = {name for name, field in RULE_KINDS[kind].model_fields.items() if field.is_required()}
    needed = required - {"key", "kind", "title", "source", "evidence"}

    assert {name for name in needed if f"`{name}`" not in row} == set()


@kinds
def test_a_kind_reads_known_columns(kind: str) -> None:
    needs = rule_of(kind).column_needs()

    assert needs.names <= catalogue.load().indicators.keys() | FACTS.keys()
    assert needs.previous_names | needs.before_names <= catalogue.load().indicators.keys()
    assert needs.registers <= catalogue.load().registers.keys()


@kinds
def test_a_kind_names_known_rows_beside_those_of_its_findings(kind: str) -> None:
    rows = rule_of(kind).unnamed_rows()

    assert rows.of_provider | rows.of_siblings | rows.of_all_providers <= catalogue.load().indicators.keys()
    assert rows.registers <= catalogue.load().registers.keys()


@kinds
def test_the_query_of_a_kind_has_all_columns_that_it_needs(kind: str) -> None:
    """Each is alone in its regime, so that no other rule brings a column for it."""
    finding = evaluated_findings(small_regime(RULES[kind]), {ONE: VALUES}, looks=READ_ON)[ONE, kind]
    without = evaluated_findings(small_regime(RULES[kind]), {ONE: {"name": "One"}}, looks=READ_ON)[ONE, kind]

    assert finding["status"] in {"met", "clear", "missing", "not_applicable"}
    assert without["status"] == "missing"


@kinds
def test_a_kind_says_its_limits_unless_it_has_none(kind: str) -> None:
    threshold = evaluated_findings(small_regime(RULES[kind]), {ONE: VALUES})[ONE, kind]["threshold"]

    assert threshold == rule_of(kind).limits_text()
    assert (threshold == "") is (kind == "casework")


@pytest.mark.parametrize(
    ("written", "value", "limits"),
    [
        (RULES["bands"], 0.4, {"worse": {"level": "concern", "at": 0.5, "distance": 0.1}, "better": None}),
        (RULES["siblings"], 0.5, {"worse": None, "better": {"level": "none", "at": 0.5, "distance": 0.0}}),
        (RULES["probability_over"], 0.2, {"worse": {"level": "critical", "at": 0.5, "distance": 0.3}, "better": None}),
        (RULES["grades"], 2.0, None),
        ({"kind": "of_another_version"}, 2.0, None),
        ({}, 2.0, None),
    ],
    ids=["bands", "at the edge", "probability", "no number", "unknown kind", "powers"],
)
def test_the_nearest_limits_of_a_number(written: dict[str, Any], value: float, limits: Any) -> None:
    assert nearest_limits(written, value) == limits
