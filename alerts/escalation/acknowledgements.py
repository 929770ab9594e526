"""Reads who has acknowledged an escalation, until when, and the next step."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from alerts.decide import Action
from alerts.escalation.entries import ENTRY
from alerts.escalation.episode import EntryKind, EpisodeEntry, fold_entries
from alerts.escalation.visible_escalations import VisibleEscalation
from models import bulk
from models.alerting import EscalationEntry, Person
from models.database import Session, table_of
from models.vocabulary import Level
from text.english import format_day

PERSON = table_of(Person).c


class Acknowledgement(NamedTuple):
    """The newest acknowledgement of an escalation, in force or not."""

    action: Action
    text: str  # the owner, the last day and the next step

    def text_in_force(self, level: Level, day: date) -> str:
        """The text, if the acknowledgement is in force on the day; else empty."""
        return self.text if self.action.is_in_force(level, day) else ""

    def text_after_expiry(self, level: Level, day: date) -> str:
        """The text, if the acknowledgement has ended, because its last day has passed or the level rose; else empty."""
        return "" if self.action.is_in_force(level, day) else self.text


def read_acknowledgements(
    session: Session, escalations: Collection[int], redacted_escalations: Mapping[int, VisibleEscalation] | None = None
) -> dict[int, Acknowledgement]:
    """The newest acknowledgement of each escalation that has one, by number.

    Args:
        session: the transaction.
        escalations: numbers of the escalations; a closed one has the acknowledgement of the time when it was closed.
        redacted_escalations: the visible part of escalations that the reader may not see as a whole.
    """
    texts: dict[int, str] = {}  # by the number of the entry
    entries: dict[int, list[EpisodeEntry]] = {}
    kinds = [EntryKind.ACKNOWLEDGED, EntryKind.CLOSED, EntryKind.REOPENED]
    for chunk in bulk.split_chunks(sorted(escalations)):
        rows = session.execute(
            select(table_of(EscalationEntry), PERSON.name, PERSON.key)
            .join_from(table_of(EscalationEntry), table_of(Person), PERSON.id == ENTRY.owner_id, isouter=True)
            .where(ENTRY.escalation_id.in_(chunk), ENTRY.kind.in_(kinds))
            .order_by(ENTRY.id)
        )
        for row in rows:
            redacted = (redacted_escalations or {}).get(row.escalation_id)
            if redacted is not None and row.id not in redacted.entry_ids:
                continue
            entries.setdefault(row.escalation_id, []).append(EpisodeEntry.from_row(row))
            if row.until_on is not None:
                texts[row.id] = f"{row.name or row.key} until {format_day(row.until_on)}, next: {row.next_step}"
    actions = {number: fold_entries(history).acknowledgement for number, history in entries.items()}
    return {
        number: Acknowledgement(action, texts[action.entry_id])
        for number, action in actions.items()
        if action is not None
    }
