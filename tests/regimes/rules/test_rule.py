"""Keys that every rule about columns shares."""

from tests.regimes.builder import Known
from tests.regimes.rules.one_of_each import READ_ON, RULES, VALUES
from tests.regimes.small import NET_ASSETS, ONE, evaluated_findings, first_finding, small_regime

END = "2020-12-31"


def test_a_rule_that_does_not_apply_raises_no_level_and_is_not_missing() -> None:
    rule = NET_ASSETS | {"applies_when": "turnover > 1000"}
    values = {"net_assets": Known(-5.0, END), "turnover": Known(10.0, END)}

    assert first_finding(rule, values=values)[:2] == ("not_applicable", 0)
    assert first_finding(rule, values={"net_assets": Known(-5.0, END)})[:2] == ("met", 2)  # not known not to apply


def test_a_recalled_figure_or_number_marks_the_finding() -> None:
    recalled, read = Known(-5.0, END, is_recalled=True), Known(-5.0, END)

    def mark(value: Known, evidence: str) -> bool:
        regime = small_regime(NET_ASSETS | {"evidence": evidence})
        return bool(
            evaluated_findings(regime, {ONE: {"name": "One", "net_assets": value}})[ONE, "net_assets"]["is_recalled"]
        )

    assert mark(read, "verified") is False
    assert mark(recalled, "verified") is True
    assert mark(read, "recalled") is True


def test_no_sentence_changes_because_a_day_has_passed() -> None:
    regime = small_regime(*RULES.values())
    today = evaluated_findings(regime, {ONE: VALUES}, looks=READ_ON, day="2021-03-30")
    tomorrow = evaluated_findings(regime, {ONE: VALUES}, looks=READ_ON, day="2021-03-31")

    assert [finding["title"] for finding in tomorrow.values()] == [finding["title"] for finding in today.values()]
