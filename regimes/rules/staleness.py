"""SQL for "the newest value is too old": shelf lives of the catalogue, or the rule's own ``stale_after``."""

from datetime import date, timedelta

from indicators import catalogue
from regimes.expressions import FACTS, Expression
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column


def staleness_cutoff(rule: CitedRule, indicator: str, day: date) -> date | None:
    """The first day of which a value of the indicator is not stale on ``day``; None if values never become stale."""
    shelf_life = catalogue.load().indicators[indicator].shelf_life_days
    if rule.stale_after is not None:
        return rule.stale_after.day_before(day)
    return None if shelf_life is None else day - timedelta(days=shelf_life)


def staleness_columns(rule: CitedRule, expression: Expression, context: RuleContext, query: Query) -> dict[str, str]:
    """The columns ``is_stale`` and ``last_known`` of a rule that reads newest values.

    A stale figure keeps its full level, also if a status is stale too: a provider gains nothing by filing no accounts.
    """
    known, figures, statuses = catalogue.load().indicators, list[str](), list[tuple[str, str]]()
    for name in expression.columns:
        limit = None if name in FACTS else staleness_cutoff(rule, name, context.day)
        if limit is None:
            continue
        is_older = f"coalesce({quote_column(name, 'day')} < {query.bind_value(limit)}, false)"
        if known[name].is_status:
            is_listed = context.register_of(name) in context.listing_registers
            statuses.append((is_older, _last_known_sql(name, is_listed=is_listed)))
        else:
            figures.append(is_older)
    is_old = " OR ".join([*figures, *(is_older for is_older, _ in statuses)])
    columns = {"is_stale": is_old or "false"}
    if statuses:
        of_figures = [(" OR ".join(figures), "NULL")] if figures else []
        columns["last_known"] = case_when_sql(*of_figures, *statuses)
    return columns


def _last_known_sql(name: str, *, is_listed: bool) -> str:
    """SQL for ``on the list of 31 March 2022``, the day from which the age of a status counts."""
    lead = "'on '"
    if is_listed:
        lead = case_when_sql((f"{quote_column(name, 'end')} IS NULL", "'on the list of '"), otherwise=lead)
    return concat_sql(lead, day_sql(quote_column(name, "day")))
