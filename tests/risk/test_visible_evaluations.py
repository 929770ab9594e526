"""A reader sees the verdict that scoring gives on a ledger that never had the other rows."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regimes.rules.registry import RULE_KINDS
from regimes.schema import Regime, shipped_regimes
from tests.regimes.builder import Known
from tests.regimes.invented import any_values, covering, merged
from tests.regimes.restricted import (
    EVERY_KIND,
    content_of,
    restrict,
    score,
    visible_verdicts,
    without_rows,
)

PROVIDERS = 6
READERS = ((), ("secret",), ("casework",))


def invented_providers(regime: Regime, random: Random, audiences: Sequence[str]) -> dict[str, dict]:
    """Providers with restated figures, several events and rows for one audience or another; covered without them."""
    providers = {}
    for number in range(PROVIDERS):
        values = merged(any_values(random, regime), regime)
        for name, rows in values.items():
            if isinstance(rows, list) and isinstance(rows[-1].value, int) and not isinstance(rows[-1].value, bool):
                values[name] = [*rows, rows[-1]._replace(value=rows[-1].value * 2 + 250, known_on="2021-02-15")]
        providers[f"{regime.covers.schemes[0]}-{number}"] = values
    restricted = restrict(providers, lambda: random.choice([*audiences, None, None]))
    public = covering(regime) | {"name": Known("A provider")}
    return {
        key: values | {name: public[name] for name in values.keys() & public.keys()}
        for key, values in restricted.items()
    }


def check_reader(regime: Regime, seed: int, rows_for: Sequence[str], audiences: Sequence[str]) -> int:
    """Compare what a reader sees with a ledger that never had the other rows; returns how many verdicts differed.

    Args:
        regime: by which the providers are scored.
        seed: of the invention.
        rows_for: the audiences that rows are restricted to.
        audiences: those of the reader.
    """
    random = Random(seed)
    subjects = invented_providers(regime, random, rows_for)
    owners = {key: "CW-OWNER-a" for key in subjects if random.random() < 0.7}
    whole = score(regime, subjects, owners, with_redacted=True)
    visible = visible_verdicts(whole, audiences)
    alone = score(regime, without_rows(subjects, audiences), owners, with_redacted=False)
    assert visible.keys() == {verdict.provider for verdict in alone.verdicts}
    for verdict in alone.verdicts:
        seen = visible[verdict.provider]
        assert seen is not None
        assert content_of(seen) == content_of(verdict)
    return len(whole.redacted_verdicts)


def kinds() -> set[str]:
    return {rule.kind for _, rule in EVERY_KIND.rules()}


def test_the_invented_regime_has_every_kind_of_rule() -> None:
    every = set(RULE_KINDS)

    assert kinds() == every


@settings(max_examples=5)
@given(seed=st.integers(0, 10_000), audiences=st.sampled_from(READERS))
@example(seed=0, audiences=())
def test_a_reader_sees_what_scoring_without_the_hidden_rows_gives(seed: int, audiences: tuple[str, ...]) -> None:
    assert check_reader(EVERY_KIND, seed, ["secret", "casework"], audiences) > 0


@pytest.mark.parametrize("name", shipped_regimes())
def test_a_reader_of_a_shipped_regime_sees_what_scoring_without_the_hidden_rows_gives(name: str) -> None:
    assert check_reader(shipped_regimes()[name], 7, ["secret"], ()) > 0


def test_a_reader_who_may_see_every_row_gets_the_whole_verdict() -> None:
    subjects = restrict(invented_providers(EVERY_KIND, Random(1), []), lambda: "secret")
    whole = score(EVERY_KIND, subjects, {}, with_redacted=True)
    visible = visible_verdicts(whole, ["secret"])

    assert list(visible.values()) == whole.verdicts


def test_without_restricted_rows_nothing_is_scored_again() -> None:
    subjects = invented_providers(EVERY_KIND, Random(1), [])

    assert score(EVERY_KIND, subjects, {}, with_redacted=True).redacted_verdicts == []
