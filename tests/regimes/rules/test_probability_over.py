"""The rule ``probability_over``: the failure model's probability."""

import pyarrow as pa
import pytest

from regimes.evaluate import evaluate
from tests.regimes.builder import Known, reading
from tests.regimes.small import ONE, small_regime

END = "2020-12-31"


LIKELY = {"key": "likely", "kind": "probability_over", "over": 0.5, "level": "critical"}


@pytest.mark.parametrize(("probability", "result"), [(0.5, ("clear", 0)), (0.51, ("met", 3)), (None, ("missing", 0))])
def test_likely_means_more_likely_than_not(probability: float | None, result: tuple[str, int]) -> None:
    """R (Advinia) v CQC [2022] EWHC 965 (Admin): over 50 %, not at it."""
    given = pa.table(
        {"subject_id": pa.array([1]), "probability": pa.array([probability], pa.float64()), "reason": ["x"]}
    )
    with reading({ONE: {"name": "x", "net_assets": Known(1, END)}}) as known:
        rows = evaluate(known, small_regime(LIKELY), given).findings.to_pylist()

    assert (rows[0]["status"], rows[0]["level"]) == result
