"""Counts the rows that a load added and left out, and keeps the days on which its rows became known."""

from dataclasses import dataclass

from models.vocabulary import DateBasis


@dataclass
class LoadCounts:
    """Counts of the records of one load and of the rows that it added; days are day numbers."""

    records: int = 0
    observations: int = 0
    links: int = 0
    listed: int = 0
    unreadable: int = 0
    known_from: int | None = None
    known_to: int | None = None
    looked_on: int | None = None  # newest day for which the document shows the register as it stood

    def widen_span(self, known_on: int, known_on_basis: DateBasis) -> None:
        """Widen the span of days on which the rows became known."""
        if self.known_from is None or known_on < self.known_from:
            self.known_from = known_on
        if self.known_to is None or known_on > self.known_to:
            self.known_to = known_on
        if known_on_basis is DateBasis.SNAPSHOT and (self.looked_on is None or known_on > self.looked_on):
            self.looked_on = known_on
