"""Chooses the figures of one set of accounts from its facts: which fact counts, whose figure it is, with which sign."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from datetime import date, timedelta
from typing import NamedTuple

from indicators.formats.accounts.mapping import AccountsScope, Place, canonical_concept, load_mapping
from indicators.formats.accounts.signs import settle_signs
from indicators.formats.xbrl import Fact
from indicators.formats.xbrl_formats import UnconvertibleText, parse_number

# A consolidated balance sheet has at least one of these: only then are the document's figures the group's.
SUBTOTALS = frozenset({"current_assets", "total_assets_less_current_liabilities", "net_assets"})


class Figure(NamedTuple):
    """The value of one indicator for one period. ``start`` is None for a balance-sheet day."""

    indicator: str
    start: date | None
    end: date
    value: float
    unit: str | None  # the currency; None for a number of people
    fact: Fact

    @property
    def rounded_to(self) -> int | None:
        """The decimals of a rounded figure, -3 for thousands; None if the figure is exact to the unit or more exact."""
        decimals = _exact_decimals(self.fact)
        return decimals if decimals < 0 and self.value % 10**-decimals == 0 else None


class DoubtfulFact(NamedTuple):
    """A fact that was not taken, and why."""

    fact: Fact
    reason: str


class AccountsFigures(NamedTuple):
    """The figures of one document, and its doubtful facts."""

    figures: list[Figure]
    doubts: list[DoubtfulFact]
    scope: str  # "company", "group", or "company (of consolidated accounts)"
    currency: str | None


class _Candidate(NamedTuple):
    place: Place
    cell: tuple[str, date | None, date]  # indicator, start, end
    rank: tuple[int, int]  # the place's, then how many neutral dimensions it has
    scope: AccountsScope
    is_marked: bool  # the document says whose figure it is
    value: float
    fact: Fact


def read_figures(facts: Sequence[Fact], balance_sheet_on: date | None) -> AccountsFigures:
    """The figures that the facts give, one for each indicator and period; doubtful facts are left out and named.

    Where a document holds both the group's and the company's figures, only the group's are taken; the two are never
    mixed. Among facts for the same cell the first place of the mapping counts; several facts at that place must agree,
    up to their stated rounding, or none is taken.
    """
    openings = _opening_days(facts, balance_sheet_on)
    candidates: list[_Candidate] = []
    doubts: list[DoubtfulFact] = []
    for fact in facts:
        for place in _fact_places(fact):
            if problem := _fact_problem(fact, place):
                doubts.append(DoubtfulFact(fact, problem))
                break
            candidates.append(_make_candidate(fact, place, openings))
    own, scope, unsure = _select_scope(candidates)
    doubts += unsure
    currency = _main_currency(own)
    cells: defaultdict[tuple[str, date | None, date], list[_Candidate]] = defaultdict(list)
    for candidate in own:
        if not candidate.place.is_money or candidate.fact.unit == currency:
            cells[candidate.cell].append(candidate)
    figures = []
    for cell, rivals in cells.items():
        chosen = _most_precise_fact(rivals)
        if isinstance(chosen, DoubtfulFact):
            doubts += [chosen] if cell[0] not in load_mapping().helpers else []
        else:
            figures.append(Figure(*cell, chosen.value, currency if chosen.place.is_money else None, chosen.fact))
    if scope == "company" and any(load_mapping().scopes.get(d) == "group" for f in facts for d in f.context.dimensions):
        return AccountsFigures(_settle_signs(figures), doubts, "company (of consolidated accounts)", currency)
    return AccountsFigures(_settle_signs(figures), doubts, scope, currency)


def _opening_days(facts: Iterable[Fact], balance_sheet_on: date | None) -> set[date]:
    """The first days of periods on which a balance is the opening balance, which is that of the day before.

    A period may also end on the first of a month, as years of 52 weeks do: a balance of that day is not an opening one.
    """
    periods = {(fact.context.start, fact.context.end) for fact in facts if fact.context.start and fact.context.end}
    ends = {end for _, end in periods} | {start - timedelta(days=1) for start, _ in periods}
    return {start for start, _ in periods if start.day == 1} - ends - {balance_sheet_on}


def _fact_places(fact: Fact) -> Sequence[Place]:
    """The places that the fact fills: none if it is not a figure we look for, only a part of one, or nil."""
    places = load_mapping().figures.get(canonical_concept(fact.concept), ())
    if not places or (fact.value is None and not fact.problem):
        return ()
    if fact.context.problem:
        return places[:1]
    beside = {d for d in fact.context.dimensions if d not in load_mapping().scopes and d not in load_mapping().neutral}
    return [place for place in places if place.dimensions == beside]


def _make_candidate(fact: Fact, place: Place, openings: Set[date]) -> _Candidate:
    context, scopes, neutral = fact.context, load_mapping().scopes, load_mapping().neutral
    mark = next((scopes[d] for d in context.dimensions if d in scopes), None)
    rank = (place.rank, sum(d in neutral for d in context.dimensions))
    end = context.end or date.min
    if place.is_instant and end in openings:
        end -= timedelta(days=1)  # some software dates the opening balance to the first day of the year
    cell = (place.indicator, context.start, end)
    value = _figure_value(fact, place) or 0.0
    if not place.is_money:
        value = abs(value)  # nobody employs fewer than none: the page has the number in brackets
    return _Candidate(place, cell, rank, mark or place.scope, mark is not None, value, fact)


def _fact_problem(fact: Fact, place: Place) -> str:
    """The reason why the fact is not a figure of that place; "" if it is."""
    if fact.context.problem or fact.problem:
        return fact.context.problem or fact.problem
    if _figure_value(fact, place) is None:
        return f"'{fact.text.strip()[:40]}' is tagged as text, not as a figure"
    if (fact.context.start is None) != place.is_instant:
        return f"its context '{fact.context.id}' is a " + (
            "period, not a day" if place.is_instant else "day, not a period"
        )
    if not place.is_money:
        return ""  # software gives a number of people in pounds, in shares or in nothing: it is one all the same
    if not fact.unit:
        return "its unit is not defined in the document"
    return "" if _is_currency(fact.unit) else f"is given in '{fact.unit}', which is no currency"


def _figure_value(fact: Fact, place: Place) -> float | None:
    """The figure of the fact; None for a text. A number of people without a unit is tagged as a text."""
    if isinstance(fact.value, float) or place.is_money or fact.value is None:
        return fact.value if isinstance(fact.value, float) else None
    try:
        return parse_number(fact.value, None)
    except UnconvertibleText:
        return None


def _is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isalpha() and unit.isupper()


def _select_scope(candidates: list[_Candidate]) -> tuple[list[_Candidate], AccountsScope, list[DoubtfulFact]]:
    """The candidates that are the group's, or else the company's; and those for which this is uncertain."""
    if any(c.scope == "group" and c.place.indicator in SUBTOTALS for c in candidates):
        return [c for c in candidates if c.scope == "group"], "group", []
    own = [c for c in candidates if c.scope == "company"]
    marked = {c.cell for c in candidates if c.scope == "group"}
    if not marked:
        return own, "company", []
    # Software that marks the consolidated profit, but not the notes under it: an unmarked profit, turnover or number of
    # employees may then be anybody's (in Prod223_2911_03195231 and _12040362 the page shows that it is the group's).
    sure = [c for c in own if c.is_marked or c.place.is_instant or c.cell in marked]
    reason = "the document marks other figures as consolidated, but not whether this is the group's or the company's"
    return sure, "company", [DoubtfulFact(c.fact, reason) for c in own if c not in sure]


def _main_currency(candidates: Iterable[_Candidate]) -> str | None:
    """The currency of most of the figures: translations into another one beside them are for convenience."""
    units = Counter(c.fact.unit for c in candidates if c.place.is_money)
    return units.most_common(1)[0][0] if units else None


def _most_precise_fact(rivals: list[_Candidate]) -> _Candidate | DoubtfulFact:
    """The most precise of the facts at the best place, if the others there are that figure rounded."""
    best = min(candidate.rank for candidate in rivals)
    rivals = [candidate for candidate in rivals if candidate.rank == best]
    chosen = max(rivals, key=lambda candidate: _exact_decimals(candidate.fact))
    for other in rivals:
        if other.value != chosen.value and abs(other.value - chosen.value) > 0.5 * 10 ** -_exact_decimals(other.fact):
            return DoubtfulFact(
                chosen.fact,
                f"the document also says '{other.fact.text.strip()[:40]}' (context '{other.fact.context.id}', "
                f"line {other.fact.line}) for the same figure and period; neither is taken",
            )
    return chosen


def _exact_decimals(fact: Fact) -> int:
    """The number of exact decimal places: -3 for a figure rounded to thousands."""
    try:
        return max(-15, min(15, int(fact.decimals or "15")))
    except ValueError:  # "INF"
        return 15


def _settle_signs(figures: list[Figure]) -> list[Figure]:
    sheets: defaultdict[date, dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        if figure.start is None:
            sheets[figure.end][figure.indicator] = figure
    owed = load_mapping().owed
    result = [f._replace(value=abs(f.value)) if f.indicator in owed else f for f in figures if f.start is not None]
    for sheet in sheets.values():
        values = settle_signs({indicator: figure.value for indicator, figure in sheet.items()}, owed)
        for indicator, value in values.items():
            figure = sheet.get(indicator) or sheet["creditors_in_total"]
            result.append(figure._replace(indicator=indicator, value=value))
    return result
