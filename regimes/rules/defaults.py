"""``defaults``: something due every year came late or not at all, in several of the last years."""

from typing import Literal, Self

from pydantic import Field, model_validator

from indicators import catalogue
from regimes.rules.base import DueDateKey, PlainText, RuleLevel, WholeNumber
from regimes.rules.rule import CitedRule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql, quote_column

_DEFAULTS_TABLE = """provider_table LEFT JOIN (
    WITH came AS (SELECT * FROM observation WHERE indicator_id = {received}),
         year AS (SELECT d.subject_id, d.period_end, [d.seq, came.seq] AS year_seqs,
                         d.seq IN (FROM recalled) AS is_recalled, greatest(d.known_on, came.known_on) AS newest_on,
                         try_cast(d.value_text AS DATE) AS due_on, try_cast(came.value_text AS DATE) AS came_on,
                         coalesce(came_on > due_on, {checked_on} > due_on, false) AS is_late,
                         came_on IS NULL AND NOT is_late AS is_unknown
                  FROM observation AS d LEFT JOIN came
                       ON came.subject_id = d.subject_id AND came.period_end = d.period_end
                  WHERE d.indicator_id = {due} AND due_on < {day}
                  QUALIFY row_number() OVER (PARTITION BY d.subject_id ORDER BY d.period_end DESC) <= {years})
    SELECT subject_id, count(*) AS n, count(*) FILTER (is_late) AS late, count(*) FILTER (is_unknown) AS unknown,
           string_agg(strftime(period_end, '%Y'), ', ' ORDER BY period_end) FILTER (is_late) AS late_years,
           list_sort(list_distinct(flatten(list(year_seqs)))) AS all_seqs, max(period_end) AS newest_end,
           max(newest_on) AS newest_known, bool_or(is_recalled) AS any_recalled
    FROM year GROUP BY subject_id) AS years ON years.subject_id = provider_table.provider_id"""


class DefaultsRule(CitedRule):
    """Something due every year came late or not at all in so many of the last years."""

    kind: Literal["defaults"]
    title: PlainText
    due: DueDateKey
    received: DueDateKey
    of_last: WholeNumber = Field(ge=1, description="years, the newest that are due")
    at_least: WholeNumber = Field(ge=1, description="years in default")
    level: RuleLevel

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.at_least > self.of_last:
            raise ValueError(
                f"'at_least' is {self.at_least} of only {self.of_last} years, so it is never met; write at most "
                f"{self.of_last}"
            )
        return self

    def column_needs(self) -> ColumnNeeds:
        """The newest due date; the years are read from the rows of the ledger."""
        return super().column_needs() | ColumnNeeds(frozenset([self.due]))

    def limits_text(self) -> str:
        """The number of years that raise a level, and the years looked at, in words."""
        return f"{self.level}: {self.at_least} of the last {self.of_last}"

    def build_query(self, context: RuleContext) -> RuleQuery:
        """In how many years the return came late, or had not come when its register was read."""
        query = Query()
        register = catalogue.load().indicators[self.due].registers[0]
        table = _DEFAULTS_TABLE.format(
            due=context.indicator_ids(query, [self.due]),
            received=context.indicator_ids(query, [self.received]),
            checked_on=f"{query.bind_value(context.register_checked_on.get(register))}::DATE",
            day=query.bind_value(context.day),
            years=query.bind_value(self.of_last),
        )
        name, least, due = query.bind_value(self.title), query.bind_value(self.at_least), quote_column(self.due)
        is_new = (
            f"n IS NULL AND {due} >= {query.bind_value(context.day)}"  # the provider's first return is still to come
        )
        unknown = concat_sql("unknown", "' of the last '", "n", "' since the register was last looked at'")
        columns = {
            "level": case_when_sql(
                (f"late >= {least}", query.bind_value(self.level.rank)), (f"late + unknown < {least} OR {is_new}", "0")
            ),
            "value_number": "late::DOUBLE",
            "title": case_when_sql(
                (is_new, concat_sql(name, "': none was due yet, the first known is by '", day_sql(due))),
                ("n IS NULL", concat_sql(name, "': not known when due'")),
                ("late > 0", concat_sql(name, "': '", "late", "' of the last '", "n", "', for '", "late_years")),
                ("unknown > 0", concat_sql(name, "': not known of '", unknown)),
                otherwise=concat_sql(name, "': none of the last '", "n"),
            ),
            "seqs": case_when_sql((is_new, f"[{quote_column(self.due, 'seq')}]"), otherwise="coalesce(all_seqs, [])"),
            "period_end": "newest_end",
            "known_on": "newest_known",
            "is_recalled": "coalesce(any_recalled, false)",
            "was_given": "n IS NOT NULL",
            "is_nothing_due": is_new,
        }
        return RuleQuery(self.select_columns(columns, table), query.parameters, (self.due, self.received), "returns")
