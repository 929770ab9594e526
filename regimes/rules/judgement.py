"""``judgement``: a person's rating, recorded as casework, for questions that no figure answers."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from regimes.clocks import YamlDuration
from regimes.rules import sql_text
from regimes.rules.base import CitedNumber, PlainText, RuleKey, RuleLevel
from regimes.rules.rule import Rule
from regimes.rules.rule_context import RuleContext
from regimes.rules.rule_inputs import ColumnNeeds
from regimes.rules.sql import RuleQuery, select_columns
from regimes.rules.sql_text import Query, case_when_sql, concat_sql, day_sql

JUDGEMENT = "judgement"  # the catalogue's indicator; its occurrence is "<regime>/<rule>"

_JUDGEMENT_TABLE = """provider_table LEFT JOIN (
    SELECT subject_id, arg_max(value_text, (known_on, seq)) AS word, arg_max(seq, (known_on, seq)) AS word_seq,
           max(known_on) AS judged_on, arg_max(period_end, (known_on, seq)) AS about_on
    FROM observation WHERE indicator_id IN ({judgement}) AND occurrence = {occurrence}
    GROUP BY subject_id) AS latest_judgement ON latest_judgement.subject_id = provider_table.provider_id"""


class JudgementRule(CitedNumber, Rule):
    """A person's rating, recorded as casework with its author, for questions that no figure answers."""

    is_breach: ClassVar[bool] = False

    key: RuleKey
    kind: Literal["judgement"]
    title: PlainText
    by: PlainText = Field(description="who judges")
    scale: dict[str, RuleLevel] = Field(min_length=2, description="the words of the rating, best first, with levels")
    stale_after: YamlDuration | None = Field(default=None, description="how long a judgement stands")
    optional_because: PlainText | None = Field(
        default=None, description="why one that was never judged is not unscorable"
    )

    @model_validator(mode="after")
    def _gets_worse(self) -> Self:
        ranks = [level.rank for level in self.scale.values()]
        if ranks != sorted(ranks):
            raise ValueError("'scale' must begin with the best word and get worse; put them in order")
        return self

    def display_title(self) -> str:
        """The rule's title."""
        return self.title

    def column_needs(self) -> ColumnNeeds:
        """No column: the judgement is read from the rows of the ledger."""
        return ColumnNeeds()

    def limits_text(self) -> str:
        """The words that raise a level."""
        return sql_text.format_limits((level, word) for word, level in self.scale.items())

    def build_query(self, context: RuleContext) -> RuleQuery:
        """The newest judgement and its day."""
        query = Query()
        table = _JUDGEMENT_TABLE.format(
            judgement=context.indicator_ids(query, [JUDGEMENT]),
            occurrence=query.bind_value(f"{context.regime_key}/{self.key}"),
        )
        levels = [
            (f"lower(word) = {query.bind_value(word.lower())}", query.bind_value(level.rank))
            for word, level in self.scale.items()
        ]
        name, missing = query.bind_value(self.title), query.bind_value(f": not judged yet by {self.by}")
        # An old judgement is stale, not last known: a result must not get better because nobody judges again.
        stale = "false"
        if self.stale_after is not None:
            stale = f"judged_on < {query.bind_value(self.stale_after.day_before(context.day))}::DATE"
        columns = {
            "level": case_when_sql(*levels),
            "value_text": "word",
            "title": case_when_sql(
                ("word IS NULL", concat_sql(name, missing)),
                otherwise=concat_sql(name, "': '", "word", "', judged on '", day_sql("judged_on")),
            ),
            "seqs": case_when_sql(("word_seq IS NOT NULL", "[word_seq]"), otherwise="[]"),
            "period_end": "about_on",
            "known_on": "judged_on",
            "is_stale": stale,
            "was_given": "word IS NOT NULL",
        }
        return RuleQuery(select_columns(columns, table), query.parameters)
