"""``restated``: figures of a period for which the register has since given another value."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from indicators import catalogue
from models.vocabulary import IndicatorKind
from regimes import expressions
from regimes.clocks import YamlDuration
from regimes.rules import sql_text
from regimes.rules.base import Bands, FiniteNumber, PlainText, RestatableKey, YesNo, has_ordered_levels
from regimes.rules.rule import BandedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import (
    RuleQuery,
    band_level_sql,
    band_text_sql,
    limits_text,
    title_of,
    unit_of,
)
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column
from regimes.rules.staleness import staleness_cutoff

_DAYS_OF_YEAR = (350, 380)  # days

_RESTATEMENT_TABLE = """provider_table LEFT JOIN (
    WITH restatement AS (
             SELECT *, indicator_id IN ({grades}) AS is_grade,
                    coalesce(abs(newest_value - first_value) / nullif(abs(first_value), 0), 'infinity') AS change
             FROM restated WHERE indicator_id IN ({indicators}) AND newest_known_on >= {since}),
         counted AS (
             SELECT *, {sentence} AS sentence FROM restatement WHERE (is_grade OR change >= {by}) AND {is_counted})
    SELECT subject_id, count(*) AS n, arg_max(sentence, (change, newest_seq)) AS sentence,
           arg_max(period_end, (change, newest_seq)) AS about_on, max(newest_known_on) AS restated_on,
           list_sort(flatten(list([first_seq, newest_seq]))) AS both_seqs,
           bool_or(first_seq IN (FROM recalled) OR newest_seq IN (FROM recalled)) AS any_recalled
    FROM counted GROUP BY subject_id) AS restatements ON restatements.subject_id = provider_table.provider_id"""


class RestatedRule(BandedRule):
    """The number of figures restated not long ago: ``restated``."""

    kind: Literal["restated"]
    title: PlainText
    indicators: Annotated[tuple[RestatableKey, ...], Field(min_length=1)] = Field(description="figures and grades")
    by: FiniteNumber = Field(
        gt=0, le=1, description="change that counts, as a share of the first value; of a grade any change does"
    )
    worse_only: YesNo = Field(default=False, description="only what was restated for the worse")
    within: YamlDuration = Field(description="how long ago the newest value may have become known")
    better: Literal["lower"] = "lower"
    bands: Bands = Field(description="of the number of restated figures")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if not has_ordered_levels(self.bands, is_higher_better=False):
            raise ValueError("more restated figures have a better level; put the levels in order")
        neutral = [key for key in self.indicators if expressions.find_indicator(key).direction == "neutral"]
        if self.worse_only and neutral:
            raise ValueError(f"nothing says which way '{neutral[0]}' is worse; leave it out, or remove 'worse_only'")
        twice = [key for key in self.indicators if self.indicators.count(key) > 1]
        if twice:
            raise ValueError(f"'{twice[0]}' is there twice; name it once")
        return self

    def column_needs(self) -> ColumnNeeds:
        """The columns of the figures and grades."""
        return super().column_needs() | ColumnNeeds(frozenset(self.indicators))

    def limits_text(self) -> str:
        """How many restated figures raise a level, and which changes count."""
        return f"{limits_text(self.bands, '')}, restated {self._change_text()} within {self.within}"

    def build_query(self, context: RuleContext) -> RuleQuery:
        """How many figures of a period were restated not long ago, and the one that changed most."""
        query = Query()
        grades = [key for key in self.indicators if catalogue.load().indicators[key].kind is IndicatorKind.GRADE]
        table = _RESTATEMENT_TABLE.format(
            grades=context.indicator_ids(query, grades),
            indicators=context.indicator_ids(query, self.indicators),
            since=query.bind_value(self.within.day_before(context.day)),
            by=query.bind_value(self.by),
            is_counted=self._is_worse_sql(query, context) if self.worse_only else "true",
            sentence=self._sentence_sql(query, context),
        )
        number, name = "coalesce(n, 0)", query.bind_value(self.title)
        level = band_level_sql(query, number, self.bands)
        is_known = " OR ".join(f"{quote_column(key, 'seq')} IS NOT NULL" for key in self.indicators)
        several = case_when_sql(("n > 1", concat_sql("'; '", "n", "' in all'")), otherwise="''")
        none = query.bind_value(f": none {self._change_text()} within {self.within}")
        columns = {
            "level": case_when_sql((is_known, level)),
            "value_number": case_when_sql((is_known, f"{number}::DOUBLE")),
            "title": case_when_sql(
                ("n > 0", concat_sql(name, "': '", "sentence", several, band_text_sql(query, number, self.bands, ""))),
                (is_known, concat_sql(name, none)),
                otherwise=concat_sql(name, "': not known, none of its figures is'"),
            ),
            "seqs": "coalesce(both_seqs, [])",
            "period_end": "about_on",
            "known_on": "restated_on",
            "is_recalled": "coalesce(any_recalled, false)",
            # A restatement does not become stale; "none" does, once the provider gives no new figures.
            "is_stale": f"NOT ({self._has_current_figure_sql(query, context)}) AND coalesce({level}, 0) = 0",
        }
        return RuleQuery(self.select_columns(columns, table), query.parameters, tuple(self.indicators), "figures")

    def _change_text(self) -> str:
        """Which changes count: ``for the worse by 10 % or more``."""
        way = "for the worse " if self.worse_only else ""
        return f"{way}by {sql_text.format_exact_number(self.by, 'share')} or more"

    def _is_worse_sql(self, query: Query, context: RuleContext) -> str:
        """SQL for "the newest value is worse than the first"."""
        known = catalogue.load().indicators
        lower = [key for key in self.indicators if known[key].direction == "lower_is_better"]
        return f"(newest_value > first_value) = (indicator_id IN ({context.indicator_ids(query, lower)}))"

    def _has_current_figure_sql(self, query: Query, context: RuleContext) -> str:
        """SQL for "one of the figures is not stale"."""
        tests = []
        for key in self.indicators:
            limit = staleness_cutoff(self, key, context.day)
            tests.append(
                f"{quote_column(key, 'seq')} IS NOT NULL"
                if limit is None
                else f"coalesce({quote_column(key, 'day')} >= {query.bind_value(limit)}, false)"
            )
        return " OR ".join(tests)

    def _sentence_sql(self, query: Query, context: RuleContext) -> str:
        """SQL for ``Net debt at 31 December 2016 first given as £5, now as £9, restated on 3 March 2017``."""
        known = [(context.indicators[key], key) for key in self.indicators if key in context.indicators]
        titles = [
            (f"indicator_id = {query.bind_value(number)}", query.bind_value(title_of(key))) for number, key in known
        ]
        period = case_when_sql(
            ("period_start IS NULL", "' at '"),
            ("period_end - period_start BETWEEN {} AND {}".format(*_DAYS_OF_YEAR), "' of the year to '"),
            otherwise=concat_sql("' of '", day_sql("period_start"), "' to '"),
        )
        units = [(f"indicator_id = {query.bind_value(number)}", unit_of(key)) for number, key in known]
        foreign = [
            (f"unit_id = {query.bind_value(key)}", query.bind_value(f"{unit} ")) for key, unit in context.units.items()
        ]
        return concat_sql(
            case_when_sql(*titles, otherwise="''"),
            period,
            day_sql("period_end"),
            "' first given as '",
            _value_sql("first", units, foreign),
            "', now as '",
            _value_sql("newest", units, foreign),
            "', restated on '",
            day_sql("newest_known_on"),
        )


def _value_sql(side: str, units: list[tuple[str, str]], foreign: list[tuple[str, str]]) -> str:
    """SQL for the ``first`` or ``newest`` value as people read it.

    Args:
        side: ``first`` or ``newest``.
        units: a condition and the unit of the catalogue that a value then has.
        foreign: a condition and, as SQL, the name of another unit that a value then has.
    """
    column = f"{side}_value"
    plain = sql_text.number_sql(column, "")
    return case_when_sql(
        ("is_grade", f"{side}_text"),
        *((is_foreign, concat_sql(unit, plain)) for is_foreign, unit in foreign),
        *((is_of_unit, sql_text.number_sql(column, unit)) for is_of_unit, unit in units),
        otherwise="''",
    )
