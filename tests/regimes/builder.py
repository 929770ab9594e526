"""Readings of the ledger written as short literals, for tests of regimes and scores: no database, no documents."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from itertools import count
from typing import Any, NamedTuple

import pyarrow as pa

from indicators import catalogue
from indicators.ledger.as_of import AsOf, Horizon, keep_newest
from models.vocabulary import IndicatorKind, View

DAY = date(2021, 3, 31)
UNITS = ("USD", "EUR")


class Known(NamedTuple):
    """A value with its days: ``Known("Good", "2020-01-10")``; without ``known_on`` it became known on that same day."""

    value: Any
    period_end: str | None = None
    known_on: str | None = None
    period_start: str | None = None
    is_recalled: bool = False
    unit: str | None = None  # where it is not the catalogue's
    audience: str | None = None  # where it is not for everybody
    occurrence: str = ""  # which of several it is: of a judgement "<regime>/<rule>"


Values = Mapping[str, Any]  # indicator -> a bare value, a Known, or a list of them

_OBSERVATION = pa.schema(
    [
        ("seq", pa.int64()),
        ("subject_id", pa.int64()),
        ("indicator_id", pa.int64()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("occurrence", pa.string()),
        ("known_on", pa.date32()),
        ("known_on_basis", pa.int64()),
        ("value_number", pa.float64()),
        ("value_text", pa.string()),
        ("unit_id", pa.int64()),
        ("load_id", pa.int64()),
    ]
)
_LINK = pa.schema(
    [
        ("seq", pa.int64()),
        ("subject_id", pa.int64()),
        ("relation", pa.string()),
        ("kind", pa.string()),
        ("object_id", pa.int64()),
        ("since", pa.date32()),
        ("until", pa.date32()),
        ("known_on", pa.date32()),
        ("confidence", pa.float64()),
        ("reference", pa.string()),
        ("value_gbp", pa.float64()),
        ("load_id", pa.int64()),
    ]
)
_LISTING = pa.schema(
    [
        ("subject_id", pa.int64()),
        ("register", pa.string()),
        ("scope", pa.string()),
        ("listed_on", pa.date32()),
        ("is_present", pa.bool_()),
        ("load_id", pa.int64()),
    ]
)
_NEWEST = """
WINDOW newest AS (PARTITION BY subject_id, indicator_id
                  ORDER BY coalesce(period_end, known_on) DESC, known_on DESC, seq DESC) QUALIFY nth <= 2"""


def reading(
    subjects: Mapping[str, Values],
    *,
    day: date | str = DAY,
    looks: Mapping[str, str] | None = None,
    owners: Mapping[str, str] | None = None,
    areas: Mapping[str, str] | None = None,
    contracts: Iterable[tuple[str, str, str, str, float]] = (),
    listed: Mapping[str, tuple[str, str, bool]] | None = None,
) -> AsOf:
    """The reading of a day, made of the values given.

    Args:
        subjects: identifier -> indicator -> value.
        day: the day that is scored; values without days of their own became known a month before it.
        looks: register -> the newest day on which it was looked at.
        owners: setting -> its owner.
        areas: setting -> the council in whose area it stands.
        contracts: (buyer, supplier, since, until, value in pounds).
        listed: setting -> (register, day of the newest list that had it, whether that is the newest there is).
    """
    day = _day(day) or DAY
    keys = list(subjects)
    keys += [key for one in (owners or {}, areas or {}) for key in one.values()] + [c[0] for c in contracts]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys), 1)}
    known = catalogue.load().indicators
    indicators = {key: number for number, key in enumerate(known, 1)}
    sequence = count(1)
    rows = [
        _row(next(sequence), numbers[key], indicators[name], known[name], one, day)
        for key, values in subjects.items()
        for name, given in values.items()
        for one in (given if isinstance(given, list) else [given])
    ]
    links = [_link(numbers[home], "owned_by", numbers[owner], day) for home, owner in (owners or {}).items()]
    links += [
        _link(numbers[area], "buys_from", numbers[home], day, "host_area") for home, area in (areas or {}).items()
    ]
    for buyer, supplier, since, until, value in contracts:
        link = _link(numbers[buyer], "buys_from", numbers[supplier], day, "buyer")
        links.append(link | {"since": _day(since), "until": _day(until), "value_gbp": value})
    listings = [
        {
            "subject_id": numbers[key],
            "register": register,
            "scope": "",
            "listed_on": _day(on),
            "is_present": present,
            "load_id": 1,
        }
        for key, (register, on, present) in (listed or {}).items()
    ]

    def build(rows: list[dict[str, Any]]) -> AsOf:
        result = AsOf(day, View.FULL, Horizon(len(rows), 1, 1))
        _table(result, "observation", pa.Table.from_pylist(rows, _OBSERVATION))
        recalled = [row["seq"] for row in rows if row["is_recalled"]]
        _table(result, "recalled", pa.table({"seq": pa.array(recalled, pa.int64())}))
        private = [row for row in rows if row["audience"]]
        columns = ("seq", "subject_id", "indicator_id")
        whose = {key: pa.array([row[key] for row in private], pa.int64()) for key in columns}
        whose["audience"] = pa.array([row["audience"] for row in private], pa.string())
        _table(result, "audience", pa.table(whose))
        _table(result, "link", pa.Table.from_pylist(links, _LINK))
        _table(result, "listing", pa.Table.from_pylist(listings, _LISTING))
        _table(result, "subject", pa.table({"id": list(numbers.values()), "key": list(numbers)}))
        kinds = [str(indicator.kind) for indicator in known.values()]
        content = {"id": list(indicators.values()), "key": list(indicators), "kind": kinds}
        _table(result, "indicator", pa.table(content))
        days = pa.array([_day(on) for on in (looks or {}).values()], pa.date32())
        _table(result, "look", pa.table({"register": pa.array(list(looks or {}), pa.string()), "looked_on": days}))
        nothing = {"id": pa.array([], pa.int64()), "register": pa.array([], pa.string())}
        _table(result, "load", pa.table(nothing))
        _table(result, "word", pa.table({"id": list(range(len(UNITS))), "text": list(UNITS)}))
        result.db.execute("CREATE TABLE restricted AS SELECT DISTINCT subject_id, audience FROM audience")
        keep_newest(result.db)
        result.db.execute("DELETE FROM audience WHERE seq NOT IN (SELECT seq FROM observation)")
        result.db.execute(
            f"CREATE TABLE ranked AS SELECT *, row_number() OVER newest AS nth FROM observation {_NEWEST}"
        )
        for name, nth in (("latest", 1), ("previous", 2)):
            result.db.execute(f"CREATE VIEW {name} AS SELECT * EXCLUDE nth FROM ranked WHERE nth = {nth}")
        return result

    def read_again(subjects: Collection[str], audiences: Collection[str]) -> AsOf:
        chosen = {numbers[key] for key in subjects}
        return build([row for row in rows if row["subject_id"] in chosen and row["audience"] in {None, *audiences}])

    result = build(rows)
    result.read_again = read_again
    return result


def _table(result: AsOf, name: str, table: pa.Table) -> None:
    result.db.from_arrow(table).create(name)


def _day(text: date | str | None) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else text


def _row(seq: int, subject: int, indicator: int, known: Any, given: Any, day: date) -> dict[str, Any]:
    one = given if isinstance(given, Known) else Known(given)
    number, text = None, None
    if known.kind is IndicatorKind.GRADE:
        number, text = known.grades[one.value.lower()], one.value
    elif known.kind in {IndicatorKind.TEXT, IndicatorKind.EVENT}:
        text = one.value
    else:
        number = float(one.value)
    month_before = date.fromordinal(day.toordinal() - 30)
    return {
        "seq": seq,
        "subject_id": subject,
        "indicator_id": indicator,
        "period_start": _day(one.period_start),
        "period_end": _day(one.period_end),
        "occurrence": one.occurrence,
        "known_on_basis": 0,
        "value_number": number,
        "value_text": text,
        "unit_id": UNITS.index(one.unit) if one.unit else None,
        "load_id": 1,
        "is_recalled": one.is_recalled,
        "audience": one.audience,
        "known_on": _day(one.known_on) or _day(one.period_end) or month_before,
    }


def _link(subject: int, relation: str, other: int, day: date, kind: str = "") -> dict[str, Any]:
    return {
        "seq": 1,
        "subject_id": subject,
        "relation": relation,
        "kind": kind,
        "object_id": other,
        "since": None,
        "until": None,
        "known_on": date.fromordinal(day.toordinal() - 30),
        "confidence": 1.0,
        "reference": "",
        "value_gbp": None,
        "load_id": 1,
    }
