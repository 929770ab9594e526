"""The regime of charities: whom it asks for returns."""

import pytest

from regimes.evaluate import evaluate
from regimes.schema import shipped_regimes
from tests.regimes.builder import Known, reading

YEAR = "2020-03-31"
CHARITY = {
    "registered_on": Known("1990-01-01", known_on="1990-01-01"),
    "charity_income": Known(500_000, YEAR, "2020-06-01"),
    "annual_return_due_on": Known("2021-01-31", YEAR),
}


def late(**more):
    """Which charities have a return that is late on 31 March 2021, and which are not covered."""
    known = reading({"GB-CHC-1": CHARITY, "GB-CHC-2": {**CHARITY, **more}}, looks={"charity_commission": "2021-03-20"})
    with known:
        evaluation = evaluate(known, shipped_regimes()["charities"])
    numbers = {rule["number"] for rule in evaluation.rules.to_pylist() if rule["rule"] == "return_late"}
    keys = {row["id"]: row["key"] for row in evaluation.providers.to_pylist()}
    statuses = {keys[f["provider_id"]]: f["status"] for f in evaluation.findings.to_pylist() if f["rule"] in numbers}
    return {key: statuses.get(key) for key in ("GB-CHC-1", "GB-CHC-2")}


def test_a_return_that_has_not_come_is_late():
    assert late() == {"GB-CHC-1": "met", "GB-CHC-2": "met"}


@pytest.mark.parametrize(
    "removal",
    [
        {"charity_removed_on": Known("2020-09-30", known_on="2020-09-30")},
        {"charity_removed": Known("Ceased to exist", "2020-09-30")},
    ],
)
def test_a_charity_removed_before_its_due_date_is_not_late(removal):
    assert late(**removal) == {"GB-CHC-1": "met", "GB-CHC-2": None}


def test_a_charity_registered_again_owes_its_return():
    again = Known("2020-12-01", known_on="2020-12-01")
    assert late(charity_removed_on=Known("2020-09-30", known_on="2020-09-30"), registered_on=again)["GB-CHC-2"] == "met"
