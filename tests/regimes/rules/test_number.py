import pytest

from regimes.evaluate import evaluate
from tests.regimes.builder import Known, reading
from tests.regimes.small import NET_ASSETS, ONE, found, of_one, small_regime

CURRENT_RATIO = {
    "key": "liquidity",
    "kind": "bands",
    "indicator": "current_ratio",
    "better": "higher",
    "bands": [
        {"level": "critical", "to": 0.5},
        {"level": "watch", "above": 0.5, "below": 1},
        {"level": "none", "from": 1},
    ],
}
JUDGEMENT = {
    "key": "judgement",
    "kind": "grades",
    "indicator": "overall_judgement",
    "grades": {"Outstanding": "none", "Good": "none", "Requires improvement": "watch", "Inadequate": "critical"},
}
END = "2020-12-31"


def ratio(current_assets: float, creditors: float = 100.0) -> dict[str, Known]:
    return {
        "current_assets": Known(current_assets, END, "2021-01-31"),
        "creditors_within_one_year": Known(creditors, END, "2021-01-31"),
    }


@pytest.mark.parametrize(
    ("current_assets", "level", "words"),
    [
        (49.0, 3, "Current ratio 0.490 at 31 December 2020 (critical: up to 0.5)"),
        (50.0, 3, "Current ratio 0.500 at 31 December 2020 (critical: up to 0.5)"),
        (51.0, 1, "Current ratio 0.510 at 31 December 2020 (watch: above 0.5 and below 1)"),
        (99.9, 1, "Current ratio 0.999 at 31 December 2020 (watch: above 0.5 and below 1)"),
        (100.0, 0, "Current ratio 1.000 at 31 December 2020"),
        (250.0, 0, "Current ratio 2.500 at 31 December 2020"),
    ],
)
def test_a_number_has_the_level_of_its_band_and_each_edge_belongs_to_one(
    current_assets: float, level: int, words: str
) -> None:
    assert of_one(CURRENT_RATIO, values=ratio(current_assets)) == ("met" if level else "clear", level, words)


def test_a_finding_carries_what_it_rests_on() -> None:
    finding = found(small_regime(CURRENT_RATIO), {ONE: {"name": "One"} | ratio(25.0)})[ONE, "liquidity"]

    assert finding["indicators"] == ["creditors_within_one_year", "current_assets"]
    assert finding["seqs"] == [2, 3]
    assert finding["value_number"] == 0.25
    assert finding["threshold"] == "critical: up to 0.5; watch: above 0.5 and below 1"
    assert (str(finding["period_end"]), str(finding["known_on"])) == ("2020-12-31", "2021-01-31")
    assert finding["source"] == "made up for a test"


def test_a_missing_figure_is_a_finding_with_its_name() -> None:
    values = {"current_assets": Known(50.0, END)}

    assert of_one(CURRENT_RATIO, values=values) == (
        "missing",
        0,
        "Current ratio: not known (missing: Creditors due within one year)",
    )
    assert of_one(NET_ASSETS, values={}) == ("missing", 0, "Net assets: not known")


def test_figures_of_different_periods_are_not_mixed() -> None:
    values = ratio(250.0) | {"creditors_within_one_year": Known(100.0, "2019-12-31")}
    status, _, title = of_one(CURRENT_RATIO, values=values)

    assert status == "missing"
    assert title == "Current ratio: not known (missing: Creditors due within one year)"


def test_what_the_newest_accounts_leave_out_clears_nobody() -> None:
    """Accounts with both figures, then some with one: the ratio is that of the older ones, and grows stale."""
    old, new = "2019-12-31", "2020-12-31"
    creditors = {"creditors_within_one_year": Known(100.0, old)}
    both = {"current_assets": [Known(50.0, old), Known(500.0, new)]} | creditors

    assert of_one(CURRENT_RATIO, values=both)[:2] == ("met", 3)
    assert "0.500 at 31 December 2019" in of_one(CURRENT_RATIO, values=both)[2]
    assert of_one(CURRENT_RATIO, values=both, day="2022-03-31")[:2] == ("stale", 3)
    # Were both figures good, an old ratio counts for nothing in the end.
    good = both | {"current_assets": [Known(500.0, old), Known(50.0, new)]}
    assert of_one(CURRENT_RATIO, values=good, day="2022-03-31")[:2] == ("stale", 0)


def test_a_rule_can_allow_figures_of_different_periods() -> None:
    values = ratio(250.0) | {"creditors_within_one_year": Known(100.0, "2019-12-31")}

    assert of_one(CURRENT_RATIO | {"mixed_periods": True}, values=values)[:2] == ("clear", 0)


def test_a_value_past_its_shelf_life_is_stale_and_a_good_one_counts_for_nothing() -> None:
    old = Known(5.0, "2019-06-29", "2020-03-01")  # shelf life 640 days before 31 March 2021: 30 June 2019

    assert of_one(NET_ASSETS, values={"net_assets": old}) == (
        "stale",
        0,
        "Net assets £5 at 29 June 2019; older than it may be",
    )
    assert of_one(NET_ASSETS, values={"net_assets": old._replace(period_end="2019-06-30")})[0] == "clear"


