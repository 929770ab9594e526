"""Some records of one parse turned into rows: numbers for names, nothing that is known repeated, the rest written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any, NamedTuple

from sqlalchemy import Table, func, select

from indicators import catalogue
from indicators.awards import AwardLinks, LinkUpdate
from indicators.ledger.repeats import (
    LATER_SEQ,
    LINK,
    OBSERVATION,
    is_repeat,
    is_repeated_link,
    link_identity,
    one_time_key,
    read_known_links,
    read_known_values,
    readable_loads,
)
from indicators.parsed_records import (
    AwardChange,
    AwardStatement,
    BlankRecord,
    LinkRecord,
    ListingRecord,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from models import bulk
from models.database import Session, table_of
from models.ledger import IndicatorKey, InternedText, Listing, Quarantine, RecalledRow, Repeat, Rounding
from models.subjects import Audience, Subject
from models.vocabulary import PUBLIC, BuyerKind, DateBasis, IndicatorKind, Relation

EPOCH = date(1970, 1, 1).toordinal()
NEVER = date.min
NUMBERS = frozenset({IndicatorKind.FIGURE, IndicatorKind.FORECAST})

SUBJECT, INDICATOR, WORD = table_of(Subject), table_of(IndicatorKey), table_of(InternedText)
AUDIENCE = table_of(Audience)
LISTING, REPEAT, QUARANTINE = table_of(Listing), table_of(Repeat), table_of(Quarantine)
ROUNDING, RECALLED = table_of(Rounding), table_of(RecalledRow)
OBSERVATION_COLUMNS = (
    "load_id",
    "row",
    "subject_id",
    "indicator_id",
    "period_start",
    "period_end",
    "occurrence",
    "known_on",
    "known_on_basis",
    "value_number",
    "value_text",
    "unit_id",
    "audience_id",
    "line",
    "place_id",
    "retracts",
)
LINK_COLUMNS = (
    "load_id",
    "row",
    "subject_id",
    "relation",
    "kind",
    "object_id",
    "since",
    "until",
    "known_on",
    "known_on_basis",
    "confidence",
    "reference",
    "value_gbp",
    "audience_id",
    "line",
    "place_id",
    "retracts",
)
LISTING_COLUMNS = ("load_id", "subject_id", "scope_id", "line")
ROUNDING_COLUMNS = ("load_id", "row", "decimals")
RECALLED_COLUMNS = ("load_id", "row")
QUARANTINE_COLUMNS = ("load_id", "row", "line", "place", "reason")


def day_number(day: date | None) -> int | None:
    """Whole days since 1970-01-01, as the ledger stores them."""
    return None if day is None else day.toordinal() - EPOCH


def day_of(number: int) -> date:
    """The day of a stored day number."""
    return date.fromordinal(number + EPOCH)


@dataclass
class LoadCounts:
    """What one load added and left out."""

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


@dataclass
class Dictionaries:
    """The numbers of subjects, indicators and recurring texts, kept for the length of a load."""

    subjects: dict[str, int] = field(default_factory=dict)
    indicators: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    audiences: dict[str, int] = field(default_factory=lambda: {PUBLIC: 1})
    new_subjects: set[int] = field(default_factory=set)  # first met in this batch: nothing can be known of them

    def assign_numbers(self, session: Session, by_type: "RecordsByType") -> None:
        """Give numbers to every subject, indicator and text of the records."""
        observed, linked, listed = by_type.observed, by_type.linked, by_type.listed
        subjects = {record.subject for record in observed} | {record.subject for record in linked}
        subjects |= {record.subject for record in listed}
        subjects |= {record.object for record in linked if record.object is not None}
        subjects |= {record.subject for record in by_type.blank}
        words = {record.place for record in observed} | {record.place for record in linked}
        subjects |= {record.subject for record in by_type.awards}
        words |= {record.place for record in (*by_type.blank, *by_type.awards)}
        words |= {record.scope for record in listed} | {record.unit for record in observed if record.unit}
        before = session.scalar(select(func.max(SUBJECT.c.id))) or 0
        bulk.intern_texts(session, SUBJECT, "key", subjects, self.subjects, is_asked_for=False)
        self.new_subjects = {number for key in subjects if (number := self.subjects[key]) > before}
        said = {record.indicator for record in observed} | {record.indicator for record in by_type.blank}
        bulk.intern_texts(session, INDICATOR, "key", said, self.indicators, kind=_indicator_kind)
        bulk.intern_texts(session, WORD, "text", words, self.texts)
        audiences = {record.audience for record in observed} | {record.audience for record in linked}
        bulk.intern_texts(session, AUDIENCE, "key", audiences, self.audiences, title=str)


class RecordsByType:
    """Records by what they are."""

    def __init__(self, records: list[Record]) -> None:
        met = set(map(type, records))  # most batches have one or two types, and are gone through for these alone
        self.observed = [record for record in records if type(record) is ObservationRecord]
        self.blank = [record for record in records if type(record) is BlankRecord] if BlankRecord in met else []
        self.awards: list[AwardStatement | AwardChange] = (
            [record for record in records if isinstance(record, AwardStatement | AwardChange)]
            if met & {AwardStatement, AwardChange}
            else []
        )
        self.linked = [record for record in records if type(record) is LinkRecord] if LinkRecord in met else []
        self.listed = [record for record in records if type(record) is ListingRecord] if ListingRecord in met else []


def _indicator_kind(indicator: str) -> str:
    return str(catalogue.load().find_indicator(indicator).kind)


class _IndicatorStorage(NamedTuple):
    """How the values of an indicator are kept."""

    number: int
    is_number: bool
    happens_once: bool
    indicator: catalogue.Indicator


class Batch:
    """The rows that some records become, and what is already known of their subjects."""

    def __init__(
        self, session: Session, load_id: int, records: list[Record], names: Dictionaries, *, may_repeat: bool
    ) -> None:
        self.records, told = records, RecordsByType(records)
        self.has_others = len(told.observed) < len(records)
        names.assign_numbers(session, told)
        self.load_id, self.names, self.may_repeat = load_id, names, may_repeat
        self.observations: list[tuple[Any, ...]] = []
        self.roundings: list[tuple[int, int, int]] = []
        self.recalled: list[tuple[int, int]] = []
        self.links: list[tuple[Any, ...]] = []
        self.listings: dict[int, tuple[Any, ...]] = {}
        self.quarantined: list[tuple[Any, ...]] = []
        self.repeated: set[int] = set()
        known, said = catalogue.load().indicators, {record.indicator for record in told.observed}
        self.storages = {
            key: _IndicatorStorage(
                names.indicators[key], known[key].kind in NUMBERS, known[key].happens_once, known[key]
            )
            for key in said
        }
        readable = readable_loads(load_id)
        spoken_of = {record.subject for record in told.observed} | {record.subject for record in told.blank}
        self.values_by_key = read_known_values(
            session,
            {names.subjects[key] for key in spoken_of} - names.new_subjects,
            {names.indicators[key] for key in said | {record.indicator for record in told.blank}},
            {names.indicators[key] for key in catalogue.one_time_events() if key in names.indicators},
            readable,
        )
        is_by_object = {BuyerKind.HOST_AREA, BuyerKind.BUYER} if told.awards else {BuyerKind.HOST_AREA}
        self.links_by_identity = read_known_links(
            session,
            {names.subjects[record.subject] for record in told.linked if record.kind != BuyerKind.HOST_AREA}
            | {names.subjects[record.subject] for record in told.awards},
            {names.subjects[r.object] for r in told.linked if r.kind in is_by_object and r.object is not None},
            readable,
        )
        self.awards = AwardLinks(self.links_by_identity)
        self.order = 0  # of links: those that follow from others come after them

    def add_rows(self, loaded: LoadCounts) -> None:
        """Turn the records into rows, except those that repeat what is known."""
        first = loaded.records + 1
        loaded.records += len(self.records)
        self.extra = 0  # rows that follow from a record, beside its own
        # By the day they became known: what is an unchanged repeat depends on what was known before it.
        days = [getattr(record, "known_on", NEVER) for record in self.records]
        in_order = [(first + at, self.records[at]) for at in sorted(range(len(days)), key=days.__getitem__)]
        self._add_observations(in_order, loaded)
        for row, record in in_order if self.has_others else ():
            if isinstance(record, BlankRecord):
                self._add_blank(record, row, loaded)
            elif isinstance(record, LinkRecord):
                self._add_link(record, row, loaded)
            elif isinstance(record, AwardStatement | AwardChange):
                self._add_award_links(record, row, loaded)
            elif isinstance(record, ListingRecord):
                subject = self.names.subjects[record.subject]
                place = (self.load_id, subject, self.names.texts[record.scope], record.line)
                self.listings.setdefault(subject, place)
            elif isinstance(record, UnreadableRecord):
                self._add_quarantine_row(row, record.line, record.place, record.reason)
        loaded.records += self.extra

    def _add_observations(self, in_order: list[tuple[int, Record]], loaded: LoadCounts) -> None:
        # The hottest lines of the ledger, measured by `make bench`: no helper is called for what is nearly always so.
        load_id, ways, known_values, add = self.load_id, self.storages, self.values_by_key, self.observations.append
        subjects, words, audiences = self.names.subjects, self.names.texts, self.names.audiences
        last_on, last_basis, basis_number = -1, None, 0
        for row, record in in_order:
            if type(record) is not ObservationRecord:
                continue
            (
                subject_key,
                indicator_key,
                value,
                known_day,
                basis,
                start,
                end,
                occurrence,
                text,
                unit,
                line,
                place,
                audience,
                decimals,
                is_recalled,
            ) = record
            indicator_id, is_number, is_once, indicator = ways[indicator_key]
            if is_number and type(value) is float and text is None and isfinite(value):
                number: float | None = value
            else:
                try:
                    number, text = _number_and_text(record, indicator)
                except ValueError as error:
                    self._add_quarantine_row(row, line, place, f"{indicator_key}: {error}")
                    continue
            known_on = known_day.toordinal() - EPOCH
            if known_on != last_on or basis is not last_basis:
                last_on, last_basis, basis_number = known_on, basis, int(basis)
                loaded.widen_span(known_on, basis)
            subject = subjects[subject_key]
            key = (
                subject,
                indicator_id,
                None if start is None else start.toordinal() - EPOCH,
                None if end is None else end.toordinal() - EPOCH,
                occurrence,
            )
            unit_id = words[unit] if unit else None
            about, says = one_time_key(key, text) if is_once else (key, text)
            known = known_values.get(about)
            if known is None:
                known_values[about] = [(known_on, LATER_SEQ + row, number, says, unit_id)]
            elif self.may_repeat and is_repeat(known, (known_on, row, number, says, unit_id), indicator.kind):
                self.repeated.add(subject)
                continue
            add(
                (
                    load_id,
                    row,
                    *key,
                    known_on,
                    basis_number,
                    number,
                    text,
                    unit_id,
                    audiences[audience],
                    line,
                    words[place],
                    None,
                )
            )
            if decimals is not None:
                self.roundings.append((load_id, row, decimals))
            if is_recalled:
                self.recalled.append((load_id, row))

    def _add_blank(self, record: BlankRecord, row: int, loaded: LoadCounts) -> None:
        """A row without a value, where one is known: from its day on the older value is current no longer."""
        subject = self.names.subjects[record.subject]
        key = (subject, self.names.indicators[record.indicator], None, None, record.occurrence)
        known_on = record.known_on.toordinal() - EPOCH
        earlier = [value for value in self.values_by_key.get(key, ()) if value[0] <= known_on]
        if not earlier:
            return
        if max(earlier, key=lambda value: value[:2])[2:4] == (None, None):
            self.repeated.add(subject)
            return
        self.values_by_key[key].append((known_on, LATER_SEQ + row, None, None, None))
        loaded.widen_span(known_on, record.known_on_basis)
        self.observations.append(
            (
                self.load_id,
                row,
                *key,
                known_on,
                int(record.known_on_basis),
                None,
                None,
                None,
                self.names.audiences[PUBLIC],
                record.line,
                self.names.texts[record.place],
                None,
            )
        )

    def _add_link(self, record: LinkRecord, row: int, loaded: LoadCounts) -> None:
        names = self.names
        subject = names.subjects[record.subject]
        other = None if record.object is None else names.subjects[record.object]
        known_on = record.known_on.toordinal() - EPOCH
        since, until = day_number(record.since), day_number(record.until)
        loaded.widen_span(known_on, record.known_on_basis)
        identity = link_identity(record.relation, record.kind, subject, other, record.reference)
        says = (subject, other, since, until, record.confidence, record.value_gbp)
        self.order += 1
        is_repeat = is_repeated_link(self.links_by_identity.setdefault(identity, []), (known_on, self.order, says))
        self.awards.index_link(identity)
        if is_repeat:
            self.repeated.add(subject)
            return
        if record.is_recalled:
            self.recalled.append((self.load_id, row))
        place = names.texts[record.place]
        self.links.append(
            (
                self.load_id,
                row,
                subject,
                str(record.relation),
                str(record.kind),
                other,
                since,
                until,
                known_on,
                int(record.known_on_basis),
                record.confidence,
                record.reference,
                record.value_gbp,
                names.audiences[record.audience],
                record.line,
                place,
                None,
            )
        )

    def _add_award_links(self, record: AwardStatement | AwardChange, row: int, loaded: LoadCounts) -> None:
        """The rows that follow from a statement about an award."""
        buyer, known_on = self.names.subjects[record.subject], record.known_on.toordinal() - EPOCH
        if isinstance(record, AwardStatement):
            links = {(buyer, self.names.subjects[supplier], reference) for supplier, reference in record.links}
            following = self.awards.apply_statement(
                record.award, record.reference, links, known_on, is_update=record.is_update
            )
        else:
            # Kept, though it is a link to nobody: the award may be in a document that is read later.
            link = LinkRecord(
                record.subject,
                Relation.BUYS_FROM,
                None,
                record.known_on,
                record.known_on_basis,
                BuyerKind.BUYER,
                record.since,
                record.until,
                reference=record.award,
                value_gbp=record.value_gbp,
                line=record.line,
                place=record.place,
            )
            self._add_link(link, row, loaded)
            days = day_number(record.since), day_number(record.until)
            following = self.awards.apply_change(record.award, known_on, *days, record.value_gbp)
        for link_row in list(following):
            self._add_link_update(link_row, record, loaded)

    def _add_link_update(self, follows: LinkUpdate, record: AwardStatement | AwardChange, loaded: LoadCounts) -> None:
        relation, kind, subject, other, reference = follows.identity
        _, _, since, until, confidence, value = follows.terms
        self.order += 1
        self.extra += 1
        self.links_by_identity[follows.identity].append((follows.known_on, LATER_SEQ + self.order, follows.terms))
        loaded.widen_span(follows.known_on, record.known_on_basis)
        self.links.append(
            (
                self.load_id,
                loaded.records + self.extra,
                subject,
                str(relation),
                str(kind),
                other,
                since,
                until,
                follows.known_on,
                int(record.known_on_basis),
                confidence,
                reference,
                value,
                self.names.audiences[PUBLIC],
                record.line,
                self.names.texts[record.place],
                None,
            )
        )

    def _add_quarantine_row(self, row: int, line: int | None, place: str, reason: str) -> None:
        self.quarantined.append((self.load_id, row, line, _printable_text(place), _printable_text(reason)))

    def write_rows(self, session: Session, loaded: LoadCounts) -> None:
        """Write the rows, and count them."""
        listed = self.listings.keys() - _written_subjects(session, LISTING, self.load_id, self.listings)
        repeats = self.repeated - _written_subjects(session, REPEAT, self.load_id, self.repeated)
        bulk.append(session, OBSERVATION, OBSERVATION_COLUMNS, self.observations)
        bulk.append(session, ROUNDING, ROUNDING_COLUMNS, self.roundings)
        bulk.append(session, RECALLED, RECALLED_COLUMNS, self.recalled)
        bulk.append(session, LINK, LINK_COLUMNS, self.links)
        bulk.append(session, LISTING, LISTING_COLUMNS, [self.listings[subject] for subject in sorted(listed)])
        bulk.append(session, QUARANTINE, QUARANTINE_COLUMNS, self.quarantined)
        bulk.append(
            session, REPEAT, ("load_id", "subject_id"), [(self.load_id, subject) for subject in sorted(repeats)]
        )
        loaded.observations += len(self.observations)
        loaded.links += len(self.links)
        loaded.listed += len(listed)
        loaded.unreadable += len(self.quarantined)


def _written_subjects(session: Session, table: Table, load_id: int, subjects: Iterable[int]) -> set[int]:
    """Which of the subjects an earlier batch of this load has written to the table."""
    found: set[int] = set()
    for chunk in bulk.split_chunks(subjects):
        statement = select(table.c.subject_id).where(table.c.load_id == load_id, table.c.subject_id.in_(chunk))
        found |= set(session.scalars(statement))
    return found


def _number_and_text(record: ObservationRecord, indicator: catalogue.Indicator) -> tuple[float | None, str | None]:
    """Number and verbatim text of a record.

    Raises:
        ValueError: the value does not fit the indicator's kind, or cannot be stored; says how.
    """
    value = record.value
    # A text is its value ("2020-04-01"): the document may write it otherwise, or only imply it by something else.
    text = value if isinstance(value, str) and indicator.kind is not IndicatorKind.GRADE else record.verbatim
    if text is not None and _printable_text(text) != text:
        raise ValueError(f"'{_printable_text(text)}' has characters that are not text; the register must correct it")
    if indicator.kind is IndicatorKind.GRADE:
        rank = indicator.grades.get(" ".join(str(value).lower().split()))
        if rank is None:
            raise ValueError(
                f"'{value}' is not one of its grades; add it to the catalogue if the register introduced it"
            )
        return float(rank), text or str(value)
    if isinstance(value, str) or value is None:
        if indicator.kind in {IndicatorKind.FIGURE, IndicatorKind.FORECAST, IndicatorKind.FLAG}:
            raise ValueError(f"'{value}' is not a number")
        return None, text
    if not isfinite(value):
        raise ValueError(f"'{value}' is not a number")
    return float(value), record.verbatim


def _printable_text(text: str) -> str:
    """The text with NUL and lone surrogates, which databases refuse, written out."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
