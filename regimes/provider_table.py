"""Builds the table of a regime's providers: a row for each provider, a column for each thing that the rules read.

The columns of an indicator ``x`` are ``x`` (its newest value, typed), ``x seq``, ``x end`` (the day it is about),
``x known`` (the day it became known), ``x day`` (from which its age counts), ``x recalled``, ``x text`` (verbatim),
``x unit`` (if it is not the catalogue's) and ``x days`` (the length of its period). ``before x`` and so on are the
columns of the value before the newest. ``previous x`` and so on are those that an expression means by ``previous.x``:
of a figure the value of the year before in the same unit, otherwise the value before the newest.
``covered r`` says whether the register ``r`` has anything about the provider, ``listed r`` is the day of the newest
list of ``r`` that had the provider.
"""

from collections.abc import Iterable, Iterator

from indicators import catalogue
from indicators.ledger.as_of import AsOf
from regimes import expressions
from regimes.expressions import (
    DATED_KINDS,
    FACTS,
    SHORTEST_PERIOD,
    YEAR_DAYS,
    before_column,
    column_type,
    previous_column,
)
from regimes.rules.rule_context import RuleContext, sole_register
from regimes.rules.rule_inputs import ColumnNeeds, expression_needs
from regimes.rules.sql import ACCOUNTABILITY_LEVEL, COLUMN_SUFFIXES
from regimes.rules.sql_text import Query, quote_column
from regimes.schema import Regime

_TYPED_VALUE = {
    "DOUBLE": "{0}.value_number",
    "BOOLEAN": "{0}.value_number <> 0",
    "DATE": "try_cast({0}.value_text AS DATE)",
    "VARCHAR": "{0}.value_text",
}
_INDICATOR_COLUMNS = """{typed} AS {0}, {1}.seq AS {seq}, {1}.period_end AS {end}, {1}.known_on AS {known},
coalesce({1}.period_end, greatest({1}.known_on, {confirmed})) AS {day}, coalesce({1}.is_recalled, false) AS {recalled},
{1}.value_text AS {text}, {1}.unit_id AS {unit}, {1}.days AS {days}"""
_JOIN = "LEFT JOIN ({table}) AS {alias} ON {alias}.subject_id = provider.id"
_PROVIDER_TABLE = "CREATE OR REPLACE TABLE provider_table AS SELECT {columns} FROM provider {joins}"

# All indicators in one pass: with a join for each, finding the order of the joins takes longer than joining. The values
# of a provider are one list in which each indicator has its place: an aggregate for each takes twice as long.
_PACKED_VALUES = """
SELECT subject_id, {each} FROM (
    SELECT subject_id, observed_values,
           list_transform(observed_values, lambda value: value.indicator_id) AS ids FROM (
        SELECT v.subject_id, list({{'indicator_id': v.indicator_id, 'seq': v.seq, 'period_end': v.period_end,
               'known_on': v.known_on, 'value_number': v.value_number, 'value_text': v.value_text,
               'unit_id': v.unit_id, 'is_recalled': v.seq IN (FROM recalled),
               'days': v.period_end - v.period_start + 1}}) AS observed_values
        FROM {values} AS v WHERE v.subject_id IN (SELECT id FROM provider) AND v.indicator_id IN ({ids})
        GROUP BY v.subject_id))"""
_UNPACKED_VALUE = "observed_values[list_position(ids, {id})] AS {alias}"
# A figure of a year is no measure of change against one of half a year or of eighteen months.
_BEFORE_NEWEST = """(
SELECT p.* FROM previous AS p JOIN latest AS l USING (subject_id, indicator_id)
WHERE p.indicator_id IN ({ids}) AND l.indicator_id IN ({ids})
  AND coalesce(abs((l.period_end - l.period_start) - (p.period_end - p.period_start)) <= 31, true))"""
# A figure of the year before ends a year before the newest, is of a period as long that does not overlap, and has the
# same unit: anything else is no measure of a change in a year. The figure nearest to a year before counts.
_YEAR_BEFORE = f"""(
SELECT p.* FROM previous AS p WHERE p.indicator_id IN ({{others}})
UNION ALL BY NAME
SELECT p.* FROM observation AS p JOIN latest AS l USING (subject_id, indicator_id)
WHERE p.indicator_id IN ({{figures}}) AND l.indicator_id IN ({{figures}})
  AND l.period_end - p.period_end BETWEEN {YEAR_DAYS[0]} AND {YEAR_DAYS[1]}
  AND coalesce(abs((l.period_end - l.period_start) - (p.period_end - p.period_start)) <= 31, true)
  AND coalesce(l.period_start - p.period_end >= -15, true) AND p.unit_id IS NOT DISTINCT FROM l.unit_id
QUALIFY row_number() OVER (PARTITION BY p.subject_id, p.indicator_id
                           ORDER BY abs(l.period_end - p.period_end - 365), p.known_on DESC, p.seq DESC) = 1)"""  # noqa: S608 (numbers of ours)
