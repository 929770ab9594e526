"""``external_grade``: a grade by another body, such as a credit rating, is at or below a line."""

from typing import Literal, Self

from pydantic import Field, model_validator

from regimes import expressions
from regimes.rules.base import GradeKey, PlainText, RuleLevel, StrictModel
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery, plain_expression, provenance_columns, title_of, was_given_sql
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, quote_column
from regimes.rules.staleness import staleness_columns


class Outlook(StrictModel):
    """The direction that a rating agency expects, for a grade that is just at the line."""

    indicator: GradeKey
    at_or_below: PlainText


class ExternalGradeRule(CitedRule):
    """A grade by another body is at or below a line: ``external_grade``. With an outlook, only a bad outlook counts."""

    kind: Literal["external_grade"]
    indicator: GradeKey
    at_or_below: PlainText
    outlook: Outlook | None = Field(default=None, description="at the line itself, the outlook must be this bad too")
    level: RuleLevel

    @model_validator(mode="after")
    def _is_on_the_scales(self) -> Self:
        outlook_lines = [(self.outlook.indicator, self.outlook.at_or_below)] if self.outlook else []
        for indicator, word in ((self.indicator, self.at_or_below), *outlook_lines):
            scale = expressions.find_indicator(indicator).grades
            if word.lower() not in scale:
                raise ValueError(f"'{word}' is no grade of {indicator}; write one of {', '.join(scale)}")
        return self

    def column_needs(self) -> ColumnNeeds:
        """The columns of the grade and of the outlook."""
        return super().column_needs() | ColumnNeeds(frozenset(self._grades()))

    def limits_text(self) -> str:
        """The line, with the outlook that counts there."""
        if self.outlook is None:
            return f"{self.level}: {self.at_or_below} or below"
        return f"{self.level}: {self.at_or_below} with outlook {self.outlook.at_or_below}, or below"

    def build_query(self, context: RuleContext) -> RuleQuery:
        """Whether the grade is at or below the line."""
        query, expression = Query(), plain_expression(*self._grades())
        rank, shown = quote_column(self.indicator), quote_column(self.indicator, "text")
        name, level = query.bind_value(self.display_title()), query.bind_value(self.level.rank)
        line = query.bind_value(expressions.find_indicator(self.indicator).grades[self.at_or_below.lower()])
        level_at_line = level
        if self.outlook is not None:
            outlook, key = quote_column(self.outlook.indicator), self.outlook.indicator
            bad = query.bind_value(expressions.find_indicator(key).grades[self.outlook.at_or_below.lower()])
            level_at_line = case_when_sql((f"{outlook} >= {bad}", level), (f"{outlook} < {bad}", "0"))
            outlook_text = concat_sql("', '", query.bind_value(title_of(key)), "' '", quote_column(key, "text"))
            shown = concat_sql(shown, f"coalesce({outlook_text}, '')")
        columns = provenance_columns(expression) | {
            "level": case_when_sql(
                (f"{rank} > {line}", level), (f"{rank} = {line}", level_at_line), (f"{rank} < {line}", "0")
            ),
            "value_text": shown,
            "title": concat_sql(name, f"coalesce(': ' || {shown}, ': not known')"),
            **staleness_columns(self, expression, context, query),
            "was_given": was_given_sql(expression),
        }
        return RuleQuery(self.select_columns(columns), query.parameters, expression.columns)

    def _grades(self) -> list[str]:
        return [self.indicator, *([self.outlook.indicator] if self.outlook else [])]
