"""``condition``: something is the case, such as a flag, a status or a comparison."""

from typing import Literal

from pydantic import Field

from indicators import catalogue
from models.vocabulary import IndicatorKind
from regimes import expressions
from regimes.expression_text import describe_expression
from regimes.expressions import FACTS, Expression
from regimes.rules import sql_text
from regimes.rules.base import ConditionText, PlainText, RuleLevel
from regimes.rules.expression_table import value_table_sql
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds, aligned_needs
from regimes.rules.sql import (
    RuleQuery,
    not_known_sql,
    provenance_columns,
    scaled_from_sql,
    title_of,
    unit_of,
    was_given_sql,
)
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column
from regimes.rules.staleness import staleness_columns


class ConditionRule(CitedRule):
    """Something is the case: a flag, a status, a comparison. Its title is answered by yes or no."""

    kind: Literal["condition"]
    title: PlainText
    when: ConditionText
    meaning: PlainText | None = Field(default=None, description="the condition in words, where it is hard to read")
    level: RuleLevel

    def column_needs(self) -> ColumnNeeds:
        """The columns of the condition."""
        return super().column_needs() | aligned_needs(self.when, is_mixed=False)

    def limits_text(self) -> str:
        """The condition in words."""
        return f"{self.level}: {self.meaning or describe_expression(self.when)}"

    def build_query(self, context: RuleContext) -> RuleQuery:
        """Whether the condition is true, with the values that say so."""
        query, expression = Query(), expressions.parse(self.when)
        values, name = _values_sql(query, expression), query.bind_value(self.title)
        answer = case_when_sql(("value", "': yes ('"), otherwise="': no ('")
        columns = provenance_columns(expression) | {
            "level": case_when_sql(("value", query.bind_value(self.level.rank)), ("NOT value", "0")),
            "value_text": values,
            "title": case_when_sql(
                ("value IS NULL", not_known_sql(query, name, expression)),
                otherwise=concat_sql(name, answer, values, "')'", scaled_from_sql(expression)),
            ),
            **staleness_columns(self, expression, context, query),
            "was_given": was_given_sql(expression),
        }
        table = value_table_sql(self, expression, context, is_mixed=False)
        return RuleQuery(self.select_columns(columns, table), query.parameters, expression.indicators)


def _values_sql(query: Query, expression: Expression) -> str:
    """SQL for the values that a condition reads; with their titles if there are several."""
    if len(expression.columns) == 1:
        return f"({_shown_value_sql(expression.columns[0])})"
    titles = [query.bind_value(f"{title_of(name)} ") for name in expression.columns]
    values = [concat_sql(title, _shown_value_sql(name)) for title, name in zip(titles, expression.columns, strict=True)]
    return f"concat_ws(', ', {', '.join(values)})"


def _shown_value_sql(name: str) -> str:
    """SQL for a value as people read it."""
    column = quote_column(name)
    if name not in FACTS and catalogue.load().indicators[name].kind is IndicatorKind.GRADE:
        return quote_column(name, "text")
    return {
        "BOOLEAN": case_when_sql((column, "'yes'"), (f"NOT {column}", "'no'")),
        "DATE": day_sql(column),
        "VARCHAR": column,
        "DOUBLE": f"({sql_text.number_sql(column, unit_of(name))})",
    }[expressions.column_type(name)]
