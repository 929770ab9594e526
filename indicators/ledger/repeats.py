"""Finds the values and links that are known when a load is read, so that unchanged ones are not repeated."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select

from models import bulk
from models.database import Session, table_of
from models.ledger import IndicatorKey, Link, Load, Observation
from models.vocabulary import BuyerKind, IndicatorKind, Relation

LATER_SEQ = 1 << 60  # of two statements of one day, the one read later is the correction

OBSERVATION, LINK, LOAD = table_of(Observation), table_of(Link), table_of(Load).c
INDICATOR = table_of(IndicatorKey).c

ValueKey = tuple[int, int, int | None, int | None, str]  # subject, indicator, period start and end, occurrence
KnownValue = tuple[int, int, float | None, str | None, int | None]  # known_on, seq, number, text, unit
LinkIdentity = tuple[Any, ...]  # see ``link_identity``
LinkStatement = tuple[int, int, tuple[Any, ...]]  # known_on, seq, terms


def readable_loads(load_id: int) -> Select[Any]:
    """Loads whose rows count as known while this load is read: this load, and finished loads.

    Rows that an older version of the parser read in the same snapshot do not count, as they are about to be retracted.
    Rows that a killed load left do not count either.
    """
    this = select(LOAD.snapshot_id, LOAD.parser).where(LOAD.id == load_id).subquery()
    older = select(this).where(LOAD.snapshot_id == this.c.snapshot_id, LOAD.parser != this.c.parser)
    return select(LOAD.id).where((LOAD.id == load_id) | (LOAD.is_done & ~older.exists()))


def retracted_rows(table: Table) -> Select[Any]:
    """The ``seq`` of every row of the table that was retracted."""
    retracting = table.alias("retracting")
    return select(retracting.c.retracts).where(retracting.c.retracts.is_not(None))


def is_current(day: int) -> ColumnElement[bool]:
    """Whether an observation still holds: no later list known by the day has an empty cell instead.

    The caller has to join the table of indicators, because an event may have no value.
    """
    o, blank = OBSERVATION.c, OBSERVATION.alias("blank")
    is_later = (blank.c.known_on > o.known_on) | ((blank.c.known_on == o.known_on) & (blank.c.seq >= o.seq))
    given_up = (
        select(1)
        .where(
            blank.c.subject_id == o.subject_id,
            blank.c.indicator_id == o.indicator_id,
            blank.c.occurrence == o.occurrence,
            blank.c.period_end.is_(None),
            blank.c.value_number.is_(None),
            blank.c.value_text.is_(None),
            blank.c.retracts.is_(None),
            blank.c.seq.not_in(retracted_rows(OBSERVATION)),
            blank.c.known_on <= day,
            is_later,
        )
        .correlate(OBSERVATION)
        .exists()
    )
    return (INDICATOR.kind == IndicatorKind.EVENT) | o.period_end.is_not(None) | ~given_up


def one_time_key(key: ValueKey, text: str | None) -> tuple[ValueKey, str]:
    """The key of an event that happens once, without its days, and its text, which includes the days."""
    subject, indicator, start, end, occurrence = key
    return (subject, indicator, None, None, occurrence), f"{start}/{end} {text}"


def read_known_values(
    session: Session, subjects: set[int], indicators: set[int], one_time_indicators: set[int], readable: Select[Any]
) -> dict[ValueKey, list[KnownValue]]:
    """Live values of the subjects' indicators by their key; ``one_time_indicators`` are the events that happen once."""
    known: dict[ValueKey, list[KnownValue]] = {}
    o = OBSERVATION.c
    columns = (o.subject_id, o.indicator_id, o.period_start, o.period_end, o.occurrence)
    values = (o.known_on, o.seq, o.value_number, o.value_text, o.unit_id)
    for chunk in bulk.split_chunks(sorted(subjects)):
        statement = select(*columns, *values).where(
            o.subject_id.in_(chunk),
            o.indicator_id.in_(indicators),
            o.load_id.in_(readable),
            o.retracts.is_(None),
            o.seq.not_in(retracted_rows(OBSERVATION)),
        )
        for row in session.execute(statement):
            key, value = tuple(row[:5]), tuple(row[5:])
            if row[1] in one_time_indicators:
                key, compared_text = one_time_key(key, row[8])
                value = (*row[5:8], compared_text, row[9])
            known.setdefault(key, []).append(value)
    return known


def is_repeat(known_values: list[KnownValue], new: KnownValue, kind: IndicatorKind) -> bool:
    """Whether the newest value known by then is the same; if not, the new value joins ``known_values``.

    The same number in another currency is another value. A document that corrects itself within a day is repeated by
    the next document, so a value that an earlier load has for the same day is a repeat too, although it is not the
    newest.
    """
    before: KnownValue | None = None
    is_worded = kind in {IndicatorKind.TEXT, IndicatorKind.EVENT}
    for value in known_values:
        if value[0] <= new[0]:
            is_same = value[2] == new[2] and value[4] == new[4] and (not is_worded or value[3] == new[3])
            if is_same and value[0] == new[0] and value[1] < LATER_SEQ:
                return True
            if before is None or value[:2] >= before[:2]:
                before = value
    if before is not None and before[2] == new[2] and before[4] == new[4] and (not is_worded or before[3] == new[3]):
        return True
    known_values.append((new[0], LATER_SEQ + new[1], *new[2:]))
    return False


def link_identity(relation: str, kind: str, subject: int, other: int | None, reference: str) -> LinkIdentity:
    """The identity of a link: a later known link with the same identity replaces the earlier.

    A setting has one owner and stands in one area at a time; a buyer can buy many things from many.
    """
    if relation == Relation.OWNED_BY:
        return (relation, subject)
    if kind == BuyerKind.HOST_AREA:
        return (relation, kind, other)
    return (relation, kind, subject, other, reference)


def read_known_links(
    session: Session, subjects: set[int], areas_of: set[int], readable: Select[Any]
) -> dict[LinkIdentity, list[LinkStatement]]:
    """Live links from the subjects, and to the settings in ``areas_of``, by their identity."""
    known: dict[LinkIdentity, list[LinkStatement]] = {}
    k = LINK.c
    columns = (k.relation, k.kind, k.subject_id, k.object_id, k.reference, k.known_on, k.seq)
    terms = (k.subject_id, k.object_id, k.since, k.until, k.confidence, k.value_gbp)
    for column, numbers in ((k.subject_id, subjects), (k.object_id, areas_of)):
        for chunk in bulk.split_chunks(sorted(numbers)):
            statement = select(*columns, *terms).where(
                column.in_(chunk), k.load_id.in_(readable), k.retracts.is_(None), k.seq.not_in(retracted_rows(LINK))
            )
            for row in session.execute(statement):
                known.setdefault(link_identity(*row[:5]), []).append((row[5], row[6], tuple(row[7:])))
    return known


def is_repeated_link(known_links: list[LinkStatement], new: LinkStatement) -> bool:
    """Whether the newest link known by then has the same terms; if not, ``new`` joins ``known_links``."""
    if any(saying[0] == new[0] and saying[2] == new[2] and saying[1] < LATER_SEQ for saying in known_links):
        return True
    before = max((saying for saying in known_links if saying[0] <= new[0]), default=None, key=lambda saying: saying[:2])
    if before is not None and before[2] == new[2]:
        return True
    known_links.append((new[0], LATER_SEQ + new[1], new[2]))
    return False
