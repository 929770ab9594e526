"""Short questions to the ledger as known on a day."""

from datetime import date

from sqlalchemy import Engine, func, select

from indicators.ledger.as_of import as_of
from indicators.ledger.repeats import OBSERVATION
from indicators.parsed_records import ObservationRecord
from models.database import read_session
from tests.factories import FILE_DAY, observed

LATER = FILE_DAY.replace(year=2020)


LATEST = FILE_DAY.replace(year=2021)


def values(engine: Engine, day: date, indicator: str = "places", **options) -> list:
    with as_of(engine, day, **options) as known:
        query = (
            "SELECT s.key, coalesce(value_text, value_number::VARCHAR) FROM observation "
            "JOIN subject s ON s.id = subject_id JOIN indicator i ON i.id = indicator_id "
            "WHERE i.key = $indicator ORDER BY s.key, period_end, known_on"
        )
        return known.sql(query, indicator=indicator).fetchall()


def links(engine: Engine, day: date) -> list:
    with as_of(engine, day) as known:
        return known.sql(
            "SELECT s.key, relation, o.key FROM link JOIN subject s ON s.id = subject_id "
            "LEFT JOIN subject o ON o.id = object_id ORDER BY ALL"
        ).fetchall()


def rows(engine: Engine) -> int:
    with read_session(engine) as session:
        return session.scalar(select(func.count()).select_from(OBSERVATION)) or 0


def restated(engine: Engine, day: date, **options) -> list:
    with as_of(engine, day, **options) as known:
        return known.sql(
            "SELECT s.key, first_value, first_known_on, newest_value, newest_known_on FROM restated "
            "JOIN subject s ON s.id = subject_id ORDER BY ALL"
        ).fetchall()


OF_2018 = {"indicator": "net_assets", "period_end": date(2018, 12, 31)}


def rounded(value: float, decimals: int | None, known_on: date, **fields) -> ObservationRecord:
    """Net assets of 2018 as a set of accounts gives them."""
    return observed(value, **{**OF_2018, **fields}, known_on=known_on)._replace(decimals=decimals)
