"""Applying a regime to a day: coverage, one finding for each provider and rule, completeness."""

import pytest
from sqlalchemy import Engine

from indicators.ledger.as_of import as_of
from models.vocabulary import Principle
from regimes.evaluate import evaluate
from regimes.schema import Regime
from tests.regimes.builder import DAY, Known, reading
from tests.regimes.small import NET_ASSETS, ONE, evaluated_findings, small_regime

END = "2020-12-31"


BAD = {"net_assets": Known(-5.0, END)}


GOOD = {"net_assets": Known(5.0, END)}


def test_every_provider_has_one_finding_for_each_rule_in_the_order_of_the_principles() -> None:
    regime = small_regime(
        NET_ASSETS, consequences=[{"key": "who", "kind": "casework", "needs": "who ran it"}], evidence=[OLD]
    )
    with reading({ONE: GOOD | {"name": "1"}, "GB-COH-2": BAD | {"name": "2"}}) as known:
        evaluation = evaluate(known, regime)

    rules = evaluation.rules.to_pylist()
    assert [(rule["principle"], rule["rule"]) for rule in rules] == [
        ("accountability", "net_assets"),
        ("consequences", "who"),
        ("evidence", "old"),
        ("external_powers", "powers"),
    ]
    assert [(row["provider_id"], row["rule"]) for row in evaluation.findings.to_pylist()] == [
        (provider, rule["number"]) for provider in (1, 2) for rule in rules
    ]


def test_a_casework_rule_is_missing_and_names_the_record_it_needs() -> None:
    regime = small_regime(consequences=[{"key": "who", "kind": "casework", "needs": "who ran it"}])
    finding = evaluated_findings(regime, {ONE: GOOD | {"name": "1"}})[ONE, "who"]

    assert (finding["status"], finding["title"]) == ("missing", "Nothing is recorded: who ran it")


def test_bodies_with_powers_are_named_and_a_regime_without_any_is_at_watch() -> None:
    inspector = {"body": "The inspector", "can": "close it"}
    named, nobody = small_regime(powers=[inspector]), small_regime()
    subjects = {ONE: GOOD | {"name": "1"}}

    assert evaluated_findings(named, subjects)[ONE, "powers"]["title"] == "The inspector can close it"
    assert evaluated_findings(named, subjects)[ONE, "powers"]["level"] == 0
    assert evaluated_findings(nobody, subjects)[ONE, "powers"]["level"] == 1


COMPLETE = {
    "key": "complete",
    "kind": "bands",
    "title": "Complete",
    "expression": "completeness",
    "unit": "share",
    "better": "higher",
    "bands": [{"level": "watch", "below": 0.6}, {"level": "none", "from": 0.6}],
}


OLD = {
    "key": "old",
    "kind": "age",
    "title": "Newest accounts",
    "indicator": "net_assets",
    "old": [{"after": "24 months", "level": "watch"}],
}


def test_completeness_is_the_share_of_applicable_rules_with_a_fresh_figure() -> None:
    turnover = NET_ASSETS | {"key": "turnover", "indicator": "turnover"}
    never = NET_ASSETS | {"key": "never", "applies_when": "turnover > 1000"}
    regime = small_regime(NET_ASSETS, turnover, never, evidence=[COMPLETE])
    half = {"name": "1", "turnover": Known(5.0, END)}
    stale = half | {"net_assets": Known(5.0, "2015-12-31")}

    assert evaluated_findings(regime, {ONE: half | GOOD})[ONE, "complete"]["value_number"] == 1.0
    assert evaluated_findings(regime, {ONE: half})[ONE, "complete"]["value_number"] == 0.5
    assert evaluated_findings(regime, {ONE: stale})[ONE, "complete"]["title"] == "Complete 50.0 % (watch: below 60 %)"


def test_completeness_counts_no_excused_and_no_inapplicable_rules() -> None:
    excused = NET_ASSETS | {"key": "turnover", "indicator": "turnover", "optional_because": "small companies need not"}
    elsewhere = NET_ASSETS | {"key": "staff", "indicator": "employees", "applies_when": "places > 5"}
    regime = small_regime(NET_ASSETS, excused, elsewhere, evidence=[COMPLETE])
    known, stopped = {"name": "1", "places": 2} | GOOD, {"turnover": Known(5.0, "2015-12-31")}

    assert evaluated_findings(regime, {ONE: known})[ONE, "complete"]["value_number"] == 1.0
    assert (
        evaluated_findings(regime, {ONE: known | stopped})[ONE, "complete"]["value_number"] == 0.5
    )  # once given it is missed
    assert evaluated_findings(regime, {ONE: known | {"places": 6}})[ONE, "complete"]["value_number"] == 0.5
    only_excused = evaluated_findings(small_regime(excused, evidence=[COMPLETE]), {ONE: {"name": "1"}})[ONE, "complete"]
    assert (only_excused["status"], only_excused["title"]) == ("not_applicable", "Complete: not known; does not apply")


def test_a_register_the_ledger_has_never_seen_is_missing_and_no_error(
    regime: Regime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "regimes.provider_table.ProviderTable._has_providers", lambda _provider_table: True
    )  # so that every rule is looked at
    with reading({key: {"name": "x"} for key in ("GB-OFSTED-1", "GB-COH-1", "GB-CHC-1", "CW-SAMPLE-x")}) as known:
        known.db.execute("DELETE FROM indicator WHERE key <> 'name'")
        evaluation = evaluate(known, regime)

    assert set(evaluation.rules["principle"].to_pylist()) == set(map(str, Principle))


def test_a_made_up_reading_has_only_what_a_real_one_has(sqlite_engine: Engine) -> None:
    columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    with as_of(sqlite_engine, DAY) as real, reading({}) as made_up:
        ours, theirs = (set(known.db.execute(columns).fetchall()) for known in (made_up, real))

    assert len(ours) > 40
    assert ours - theirs == set()
