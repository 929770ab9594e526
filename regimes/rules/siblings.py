"""``siblings``: how many of the owner's other settings are graded badly."""

from typing import Literal, Self

from pydantic import Field, model_validator

from regimes import expressions
from regimes.rules.base import GradeKey, PlainText, WholeNumber, has_ordered_levels
from regimes.rules.rule import BandedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds, UnnamedRows
from regimes.rules.sql import RuleQuery, band_level_sql, band_text_sql, limits_text
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, quote_column
from regimes.rules.staleness import staleness_cutoff

# The setting itself is subtracted from the counts of its owner, so that settings are not joined each with each.
_SIBLING_TABLE = """(
WITH setting AS (
         SELECT *, coalesce({rank} IS NOT NULL AND {day} >= coalesce({oldest}::DATE, {day}), false) AS is_graded,
                coalesce(is_graded AND {rank} > {good}, false) AS is_worse FROM provider_table),
     owned AS (SELECT owner, count(*) FILTER (is_graded) AS graded, count(*) FILTER (is_worse) AS worse,
                      list({seq} ORDER BY {seq}) FILTER (is_worse) AS seqs, max({end}) FILTER (is_worse) AS newest_end,
                      max({known}) FILTER (is_worse) AS newest_known, bool_or({recalled}) AS any_recalled
               FROM setting WHERE owner IS NOT NULL GROUP BY owner)
SELECT setting.*, owned.graded - is_graded::INTEGER AS siblings, owned.worse - is_worse::INTEGER AS worse,
       list_filter(coalesce(owned.seqs, []), lambda seq: seq IS DISTINCT FROM {seq}) AS sibling_seqs,
       newest_end, newest_known, any_recalled
FROM setting LEFT JOIN owned ON owned.owner = setting.owner)"""


class SiblingsRule(BandedRule):
    """How many of the owner's other settings are graded badly."""

    kind: Literal["siblings"]
    title: PlainText
    indicator: GradeKey
    worse_than: PlainText
    at_least: WholeNumber = Field(
        default=2, ge=1, description="other settings with a grade; with fewer it says nothing"
    )
    better: Literal["lower"] = "lower"

    @model_validator(mode="after")
    def _is_a_grade(self) -> Self:
        scale = expressions.find_indicator(self.indicator).grades
        if self.worse_than.lower() not in scale:
            raise ValueError(f"'{self.worse_than}' is no grade of {self.indicator}; write one of {', '.join(scale)}")
        if not has_ordered_levels(self.bands, is_higher_better=False):
            raise ValueError("a larger share of badly graded settings has a better level; put the levels in order")
        return self

    def column_needs(self) -> ColumnNeeds:
        """The columns of the grade."""
        return super().column_needs() | ColumnNeeds(frozenset([self.indicator]))

    def unnamed_rows(self) -> UnnamedRows:
        """The grades of the other settings decide, also the good ones."""
        return super().unnamed_rows() | UnnamedRows(of_siblings=frozenset([self.indicator]))

    def limits_text(self) -> str:
        """The shares that raise a level."""
        return limits_text(self.bands, "share")

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The share of the owner's other settings that are graded worse than ``worse_than``."""
        query = Query()
        table = _SIBLING_TABLE.format(
            rank=quote_column(self.indicator),
            oldest=query.bind_value(staleness_cutoff(self, self.indicator, context.day)),
            good=query.bind_value(expressions.find_indicator(self.indicator).grades[self.worse_than.lower()]),
            **{name: quote_column(self.indicator, name) for name in ("seq", "end", "known", "day", "recalled")},
        )
        enough, share = f"siblings >= {query.bind_value(self.at_least)}", "(worse / siblings)"
        name, is_counted = query.bind_value(self.title), f"owner IS NOT NULL AND {enough}"
        band_text = band_text_sql(query, share, self.bands, "share")
        columns = {
            "level": case_when_sql((is_counted, band_level_sql(query, share, self.bands))),
            "value_number": case_when_sql((is_counted, share)),
            "title": case_when_sql(
                ("owner IS NULL", concat_sql(name, "': not known, no owner is'")),
                (enough, concat_sql(name, "': '", "worse", "' of '", "siblings", band_text)),
                otherwise=concat_sql(name, "': only '", "siblings", "' with a grade'"),
            ),
            "seqs": case_when_sql((is_counted, "sibling_seqs"), otherwise="[]"),
            "period_end": case_when_sql((f"{is_counted} AND worse > 0", "newest_end")),
            "known_on": case_when_sql((f"{is_counted} AND worse > 0", "newest_known")),
            "is_recalled": "coalesce(any_recalled, false)",
            "applies": f"owner IS NULL OR {enough}",
        }
        return RuleQuery(self.select_columns(columns, table), query.parameters, (self.indicator,), "share")
