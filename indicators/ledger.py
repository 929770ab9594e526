"""The append-only ledger: one load is one parse of one snapshot, visible by one final row.

A value that is already known, live and unchanged on the day it is stated for is not repeated. Corrections are new rows;
a new parser version retracts what the old one read and adds its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import islice
from math import isfinite
from typing import Any

from sqlalchemy import Engine, Table, delete, func, select, update

from indicators import catalogue
from indicators.corrections import retract_older_parsers
from indicators.records import Linked, Listed, Observed, Record, Unreadable
from indicators.repeats import (
    LATER,
    LINK,
    OBSERVATION,
    is_repeat,
    is_repeated_link,
    key_of_once,
    known_links,
    known_values,
    link_identity,
    readable_loads,
)
from models import bulk
from models.database import Session, table_of, writing
from models.ledger import Audience, IndicatorKey, Listing, Load, Quarantine, Repeat, Subject, Word
from models.vocabulary import PUBLIC, Basis, BuyerKind, Kind

BATCH = 10_000  # records to a transaction: well under a second on SQLite
EPOCH = date(1970, 1, 1).toordinal()
NUMBERS = frozenset({Kind.FIGURE, Kind.FORECAST})

SUBJECT, INDICATOR, WORD = table_of(Subject), table_of(IndicatorKey), table_of(Word)
AUDIENCE = table_of(Audience)
LOAD, LISTING, REPEAT, QUARANTINE = table_of(Load), table_of(Listing), table_of(Repeat), table_of(Quarantine)
OBSERVATION_COLUMNS = (
    "load_id", "row", "subject_id", "indicator_id", "period_start", "period_end", "occurrence", "known_on",
    "known_on_basis", "value_number", "value_text", "unit_id", "audience_id", "line", "place_id", "retracts",
)  # fmt: skip
LINK_COLUMNS = (
    "load_id", "row", "subject_id", "relation", "kind", "object_id", "since", "until", "known_on", "known_on_basis",
    "confidence", "reference", "value_gbp", "audience_id", "line", "place_id", "retracts",
)  # fmt: skip
LISTING_COLUMNS = ("load_id", "subject_id", "scope_id", "line")
QUARANTINE_COLUMNS = ("load_id", "row", "line", "place", "reason")


def day_number(day: date | None) -> int | None:
    """Whole days since 1970-01-01, as the ledger stores them."""
    return None if day is None else day.toordinal() - EPOCH


def day_of(number: int) -> date:
    """The day of a stored day number."""
    return date.fromordinal(number + EPOCH)


@dataclass
class Loaded:
    """What one load added and left out."""

    records: int = 0
    observations: int = 0
    links: int = 0
    listed: int = 0
    unreadable: int = 0
    known_from: int | None = None
    known_to: int | None = None
    looked_on: int | None = None  # newest day for which the document shows the register as it stood

    def span(self, known_on: int, basis: Basis) -> None:
        """Widen the span of days on which the rows became known."""
        if self.known_from is None or known_on < self.known_from:
            self.known_from = known_on
        if self.known_to is None or known_on > self.known_to:
            self.known_to = known_on
        if basis is Basis.SNAPSHOT and (self.looked_on is None or known_on > self.looked_on):
            self.looked_on = known_on


@dataclass
class Dictionaries:
    """The numbers of subjects, indicators and recurring texts, kept for the length of a load."""

    subjects: dict[str, int] = field(default_factory=dict)
    indicators: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    audiences: dict[str, int] = field(default_factory=lambda: {PUBLIC: 1})
    new_subjects: set[int] = field(default_factory=set)  # first met in this batch: nothing can be known of them

    def learn(self, session: Session, records: list[Record]) -> None:
        """Give numbers to every subject, indicator and text of the records."""
        subjects, indicators, words, audiences = set[str](), set[str](), set[str](), set[str]()
        for record in records:
            if isinstance(record, Observed):
                subjects.add(record.subject)
                indicators.add(record.indicator)
                words.add(record.place)
                audiences.add(record.audience)
                if record.unit:
                    words.add(record.unit)
            elif isinstance(record, Linked):
                subjects.add(record.subject)
                words.add(record.place)
                audiences.add(record.audience)
                if record.object is not None:
                    subjects.add(record.object)
            elif isinstance(record, Listed):
                subjects.add(record.subject)
                words.add(record.scope)
        before = session.scalar(select(func.max(SUBJECT.c.id))) or 0
        bulk.intern(session, SUBJECT, "key", subjects, self.subjects, is_asked_for=False)
        self.new_subjects = {self.subjects[key] for key in subjects if self.subjects[key] > before}
        bulk.intern(session, INDICATOR, "key", indicators, self.indicators, kind=_kind_of)
        bulk.intern(session, WORD, "text", words, self.words)
        bulk.intern(session, AUDIENCE, "key", audiences, self.audiences, title=str)


def _kind_of(indicator: str) -> str:
    return str(catalogue.load().indicator(indicator).kind)


def append(
    engine: Engine,
    snapshot_id: int,
    parser: str,
    records: Iterable[Record],
    *,
    recorded_at: datetime,
    scope: str = "all",
    wanted: set[str] | None = None,
    repetition: int = 0,
) -> Loaded:
    """Add what one parse of one snapshot says, and show it by one final row.

    Args:
        engine: the database.
        snapshot_id: the snapshot that was parsed.
        parser: name and version of the parser.
        records: what it read, streamed.
        recorded_at: the wall clock.
        scope: what ``wanted`` was, as a hash; the same (snapshot, parser, scope, repetition) again adds nothing.
        wanted: only records about these subjects are kept (links with either end among them); None keeps all.
        repetition: raised when a snapshot is read again because an older one arrived after it.
    """
    load = Load(
        snapshot_id=snapshot_id,
        parser=parser,
        scope=scope,
        repetition=repetition,
        recorded_at=recorded_at,
    )
    with writing(engine) as session:
        load_id = _begin(session, load)
        if load_id is None:
            return Loaded()
    loaded, names = Loaded(), Dictionaries()
    register = catalogue.load().registers.get(parser.partition("/")[0])
    says_again = register is None or not register.said_once
    for batch in _batches(_kept(records, wanted)):
        with writing(engine) as session:
            rows = _Batch(session, load_id, batch, names, says_again=says_again)
            # By the day they became known: what is an unchanged repeat depends on what was known before it.
            for row, record in sorted(enumerate(batch, loaded.records + 1), key=_known_on):
                rows.add(record, row, loaded)
            loaded.records += len(batch)
            rows.write(session, loaded)
    with writing(engine) as session:
        retract_older_parsers(session, load_id, after_row=loaded.records)
        looked_on = None if loaded.looked_on is None else day_of(loaded.looked_on)
        counts = {**asdict(loaded), "looked_on": looked_on, "listed_on": looked_on if loaded.listed else None}
        session.execute(update(LOAD).where(LOAD.c.id == load_id).values(is_done=True, **counts))
    return loaded


def _begin(session: Session, load: Load) -> int | None:
    """The number of a fresh load, or None when it is already done; what a killed one left is cleared away."""
    known = session.execute(
        select(LOAD.c.id, LOAD.c.is_done).where(
            LOAD.c.snapshot_id == load.snapshot_id,
            LOAD.c.parser == load.parser,
            LOAD.c.scope == load.scope,
            LOAD.c.repetition == load.repetition,
        )
    ).one_or_none()
    if known is not None and known.is_done:
        return None
    if known is not None:  # killed half-way: its rows were never visible
        for table in (OBSERVATION, LINK, LISTING, QUARANTINE, REPEAT):
            session.execute(delete(table).where(table.c.load_id == known.id))
        session.execute(delete(LOAD).where(LOAD.c.id == known.id))
    session.add(load)
    session.flush()
    return load.id


def _kept(records: Iterable[Record], wanted: set[str] | None) -> Iterator[Record]:
    if wanted is None:
        yield from records
        return
    for record in records:
        if (
            isinstance(record, Unreadable)
            or record.subject in wanted
            or (isinstance(record, Linked) and record.object in wanted)
        ):
            yield record


def _known_on(numbered: tuple[int, Record]) -> int:
    known_on: date | None = getattr(numbered[1], "known_on", None)
    return 0 if known_on is None else known_on.toordinal()


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH)):
        yield batch


class _Batch:
    """The rows that some records become, and what is already known of their subjects."""

    def __init__(
        self, session: Session, load_id: int, records: list[Record], names: Dictionaries, *, says_again: bool
    ) -> None:
        names.learn(session, records)
        self.load_id, self.names, self.says_again = load_id, names, says_again
        self.observations: list[tuple[Any, ...]] = []
        self.links: list[tuple[Any, ...]] = []
        self.listings: dict[int, tuple[Any, ...]] = {}
        self.quarantined: list[tuple[Any, ...]] = []
        self.repeated: set[int] = set()
        self.indicators = catalogue.load().indicators
        readable = readable_loads(load_id)
        old = {record.subject for record in records if isinstance(record, Observed)}
        self.known = known_values(
            session,
            {names.subjects[key] for key in old} - names.new_subjects,
            {names.indicators[record.indicator] for record in records if isinstance(record, Observed)},
            {names.indicators[key] for key in catalogue.once() if key in names.indicators},
            readable,
        )
        linked = [record for record in records if isinstance(record, Linked)]
        self.known_links = known_links(
            session,
            {names.subjects[record.subject] for record in linked if record.kind != BuyerKind.HOST_AREA},
            {names.subjects[r.object] for r in linked if r.kind == BuyerKind.HOST_AREA and r.object is not None},
            readable,
        )

    def add(self, record: Record, row: int, loaded: Loaded) -> None:
        """Turn one record into a row, unless it repeats what is known."""
        if isinstance(record, Observed):
            self._observe(record, row, loaded)
        elif isinstance(record, Linked):
            self._link(record, row, loaded)
        elif isinstance(record, Listed):
            names = self.names
            subject = names.subjects[record.subject]
            self.listings.setdefault(subject, (self.load_id, subject, names.words[record.scope], record.line))
        else:
            self._quarantine(row, record.line, record.place, record.reason)

    def _observe(self, record: Observed, row: int, loaded: Loaded) -> None:
        # The hottest lines of the ledger, measured by `make bench`: no helper is called for what is nearly always so.
        (subject_key, indicator_key, value, known_day, basis, start, end, occurrence, text, unit, line, place,
         audience) = record  # fmt: skip
        indicator = self.indicators[indicator_key]
        if type(value) is float and text is None and isfinite(value) and indicator.kind in NUMBERS:
            number: float | None = value
        else:
            try:
                number, text = _value(record, indicator)
            except ValueError as error:
                self._quarantine(row, line, place, f"{indicator_key}: {error}")
                return
        known_on = known_day.toordinal() - EPOCH
        loaded.span(known_on, basis)
        names = self.names
        subject = names.subjects[subject_key]
        key = (
            subject,
            names.indicators[indicator_key],
            None if start is None else start.toordinal() - EPOCH,
            None if end is None else end.toordinal() - EPOCH,
            occurrence,
        )
        about, says = key_of_once(key, text) if indicator.once else (key, text)
        known = self.known.get(about)
        if known is None:
            self.known[about] = [(known_on, LATER + row, number, says)]
        elif self.says_again and is_repeat(known, (known_on, row, number, says), indicator.kind):
            self.repeated.add(subject)
            return
        self.observations.append(
            (self.load_id, row, *key, known_on, basis.value, number, text, names.words[unit] if unit else None,
             names.audiences[audience], line, names.words[place], None)
        )  # fmt: skip

    def _link(self, record: Linked, row: int, loaded: Loaded) -> None:
        names = self.names
        subject = names.subjects[record.subject]
        other = None if record.object is None else names.subjects[record.object]
        known_on = record.known_on.toordinal() - EPOCH
        since, until = day_number(record.since), day_number(record.until)
        loaded.span(known_on, record.basis)
        identity = link_identity(record.relation, record.kind, subject, other, record.reference)
        says = (subject, other, since, until, record.confidence, record.value_gbp)
        if is_repeated_link(self.known_links.setdefault(identity, []), (known_on, row, says)):
            self.repeated.add(subject)
            return
        place = names.words[record.place]
        self.links.append(
            (self.load_id, row, subject, str(record.relation), str(record.kind), other, since, until, known_on,
             int(record.basis), record.confidence, record.reference, record.value_gbp,
             names.audiences[record.audience], record.line, place, None)
        )  # fmt: skip

    def _quarantine(self, row: int, line: int | None, place: str, reason: str) -> None:
        self.quarantined.append((self.load_id, row, line, _printable(place), _printable(reason)))

    def write(self, session: Session, loaded: Loaded) -> None:
        """Write the rows, and count them."""
        listed = self.listings.keys() - _already(session, LISTING, self.load_id, self.listings)
        repeats = self.repeated - _already(session, REPEAT, self.load_id, self.repeated)
        bulk.append(session, OBSERVATION, OBSERVATION_COLUMNS, self.observations)
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


def _already(session: Session, table: Table, load_id: int, subjects: Iterable[int]) -> set[int]:
    """Which of the subjects an earlier batch of this load has written to the table."""
    found: set[int] = set()
    for chunk in bulk.chunked(subjects):
        statement = select(table.c.subject_id).where(table.c.load_id == load_id, table.c.subject_id.in_(chunk))
        found |= set(session.scalars(statement))
    return found


def _value(record: Observed, indicator: catalogue.Indicator) -> tuple[float | None, str | None]:
    """Number and verbatim text of a record.

    Raises:
        ValueError: the value does not fit the indicator's kind, or cannot be stored; says how.
    """
    value = record.value
    # A text is its value ("2020-04-01"): the document may write it otherwise, or only imply it by something else.
    text = value if isinstance(value, str) and indicator.kind is not Kind.GRADE else record.verbatim
    if text is not None and _printable(text) != text:
        raise ValueError(f"'{_printable(text)}' has characters that are not text; the register must correct it")
    if indicator.kind is Kind.GRADE:
        rank = indicator.grades.get(" ".join(str(value).lower().split()))
        if rank is None:
            raise ValueError(
                f"'{value}' is not one of its grades; add it to the catalogue if the register introduced it"
            )
        return float(rank), text or str(value)
    if isinstance(value, str) or value is None:
        if indicator.kind in {Kind.FIGURE, Kind.FORECAST, Kind.FLAG}:
            raise ValueError(f"'{value}' is not a number")
        return None, text
    if not isfinite(value):
        raise ValueError(f"'{value}' is not a number")
    return float(value), record.verbatim


def _printable(text: str) -> str:
    """The text with NUL and lone surrogates, which databases refuse, written out."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
