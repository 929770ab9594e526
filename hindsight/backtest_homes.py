"""Tests verdicts on children's homes: how many homes on the watchlist of a list's day were gone a year later.

A year is judged as it was known on the day of the register's list, public rows only. On other days the past looks safer
for the survivors than it was; docs/failure-model.md says why.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Engine

from hindsight.outcomes import read_endings
from indicators.ledger.as_of import AsOf, as_of
from models.vocabulary import Level, View
from regimes.schema import Regime, regimes_in_force
from risk.measure import FloatArray, bootstrap_weights, middle_interval
from risk.model import REGIME_KEY, FailureModel, subject_probabilities, usable_model
from risk.score import assess_providers
from risk.train import YEAR_IN_DAYS, list_days
from settings import WrongInput
from text.progress import ProgressCallback, ignore_progress

LEFT = "left_register"
LINE_LEVELS = (Level.CONCERN, Level.WATCH)  # the watchlist down to this level
SEED = 20220331  # of the draws: the same figures every time
ORDERS = ("regime", "last_grade", "model", "chance")


# Homes that nobody has graded stand behind all that were.
_LAST_GRADE = """
SELECT subject_id, value_number FROM latest JOIN indicator ON indicator.id = indicator_id
WHERE key = 'overall_judgement' AND value_number IS NOT NULL
"""
_UNKNOWN = -1.0


class NothingToTest(WrongInput):
    """The ledger has no two yearly lists of children's homes that the regime covers."""


@dataclass(frozen=True)
class ListResult:
    """A list of a certain length, filled in one of four ways, with the number of leavers on it."""

    line: Level  # the watchlist down to this level gives the length
    length: int
    leaver_count: int  # how many could be caught
    caught_counts: Mapping[
        str, float | None
    ]  # order -> how many; ties at the end of the list count in part; None: no model

    def recall(self, order: str) -> float | None:
        """The share of the leavers that are on the list."""
        caught = self.caught_counts[order]
        return caught / self.leaver_count if caught is not None and self.leaver_count else None

    def false_alarms(self, order: str) -> float | None:
        """The number of homes on the list that did not leave."""
        caught = self.caught_counts[order]
        return None if caught is None else self.length - caught


@dataclass(frozen=True)
class ListDay:
    """One list's day, with the outcomes that the next list shows a year later."""

    day: date
    next_day: date
    homes: Counter[Level]
    leaver_counts: Counter[Level]
    lengths: tuple[ListResult, ...]


@dataclass
class HomesBackTest:
    """Every list's day."""

    regime: str
    days: list[ListDay] = field(default_factory=list)
    home_gains: list["_HomesGain"] = field(default_factory=list)  # every day's homes, one by one

    def recall_gain(self, line: Level) -> tuple[float, list[float]]:
        """The regime's recall less that of the last grade, at one length, with its 95 % interval.

        The interval is drawn by home, so that a home's years stay together.
        """
        numbers = np.concatenate([gains.homes for gains in self.home_gains])
        _, place = np.unique(numbers, return_inverse=True)
        gained, left = (
            np.bincount(place, np.concatenate(parts))
            for parts in (
                [gains.gained[line] for gains in self.home_gains],
                [gains.leavers for gains in self.home_gains],
            )
        )
        weights = bootstrap_weights(np.arange(len(left)), SEED)
        with np.errstate(invalid="ignore"):  # draws in which nobody left say nothing
            return float(gained.sum() / left.sum()), middle_interval((weights @ gained) / (weights @ left))

    def count_by_level(self) -> dict[Level, tuple[int, int]]:
        """Homes and those that left, by level, over all days."""
        homes, left = Counter[Level](), Counter[Level]()
        for day in self.days:
            homes.update(day.homes)
            left.update(day.leaver_counts)
        return {level: (homes[level], left[level]) for level in Level}

    def combine_lists(self, line: Level, *, days: Sequence[ListDay] | None = None) -> ListResult:
        """The lists of all days together; the model's figures only where every one of the days has them."""
        lists = [
            length for day in (self.days if days is None else days) for length in day.lengths if length.line is line
        ]
        caught: dict[str, float | None] = {}
        for order in ORDERS:
            each = [length.caught_counts[order] for length in lists]
            caught[order] = None if None in each else float(sum(number or 0.0 for number in each))
        return ListResult(
            line, sum(length.length for length in lists), sum(length.leaver_count for length in lists), caught
        )


def run_homes_backtest(
    engine: Engine,
    regimes: Sequence[Regime],
    models: Sequence[FailureModel],
    *,
    progress: ProgressCallback = ignore_progress,
) -> HomesBackTest:
    """The regime of children's homes on every list's day that is followed by a list a year later.

    Args:
        engine: the database with the register's lists.
        regimes: every version of every regime; the one in force on a day counts on it.
        models: those of ``risk.model.trained``; each is only used for days after the last outcome it learnt from.
        progress: told in words what is being done.

    Raises:
        NothingToTest: there are no two such lists.
    """
    versions = [regime for regime in regimes if regime.key == REGIME_KEY]
    days, result = list_days(engine), HomesBackTest(REGIME_KEY)
    before: _Judged | None = None
    for number, day in enumerate(days):
        progress(f"judging the homes of {day.isoformat()}", number, len(days))
        with as_of(engine, day, view=View.OPEN) as known:
            gone = {ending.provider_id for ending in read_endings(known, [LEFT]) if ending.ended_on == day}
            if before is not None and (day - before.day).days in YEAR_IN_DAYS:
                result.days.append(_count_leavers(before, day, gone))
                result.home_gains.append(_gain_over_grade(before, gone))
            current = regimes_in_force(versions, day)
            before = _judge_homes(known, current[0], models) if current else None
    if not result.days:
        raise NothingToTest(
            "no two yearly lists of children's homes are in the ledger; run 'continuity watch' with the register "
            "ofsted_social_care"
        )
    return result


