"""Turns a batch of the records of one parse into rows, leaves out those that repeat known values, writes the others."""

from collections.abc import Iterable
from datetime import date
from math import isfinite
from typing import Any, NamedTuple

from sqlalchemy import Table, select

from indicators import catalogue
from indicators.ledger.day_numbers import EPOCH
from indicators.ledger.dictionaries import Dictionaries, RecordsByType
from indicators.ledger.link_rows import LINK_COLUMNS, LinkRows
from indicators.ledger.load_counts import LoadCounts
from indicators.ledger.repeats import (
    LATER_SEQ,
    LINK,
    OBSERVATION,
    is_repeat,
    one_time_key,
    read_known_values,
    readable_loads,
)
from indicators.ledger.stored_values import number_and_text, printable_text
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
from models.ledger import Listing, Quarantine, RecalledRow, Repeat, Rounding
from models.vocabulary import PUBLIC, IndicatorKind

NEVER = date.min
NUMBERS = frozenset({IndicatorKind.FIGURE, IndicatorKind.FORECAST})

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
LISTING_COLUMNS = ("load_id", "subject_id", "scope_id", "line")
ROUNDING_COLUMNS = ("load_id", "row", "decimals")
RECALLED_COLUMNS = ("load_id", "row")
QUARANTINE_COLUMNS = ("load_id", "row", "line", "place", "reason")


class _IndicatorStorage(NamedTuple):
    """How the values of an indicator are stored."""

    number: int
    is_number: bool
    happens_once: bool
    indicator: catalogue.Indicator


def _storage_of(key: str, names: Dictionaries) -> _IndicatorStorage:
    indicator = catalogue.load().indicators[key]
    return _IndicatorStorage(names.indicators[key], indicator.kind in NUMBERS, indicator.happens_once, indicator)


class Batch:
    """The rows made from some records, and the rows already known about their subjects."""

    def __init__(
        self, session: Session, load_id: int, records: list[Record], names: Dictionaries, *, may_repeat: bool
    ) -> None:
        self.records, by_type = records, RecordsByType(records)
        self.has_others = len(by_type.observed) < len(records)
        names.assign_numbers(session, by_type)
        self.load_id, self.names, self.may_repeat = load_id, names, may_repeat
        self.observations: list[tuple[Any, ...]] = []
        self.roundings: list[tuple[int, int, int]] = []
        self.recalled: list[tuple[int, int]] = []
        self.listings: dict[int, tuple[Any, ...]] = {}
        self.quarantined: list[tuple[Any, ...]] = []
        self.repeated: set[int] = set()
        observed_indicators = {record.indicator for record in by_type.observed}
        self.storages = {key: _storage_of(key, names) for key in observed_indicators}
        readable = readable_loads(load_id)
        subjects = {record.subject for record in by_type.observed} | {record.subject for record in by_type.blank}
        indicators = observed_indicators | {record.indicator for record in by_type.blank}
        self.values_by_key = read_known_values(
            session,
            {names.subjects[key] for key in subjects} - names.new_subjects,
            {names.indicators[key] for key in indicators},
            {names.indicators[key] for key in catalogue.one_time_events() if key in names.indicators},
            readable,
        )
        self.links = LinkRows(session, load_id, by_type, names, readable)

    def add_rows(self, loaded: LoadCounts) -> None:
        """Turn the records into rows, except records that repeat known values."""
        first = loaded.records + 1
        loaded.records += len(self.records)
        # In order of the days on which they became known: whether a record is a repeat depends on the rows known before
        # it.
        days = [getattr(record, "known_on", NEVER) for record in self.records]
        in_order = [(first + at, self.records[at]) for at in sorted(range(len(days)), key=days.__getitem__)]
        self._add_observations(in_order, loaded)
        for row, record in in_order if self.has_others else ():
            if isinstance(record, BlankRecord):
                self._add_blank(record, row, loaded)
            elif isinstance(record, LinkRecord):
                self.links.add_link(record, row, loaded)
            elif isinstance(record, AwardStatement | AwardChange):
                self.links.add_award_links(record, row, loaded)
            elif isinstance(record, ListingRecord):
                subject = self.names.subjects[record.subject]
                place = (self.load_id, subject, self.names.texts[record.scope], record.line)
                self.listings.setdefault(subject, place)
            elif isinstance(record, UnreadableRecord):
                self._add_quarantine_row(row, record.line, record.place, record.reason)
        loaded.records += self.links.extra

    def _add_observations(self, in_order: list[tuple[int, Record]], loaded: LoadCounts) -> None:
        # The hottest lines of the ledger, measured by `make bench`: the usual case calls no helper.
        load_id, storages, known_values, add = self.load_id, self.storages, self.values_by_key, self.observations.append
        subjects, texts, audiences = self.names.subjects, self.names.texts, self.names.audiences
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
            indicator_id, is_number, is_once, indicator = storages[indicator_key]
            if is_number and type(value) is float and text is None and isfinite(value):
                number: float | None = value
            else:
                try:
                    number, text = number_and_text(record, indicator)
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
            unit_id = texts[unit] if unit else None
            about, compared_text = one_time_key(key, text) if is_once else (key, text)
            known = known_values.get(about)
            if known is None:
                known_values[about] = [(known_on, LATER_SEQ + row, number, compared_text, unit_id)]
            elif self.may_repeat and is_repeat(known, (known_on, row, number, compared_text, unit_id), indicator.kind):
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
                    texts[place],
                    None,
                )
            )
            if decimals is not None:
                self.roundings.append((load_id, row, decimals))
            if is_recalled:
                self.recalled.append((load_id, row))

    def _add_blank(self, record: BlankRecord, row: int, loaded: LoadCounts) -> None:
        """Add a row without a value if a value is known: from the day of the row on, that value holds no longer."""
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

    def _add_quarantine_row(self, row: int, line: int | None, place: str, reason: str) -> None:
        self.quarantined.append((self.load_id, row, line, printable_text(place), printable_text(reason)))

    def write_rows(self, session: Session, loaded: LoadCounts) -> None:
        """Write the rows, and count them."""
        listed = self.listings.keys() - _written_subjects(session, LISTING, self.load_id, self.listings)
        repeated = self.repeated | self.links.repeated
        repeated -= _written_subjects(session, REPEAT, self.load_id, repeated)
        bulk.append(session, OBSERVATION, OBSERVATION_COLUMNS, self.observations)
        bulk.append(session, ROUNDING, ROUNDING_COLUMNS, self.roundings)
        bulk.append(session, RECALLED, RECALLED_COLUMNS, [*self.recalled, *self.links.recalled])
        bulk.append(session, LINK, LINK_COLUMNS, self.links.rows)
        bulk.append(session, LISTING, LISTING_COLUMNS, [self.listings[subject] for subject in sorted(listed)])
        bulk.append(session, QUARANTINE, QUARANTINE_COLUMNS, self.quarantined)
        bulk.append(
            session, REPEAT, ("load_id", "subject_id"), [(self.load_id, subject) for subject in sorted(repeated)]
        )
        loaded.observations += len(self.observations)
        loaded.links += len(self.links.rows)
        loaded.listed += len(listed)
        loaded.unreadable += len(self.quarantined)


def _written_subjects(session: Session, table: Table, load_id: int, subjects: Iterable[int]) -> set[int]:
    """The subjects that an earlier batch of this load has written to the table."""
    written: set[int] = set()
    for chunk in bulk.split_chunks(subjects):
        statement = select(table.c.subject_id).where(table.c.load_id == load_id, table.c.subject_id.in_(chunk))
        written |= set(session.scalars(statement))
    return written
