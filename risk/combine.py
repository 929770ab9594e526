"""Puts the scores of a section's rules together: weighted mean, points or breaches; rounding, limits, grades.

What is missing counts the best it could, so that a score never rests on it; the principle is then ``unscorable`` unless
even so its level is raised. Contributions are whole millionths, so that they add up to the score exactly.
"""

import duckdb
import pyarrow as pa

from models.vocabulary import Principle
from regimes.evaluate import Evaluation
from regimes.rules.sql_text import Query, case_when_sql, in_band_sql
from regimes.sections import ScoreLimit, Section

# Each part is the difference of two rounded running sums: the parts add up to the rounded whole.
_ADD_CONTRIBUTIONS = """
WITH part AS (SELECT f.provider_id, f.rule, rule.principle, list_contains($means, rule.principle) AS is_mean,
                     rule.weight::DECIMAL(12, 6) AS weight,
                     coalesce(f.score, rule.best_score)::DECIMAL(12, 6) AS score
              FROM finding AS f JOIN rule ON rule.number = f.rule
              WHERE rule.weight IS NOT NULL AND f.status <> 'not_applicable'),
     running AS (SELECT provider_id, rule, principle,
                        round((sum(weight * score) OVER so_far)::DOUBLE
                              / CASE WHEN is_mean THEN (sum(weight) OVER whole)::DOUBLE ELSE 1 END, 6) AS total
                 FROM part WINDOW whole AS (PARTITION BY provider_id, principle),
                                  so_far AS (PARTITION BY provider_id, principle ORDER BY rule)),
     contribution AS (SELECT provider_id, rule, round(total - coalesce(lag(total) OVER so_far, 0), 6) AS contribution
                      FROM running WINDOW so_far AS (PARTITION BY provider_id, principle ORDER BY rule))
SELECT f.*, contribution.contribution FROM finding AS f LEFT JOIN contribution USING (provider_id, rule)
ORDER BY f.provider_id, f.rule
"""

_SCORE_TABLE = """
{principle}_raw AS (SELECT f.provider_id, sum(f.contribution::DECIMAL(18, 6))::DOUBLE AS score,
                           coalesce(list(rule.rule) FILTER (f.level > 0 AND NOT f.is_last_known), []) AS met,
                           {worst}(f.score) FILTER (rule.weight IS NOT NULL) AS worst_score
                    FROM finding AS f JOIN rule ON rule.number = f.rule
                    WHERE rule.principle = '{principle}' GROUP BY f.provider_id),
{principle}_scored AS (SELECT provider_id, {limited} AS {principle}_score FROM {principle}_raw)
"""
_ROUNDING_SQL = {
    "none": "score",
    "half_up": "floor(score + 0.5)",
    "half_even": "round_even(score, 0)",
    "up": "ceil(score)",
    "down": "floor(score)",
}


def add_contributions(db: duckdb.DuckDBPyConnection, evaluation: Evaluation) -> pa.Table:
    """The findings of an evaluation with ``contribution``: the amount each adds to its section's score, or null.

    Args:
        db: has the evaluation's table ``rule``.
        evaluation: of one regime.
    """
    sections = dict(evaluation.regime.principles.sections())
    if not any(section.is_scored for section in sections.values()):
        nothing = pa.nulls(evaluation.findings.num_rows, pa.float64())
        return evaluation.findings.append_column("contribution", nothing)
    means = [str(principle) for principle, section in sections.items() if section.combine == "weighted_mean"]
    db.register("finding", evaluation.findings)
    findings = db.sql(_ADD_CONTRIBUTIONS, params={"means": means}).to_arrow_table()
    db.unregister("finding")
    return findings


def score_table_sql(query: Query, principle: Principle, section: Section) -> str:
    """SQL of the table ``<principle>_scored``: the score of each provider, rounded and limited."""
    score = _ROUNDING_SQL[section.rounding]
    worst = "min" if section.better == "higher" else "max"
    for limit in section.limits:
        bound = "least" if section.better == "higher" else "greatest"
        limited = f"{bound}({score}, {query.bind_value(limit.no_better_than)})"
        score = f"CASE WHEN {_is_met_sql(query, limit, section)} THEN {limited} ELSE {score} END"
    return _SCORE_TABLE.format(principle=principle, worst=worst, limited=score)


def _is_met_sql(query: Query, limit: ScoreLimit, section: Section) -> str:
    if limit.rule is not None:
        return f"list_contains(met, {query.bind_value(limit.rule)})"
    sign = "<=" if section.better == "higher" else ">="
    return f"coalesce(worst_score {sign} {query.bind_value(limit.any_score_at)}, false)"


def graded_level_sql(query: Query, section: Section, score: str) -> str:
    """SQL for the rank of the level that a score has; 0 where there is no score."""
    grades = [(in_band_sql(query, score, grade), query.bind_value(grade.level.rank)) for grade in section.grades]
    return case_when_sql(*grades, otherwise="0")


def graded_rating_sql(query: Query, section: Section, score: str) -> str:
    """SQL for the regime's own word for a score."""
    grades = [(in_band_sql(query, score, grade), query.bind_value(grade.rating)) for grade in section.grades]
    return case_when_sql(*grades, otherwise="''")