# Indicators of which a period is not a year, or a unit is not the catalogue's. All other indicators need no scaling and
# no check of units, and their rules are a shorter query.
_IRREGULAR_INDICATORS = f"""
SELECT key, bool_or(coalesce(period_end - period_start + 1 >= {SHORTEST_PERIOD}
                             AND period_end - period_start + 1 NOT BETWEEN {YEAR_DAYS[0]} AND {YEAR_DAYS[1]}, false)),
       bool_or(unit_id IS NOT NULL)
FROM observation JOIN indicator ON indicator.id = indicator_id
WHERE period_start IS NOT NULL OR unit_id IS NOT NULL GROUP BY key"""  # noqa: S608 (numbers of ours)
_REGISTER_LISTING = "SELECT * FROM listing WHERE register = {register}"
# Silence means that there is nothing only if the register covers the provider.
_REGISTER_SUBJECTS = """
SELECT subject_id FROM latest WHERE indicator_id IN ({ids}) UNION SELECT subject_id FROM listing
WHERE register = {register}"""
# Only links that a register declares count: a match by name is no basis for a verdict.
_OWNER = """
SELECT subject_id, min(object_id) AS owner FROM link
WHERE relation = 'owned_by' AND object_id IS NOT NULL AND confidence >= 1 GROUP BY subject_id"""

# A contract without an end is not known to be in force. Pence are added as whole numbers, because the sum of
# floating-point numbers depends on their order.
_CONTRACTS = """
SELECT object_id AS subject_id, count(*)::DOUBLE AS contracts_in_force,
       sum(round(value_gbp * 100)::HUGEINT)::DOUBLE / 100 AS contracts_value
FROM link
WHERE relation = 'buys_from' AND kind = 'buyer' AND confidence >= 1
  AND coalesce(since, known_on) <= {day} AND until >= {day}
GROUP BY object_id"""
_AREAS = """
WITH home AS (SELECT provider.id AS subject_id, min(link.subject_id) AS area,
                     any_value(latest.value_number)::BIGINT AS places
              FROM provider
              JOIN link ON link.object_id = provider.id AND link.kind = 'host_area' AND link.confidence >= 1
              JOIN latest ON latest.subject_id = provider.id AND latest.indicator_id IN ({places})
              GROUP BY provider.id)
SELECT subject_id, places / nullif(sum(places) OVER (PARTITION BY area), 0) AS area_share FROM home"""

_PROVIDERS = """
CREATE OR REPLACE TABLE provider AS
SELECT id, key FROM subject
WHERE len(list_filter({schemes}, lambda scheme: starts_with(key, scheme))) > 0 AND {has} AND {goes_on}
ORDER BY id"""
_HAS_INDICATOR = "id IN (SELECT subject_id FROM latest WHERE indicator_id IN ({ids}))"
# A subject has come back if a later list has it, or if an event undid its end. For events of one day, the
# register's own numbers say which came first: charities are registered again within days.
_STILL_COVERED = """
id NOT IN (SELECT o.subject_id FROM observation AS o
           WHERE o.indicator_id IN ({ids}) AND NOT EXISTS (
               SELECT 1 FROM listing AS l WHERE l.subject_id = o.subject_id AND l.is_present
                                            AND l.listed_on >= coalesce(o.period_end, o.known_on))
             AND NOT EXISTS (
               SELECT 1 FROM observation AS back
               WHERE back.subject_id = o.subject_id AND ({undone})
                 AND (coalesce(back.period_end, back.known_on), coalesce(try_cast(back.occurrence AS INTEGER), 0))
                     > (coalesce(o.period_end, o.known_on), coalesce(try_cast(o.occurrence AS INTEGER), 0))))"""
_DELETE_UNCOVERED = """
DELETE FROM provider WHERE id NOT IN (
    SELECT provider_id FROM provider_table WHERE ({where}) AND ({except_when}) IS NOT TRUE)"""


