"""The news of several days about one escalation becomes one."""

import pytest

from alerts.decide import Reason
from alerts.message.composer import merge_by_escalation
from alerts.message.provider_lines import NewsItem
from models.vocabulary import Level

WATCH, CONCERN, CRITICAL = Level.WATCH, Level.CONCERN, Level.CRITICAL


@pytest.mark.parametrize(
    ("reasons", "levels", "expected"),
    [
        ([Reason.OPENED, Reason.ADDED], [CONCERN, CONCERN], (Reason.OPENED, None)),
        ([Reason.RAISED, Reason.ADDED], [CONCERN, CONCERN], (Reason.RAISED, WATCH)),
        ([Reason.ADDED, Reason.RAISED], [WATCH, CONCERN], (Reason.RAISED, WATCH)),
        ([Reason.ADDED, Reason.ADDED], [WATCH, WATCH], (Reason.ADDED, WATCH)),
        ([Reason.RAISED, Reason.LOWERED, Reason.ADDED], [CONCERN, WATCH, WATCH], (Reason.ADDED, WATCH)),
    ],
)
def test_what_several_days_with_more_come_to(
    reasons: list[Reason], levels: list[Level], expected: tuple[Reason, Level | None]
) -> None:
    before = [None if reasons[0] is Reason.OPENED else WATCH, *levels]
    items = [NewsItem(1, run, *of) for run, of in enumerate(zip(reasons, levels, before, strict=False))]
    [item] = merge_by_escalation(items)
    assert (item.reason, item.before) == expected