@dataclass(frozen=True)
class _Judged:
    """The homes of one list's day, in three orders."""

    day: date
    homes: list[int]
    levels: list[Level]
    last_grade: FloatArray
    model: FloatArray | None


def _judge_homes(known: AsOf, regime: Regime, models: Sequence[FailureModel]) -> _Judged:
    chances = subject_probabilities(known, models) if models else None
    verdicts = assess_providers(known, [regime], chances).verdicts
    homes = [verdict.provider_id for verdict in verdicts]
    grades: dict[int, float] = dict(known.sql(_LAST_GRADE).fetchall())
    has_model = usable_model(models, known.day) is not None
    return _Judged(
        known.day,
        homes,
        [verdict.level for verdict in verdicts],
        np.array([grades.get(home, _UNKNOWN) for home in homes]),
        np.array([_value_or_unknown(verdict.probability) for verdict in verdicts]) if has_model else None,
    )


def _value_or_unknown(probability: float | None) -> float:
    return _UNKNOWN if probability is None else probability


def _count_leavers(judged: _Judged, next_day: date, gone: set[int]) -> ListDay:
    left = np.array([float(home in gone) for home in judged.homes])
    leavers = [level for home, level in zip(judged.homes, judged.levels, strict=True) if home in gone]
    lengths = []
    for line in LINE_LEVELS:
        listed = np.array([level.rank >= line.rank for level in judged.levels])
        length = int(listed.sum())
        caught: dict[str, float | None] = {
            "regime": float(left[listed].sum()),
            "last_grade": float(left @ membership_in_top(judged.last_grade, length)),
            "model": None if judged.model is None else float(left @ membership_in_top(judged.model, length)),
            "chance": length * float(left.mean()) if len(left) else 0.0,
        }
        lengths.append(ListResult(line, length, len(leavers), caught))
    return ListDay(judged.day, next_day, Counter(judged.levels), Counter(leavers), tuple(lengths))


def membership_in_top(scores: FloatArray, length: int) -> FloatArray:
    """For each score 1.0 where it is among the ``length`` highest, else 0.0; those tied at the end count in part."""
    _, place = np.unique(-scores, return_inverse=True)
    sizes = np.bincount(place)
    before = np.cumsum(sizes) - sizes
    return np.asarray(np.clip((length - before) / sizes, 0, 1)[place], dtype=np.float64)


@dataclass(frozen=True)
class _HomesGain:
    """The homes of one day: those that left, and the regime's gain over the last grade at each length."""

    homes: FloatArray
    leavers: FloatArray
    gained: Mapping[Level, FloatArray]


def _gain_over_grade(judged: _Judged, gone: set[int]) -> _HomesGain:
    left = np.array([float(home in gone) for home in judged.homes])
    gained = {}
    for line in LINE_LEVELS:
        listed = np.array([float(level.rank >= line.rank) for level in judged.levels])
        gained[line] = left * (listed - membership_in_top(judged.last_grade, int(listed.sum())))
    return _HomesGain(np.array(judged.homes, dtype=np.float64), left, gained)


def homes_backtest_json(result: HomesBackTest) -> dict[str, Any]:
    """Plain values with ISO dates; the keys are documented in docs/hindsight.md."""
    return {
        "regime": result.regime,
        "by_level": {
            str(level): {"homes": homes, "left": left} for level, (homes, left) in result.count_by_level().items()
        },
        "days": [
            {
                "day": list_day.day.isoformat(),
                "next_day": list_day.next_day.isoformat(),
                "homes": list_day.homes.total(),
                "left": list_day.leaver_counts.total(),
                "by_level": {
                    str(level): {"homes": list_day.homes[level], "left": list_day.leaver_counts[level]}
                    for level in Level
                },
                "lists": [_list_json(length) for length in list_day.lengths],
            }
            for list_day in result.days
        ],
        "lists": [
            {**_list_json(result.combine_lists(line)), "gain_over_last_grade": _gain_json(result, line)}
            for line in LINE_LEVELS
        ],
    }


def _gain_json(result: HomesBackTest, line: Level) -> dict[str, Any]:
    recall, (low, high) = result.recall_gain(line)
    return {"recall": round(recall, 4), "interval": [low, high]}


def _list_json(list_result: ListResult) -> dict[str, Any]:
    return {
        "down_to": str(list_result.line),
        "length": list_result.length,
        "left": list_result.leaver_count,
        "orders": {
            order: None
            if list_result.caught_counts[order] is None
            else {
                "caught": _round_or_none(list_result.caught_counts[order]),
                "recall": _round_or_none(list_result.recall(order), 4),
                "false_alarms": _round_or_none(list_result.false_alarms(order)),
            }
            for order in ORDERS
        },
    }


def _round_or_none(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
