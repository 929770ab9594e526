"""The providers that a regime covers, and a check that there can be any."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from indicators import catalogue
from regimes import expressions
from regimes.rules.base import ConditionText, EventKey, IndicatorKey, StrictModel
from text.yaml_lines import YamlPath


class Coverage(StrictModel):
    """The subjects that the regime scores. Suppliers under GB-CFS have no register entry and are never scored."""

    schemes: Annotated[tuple[str, ...], Field(min_length=1)] = Field(description="identifier schemes, such as GB-COH")
    where: ConditionText | None = Field(default=None, description="must be true of the newest values")
    has_indicator: tuple[IndicatorKey, ...] = Field(default=(), description="at least one of these is known")
    except_when: ConditionText | None = Field(default=None, description="must not be true")
    ends_on: tuple[EventKey, ...] = Field(default=(), description="events after which it is not scored any more")

    @model_validator(mode="after")
    def _covers_somebody(self) -> Self:
        if "GB-CFS" in self.schemes:
            raise ValueError("suppliers known only as GB-CFS have no register entry and are never scored; leave it out")
        if self.where is None and not self.has_indicator:
            raise ValueError("it covers nobody or everybody; write 'where' or 'has_indicator'")
        return self


def coverage_problems(covers: Coverage) -> Iterator[tuple[YamlPath, str]]:
    """Reasons why no provider can ever be covered, each with its place in the file."""
    known = catalogue.load()
    covered = {scheme for register in known.registers.values() for scheme in register.schemes}
    for number, scheme in enumerate(covers.schemes):
        if scheme not in covered:
            place: YamlPath = ("covers", "schemes", number)
            yield place, f"no register speaks of '{scheme}'; write one of {', '.join(sorted(covered))}"
    needed: list[tuple[YamlPath, list[str]]] = []
    if covers.has_indicator:
        needed.append((("covers", "has_indicator"), list(covers.has_indicator)))
    if covers.where is not None:
        needed += [(("covers", "where"), [name]) for name in expressions.parse(covers.where).indicators]
    for place, names in needed:
        registers = [known.registers[key] for name in names for key in known.indicators[name].registers]
        fits = any(not register.schemes or set(register.schemes) & set(covers.schemes) for register in registers)
        if registers and not fits:
            reason = f"no register gives {' or '.join(names)} for {' or '.join(covers.schemes)}"
            yield place, f"it covers nobody: {reason}; name other schemes or indicators"
