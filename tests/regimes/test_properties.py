"""What must hold in every regime that comes with the service, whatever the figures."""

import re
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import catalogue
from models.vocabulary import Kind, Level
from regimes import expressions
from regimes.evaluate import evaluate
from regimes.rules import AnyRule
from regimes.schema import Regime, in_force, shipped
from risk.score import Verdict, assess
from tests.regimes.builder import Known, reading

DAY = date(2021, 3, 31)
LATER = date(2026, 3, 31)
PERIODS = ("2019-12-31", "2020-12-31")
SOME = settings(max_examples=5, deadline=None)
every_regime = pytest.mark.parametrize("regime", shipped().values(), ids=list(shipped()))
# Rules whose inputs cannot be changed one by one: parts of one balance sheet, or two measures of one thing.
NOT_BY_ONE_INPUT = {"altman", "dressed_debt", "rent_cover", "interim_rent_cover"}
MAY_BE_NEGATIVE = re.compile("profit|ebitda|net_|surplus|reserve|funds|less_current")

Values = dict[str, Any]


def conditions(regime: Regime) -> list[str]:
    """Every condition of a regime: in its coverage, on its rules."""
    rules = [rule for _, rule in regime.rules() if rule.kind not in {"casework", "judgement"}]
    found = [regime.covers.where, regime.covers.except_when, *(rule.applies_when for rule in rules)]
    return [text for text in (*found, *(rule.when for rule in rules if rule.kind == "condition")) if text]


def read_by(rule: AnyRule) -> set[str]:
    """The indicators that a rule reads."""
    if rule.kind in {"casework", "judgement"}:
        return set()
    texts = [getattr(rule, name, None) for name in ("expression", "when", "applies_when")]
    names = {key for text in texts if text for key in expressions.parse(text).indicators}
    for name in ("indicator", "due", "received"):
        if key := getattr(rule, name, None):
            names |= set(expressions.parse(key).indicators) if column(key) == "DOUBLE" else {key}
    return names.union(*(getattr(rule, name, ()) for name in ("events", "unless_since", "starts", "done_by")))


def column(key: str) -> str:
    return "EVENT" if catalogue.load().indicators[key].kind is Kind.EVENT else expressions.column_type(key)


def read_by_regime(regime: Regime) -> list[str]:
    names = {key for _, rule in regime.rules() for key in read_by(rule)} | set(regime.covers.has_indicator)
    return sorted(names | {key for text in conditions(regime) for key in expressions.parse(text).indicators})


def words_of(key: str, regime: Regime) -> list[str]:
    """The words that the regime's conditions compare an indicator with, and another."""
    texts = [text for text in conditions(regime) if key in text]
    return [*(word for text in texts for word in re.findall(r"'((?:[^']|'')*)'", text)), "another"]


def any_value(any_: Random, key: str, words: list[str]) -> Any:
    indicator = catalogue.load().indicators[key]
    if indicator.kind is Kind.GRADE:
        return any_.choice(sorted(indicator.grades))
    if indicator.kind is Kind.FLAG:
        return any_.random() < 0.5
    if indicator.unit == "date":
        return date.fromordinal(any_.randint(DAY.toordinal() - 1000, DAY.toordinal() + 300)).isoformat()
    if indicator.kind is Kind.TEXT:
        return any_.choice(words).replace("''", "'")
    if indicator.kind is Kind.EVENT:
        return None
    return any_.randint(-200 if MAY_BE_NEGATIVE.search(key) else 0, 200)


def any_providers(any_: Random, regime: Regime) -> dict[str, Values]:
    """Forty covered providers."""
    return {f"{regime.covers.schemes[0]}-{n}": any_values(any_, regime) for n in range(40)}


def any_values(any_: Random, regime: Regime) -> Values:
    """Values for one period or two, a tenth of them missing."""
    values: Values = {}
    for key in read_by_regime(regime):
        indicator = catalogue.load().indicators[key]
        if any_.random() < 0.1 or key in regime.covers.ends_on:
            continue
        words = words_of(key, regime)
        if indicator.kind is Kind.TEXT and indicator.unit != "date":
            values[key] = any_value(any_, key, words)
        else:
            periods = PERIODS if any_.random() < 0.5 else PERIODS[1:]
            values[key] = [Known(any_value(any_, key, words), period) for period in periods]
    return values | covering(regime)


def covering(regime: Regime) -> Values:
    """Values with which a provider is covered, whatever else it has."""
    covers = regime.covers
    fixed = {"provision_type": "Children's home", "provider_kind": "", "is_dormant": Known(False, PERIODS[1])}
    fixed |= {"registered_on": "2015-01-01", "turnover": Known(100, PERIODS[1]), "company_status": "Active"}
    fixed |= {"care_places": Known(5000, PERIODS[1])}
    if covers.where and "provider_kind" in covers.where:
        fixed["provider_kind"] = words_of("provider_kind", regime)[0]
    named = {key for text in (covers.where, covers.except_when) if text for key in expressions.parse(text).indicators}
    return {key: value for key, value in fixed.items() if key in named | set(covers.has_indicator)}


