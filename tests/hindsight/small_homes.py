"""Regimes and lists of children's homes for tests of hindsight."""

from datetime import date
from typing import Any

from regimes.schema import Regime
from tests.regimes.small import small_regime

DAYS = [date(year, 3, 31) for year in (2017, 2018, 2019, 2020)]
COVERS = {"schemes": ["GB-OFSTED"], "has_indicator": ["places"], "ends_on": ["left_register"]}


def homes_regime(improve: str = "watch", inadequate: str = "concern", **more: Any) -> Regime:
    """A regime of one rule: the levels of the two bad grades."""
    grades = {"Outstanding": "none", "Good": "none", "Requires improvement": improve, "Inadequate": inadequate}
    rule = {"key": "overall", "kind": "grades", "indicator": "overall_judgement", "grades": grades}
    return small_regime(rule, covers=COVERS, **({"key": "childrens_homes"} | more))
