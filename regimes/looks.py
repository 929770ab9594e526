"""Gives each kind of rule its look: the SQL that says what it sees of every provider."""

from collections.abc import Callable
from typing import Any

from models.vocabulary import Level
from regimes import duties, figures, restatements, standards, times
from regimes.columns import RuleQuery, select_columns
from regimes.rules import AnyRule, CaseworkRule
from regimes.wide import ProviderTable
from regimes.words import Query


def rule_query(rule: AnyRule, provider_table: ProviderTable) -> RuleQuery:
    """What the rule sees of every provider."""
    return _RULE_QUERIES[rule.kind](rule, provider_table)


def constant_query(title: str, level: Level | None) -> RuleQuery:
    """The same for every provider, so that ``none`` clears nobody; no level means that it is missing."""
    query = Query()
    rank = "NULL" if level is None else query.bind_value(level.rank)
    columns = {"level": rank, "title": query.bind_value(title), "is_nothing_due": "true"}
    return RuleQuery(select_columns(None, columns), query.parameters)


def _casework_query(rule: CaseworkRule, _wide: ProviderTable) -> RuleQuery:
    return constant_query(f"Nothing is recorded: {rule.needs}", None)


_RULE_QUERIES: dict[str, Callable[[Any, ProviderTable], RuleQuery]] = {
    "bands": figures.bands_query,
    "grades": figures.grades_query,
    "condition": figures.condition_query,
    "siblings": figures.siblings_query,
    "event": times.event_query,
    "late": times.late_query,
    "defaults": times.defaults_query,
    "age": times.age_query,
    "clock": duties.clock_query,
    "restated": restatements.restated_query,
    "quantile": standards.quantile_query,
    "external_grade": standards.external_grade_query,
    "probability_over": standards.probability_over_query,
    "judgement": standards.judgement_query,
    "casework": _casework_query,
}