class ProviderTable:
    """Makes the tables ``provider`` (``id``, ``key``) and ``provider_table`` of one regime in a reading's database."""

    def __init__(self, known: AsOf, regime: Regime) -> None:
        self.known, self.regime = known, regime
        self.loaded_registers = {
            register for (register,) in known.db.execute("SELECT DISTINCT register FROM load").fetchall()
        }
        self.context = _read_context(known, regime)

    def build_tables(self, probabilities: str | None) -> bool:
        """Make both tables; ``probabilities`` names a table with ``subject_id`` and ``probability``.

        False if the regime covers nobody, as most regimes of a day in the sample; then only ``provider`` is made.
        """
        query, covers = Query(), self.regime.covers
        schemes = query.bind_value([f"{scheme}-" for scheme in covers.schemes])
        has = (
            _HAS_INDICATOR.format(ids=self.context.indicator_ids(query, covers.has_indicator))
            if covers.has_indicator
            else "true"
        )
        goes_on = self._still_covered_sql(query, covers.ends_on) if covers.ends_on else "true"
        self._execute(_PROVIDERS.format(schemes=schemes, has=has, goes_on=goes_on), query)
        if (covers.where or covers.except_when) and self._has_providers():
            self._make_table(expression_needs(covers.where) | expression_needs(covers.except_when), None)
            where, except_when = (
                expressions.parse(text).sql if text else otherwise
                for text, otherwise in ((covers.where, "true"), (covers.except_when, "false"))
            )
            self._execute(_DELETE_UNCOVERED.format(where=where, except_when=except_when))
        if not self._has_providers():
            return False
        needs = ColumnNeeds()
        for _, rule in self.regime.rules():
            needs |= rule.column_needs()
        self._make_table(needs, probabilities)
        return True

    def _still_covered_sql(self, query: Query, ends: Iterable[str]) -> str:
        """SQL for the subjects whose coverage no event has ended, or who came back."""
        known = catalogue.load().indicators
        undone = [
            f"o.indicator_id IN ({self.context.indicator_ids(query, [end])}) "
            f"AND back.indicator_id IN ({self.context.indicator_ids(query, known[end].undone_by)})"
            for end in ends
            if known[end].undone_by
        ]
        return _STILL_COVERED.format(ids=self.context.indicator_ids(query, ends), undone=" OR ".join(undone) or "false")

    def _has_providers(self) -> bool:
        return self.known.db.execute("SELECT 1 FROM provider LIMIT 1").fetchone() is not None

    def _execute(self, sql: str, query: Query | None = None) -> None:
        self.known.db.execute(sql, query.parameters if query else None)

    def _make_table(self, needs: ColumnNeeds, probabilities: str | None) -> None:
        query = Query()
        parts = [(f"provider.id AS provider_id, {query.bind_value(self.context.day)} AS day", "")]
        parts += self._indicator_columns(query, needs)
        parts += self._register_columns(query, needs)
        parts += self._fact_columns(query, needs.names, probabilities)
        if any(getattr(rule, "applies_from_level", None) for _, rule in self.regime.rules()):
            parts.append((f"0::TINYINT AS {ACCOUNTABILITY_LEVEL}", ""))  # filled in like completeness
        columns, joins = (list(filter(None, column)) for column in zip(*parts, strict=True))
        self._execute(_PROVIDER_TABLE.format(columns=", ".join(columns), joins=" ".join(joins)), query)

    def _indicator_columns(self, query: Query, needs: ColumnNeeds) -> Iterator[tuple[str, str]]:
        """Columns and joins of the newest values and of those before them."""
        newest = [(name, name) for name in sorted(needs.names - FACTS.keys())]
        before = [(before_column(name), name) for name in sorted(needs.before_names)]
        previous = [(previous_column(name), name) for name in sorted(needs.previous_names)]
        is_dated = {name: catalogue.load().indicators[name].kind in DATED_KINDS for name in needs.previous_names}
        figures = self.context.indicator_ids(query, [name for name in sorted(needs.previous_names) if is_dated[name]])
        others = self.context.indicator_ids(
            query, [name for name in sorted(needs.previous_names) if not is_dated[name]]
        )
        of_year_before = _YEAR_BEFORE.format(figures=figures, others=others)
        tables = (
            ("newest", "latest", newest),
            ("before", _BEFORE_NEWEST, before),
            ("year_before", of_year_before, previous),
        )
        for table, values, named in tables:
            for alias, name in named:
                yield (
                    _indicator_column_sql(
                        table, alias, name, self._confirmed_day_sql(query, name) if table == "newest" else "NULL"
                    ),
                    "",
                )
            if named:
                each = [
                    _UNPACKED_VALUE.format(id=self.context.indicator_ids(query, [name]), alias=quote_column(alias))
                    for alias, name in named
                ]
                ids = self.context.indicator_ids(query, [name for _, name in named])
                packed = _PACKED_VALUES.format(each=", ".join(each), values=values.format(ids=ids), ids=ids)
                yield "", _JOIN.format(table=packed, alias=table)

    def _confirmed_day_sql(self, query: Query, name: str) -> str:
        """SQL for the day on which a register last repeated a value: the ledger does not store repetitions."""
        register = self.context.register_of(name)
        if register is None:
            return "NULL"
        checked_on = query.bind_value(self.context.register_checked_on.get(register))
        return f"coalesce({quote_column('listed', register)}.listed_on, {checked_on}::DATE)"

    def _register_columns(self, query: Query, needs: ColumnNeeds) -> Iterator[tuple[str, str]]:
        for register in sorted({self.context.register_of(name) for name in needs.names} - {None}, key=str):
            alias, table = (
                quote_column("listed", register or ""),
                _REGISTER_LISTING.format(register=query.bind_value(register)),
            )
            yield f"{alias}.listed_on AS {alias}", _JOIN.format(table=table, alias=alias)
        for register in sorted(needs.registers):
            stated = [name for name in self.context.indicators if sole_register(name) == register]
            alias = quote_column("covered", register)
            table = _REGISTER_SUBJECTS.format(
                ids=self.context.indicator_ids(query, stated), register=query.bind_value(register)
            )
            yield f"{alias}.subject_id IS NOT NULL AS {alias}", _JOIN.format(table=table, alias=alias)
        yield "owner.owner", _JOIN.format(table=_OWNER, alias="owner")

    def _fact_columns(
        self, query: Query, names: frozenset[str], probabilities: str | None
    ) -> Iterator[tuple[str, str]]:
        """Columns and joins of the facts that the engine works out by itself."""
        if "completeness" in names:
            yield "NULL::DOUBLE AS completeness", ""  # filled in after the rules on money and quality
        if "probability" in names and probabilities is None:
            yield "NULL::DOUBLE AS probability", ""
        elif "probability" in names:
            table = f"FROM {probabilities}"
            yield "probability.probability", _JOIN.format(table=table, alias="probability")
        if names & {"contracts_in_force", "contracts_value"}:
            table = _CONTRACTS.format(day=query.bind_value(self.context.day))
            yield "contracts_in_force, contracts_value", _JOIN.format(table=table, alias="contracts")
        if "area_share" in names:
            table = _AREAS.format(places=self.context.indicator_ids(query, ["places"]))
            yield "area_share", _JOIN.format(table=table, alias="areas")


