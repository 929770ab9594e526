"""What a set of accounts says about itself: whose they are, for which period, when they were approved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from indicators.sources.accounts_dates import (
    LONGEST_WAIT,
    FileName,
    Known,
    is_thinkable,
    known,
    run_day,
    stated_number,
)
from indicators.sources.accounts_figures import Doubt
from indicators.sources.accounts_mapping import canonical, mapping
from indicators.sources.xbrl import Fact
from indicators.sources.xbrl_formats import Unconvertible, british_date

_DATES = frozenset({"period_start", "period_end", "approved_on", "received_on"})
_FLAGS = frozenset({"is_dormant", "is_active"})


class Text(NamedTuple):
    """One value and the fact it stands in (None: the file's name says so); dates are ISO text."""

    value: str
    fact: Fact | None


class _Given(NamedTuple):
    value: str
    fact: Fact


class Filing(NamedTuple):
    """One set of accounts as a whole."""

    number: str | None  # the company's
    texts: Mapping[str, Text]  # by the keys of the mapping
    start: date | None
    end: date | None
    known: Known | None
    doubts: Sequence[Doubt]


def read_filing(name: FileName, facts: Sequence[Fact]) -> Filing:
    """What the facts and the file's name say of the accounts as a whole; the name is the register's own and wins."""
    given, doubts = _given(facts)
    texts = {key: Text(*values[0]) for key, values in given.items() if _agree(values)}
    doubts += [_contradiction(values) for key, values in given.items() if key not in texts and key != "number"]
    number, disagreement = _number(name, given.get("number", []), facts)
    doubts += disagreement
    doubts += _settle_period(texts, given, name)
    end, approved_on = _day(texts.get("period_end")), _day(texts.get("approved_on"))
    if approved_on and (slip := _slip(approved_on, end, name)):
        doubts.append(Doubt(given["approved_on"][0].fact, slip))
        del texts["approved_on"]
        approved_on = None
    became_known = known(name, approved_on, end, _day(texts.get("received_on")))
    return Filing(number, texts, _day(texts.get("period_start")), end, became_known, doubts)


def _settle_period(texts: dict[str, Text], given: Mapping[str, Sequence["_Given"]], name: FileName) -> list[Doubt]:
    """Put the period's last day right by the file's name, and leave out a first day that cannot be."""
    doubts = []
    if name.balance_sheet_on and _day(texts.get("period_end")) != name.balance_sheet_on:
        if "period_end" in texts:
            days = f"{texts['period_end'].value}, but it is {name.balance_sheet_on}"
            reason = f"gives the balance-sheet day as {days} by its file name, which counts"
            doubts.append(Doubt(given["period_end"][0].fact, reason))
        texts["period_end"] = Text(name.balance_sheet_on.isoformat(), None)
    end = _day(texts.get("period_end"))
    if "period_start" not in texts and (started := _start_by_contexts(given, end)):
        texts["period_start"] = started
    start = _day(texts.get("period_start"))
    if start and end and start >= end:
        reason = f"gives the first day as {start}, which is not before the last ({end})"
        doubts.append(Doubt(given["period_start"][0].fact, reason))
        del texts["period_start"]
    return doubts


def _given(facts: Iterable[Fact]) -> tuple[dict[str, list[_Given]], list[Doubt]]:
    """The values of each text at the best place that the document fills."""
    ranked: defaultdict[str, list[tuple[int, _Given]]] = defaultdict(list)
    doubts = []
    for fact in facts:
        place = mapping().texts.get(canonical(fact.concept))
        if place is None or not (fact.value or fact.problem):
            continue
        try:
            value = _clean(place.key, fact)
        except Unconvertible as error:
            doubts.append(Doubt(fact, str(error)))
        else:
            ranked[place.key].append((place.rank, _Given(value, fact)))
    given = {}
    for key, values in ranked.items():
        best = min(rank for rank, _ in values)
        given[key] = [text for rank, text in values if rank == best]
    return given, doubts


def _clean(key: str, fact: Fact) -> str:
    if fact.problem:
        raise Unconvertible(fact.problem)
    text = " ".join(str(fact.value or "").split())
    if key in _DATES:
        day = british_date(text)
        if not is_thinkable(day):
            raise Unconvertible(f"'{text}' is not a day that accounts can be about")
        return day.isoformat()
    if key in _FLAGS and text.lower() not in {"true", "false"}:
        raise Unconvertible(f"'{text[:40]}' is neither true nor false")
    return text.lower() if key in _FLAGS else text


def _agree(values: Sequence[_Given]) -> bool:
    return len({text.value.casefold() for text in values}) == 1


def _contradiction(values: Sequence[_Given]) -> Doubt:
    first = values[0]
    other = next(text for text in values if text.value.casefold() != first.value.casefold())
    return Doubt(
        first.fact,
        f"the document says '{first.value[:80]}' and '{other.value[:80]}' (line {other.fact.line}); neither is taken",
    )


def _number(name: FileName, given: Sequence[_Given], facts: Sequence[Fact]) -> tuple[str | None, list[Doubt]]:
    """The company number by the file's name, else by the document; and a doubt where they, or its parts, disagree."""
    stated: dict[str, Fact] = {}
    for text in given:
        stated.setdefault(stated_number(text.value) or text.value, text.fact)
    entities: dict[str, Fact] = {}
    for fact in facts:
        if "companieshouse" in fact.context.scheme:
            entities.setdefault(fact.context.entity, fact)
    for entity, fact in entities.items():
        if number := stated_number(entity):  # some documents have the company's name there (joint filings of 2010)
            stated.setdefault(number, fact)
    chosen = name.number or next((number for number in stated if stated_number(number)), None)
    wrong = {number: fact for number, fact in stated.items() if number != chosen}
    if not wrong:
        return chosen, []
    number, fact = next(iter(wrong.items()))
    source = "its file name" if name.number else "elsewhere in it"
    reason = f"gives the company number as '{number[:40]}', but it is {chosen} by {source}, which counts"
    return chosen, [Doubt(fact, reason)]


def _day(text: Text | None) -> date | None:
    return date.fromisoformat(text.value) if text else None


def _start_by_contexts(given: Mapping[str, Sequence[_Given]], end: date | None) -> Text | None:
    """Older documents do not state the first day: it is that of the period which the company's number is given for."""
    for text in (text for key in ("number", "name") for text in given.get(key, ())):
        start = text.fact.context.start
        if start and end and start < end == text.fact.context.end:
            return Text(start.isoformat(), text.fact)
    return None


def _slip(approved_on: date, end: date | None, name: FileName) -> str:
    """Why the approval date cannot be right; "" where it can."""
    if end and approved_on < end:
        return f"approved on {approved_on}, before the balance-sheet day {end}"
    published_on = name.product_on or (run_day(name.run) if name.run is not None else None)
    if published_on and approved_on > published_on + LONGEST_WAIT:
        return f"approved on {approved_on}, long after it was published ({published_on})"
    return ""
