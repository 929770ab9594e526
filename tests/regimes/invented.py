"""Invented providers of a regime, each beside itself with one thing changed: worse, missing, older, late, restated."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

import pyarrow as pa

from indicators import catalogue
from models.vocabulary import IndicatorKind
from regimes import expressions, source_findings
from regimes.rules.age import AgeRule
from regimes.rules.condition import ConditionRule
from regimes.rules.judgement import JudgementRule
from regimes.rules.registry import AnyRule
from regimes.rules.rule import CitedRule
from regimes.schema import Regime
from risk.score import Verdict, assess_providers
from tests.regimes.builder import Known, reading

DAY, LOOKED, LATER = date(2021, 3, 31), "2021-03-30", "2021-02-15"
PERIODS = ("2019-12-31", "2020-12-31")
YEARS = (1, 2, 10)  # how much older the older ones are
MAY_BE_NEGATIVE = re.compile("profit|ebitda|net_|surplus|reserve|funds|less_current|margin|liquidity|pension_scheme")
JUDGEMENT = "judgement of "
PROBABILITY = "probability"

Values = dict[str, Any]


class Which(NamedTuple):
    """One of the providers: the number of the original, what is changed, and of what."""

    number: int
    change: str = ""
    of: str = ""


class World:
    """A few originals and the changed copies of each; all are scored together."""

    def __init__(self, regime: Regime, seed: int, originals: int = 6) -> None:
        self.regime, any_ = regime, Random(seed)
        self.values = dict[Which, Values]()
        self.probability = dict[Which, float]()
        for number in range(originals):
            base, chance = any_values(any_, regime), any_.random()
            for which, values in changed(number, base, regime):
                self.values[which], self.probability[which] = values, chance
            self.values[Which(number, "worse", PROBABILITY)] = base
            self.probability[Which(number, "worse", PROBABILITY)] = min(chance + 0.4, 1)

    @cached_property
    def verdicts(self) -> dict[Which, Verdict]:
        """The verdict on each provider that the regime covers."""
        prefix = self.regime.covers.schemes[0]
        name = {which: f"{prefix}-{place}" for place, which in enumerate(self.values)}
        looks = dict.fromkeys(catalogue.load().registers, LOOKED)
        chances = pa.table(
            {
                "subject_id": pa.array(range(1, len(name) + 1), pa.int64()),
                "probability": pa.array(self.probability.values(), pa.float64()),
                "reason": pa.array(["invented"] * len(name)),
            }
        )
        subjects = {name[which]: merged(values, self.regime) for which, values in self.values.items()}
        # Ten of one kind are no register of which too much is true at once.
        with (
            patch.object(source_findings, "SOURCE_MIN_PROVIDERS", len(name) + 1),
            reading(subjects, day=DAY, looks=looks) as known,
        ):
            verdicts = {
                verdict.provider: verdict for verdict in assess_providers(known, [self.regime], chances).verdicts
            }
        return {which: verdicts[key] for which, key in name.items() if key in verdicts}

    @cached_property
    def findings(self) -> dict[Which, dict[str, dict[str, Any]]]:
        """The findings of each, by rule."""
        return {w: {row["rule"]: row for row in json.loads(one.findings)} for w, one in self.verdicts.items()}

    def pairs(self, change: str) -> Iterator[tuple[Which, Which]]:
        """Each that is changed so, after its original, where both are covered."""
        for which in self.verdicts:
            if which.change == change and Which(which.number) in self.verdicts:
                yield Which(which.number), which


def changed(number: int, base: Values, regime: Regime) -> Iterator[tuple[Which, Values]]:
    """The original, and it with one thing changed at a time."""
    yield Which(number), base
    renewed = {key for _, rule in regime.rules() if isinstance(rule, AgeRule) for key in read_by(rule)}
    for key, value in base.items():
        if key not in covering(regime) and (not is_event(key) or key in renewed):
            yield Which(number, "missing", key), {name: one for name, one in base.items() if name != key}
        if (worse := worsened(key, value, regime)) is not None:
            yield Which(number, "worse", key), base | {key: worse}
    figures = {key: restated(key, value) for key, value in base.items() if is_figure(key)}
    yield Which(number, "restated", "all"), base | figures
    for key, value in figures.items():
        yield Which(number, "restated", key), base | {key: value}
    for years in YEARS:
        yield Which(number, "older", f"{years} years"), {k: aged(k, v, years) for k, v in base.items()}
    received = {getattr(rule, "received", None) for _, rule in regime.rules()}
    for key in [key for key in base if key in received]:
        yield Which(number, "late", key), {name: one for name, one in base.items() if name != key}


def worsened(key: str, values: Any, regime: Regime) -> Any:
    """The newest value changed for the worse; None if neither direction is worse."""
    if key.startswith(JUDGEMENT):
        words = list(scales(regime)[key])
        return values._replace(value=words[min(words.index(values.value) + 1, len(words) - 1)])
    indicator = catalogue.load().indicators[key]
    if not isinstance(values, list) or indicator.direction == "neutral":
        return None
    newest, is_higher_better = values[-1], indicator.direction == "higher_is_better"
    if indicator.kind is IndicatorKind.GRADE:
        by_rank = {rank: word for word, rank in indicator.grades.items()}
        rank = indicator.grades[newest.value]
        return [*values[:-1], newest._replace(value=by_rank[min(r for r in by_rank if r > rank or r == max(by_rank))])]
    if indicator.kind is IndicatorKind.FLAG:
        return [*values[:-1], newest._replace(value=not is_higher_better)]
    least = -1000 if MAY_BE_NEGATIVE.search(key) else 0
    return [*values[:-1], newest._replace(value=max(newest.value + (-150 if is_higher_better else 150), least))]


def restated(key: str, values: list[Known]) -> list[Known]:
    """The same values, of which the newest corrects another value that was given before."""
    return [*values[:-1], values[-1]._replace(value=values[-1].value * 2 + 250), values[-1]._replace(known_on=LATER)]


def aged(key: str, values: Any, years: int) -> Any:
    """The same values, given so many years earlier; events and dates stay."""
    if key.startswith(JUDGEMENT):
        return _earlier(values, years)
    indicator = catalogue.load().indicators[key]
    if is_event(key) or indicator.unit == "date" or not isinstance(values, list):
        return values
    return [_earlier(value, years) for value in values]


def _earlier(value: Known, years: int) -> Known:
    def back(day: str | None) -> str | None:
        return None if day is None else f"{int(day[:4]) - years}{day[4:]}"

    return value._replace(period_end=back(value.period_end), known_on=back(value.known_on))


def merged(values: Values, regime: Regime) -> Values:
    """Values as the builder takes them: judgements under their one indicator."""
    judged = [value for key, value in values.items() if key.startswith(JUDGEMENT)]
    plain = {key: value for key, value in values.items() if not key.startswith(JUDGEMENT)}
    return plain | ({"judgement": judged} if scales(regime) and judged else {})


def scales(regime: Regime) -> dict[str, dict[str, Any]]:
    """The scale of each rule that a person judges."""
    return {f"{JUDGEMENT}{rule.key}": rule.scale for _, rule in regime.rules() if isinstance(rule, JudgementRule)}


def any_values(any_: Random, regime: Regime) -> Values:
    """Values for one period or two, a tenth of them missing; a provider that is covered, whatever else it has."""
    values: Values = {}
    named = {key for text in (regime.covers.where, regime.covers.except_when) if text for key in _reads(text)}
    for key in read_by_regime(regime):
        indicator = catalogue.load().indicators[key]
        if any_.random() < 0.1 or key in regime.covers.ends_on or key in named:
            continue
        words = words_of(key, regime)
        if indicator.kind is IndicatorKind.TEXT and indicator.unit != "date":
            values[key] = any_value(any_, key, words)
        else:
            periods = PERIODS if any_.random() < 0.5 else PERIODS[1:]
            values[key] = [Known(any_value(any_, key, words), period) for period in periods]
    for key, scale in scales(regime).items():
        rule = key.removeprefix(JUDGEMENT)
        values[key] = Known(any_.choice(list(scale)), PERIODS[1], occurrence=f"{regime.key}/{rule}")
    return values | covering(regime)


def any_value(any_: Random, key: str, words: list[str]) -> Any:
    """Something that the indicator might say."""
    indicator = catalogue.load().indicators[key]
    if indicator.kind is IndicatorKind.GRADE:
        return any_.choice(sorted(indicator.grades))
    if indicator.kind is IndicatorKind.FLAG:
        return any_.random() < 0.5
    if indicator.unit == "date":
        return date.fromordinal(any_.randint(DAY.toordinal() - 1000, DAY.toordinal() + 300)).isoformat()
    if indicator.kind is IndicatorKind.TEXT:
        return any_.choice(words).replace("''", "'")
    if indicator.kind is IndicatorKind.EVENT:
        return None
    return any_.randint(-200 if MAY_BE_NEGATIVE.search(key) else 0, 200)


def covering(regime: Regime) -> Values:
    """Values with which a provider is covered."""
    covers = regime.covers
    fixed = {"provision_type": "Children's home", "provider_kind": "", "is_dormant": [Known(False, PERIODS[1])]}
    fixed |= {"registered_on": "2015-01-01", "turnover": [Known(100, PERIODS[1])], "company_status": "Active"}
    fixed |= {"care_places": [Known(5000, PERIODS[1])]}
    if covers.where and "provider_kind" in covers.where:
        fixed["provider_kind"] = words_of("provider_kind", regime)[0]
    named = {key for text in (covers.where, covers.except_when) if text for key in _reads(text)}
    return {key: value for key, value in fixed.items() if key in named | set(covers.has_indicator)}


def read_by_regime(regime: Regime) -> list[str]:
    """Every indicator that a regime reads."""
    names = {key for _, rule in regime.rules() for key in read_by(rule)} | set(regime.covers.has_indicator)
    return sorted(names | {key for text in conditions(regime) for key in _reads(text)})


def read_by(rule: AnyRule) -> set[str]:
    """The indicators that a rule reads."""
    if rule.kind in {"casework", "judgement"}:
        return set()
    texts = [getattr(rule, name, None) for name in ("expression", "when", "applies_when")]
    names = {key for text in texts if text for key in _reads(text)}
    for name in ("indicator", "due", "received"):
        if key := getattr(rule, name, None):
            is_number = not is_event(key) and expressions.column_type(key) == "DOUBLE"
            names |= set(_reads(key)) if is_number else {key}
    longer = getattr(getattr(rule, "extension", None), "events", ())
    outlook = getattr(rule, "outlook", None)
    lists = ("events", "unless_since", "starts", "done_by", "indicators", "or_newest_of")
    events = (getattr(rule, name, ()) for name in lists)
    return names.union(longer, [outlook.indicator] if outlook else [], *events)


def conditions(regime: Regime) -> list[str]:
    """Every condition of a regime: in its coverage, on its rules."""
    rules = [rule for _, rule in regime.rules() if isinstance(rule, CitedRule)]
    texts = [regime.covers.where, regime.covers.except_when, *(rule.applies_when for rule in rules)]
    return [text for text in (*texts, *(rule.when for rule in rules if isinstance(rule, ConditionRule))) if text]


def words_of(key: str, regime: Regime) -> list[str]:
    """The words that the regime's conditions compare an indicator with, and another."""
    texts = [text for text in conditions(regime) if key in text]
    return [*(word for text in texts for word in re.findall(r"'((?:[^']|'')*)'", text)), "another"]


def is_figure(key: str) -> bool:
    """Whether an indicator is a number of a period."""
    return not key.startswith(JUDGEMENT) and catalogue.load().indicators[key].kind is IndicatorKind.FIGURE


def is_event(key: str) -> bool:
    """Whether an indicator is of something that happens."""
    return not key.startswith(JUDGEMENT) and catalogue.load().indicators[key].kind is IndicatorKind.EVENT


def _reads(text: str) -> tuple[str, ...]:
    return expressions.parse(text).indicators
