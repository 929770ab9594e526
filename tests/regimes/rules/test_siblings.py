"""The rule ``siblings``: the owner's other settings."""

from regimes.evaluate import evaluate
from tests.regimes.builder import Known, reading
from tests.regimes.small import evaluated_findings, small_regime

END = "2020-12-31"


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
    finding = evaluated_findings(regime, settings, owners=dict.fromkeys(settings, "CW-OWNER-x"))[
        "GB-OFSTED-1", "others"
    ]
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

    assert evaluated_findings(regime, homes("Good"))["GB-OFSTED-1", "others"]["status"] == "missing"


def test_an_owner_matched_by_name_alone_does_not_count() -> None:
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
    finding = evaluated_findings(regime, settings, owners=dict.fromkeys(settings, "CW-OWNER-x"))[
        "GB-OFSTED-1", "others"
    ]

    assert finding["seqs"] == [4]
