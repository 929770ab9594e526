"""SQL that rules share, run on a value each."""

from typing import Any

import duckdb
import pytest

from models.vocabulary import Level
from regimes.clocks import Duration
from regimes.rules.base import Band
from regimes.rules.sql import (
    any_covered_sql,
    band_level_sql,
    band_score_sql,
    band_text_sql,
    constant_query,
    limits_text,
    plain_expression,
    provenance_columns,
    subtract_sql,
)
from regimes.rules.sql_text import Query

BANDS = [
    Band.model_validate(band)
    for band in (
        {"level": "concern", "below": 0, "score": 1},
        {"level": "watch", "from": 0, "to": 10, "score": 2},
        {"level": "none", "above": 10, "score": 3},
    )
]


def result_of(sql: str, query: Query | None = None) -> Any:
    row = duckdb.execute(f"SELECT {sql}", query.parameters if query else {}).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("value", "level", "score", "text"),
    [
        (-1, Level.CONCERN, 1, " (concern: below £0)"),
        (0, Level.WATCH, 2, " (watch: from £0 and up to £10)"),
        (10, Level.WATCH, 2, " (watch: from £0 and up to £10)"),
        (11, Level.NONE, 3, ""),
    ],
)
def test_a_value_has_the_level_score_and_text_of_its_band(value: int, level: Level, score: int, text: str) -> None:
    query = Query()
    assert result_of(band_level_sql(query, str(value), BANDS), query) == level.rank
    query = Query()
    assert result_of(band_score_sql(query, str(value), BANDS), query) == score
    query = Query()
    assert result_of(band_text_sql(query, str(value), BANDS, "GBP"), query) == text


def test_the_limits_leave_out_the_band_that_raises_nothing() -> None:
    assert limits_text(BANDS, "GBP") == "concern: below £0; watch: from £0 and up to £10"


def test_a_length_of_time_before_a_day_follows_the_calendar() -> None:
    assert str(result_of(subtract_sql(Duration(1, "month"), "DATE '2024-03-31'")))[:10] == "2024-02-29"


def test_no_register_covers_nobody() -> None:
    assert any_covered_sql([]) == "false"
    assert any_covered_sql(["a", "b"]).count(" OR ") == 1


def test_a_constant_without_a_level_is_missing() -> None:
    assert "NULL AS level" in constant_query("Powers", None).sql
    assert Level.WATCH.rank in constant_query("Powers", Level.WATCH).parameters.values()


def test_a_rule_has_the_newest_period_of_the_rows_that_it_reads() -> None:
    assert provenance_columns(plain_expression()) == {}
    columns = provenance_columns(plain_expression("net_assets", "turnover"))
    assert columns["period_end"].startswith("greatest(")
    assert " OR " in columns["is_recalled"]
