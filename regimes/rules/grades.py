"""``grades``: a grade of a register has a level."""

from typing import Literal, Self

from pydantic import Field, model_validator

from models.vocabulary import Level
from regimes import expressions
from regimes.rules import sql_text
from regimes.rules.base import FiniteNumber, GradeKey, RuleLevel
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery, plain_expression, provenance_columns, was_given_sql
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column
from regimes.rules.staleness import staleness_columns


class GradesRule(CitedRule):
    """A grade has a level: ``grades``. All grades of the scale must be there, by any of their words."""

    kind: Literal["grades"]
    indicator: GradeKey
    grades: dict[str, RuleLevel]
    scores: dict[str, FiniteNumber] = Field(
        default_factory=dict, description="in a section with 'combine': what each counts"
    )

    @model_validator(mode="after")
    def _covers_the_scale(self) -> Self:
        scale = expressions.find_indicator(self.indicator).grades
        unknown = [word for word in self.grades if word.lower() not in scale]
        if unknown:
            raise ValueError(f"'{unknown[0]}' is no grade of {self.indicator}; write one of {', '.join(scale)}")
        ranks = self.levels_by_rank()
        if len({scale[word.lower()] for word in self.grades}) < len(self.grades):
            raise ValueError(f"two words for the same grade of {self.indicator}; write one of them")
        left_out = [word for word, rank in scale.items() if rank not in ranks]
        if left_out:
            raise ValueError(f"the grade '{left_out[0]}' of {self.indicator} has no level; add it")
        levels = [ranks[rank].rank for rank in sorted(ranks)]
        if levels != sorted(levels):
            raise ValueError(f"a worse grade of {self.indicator} has a better level; put them in order")
        if self.scores and self.scores_by_rank().keys() != ranks.keys():
            raise ValueError(f"'scores' needs a number for each grade of {self.indicator} that 'grades' has")
        return self

    def levels_by_rank(self) -> dict[int, Level]:
        """The level of each rank of the scale, 1 the best."""
        scale = expressions.find_indicator(self.indicator).grades
        return {scale[word.lower()]: level for word, level in self.grades.items()}

    def scores_by_rank(self) -> dict[int, float]:
        """The score of each rank of the scale, 1 the best; empty if the rule is not scored."""
        scale = expressions.find_indicator(self.indicator).grades
        return {scale[word.lower()]: score for word, score in self.scores.items() if word.lower() in scale}

    def possible_scores(self) -> list[float]:
        """The scores of the grades."""
        return list(self.scores_by_rank().values())

    def has_ordered_scores(self, *, is_higher_better: bool) -> bool:
        """Whether the scores get worse from the best grade to the worst."""
        scores = [score for _, score in sorted(self.scores_by_rank().items())]
        return scores == sorted(scores, reverse=is_higher_better)

    def column_needs(self) -> ColumnNeeds:
        """The columns of the grade."""
        return super().column_needs() | ColumnNeeds(frozenset([self.indicator]))

    def limits_text(self) -> str:
        """The grades that raise a level."""
        return sql_text.format_limits((level, word) for word, level in self.grades.items())

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The grade and its level."""
        query, expression = Query(), plain_expression(self.indicator)
        rank, text, end = (quote_column(self.indicator, *part) for part in ((), ("text",), ("end",)))
        name = query.bind_value(self.display_title())
        levels = [
            (f"{rank} = {query.bind_value(number)}", query.bind_value(level.rank))
            for number, level in self.levels_by_rank().items()
        ]
        scores = [
            (f"{rank} = {query.bind_value(number)}", query.bind_value(score))
            for number, score in self.scores_by_rank().items()
        ]
        stale = staleness_columns(self, expression, context, query)
        day = f"coalesce(' on ' || {day_sql(end)}, '')"
        if "last_known" in stale:  # which gives the day
            day = case_when_sql((f"{stale['last_known']} IS NOT NULL", "''"), otherwise=day)
        columns = provenance_columns(expression) | {
            "level": case_when_sql(*levels),
            "score": case_when_sql(*scores, otherwise="NULL::DOUBLE"),
            "value_text": text,
            "title": concat_sql(name, f"coalesce(': ' || {text} || {day}, ': not known')"),
            **stale,
            "was_given": was_given_sql(expression),
        }
        return RuleQuery(self.select_columns(columns), query.parameters, (self.indicator,))