def _indicator_column_sql(table: str, alias: str, name: str, confirmed: str) -> str:
    """The columns of one indicator, unpacked from the list of values."""
    packed = f"{table}.{quote_column(alias)}"
    parts = {part: quote_column(alias, part) for (part,) in COLUMN_SUFFIXES[1:]}
    typed = _TYPED_VALUE[column_type(name)].format(packed)
    return _INDICATOR_COLUMNS.format(quote_column(alias), packed, typed=typed, confirmed=confirmed, **parts)


def _read_context(known: AsOf, regime: Regime) -> RuleContext:
    """The facts about the ledger that the queries of the regime's rules depend on."""
    irregular = known.db.execute(_IRREGULAR_INDICATORS).fetchall()
    return RuleContext(
        day=known.day,
        regime_key=regime.key,
        schemes=frozenset(regime.covers.schemes),
        indicators={key: number for number, key in known.db.execute("SELECT id, key FROM indicator").fetchall()},
        units=dict(known.db.execute("SELECT id, text FROM word").fetchall()),
        register_checked_on=dict(known.db.execute("SELECT register, looked_on FROM look").fetchall()),
        listing_registers=frozenset(
            register for (register,) in known.db.execute("SELECT DISTINCT register FROM listing").fetchall()
        ),
        irregular_periods=frozenset(key for key, has_irregular_period, _ in irregular if has_irregular_period),
        foreign_units=frozenset(key for key, _, has_foreign_unit in irregular if has_foreign_unit),
    )
