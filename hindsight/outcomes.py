"""The outcomes of providers: failed, left, merged or handed on."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from indicators.ledger.as_of import AsOf

HORIZON = timedelta(days=366)  # what happens later is not held for or against a verdict: "within twelve months"

# A provider that another took over, or that goes on, has not failed.
_NO_FAILURE = {"outcome_merged", "outcome_survived"}
# Reasons of the register of charities for which the work goes on elsewhere.
_HANDED_ON = ("amalgamated", "funds transferred", "transfer of funds", "incorporated", "merged")

_ENDINGS = """
SELECT o.subject_id, subject.key, indicator.key, coalesce(o.period_end, o.known_on) AS ended_on, o.known_on,
       coalesce(o.value_text, replace(indicator.key, '_', ' '))
FROM observation AS o
JOIN indicator ON indicator.id = o.indicator_id JOIN subject ON subject.id = o.subject_id
WHERE list_contains($events, indicator.key)
ORDER BY o.known_on, ended_on, o.subject_id, indicator.key
"""


class Ending(NamedTuple):
    """One event that ended, or might have ended, the coverage of a provider."""

    provider_id: int
    provider: str
    event: str  # key of the indicator
    ended_on: date  # the day it happened
    known_on: date
    description: str

    @property
    def is_failure(self) -> bool:
        """Whether the service ended with it: not where it was merged or handed on."""
        if self.event in _NO_FAILURE:
            return False
        return not (self.event == "charity_removed" and self.description.lower().startswith(_HANDED_ON))

    @property
    def first_on(self) -> date:
        """The first of the day it happened and the day it was known: a warning later than that warns nobody."""
        return min(self.ended_on, self.known_on)


def read_endings(known: AsOf, events: Iterable[str]) -> list[Ending]:
    """Every event of these kinds that a reading holds, in the order in which they became known.

    Args:
        known: of a day late enough to know what came of those who are judged.
        events: what ends a regime's coverage (``covers.ends_on``).
    """
    rows = known.sql(_ENDINGS, events=list(events)).fetchall()
    return [Ending(*row) for row in rows]
