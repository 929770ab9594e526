"""The rule ``condition``: something is the case."""

from tests.regimes.small import first_finding


def test_a_condition_answers_its_title_and_shows_the_values() -> None:
    rule = {
        "key": "state",
        "kind": "condition",
        "title": "Insolvent or in administration",
        "level": "critical",
        "when": "charity_insolvent OR charity_in_administration",
    }
    in_trouble = {"charity_insolvent": False, "charity_in_administration": True}

    assert first_finding(rule, values=in_trouble) == (
        "met",
        3,
        "Insolvent or in administration: yes (Charity in administration yes, Charity insolvent no)",
    )
    assert first_finding(rule, values=in_trouble | {"charity_in_administration": False})[:2] == ("clear", 0)
    assert first_finding(rule, values={"charity_insolvent": False}) == (
        "missing",
        0,
        "Insolvent or in administration: not known (missing: Charity in administration)",
    )
