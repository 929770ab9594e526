"""Gives each kind of rule its look: the SQL that says what it sees of every provider."""

from collections.abc import Callable
from typing import Any

from models.vocabulary import Level
from regimes.provider_table import ProviderTable
from regimes.rules import clock, event, judgement, number, restated
from regimes.rules.any_rule import AnyRule, CaseworkRule
from regimes.rules.sql import RuleQuery, select_columns
from regimes.rules.sql_text import Query


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
    "bands": number.bands_query,
    "grades": number.grades_query,
    "condition": number.condition_query,
    "siblings": number.siblings_query,
    "event": event.event_query,
    "late": event.late_query,
    "defaults": event.defaults_query,
    "age": event.age_query,
    "clock": clock.clock_query,
    "restated": restated.restated_query,
    "quantile": judgement.quantile_query,
    "external_grade": judgement.external_grade_query,
    "probability_over": judgement.probability_over_query,
    "judgement": judgement.judgement_query,
    "casework": _casework_query,
}
