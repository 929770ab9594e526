"""Gives each kind of rule its look: the SQL that says what it sees of every provider."""

from collections.abc import Callable
from typing import Any

from models.vocabulary import Level
from regimes import duties, figures, restatements, standards, times
from regimes.columns import Look, select
from regimes.rules import AnyRule, CaseworkRule
from regimes.wide import Wide
from regimes.words import Query


def look(rule: AnyRule, wide: Wide) -> Look:
    """What the rule sees of every provider."""
    return _LOOKS[rule.kind](rule, wide)


def constant(title: str, level: Level | None) -> Look:
    """The same for every provider, so that ``none`` clears nobody; no level means that it is missing."""
    query = Query()
    rank = "NULL" if level is None else query.value(level.rank)
    columns = {"level": rank, "title": query.value(title), "is_nothing_due": "true"}
    return Look(select(None, columns), query.parameters)


def _casework(rule: CaseworkRule, _wide: Wide) -> Look:
    return constant(f"Nothing is recorded: {rule.needs}", None)


_LOOKS: dict[str, Callable[[Any, Wide], Look]] = {
    "bands": figures.bands,
    "grades": figures.grades,
    "condition": figures.condition,
    "siblings": figures.siblings,
    "event": times.event,
    "late": times.late,
    "defaults": times.defaults,
    "age": times.age,
    "clock": duties.clock,
    "restated": restatements.restated,
    "quantile": standards.quantile,
    "external_grade": standards.external_grade,
    "probability_over": standards.probability_over,
    "judgement": standards.judgement,
    "casework": _casework,
}
