"""Applying a regime to a day: coverage, one finding for each provider and rule, completeness."""

from typing import Any

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


def covered(covers: dict[str, Any], subjects: dict[str, Any], **options: Any) -> list[str]:
    with reading(subjects, **options) as known:
        return evaluate(known, small_regime(covers=covers)).providers["key"].to_pylist()


def test_a_regime_covers_its_schemes_where_its_condition_holds() -> None:
    subjects = {
        "GB-OFSTED-1": {"provision_type": "Children's home"},
        "GB-OFSTED-2": {"provision_type": "Boarding School"},
        "GB-OFSTED-3": {"places": 5},  # not known what it is
        "GB-OFSTEDX-4": {"provision_type": "Children's home"},
        "CW-OWNER-5": {"provision_type": "Children's home"},
    }
    covers = {"schemes": ["GB-OFSTED"], "where": "provision_type = 'Children''s home'"}

    assert covered(covers, subjects) == ["GB-OFSTED-1"]


def test_a_regime_covers_those_with_a_figure_except_where_it_says() -> None:
    subjects = {
        "GB-COH-1": GOOD,
        "GB-COH-2": {"name": "Only a name"},
        "GB-COH-3": GOOD | {"is_dormant": Known(True, END)},
        "GB-COH-4": GOOD | {"is_dormant": Known(False, END)},
        "GB-CFS-5": GOOD,
    }
    covers = {"schemes": ["GB-COH"], "has_indicator": ["net_assets"], "except_when": "is_dormant"}

    assert covered(covers, subjects) == ["GB-COH-1", "GB-COH-4"]


def test_an_outcome_ends_coverage_from_the_day_it_is_known() -> None:
    covers = {"schemes": ["GB-COH"], "has_indicator": ["net_assets"], "ends_on": ["outcome_failed"]}
    failed = {ONE: GOOD | {"outcome_failed": Known(None, "2021-02-01", "2021-02-03")}}

    assert covered(covers, failed) == []
    assert covered(covers, {ONE: GOOD}) == [ONE]


def test_a_setting_that_is_listed_again_has_come_back() -> None:
    covers = {"schemes": ["GB-OFSTED"], "has_indicator": ["places"], "ends_on": ["left_register"]}
    left = {"GB-OFSTED-1": {"places": 5, "left_register": Known(None, "2019-03-31")}}
    back = {"GB-OFSTED-1": ("ofsted_social_care", "2020-03-31", True)}
    gone = {"GB-OFSTED-1": ("ofsted_social_care", "2018-03-31", False)}

    assert covered(covers, left, listed=back) == ["GB-OFSTED-1"]
    assert covered(covers, left, listed=gone) == []


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


def test_a_regime_that_covers_nobody_finds_nothing() -> None:
    with reading({}) as known:
        evaluation = evaluate(known, small_regime(evidence=[OLD]))

    assert (evaluation.providers.num_rows, evaluation.findings.num_rows, evaluation.source_findings) == (0, 0, [])


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
