"""Reads the statements of a set of accounts about itself: its company, its period, the day of approval."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from indicators.formats.accounts.dates import (
    LONGEST_WAIT,
    DateKnown,
    FileName,
    date_known,
    is_plausible,
    published_on,
    stated_number,
)
from indicators.formats.accounts.figures import DoubtfulFact
from indicators.formats.accounts.mapping import canonical_concept, load_mapping
from indicators.formats.xbrl import Fact
from indicators.formats.xbrl_formats import UnconvertibleText, parse_british_date

_DATES = frozenset({"period_start", "period_end", "approved_on", "received_on"})
_PAST_DAYS = {"period_end": "ends on", "approved_on": "approved on", "received_on": "received on"}
_FLAGS = frozenset({"is_dormant", "is_active"})


class FilingText(NamedTuple):
    """One value and its fact (None: the file's name gives the value); dates are ISO text."""

    value: str
    fact: Fact | None


class _StatedText(NamedTuple):
    value: str
    fact: Fact


class Filing(NamedTuple):
    """One set of accounts as a whole."""

    number: str | None  # the company's
    texts: Mapping[str, FilingText]  # by the keys of the mapping
    start: date | None
    end: date | None
    date_known: DateKnown | None
    doubts: Sequence[DoubtfulFact]


def read_filing(name: FileName, facts: Sequence[Fact], fetched_on: date) -> Filing:
    """The statements of the facts and of the file's name about the accounts as a whole; the name wins.

    Days after the day of the fetch are left out.
    """
    stated_texts, doubts = _stated_texts(facts)
    texts = {key: FilingText(*values[0]) for key, values in stated_texts.items() if _has_one_value(values)}
    doubts += [
        _contradiction_doubt(values) for key, values in stated_texts.items() if key not in texts and key != "number"
    ]
    number, disagreement = _company_number(name, stated_texts.get("number", []), facts)
    doubts += disagreement
    doubts += _drop_days_to_come(texts, fetched_on)
    if name.balance_sheet_on and name.balance_sheet_on > fetched_on:
        doubts.append(
            DoubtfulFact(
                facts[0], f"by its file name {_future_day_reason('period_end', name.balance_sheet_on, fetched_on)}"
            )
        )
        name = name._replace(balance_sheet_on=None)
    doubts += _settle_period(texts, stated_texts, name)
    end, approved_on = _text_day(texts.get("period_end")), _text_day(texts.get("approved_on"))
    if approved_on and (slip := _approval_problem(approved_on, end, name, fetched_on)):
        doubts.append(DoubtfulFact(stated_texts["approved_on"][0].fact, slip))
        del texts["approved_on"]
        approved_on = None
    became_known = date_known(name, approved_on, end, fetched_on, _text_day(texts.get("received_on")))
    return Filing(number, texts, _text_day(texts.get("period_start")), end, became_known, doubts)


def _settle_period(
    texts: dict[str, FilingText], stated_texts: Mapping[str, Sequence["_StatedText"]], name: FileName
) -> list[DoubtfulFact]:
    """Correct the period's last day by the file's name, and leave out an impossible first day."""
    doubts = []
    if name.balance_sheet_on and _text_day(texts.get("period_end")) != name.balance_sheet_on:
        if "period_end" in texts:
            days = f"{texts['period_end'].value}, but it is {name.balance_sheet_on}"
            reason = f"gives the balance-sheet day as {days} by its file name, which counts"
            doubts.append(DoubtfulFact(stated_texts["period_end"][0].fact, reason))
        texts["period_end"] = FilingText(name.balance_sheet_on.isoformat(), None)
    end = _text_day(texts.get("period_end"))
    if "period_start" not in texts and (started := _start_by_contexts(stated_texts, end)):
        texts["period_start"] = started
    start = _text_day(texts.get("period_start"))
    if start and end and start >= end:
        reason = f"gives the first day as {start}, which is not before the last ({end})"
        doubts.append(DoubtfulFact(stated_texts["period_start"][0].fact, reason))
        del texts["period_start"]
    return doubts


def _drop_days_to_come(texts: dict[str, FilingText], fetched_on: date) -> list[DoubtfulFact]:
    """Leave out days after the day of the fetch: the author wrote a wrong year."""
    doubts = []
    for key in _PAST_DAYS:
        day, fact = _text_day(texts.get(key)), texts[key].fact if key in texts else None
        if day and fact and day > fetched_on:
            doubts.append(DoubtfulFact(fact, _future_day_reason(key, day, fetched_on)))
            del texts[key]
    return doubts


def _future_day_reason(key: str, day: date, fetched_on: date) -> str:
    return f"{_PAST_DAYS[key]} {day}, after it was fetched ({fetched_on})"


def _stated_texts(facts: Iterable[Fact]) -> tuple[dict[str, list[_StatedText]], list[DoubtfulFact]]:
    """The values of each text at the best place that the document fills."""
    ranked: defaultdict[str, list[tuple[int, _StatedText]]] = defaultdict(list)
    doubts = []
    for fact in facts:
        place = load_mapping().texts.get(canonical_concept(fact.concept))
        if place is None or not (fact.value or fact.problem):
            continue
        try:
            value = _clean_text(place.key, fact)
        except UnconvertibleText as error:
            doubts.append(DoubtfulFact(fact, str(error)))
        else:
            ranked[place.key].append((place.rank, _StatedText(value, fact)))
    texts = {}
    for key, values in ranked.items():
        best = min(rank for rank, _ in values)
        texts[key] = [text for rank, text in values if rank == best]
    return texts, doubts


def _clean_text(key: str, fact: Fact) -> str:
    if fact.problem:
        raise UnconvertibleText(fact.problem)
    text = " ".join(str(fact.value or "").split())
    if key in _DATES:
        day = parse_british_date(text)
        if not is_plausible(day):
            raise UnconvertibleText(f"'{text}' is not a day that accounts can be about")
        return day.isoformat()
    if key in _FLAGS and text.lower() not in {"true", "false"}:
        raise UnconvertibleText(f"'{text[:40]}' is neither true nor false")
    return text.lower() if key in _FLAGS else text


def _has_one_value(values: Sequence[_StatedText]) -> bool:
    return len({text.value.casefold() for text in values}) == 1


def _contradiction_doubt(values: Sequence[_StatedText]) -> DoubtfulFact:
    first = values[0]
    other = next(text for text in values if text.value.casefold() != first.value.casefold())
    return DoubtfulFact(
        first.fact,
        f"the document says '{first.value[:80]}' and '{other.value[:80]}' (line {other.fact.line}); neither is taken",
    )


def _company_number(
    name: FileName, stated_numbers: Sequence[_StatedText], facts: Sequence[Fact]
) -> tuple[str | None, list[DoubtfulFact]]:
    """The company number by the file's name, else by the document; with a doubt if they, or parts of it, disagree."""
    stated: dict[str, Fact] = {}
    for text in stated_numbers:
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
    return chosen, [DoubtfulFact(fact, reason)]


def _text_day(text: FilingText | None) -> date | None:
    return date.fromisoformat(text.value) if text else None


def _start_by_contexts(stated_texts: Mapping[str, Sequence[_StatedText]], end: date | None) -> FilingText | None:
    """The first day of the period for which the company's number is given: older documents do not state the day."""
    for text in (text for key in ("number", "name") for text in stated_texts.get(key, ())):
        start = text.fact.context.start
        if start and end and start < end == text.fact.context.end:
            return FilingText(start.isoformat(), text.fact)
    return None


def _approval_problem(approved_on: date, end: date | None, name: FileName, fetched_on: date) -> str:
    """The reason why the approval date cannot be right; "" if it can."""
    if end and approved_on < end:
        return f"approved on {approved_on}, before the balance-sheet day {end}"
    published = published_on(name, approved_on, end, fetched_on)
    if published and approved_on > published + LONGEST_WAIT:
        return f"approved on {approved_on}, long after it was published ({published})"
    return ""
