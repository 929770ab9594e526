"""The numbers that stand for subjects, indicators, audiences and recurring texts in the rows of the ledger."""

from dataclasses import dataclass, field

from sqlalchemy import func, select

from indicators import catalogue
from indicators.parsed_records import (
    AwardChange,
    AwardStatement,
    BlankRecord,
    LinkRecord,
    ListingRecord,
    ObservationRecord,
    Record,
)
from models import bulk
from models.database import Session, table_of
from models.ledger import IndicatorKey, InternedText
from models.subjects import Audience, Subject
from models.vocabulary import PUBLIC

SUBJECT, INDICATOR, TEXT = table_of(Subject), table_of(IndicatorKey), table_of(InternedText)
AUDIENCE = table_of(Audience)


class RecordsByType:
    """The records of a batch in lists of one type each."""

    def __init__(self, records: list[Record]) -> None:
        types = set(map(type, records))  # most batches have one or two types: the others need no pass
        self.observed = [record for record in records if type(record) is ObservationRecord]
        self.blank = [record for record in records if type(record) is BlankRecord] if BlankRecord in types else []
        self.awards: list[AwardStatement | AwardChange] = (
            [record for record in records if isinstance(record, AwardStatement | AwardChange)]
            if types & {AwardStatement, AwardChange}
            else []
        )
        self.linked = [record for record in records if type(record) is LinkRecord] if LinkRecord in types else []
        self.listed = [record for record in records if type(record) is ListingRecord] if ListingRecord in types else []


@dataclass
class Dictionaries:
    """The numbers of subjects, indicators and recurring texts, kept for the length of a load."""

    subjects: dict[str, int] = field(default_factory=dict)
    indicators: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    audiences: dict[str, int] = field(default_factory=lambda: {PUBLIC: 1})
    new_subjects: set[int] = field(default_factory=set)  # first seen in this batch: the ledger has no rows about them

    def assign_numbers(self, session: Session, by_type: RecordsByType) -> None:
        """Give numbers to every subject, indicator and text of the records."""
        observed, linked, listed = by_type.observed, by_type.linked, by_type.listed
        subjects = {record.subject for record in observed} | {record.subject for record in linked}
        subjects |= {record.subject for record in listed}
        subjects |= {record.object for record in linked if record.object is not None}
        subjects |= {record.subject for record in by_type.blank}
        subjects |= {record.subject for record in by_type.awards}
        texts = {record.place for record in observed} | {record.place for record in linked}
        texts |= {record.place for record in (*by_type.blank, *by_type.awards)}
        texts |= {record.scope for record in listed} | {record.unit for record in observed if record.unit}
        before = session.scalar(select(func.max(SUBJECT.c.id))) or 0
        bulk.intern_texts(session, SUBJECT, "key", subjects, self.subjects, is_asked_for=False)
        self.new_subjects = {number for key in subjects if (number := self.subjects[key]) > before}
        indicators = {record.indicator for record in observed} | {record.indicator for record in by_type.blank}
        bulk.intern_texts(session, INDICATOR, "key", indicators, self.indicators, kind=_indicator_kind)
        bulk.intern_texts(session, TEXT, "text", texts, self.texts)
        audiences = {record.audience for record in observed} | {record.audience for record in linked}
        bulk.intern_texts(session, AUDIENCE, "key", audiences, self.audiences, title=str)


def _indicator_kind(indicator: str) -> str:
    return str(catalogue.load().find_indicator(indicator).kind)
