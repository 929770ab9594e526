"""The inputs of a rule: columns of the table of providers, and rows of the ledger that its findings do not name."""

from collections.abc import Iterable
from dataclasses import dataclass

from regimes import expressions
from regimes.expressions import FACTS, Expression
from regimes.rules.sql import figures_to_align

Names = frozenset[str]
NO_NAMES: Names = frozenset()


@dataclass(frozen=True)
class ColumnNeeds:
    """The columns that rules read. ``|`` puts the needs of two rules together."""

    names: Names = NO_NAMES  # indicators and facts
    previous_names: Names = NO_NAMES  # indicators of which the value of the year before is read
    before_names: Names = NO_NAMES  # indicators of which the value before the newest is read
    registers: Names = NO_NAMES  # registers that may or may not cover a provider

    def __or__(self, other: "ColumnNeeds") -> "ColumnNeeds":
        return ColumnNeeds(
            self.names | other.names,
            self.previous_names | other.previous_names,
            self.before_names | other.before_names,
            self.registers | other.registers,
        )


def expression_needs(text: str | None) -> ColumnNeeds:
    """The columns that an expression or condition reads; none for an empty text."""
    if not text:
        return ColumnNeeds()
    parsed = expressions.parse(text)
    previous = frozenset(parsed.previous_indicators)
    # The value before the newest tells the reader why there is no value of the year before.
    return ColumnNeeds(frozenset(parsed.columns), previous, previous)


def aligned_needs(text: str, *, is_mixed: bool) -> ColumnNeeds:
    """The columns of an expression, and the values before the newest in case the newest are of different periods."""
    needs = expression_needs(text)
    if is_mixed:
        return needs
    return needs | ColumnNeeds(before_names=frozenset(name for name, _ in figures_to_align(expressions.parse(text))))


@dataclass(frozen=True)
class UnnamedRows:
    """Rows that decide a finding although the finding does not name them. ``|`` puts two sets together.

    Such a row may be for some audiences alone, and then the finding is too (``regimes/finding_audiences.py``).
    """

    of_provider: Names = NO_NAMES  # indicators of the provider itself
    of_siblings: Names = NO_NAMES  # indicators of the other settings of the owner
    of_all_providers: Names = NO_NAMES  # indicators of every provider of the regime
    registers: Names = NO_NAMES  # registers of which it matters whether they cover the provider

    def __or__(self, other: "UnnamedRows") -> "UnnamedRows":
        return UnnamedRows(
            self.of_provider | other.of_provider,
            self.of_siblings | other.of_siblings,
            self.of_all_providers | other.of_all_providers,
            self.registers | other.registers,
        )


def expression_rows(text: str | None) -> Names:
    """The indicators of the ledger that an expression or condition reads; none for an empty text."""
    return frozenset(ledger_indicators(expressions.parse(text))) if text else NO_NAMES


def ledger_indicators(expression: Expression) -> Iterable[str]:
    """The indicators of an expression that come from the ledger, newest and previous."""
    return (name for name in (*expression.columns, *expression.previous_indicators) if name not in FACTS)
