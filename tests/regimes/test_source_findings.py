"""Findings about registers: a result of too many providers at once."""

from typing import Any

import pytest

from indicators import catalogue
from regimes.evaluate import evaluate
from tests.regimes.builder import Known, reading
from tests.regimes.small import small_regime

END = "2020-12-31"


BAD = {"net_assets": Known(-5.0, END)}


OLD = {
    "key": "old",
    "kind": "age",
    "title": "Newest accounts",
    "indicator": "net_assets",
    "old": [{"after": "24 months", "level": "watch"}],
}


def old_and_new(old: int, new: int) -> dict[str, dict[str, Any]]:
    days = ["2018-12-31"] * old + [END] * new
    return {f"GB-COH-{n:08}": {"name": str(n), "net_assets": Known(5.0, day)} for n, day in enumerate(days, 1)}


@pytest.mark.parametrize(
    ("old", "new", "is_about_the_source"),
    [(6, 14, False), (7, 14, True), (30, 70, False), (31, 69, True), (4, 0, False), (5, 0, True)],
)
def test_a_result_for_more_than_three_in_ten_is_one_finding_about_the_source(
    old: int, new: int, *, is_about_the_source: bool
) -> None:
    regime = small_regime(evidence=[OLD])
    with reading(old_and_new(old, new)) as known:
        evaluation = evaluate(known, regime)

    number = next(rule["number"] for rule in evaluation.rules.to_pylist() if rule["rule"] == "old")
    findings = [row for row in evaluation.findings.to_pylist() if row["rule"] == number]
    statuses = sorted({(row["status"], row["level"]) for row in findings if row["status"] != "clear"})
    about_sources = [finding["rule"] for finding in evaluation.source_findings]
    assert about_sources.count("old") == is_about_the_source
    assert statuses == ([("source", 0)] if is_about_the_source else [("met", 1)])


def test_a_finding_about_a_source_gives_the_number_of_providers() -> None:
    regime = small_regime(evidence=[OLD])
    with reading(old_and_new(7, 14)) as known:
        finding, _ = evaluate(known, regime).source_findings

    assert (finding["rule"], finding["level"], finding["providers"], finding["of"]) == ("old", "watch", 7, 21)
    beginning = (
        "Small: 'Newest accounts' (watch: more than 24 months ago) is true of 7 of 21 at once, so it is about the "
    )
    assert finding["title"].startswith(beginning)


def test_figures_too_old_for_many_are_reported_about_the_register_and_are_no_good_news() -> None:
    with reading(old_and_new(7, 14)) as known:
        evaluation = evaluate(known, small_regime())

    (finding,) = evaluation.source_findings
    assert (finding["rule"], finding["providers"], finding["of"]) == ("net_assets", 7, 21)
    assert finding["title"].endswith("; who has nothing newer cannot be scored on it")
    assert evaluation.findings["status"].to_pylist().count("stale") == 7


def test_a_finding_about_a_source_names_only_registers_that_were_read() -> None:
    with reading(old_and_new(7, 14)) as known:
        known.db.execute("INSERT INTO load VALUES (1, 'companies_house_accounts'), (2, 'contracts')")
        (finding,) = evaluate(known, small_regime()).source_findings

    assert catalogue.load().indicators["net_assets"].registers == ("companies_house_accounts", "casebook")
    assert finding["registers"] == ["companies_house_accounts"]
    assert "Companies House accounts" in finding["title"]


def test_bad_figures_of_many_providers_are_about_the_providers() -> None:
    with reading({f"GB-COH-{n}": BAD | {"name": "x"} for n in range(9)}) as known:
        evaluation = evaluate(known, small_regime())

    assert evaluation.source_findings == []
    assert set(evaluation.findings["level"].to_pylist()) == {1, 2}  # no body with powers; net assets
