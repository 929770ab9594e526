"""``bands``: a number falls into a band, which has a level."""

from typing import Literal, Self

from pydantic import Field, model_validator

from regimes import expressions
from regimes.expressions import COMPLETENESS
from regimes.rules import sql_text
from regimes.rules.base import ExpressionText, IndicatorKey, YesNo, check_level_order
from regimes.rules.expression_table import number_table_sql
from regimes.rules.rule import ScoredBandsRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds, aligned_needs
from regimes.rules.sql import (
    RuleQuery,
    band_level_sql,
    band_score_sql,
    band_text_sql,
    limits_text,
    not_known_sql,
    provenance_columns,
    scaled_from_sql,
    unit_of,
    was_given_sql,
)
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column
from regimes.rules.staleness import staleness_columns


class BandsRule(ScoredBandsRule):
    """A number falls into a band: ``bands``."""

    kind: Literal["bands"]
    indicator: IndicatorKey | None = None
    expression: ExpressionText | None = None
    unit: str | None = Field(default=None, description="of an expression: GBP, share, percent, times, months ...")
    mixed_periods: YesNo = Field(default=False, description="figures of an expression may be of different periods")
    better: Literal["higher", "lower"]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.indicator is None) == (self.expression is None):
            raise ValueError("write either 'indicator' or 'expression'")
        if self.indicator is not None and expressions.column_type(self.indicator) != "DOUBLE":
            raise ValueError(f"'{self.indicator}' is not a number; use kind: grades, condition or event")
        if self.expression is not None and self.title is None:
            raise ValueError("'title' is missing: an expression needs a title")
        check_level_order(self.better, self.bands)
        return self

    def number_text(self) -> str:
        """The expression of the number; an indicator is one too."""
        return self.expression or self.indicator or ""

    def number_unit(self) -> str:
        """The unit of the number; empty if none is written."""
        return self.unit or (unit_of(self.indicator) if self.indicator else "")

    def has_ordered_scores(self, *, is_higher_better: bool) -> bool:
        """Whether the scores rise, or fall, with the number all the way."""
        is_rising = (self.better == "higher") == is_higher_better
        scores = self.possible_scores()
        return scores == sorted(scores, reverse=not is_rising)

    def column_needs(self) -> ColumnNeeds:
        """The columns of the number."""
        return super().column_needs() | aligned_needs(self.number_text(), is_mixed=self.mixed_periods)

    def limits_text(self) -> str:
        """The bands that raise a level."""
        return limits_text(self.bands, self.number_unit())

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The number and the band it is in."""
        query, expression, unit = Query(), expressions.parse(self.number_text()), self.number_unit()
        name, provenance = query.bind_value(self.display_title()), provenance_columns(expression)
        stale = staleness_columns(self, expression, context, query)
        day = f"coalesce(' at ' || {day_sql(provenance['period_end'])}, '')" if provenance else "''"
        if "last_known" in stale:  # which gives the day
            day = case_when_sql((f"{stale['last_known']} IS NOT NULL", "''"), otherwise=day)
        text = concat_sql(
            name,
            "' '",
            self._number_sql(query, context),
            day,
            scaled_from_sql(expression),
            band_text_sql(query, "value", self.bands, unit),
        )
        columns = provenance | {
            "level": band_level_sql(query, "value", self.bands),
            "score": band_score_sql(query, "value", self.bands),
            "value_number": "value",
            "title": case_when_sql(("value IS NULL", not_known_sql(query, name, expression)), otherwise=text),
            **stale,
            "was_given": was_given_sql(expression),
        }
        if expression.columns == (COMPLETENESS,):  # null if no rule counts: all are excused, or silent due to a source
            columns["applies"] = "value IS NOT NULL"
        table = number_table_sql(self, expression, context, is_mixed=self.mixed_periods)
        return RuleQuery(self.select_columns(columns, table), query.parameters, expression.indicators, unit)

    def _number_sql(self, query: Query, context: RuleContext) -> str:
        """SQL for the number as people read it; an indicator's own value may be in another currency."""
        number = sql_text.number_sql("value", self.number_unit())
        if self.indicator not in expressions.parse(self.number_text()).columns:
            return number
        column = quote_column(self.indicator, "unit")
        plain = sql_text.number_sql("value", "")
        foreign = [
            (f"{column} = {query.bind_value(key)}", concat_sql(query.bind_value(f"{unit} "), plain))
            for key, unit in context.units.items()
        ]
        return case_when_sql(*foreign, otherwise=number)
