"""``quantile``: the place of a number among the numbers of all providers of the regime."""

from typing import Literal, Self

from pydantic import Field, model_validator

from regimes import expressions
from regimes.rules import sql_text
from regimes.rules.base import ExpressionText, IndicatorKey, WholeNumber, YesNo, check_level_order
from regimes.rules.expression_table import number_table_sql
from regimes.rules.rule import ScoredBandsRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds, UnnamedRows, aligned_needs, expression_rows
from regimes.rules.sql import (
    RuleQuery,
    band_level_sql,
    band_score_sql,
    band_text_sql,
    limits_text,
    not_known_sql,
    provenance_columns,
    unit_of,
    was_given_sql,
)
from regimes.rules.sql_text import Query, case_when_sql, concat_sql
from regimes.rules.staleness import staleness_columns

# Providers to which the rule does not apply are not ranked either.
_RANKED_TABLE = """(
SELECT *, CASE WHEN value IS NOT NULL THEN percent_rank() OVER (PARTITION BY value IS NULL ORDER BY value {order}) END
          AS position, count(value) OVER () AS others
FROM (SELECT * REPLACE (CASE WHEN {applies} THEN value END AS value) FROM {table}))"""


class QuantileRule(ScoredBandsRule):
    """The place of a number among those of all providers that the regime covers: 0 the best, 1 the worst."""

    kind: Literal["quantile"]
    indicator: IndicatorKey | None = None
    expression: ExpressionText | None = None
    unit: str | None = Field(default=None, description="of an expression: GBP, share, percent, times, months ...")
    mixed_periods: YesNo = Field(default=False, description="figures of an expression may be of different periods")
    better: Literal["higher", "lower"] = Field(description="which numbers are the better ones")
    at_least: WholeNumber = Field(
        default=20, ge=2, description="providers with the number; with fewer it does not apply"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.indicator is None) == (self.expression is None):
            raise ValueError("write either 'indicator' or 'expression'")
        if self.indicator is not None and expressions.column_type(self.indicator) != "DOUBLE":
            raise ValueError(f"'{self.indicator}' is not a number; only numbers have an order")
        if self.expression is not None and self.title is None:
            raise ValueError("'title' is missing: an expression needs a title")
        check_level_order("lower", self.bands)
        return self

    def number_text(self) -> str:
        """The expression of the number; an indicator is one too."""
        return self.expression or self.indicator or ""

    def has_ordered_scores(self, *, is_higher_better: bool) -> bool:
        """Whether the scores get worse from the first place to the last."""
        scores = self.possible_scores()
        return scores == sorted(scores, reverse=is_higher_better)

    def column_needs(self) -> ColumnNeeds:
        """The columns of the number."""
        return super().column_needs() | aligned_needs(self.number_text(), is_mixed=self.mixed_periods)

    def unnamed_rows(self) -> UnnamedRows:
        """The numbers of all providers decide the place of each."""
        return super().unnamed_rows() | UnnamedRows(of_all_providers=expression_rows(self.number_text()))

    def limits_text(self) -> str:
        """The places that raise a level."""
        return limits_text(self.bands, "share")

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The place of a provider's number among those of all: 0 the best, 1 the worst."""
        query, expression = Query(), expressions.parse(self.number_text())
        unit = self.unit or (unit_of(self.indicator) if self.indicator else "")
        name = query.bind_value(self.display_title())
        table = _RANKED_TABLE.format(
            order="DESC" if self.better == "higher" else "ASC",
            applies=expressions.parse(self.applies_when).sql if self.applies_when else "true",
            table=number_table_sql(self, expression, context, is_mixed=self.mixed_periods),
        )
        enough = f"others >= {query.bind_value(self.at_least)}"
        text = concat_sql(
            name,
            "' '",
            sql_text.number_sql("value", unit),
            "', worse than '",
            sql_text.number_sql("position", "share"),
            "' of '",
            "others",
            band_text_sql(query, "position", self.bands, "share"),
        )
        columns = provenance_columns(expression) | {
            "level": case_when_sql((enough, band_level_sql(query, "position", self.bands))),
            "score": case_when_sql((enough, band_score_sql(query, "position", self.bands)), otherwise="NULL::DOUBLE"),
            "value_number": "position",
            "title": case_when_sql(
                ("value IS NULL", not_known_sql(query, name, expression)),
                (enough, text),
                otherwise=concat_sql(name, "': known of only '", "others"),
            ),
            **staleness_columns(self, expression, context, query),
            "was_given": was_given_sql(expression),
            "applies": f"value IS NULL OR {enough}",
        }
        return RuleQuery(self.select_columns(columns, table), query.parameters, expression.indicators, "share")
