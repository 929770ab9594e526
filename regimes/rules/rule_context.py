"""Facts about the ledger and the day that the SQL of a rule depends on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from indicators import catalogue
from regimes.rules.sql_text import Query


@dataclass(frozen=True)
class RuleContext:
    """The day, the regime and the ledger, as far as queries of rules depend on them."""

    day: date
    regime_key: str
    schemes: frozenset[str]  # identifier schemes of the regime's providers
    indicators: Mapping[str, int]  # key -> number in the ledger
    units: Mapping[int, str]  # number in the ledger -> unit that is not the catalogue's
    register_checked_on: Mapping[str, date]  # register -> the newest day on which the register was read
    listing_registers: frozenset[str]  # registers that list their subjects
    irregular_periods: frozenset[str]  # figures of which a period is not a year
    foreign_units: frozenset[str]  # figures of which a value is not in the catalogue's unit

    def indicator_ids(self, query: Query, names: Iterable[str]) -> str:
        """The numbers of indicators for ``IN``; ``-1`` if the ledger has none of the indicators."""
        numbers = [query.bind_value(self.indicators[name]) for name in names if name in self.indicators]
        return ", ".join(numbers or ["-1"])

    def register_of(self, name: str) -> str | None:
        """The register of an indicator: its only one, or the only one that covers the regime's schemes.

        The registers of charities and of children's homes both state a registration status.
        """
        known = catalogue.load()
        registers = known.indicators[name].registers if name in known.indicators else ()
        covering = [key for key in registers if self.schemes.intersection(known.registers[key].schemes or self.schemes)]
        return covering[0] if len(covering) == 1 else sole_register(name)


def sole_register(name: str) -> str | None:
    """The register of an indicator that has just one register."""
    indicator = catalogue.load().indicators.get(name)
    return indicator.registers[0] if indicator is not None and len(indicator.registers) == 1 else None


def registers_of(names: Iterable[str]) -> frozenset[str]:
    """The registers of some indicators."""
    return frozenset(register for name in names for register in catalogue.load().indicators[name].registers)