def test_a_stale_value_that_is_bad_still_raises_its_level() -> None:
    old = Known(-5.0, "2019-06-29", "2020-03-01")

    assert of_one(NET_ASSETS, values={"net_assets": old}) == (
        "stale",
        2,
        "Net assets -£5 at 29 June 2019 (concern: below £0); older than it may be",
    )


def test_a_rule_can_set_its_own_shelf_life() -> None:
    old = {"net_assets": Known(5.0, "2019-12-31")}

    assert of_one(NET_ASSETS | {"stale_after": "12 months"}, values=old)[0] == "stale"
    assert of_one(NET_ASSETS | {"stale_after": "24 months"}, values=old)[0] == "clear"


def test_a_value_without_a_period_is_as_old_as_the_newest_list_that_still_says_it() -> None:
    rule = {
        "key": "suspended",
        "kind": "condition",
        "title": "Registration suspended",
        "stale_after": "12 months",
        "when": "company_status = 'Liquidation'",
        "level": "critical",
    }
    values = {"company_status": Known("Active", known_on="2015-01-01")}
    listed = {ONE: ("companies_house_register", "2021-03-01", True)}

    assert of_one(rule, values=values)[0] == "stale"
    assert of_one(rule, values=values, listed=listed)[0] == "clear"


def test_a_figure_in_another_currency_is_not_shown_in_pounds() -> None:
    with_unit = found(small_regime(), {ONE: {"name": "One", "net_assets": Known(-7.0, END, unit="USD")}})

    assert with_unit[ONE, "net_assets"]["title"] == "Net assets USD -7 at 31 December 2020 (concern: below £0)"


def test_growth_compares_periods_of_the_same_length() -> None:
    rule = {
        "key": "growth",
        "kind": "bands",
        "indicator": "turnover_growth",
        "better": "lower",
        "bands": [{"level": "none", "to": 0.3}, {"level": "watch", "above": 0.3}],
    }
    year = Known(150.0, END, period_start="2020-01-01")
    before = Known(100.0, "2019-12-31", period_start="2019-01-01")
    half = Known(100.0, "2019-12-31", period_start="2019-07-01")

    assert of_one(rule, values={"turnover": [before, year]}) == (
        "met",
        1,
        "Growth of turnover in a year 50.0 % at 31 December 2020 (watch: above 30 %)",
    )
    assert of_one(rule, values={"turnover": [half, year]})[0] == "missing"


@pytest.mark.parametrize(
    ("grade", "status", "level"),
    [("Outstanding", "clear", 0), ("Good", "clear", 0), ("Adequate", "met", 1), ("Inadequate", "met", 3)],
)
def test_a_grade_has_its_level_by_whatever_word_it_went(grade: str, status: str, level: int) -> None:
    assert of_one(JUDGEMENT, values={"overall_judgement": Known(grade, END)}) == (
        status,
        level,
        f"Judgement: overall experiences and progress: {grade} on 31 December 2020",
    )


def test_the_newest_judgement_counts() -> None:
    values = {"overall_judgement": [Known("Good", "2020-06-01", "2020-09-01"), Known("Inadequate", "2020-07-01")]}

    assert of_one(JUDGEMENT, values=values)[1] == 3


def test_a_condition_answers_its_title_and_shows_the_values() -> None:
    rule = {
        "key": "state",
        "kind": "condition",
        "title": "Insolvent or in administration",
        "level": "critical",
        "when": "charity_insolvent OR charity_in_administration",
    }
    in_trouble = {"charity_insolvent": False, "charity_in_administration": True}

    assert of_one(rule, values=in_trouble) == (
        "met",
        3,
        "Insolvent or in administration: yes (Charity in administration yes, Charity insolvent no)",
    )
    assert of_one(rule, values=in_trouble | {"charity_in_administration": False})[:2] == ("clear", 0)
    assert of_one(rule, values={"charity_insolvent": False}) == (
        "missing",
        0,
        "Insolvent or in administration: not known (missing: Charity in administration)",
    )


def test_a_rule_that_does_not_apply_raises_nothing_and_is_missed_by_nobody() -> None:
    rule = NET_ASSETS | {"applies_when": "turnover > 1000"}
    values = {"net_assets": Known(-5.0, END), "turnover": Known(10.0, END)}

    assert of_one(rule, values=values)[:2] == ("not_applicable", 0)
    assert of_one(rule, values={"net_assets": Known(-5.0, END)})[:2] == ("met", 2)  # not known not to apply


def test_a_recalled_figure_or_number_marks_the_finding() -> None:
    recalled, read = Known(-5.0, END, is_recalled=True), Known(-5.0, END)

    def mark(value: Known, evidence: str) -> bool:
        regime = small_regime(NET_ASSETS | {"evidence": evidence})
        return bool(found(regime, {ONE: {"name": "One", "net_assets": value}})[ONE, "net_assets"]["is_recalled"])

    assert mark(read, "verified") is False
    assert mark(recalled, "verified") is True
    assert mark(read, "recalled") is True