def findings(regime: Regime, subjects: dict[str, Values], day: date = DAY) -> dict[tuple[str, str], dict[str, Any]]:
    with reading(subjects, day=day) as known:
        evaluation = evaluate(known, regime)
    keys = {row["id"]: row["key"] for row in evaluation.providers.to_pylist()}
    rules = {row["number"]: row["rule"] for row in evaluation.rules.to_pylist()}
    return {(keys[row["provider_id"]], rules[row["rule"]]): row for row in evaluation.findings.to_pylist()}


def verdicts(regime: Regime, subjects: dict[str, Values]) -> dict[str, Verdict]:
    with reading(subjects, day=DAY) as known:
        return {verdict.provider: verdict for verdict in assess(known, [regime]).verdicts}


@every_regime
@SOME
@given(seed=st.integers(0, 10**9))
def test_a_worse_value_never_gives_a_better_finding(seed: int, regime: Regime) -> None:
    found = findings(regime, any_providers(Random(seed), regime))

    for _, rule in regime.rules():
        if rule.kind != "bands":
            continue
        sign = -1 if rule.better == "higher" else 1
        seen = [row for (_, key), row in found.items() if key == rule.key and row["status"] in {"met", "clear"}]
        ordered = sorted(seen, key=lambda row: sign * row["value_number"])
        levels = [row["level"] for row in ordered]
        assert levels == sorted(levels), rule.key


@every_regime
@SOME
@given(seed=st.integers(0, 10**9))
def test_a_worse_figure_never_gives_a_better_finding(seed: int, regime: Regime) -> None:
    """Whatever a ratio does with it: a debt over negative earnings must not look like no debt."""
    any_, known = Random(seed), catalogue.load().indicators
    bands = [rule for _, rule in regime.rules() if rule.kind == "bands" and rule.key not in NOT_BY_ONE_INPUT]
    read = {key for rule in bands for key in read_by(rule)}
    inputs = sorted(key for key in read if known[key].kind is Kind.FIGURE and known[key].direction != "neutral")
    subjects: dict[str, Values] = {}
    for number in range(15):
        base = any_values(any_, regime)
        subjects[f"{regime.covers.schemes[0]}-{number}"] = base
        for key in set(inputs) & set(base):
            subjects[f"{regime.covers.schemes[0]}-{number}-{key}"] = base | {key: worsened(key, base[key])}
    found = findings(regime, subjects)

    for rule in bands:
        for (provider, rule_key), after in found.items():
            base_of, _, key = provider.removeprefix(f"{regime.covers.schemes[0]}-").partition("-")
            before = found[f"{regime.covers.schemes[0]}-{base_of}", rule_key]
            if (
                rule_key == rule.key
                and key in read_by(rule)
                and {before["status"], after["status"]} <= {"met", "clear"}
            ):
                assert after["level"] >= before["level"], (key, before["title"], after["title"])


def worsened(key: str, values: list[Known]) -> list[Known]:
    """The newest value changed for the worse."""
    step = -150 if catalogue.load().indicators[key].direction == "higher_is_better" else 150
    least = -1000 if MAY_BE_NEGATIVE.search(key) else 0
    return [*values[:-1], values[-1]._replace(value=max(values[-1].value + step, least))]


@every_regime
@SOME
@given(seed=st.integers(0, 10**9))
def test_a_missing_value_never_clears_a_provider(seed: int, regime: Regime) -> None:
    """What a regime excuses by name (``optional_because``) is left out."""
    excused = {key for _, rule in regime.rules() if getattr(rule, "optional_because", None) for key in read_by(rule)}
    fixed = set(covering(regime))
    values = any_values(Random(seed), regime)
    prefix = regime.covers.schemes[0]
    subjects = {f"{prefix}-0": values}
    for key in sorted(set(values) - excused - fixed):
        subjects[f"{prefix}-{key}"] = {name: value for name, value in values.items() if name != key}
    found = verdicts(regime, subjects)

    whole = found[f"{prefix}-0"]
    for name, verdict in found.items():
        assert (verdict.level is not Level.NONE) or whole.level is Level.NONE, name


@every_regime
@SOME
@given(seed=st.integers(0, 10**9))
def test_a_value_that_grows_old_never_gets_better(seed: int, regime: Regime) -> None:
    subjects = any_providers(Random(seed), regime)
    today, later = findings(regime, subjects), findings(regime, subjects, LATER)

    for (provider, key), row in today.items():
        rule = next((rule for _, rule in regime.rules() if rule.key == key), None)
        if (
            rule is not None
            and rule.kind in {"bands", "grades", "condition"}
            and later[provider, key]["status"] != "source"
        ):
            assert later[provider, key]["level"] >= row["level"], (provider, key)
            assert not (row["is_blind"] and later[provider, key]["status"] == "clear"), (provider, key)


def test_the_regimes_of_one_day_have_keys_of_their_own() -> None:
    for day in (date(2010, 6, 30), date(2015, 6, 30), DAY, LATER):
        keys = [regime.key for regime in in_force(shipped().values(), day)]
        assert len(keys) == len(set(keys)) > 0