SIBLINGS = {
    "key": "others",
    "kind": "siblings",
    "title": "Owner's other homes below good",
    "indicator": "overall_judgement",
    "worse_than": "good",
    "at_least": 2,
    "bands": [{"level": "none", "below": 0.5}, {"level": "watch", "from": 0.5}],
}


def homes(*grades: str | None) -> dict[str, dict[str, Known | str]]:
    return {
        f"GB-OFSTED-{n}": {"name": str(n)} | ({"overall_judgement": Known(grade, END)} if grade else {})
        for n, grade in enumerate(grades, 1)
    }


def others_of_first(*grades: str | None) -> tuple[str, int, str]:
    regime = small_regime(SIBLINGS, covers={"schemes": ["GB-OFSTED"], "has_indicator": ["name"]})
    settings = homes(*grades)
    finding = found(regime, settings, owners=dict.fromkeys(settings, "CW-OWNER-x"))["GB-OFSTED-1", "others"]
    return finding["status"], finding["level"], finding["title"]


def test_the_owners_other_settings_count_and_not_the_setting_itself() -> None:
    assert others_of_first("Inadequate", "Good", "Good") == ("clear", 0, "Owner's other homes below good: 0 of 2")
    assert others_of_first("Good", "Inadequate", "Good") == (
        "met",
        1,
        "Owner's other homes below good: 1 of 2 (watch: from 50 %)",
    )


def test_settings_without_a_grade_are_not_counted_and_too_few_say_nothing() -> None:
    assert others_of_first(None, "Inadequate", "Good", None)[1] == 1
    assert others_of_first("Good", "Inadequate", None) == (
        "not_applicable",
        0,
        "Owner's other homes below good: only 1 with a grade; does not apply",
    )


def test_without_an_owner_nothing_is_known_of_others() -> None:
    regime = small_regime(SIBLINGS, covers={"schemes": ["GB-OFSTED"], "has_indicator": ["name"]})

    assert found(regime, homes("Good"))["GB-OFSTED-1", "others"]["status"] == "missing"


def test_an_owner_who_is_only_matched_by_name_is_no_owner() -> None:
    regime = small_regime(SIBLINGS, covers={"schemes": ["GB-OFSTED"], "has_indicator": ["name"]})
    settings = homes("Good", "Inadequate", "Good")
    with reading(settings, owners=dict.fromkeys(settings, "CW-OWNER-x")) as known:
        known.db.execute("UPDATE link SET confidence = 0.95")
        evaluation = evaluate(known, regime)
    [others] = [rule["number"] for rule in evaluation.rules.to_pylist() if rule["rule"] == "others"]
    assert {row["status"] for row in evaluation.findings.to_pylist() if row["rule"] == others} == {"missing"}


def test_a_finding_about_others_rests_on_their_judgements_alone() -> None:
    regime = small_regime(SIBLINGS, covers={"schemes": ["GB-OFSTED"], "has_indicator": ["name"]})
    settings = homes("Inadequate", "Inadequate", "Good")  # rows 2, 4 and 6
    finding = found(regime, settings, owners=dict.fromkeys(settings, "CW-OWNER-x"))["GB-OFSTED-1", "others"]

    assert finding["seqs"] == [4]


def test_the_share_of_an_areas_places_and_the_contracts_in_force_are_facts_for_rules() -> None:
    share = {
        "key": "share",
        "kind": "bands",
        "title": "Share of the area",
        "expression": "area_share",
        "unit": "share",
        "better": "lower",
        "bands": [{"level": "none", "below": 0.5}, {"level": "watch", "from": 0.5}],
    }
    value = {
        "key": "value",
        "kind": "bands",
        "title": "Contracts",
        "expression": "contracts_value",
        "unit": "GBP",
        "better": "lower",
        "bands": [{"level": "none", "below": 100}, {"level": "watch", "from": 100}],
    }
    two = "GB-COH-00000002"
    findings = found(
        small_regime(share, value),
        {ONE: {"name": "One", "places": 3}, two: {"name": "Two", "places": 1}},
        areas={ONE: "CW-AREA-x", two: "CW-AREA-x"},
        contracts=[
            ("GB-LAE-1", ONE, "2020-01-01", "2022-01-01", 70.1),
            ("GB-LAE-2", ONE, "2021-03-31", "2021-03-31", 70.2),
            ("GB-LAE-1", ONE, "2019-01-01", "2021-03-30", 500.0),  # over
            ("GB-LAE-1", ONE, "2021-04-01", "2022-01-01", 500.0),  # not begun
        ],
    )

    assert findings[ONE, "share"]["title"] == "Share of the area 75.0 % (watch: from 50 %)"
    assert findings[two, "share"]["value_number"] == 0.25
    assert findings[ONE, "value"]["value_number"] == 140.3
    assert findings[two, "value"]["status"] == "missing"
