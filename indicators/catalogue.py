"""Reads ``catalogue.yaml``: every register and indicator that the service knows, each with its meaning."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.vocabulary import IndicatorKind
from settings import WrongInput

PATH = Path(__file__).with_name("catalogue.yaml")


class UnknownIndicator(WrongInput):
    """A record or a rule names an indicator that is not in the catalogue."""


class UnknownRegister(WrongInput):
    """A user names a register that is not in the catalogue."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Register(_Strict):
    """A public source of documents."""

    title: str
    publisher: str
    licence: str
    address: str = Field(description="The address of the documents on the web")
    folder: tuple[str, ...] = Field(description="Glob patterns of its files in a folder of extracts")
    schedule: str = Field(description="How often the publisher changes it, in words")
    observe: Literal["all", "wanted"] = Field(
        default="all",
        description="'wanted': only subjects that a regime covers, that are linked, or that were asked for",
    )
    schemes: tuple[str, ...] = Field(
        default=(), description="Schemes under which the register identifies providers; any if empty"
    )
    never_repeats: bool = Field(
        default=False, description="Each document has only new values, so none is checked for repeats"
    )
    scheme: str = Field(default="", description="For 'wanted': the scheme of the subjects that are in the register")
    known_on: str = Field(description="The rule for the day on which its content became public")
    notes: str = ""
    stale_after_days: int = Field(description="Age of the newest document after which the source itself is stale")


class Indicator(_Strict):
    """One kind of figure, grade, flag, text, event or forecast."""

    title: str
    kind: IndicatorKind
    registers: tuple[str, ...] = ()
    unit: str = ""
    direction: Literal["higher_is_better", "lower_is_better", "neutral"] = "neutral"
    grades: dict[str, int] = Field(default_factory=dict, description="Verbatim grade in lower case to rank, 1 the best")
    shelf_life_days: int | None = Field(default=None, description="Age after which the value counts as stale")
    never_stale_because: str = Field(default="", description="Why a grade, flag or text has no shelf life")
    starts: dict[str, str] = Field(
        default_factory=dict,
        description="For statuses: value in lower case ('yes' of a flag) to the event that the value reports",
    )
    ends: dict[str, str] = Field(
        default_factory=dict,
        description="For statuses: value in lower case to the event that a later other value reports",
    )
    happens_once: bool = Field(
        default=False, description="For events: an occurrence happens once, so that another day corrects it"
    )
    undone_by: tuple[str, ...] = Field(default=(), description="For ends: events after which the subject exists again")
    expression: str | None = Field(default=None, description="For ratios: a SQL expression over other indicators")
    why: str = Field(description="Why it matters for continuity, in one sentence")
    source: str = Field(default="", description="The source of a formula")

    @model_validator(mode="after")
    def _grades_belong_to_grades(self) -> "Indicator":
        if (self.kind is IndicatorKind.GRADE) != bool(self.grades):
            raise ValueError("'grades' must be given for kind grade, and only there")
        return self

    @model_validator(mode="after")
    def _statuses_age(self) -> "Indicator":
        if self.is_status and (self.shelf_life_days is None) != bool(self.never_stale_because):
            raise ValueError(f"a {self.kind} needs either 'shelf_life_days' or 'never_stale_because' with the reason")
        if not self.is_status and (self.never_stale_because or self.starts or self.ends):
            raise ValueError("'never_stale_because', 'starts' and 'ends' belong to a grade, a flag or a text")
        return self

    @property
    def is_status(self) -> bool:
        """Whether the value holds until a register gives another: a grade, a flag or a text."""
        return self.kind in {IndicatorKind.GRADE, IndicatorKind.FLAG, IndicatorKind.TEXT}


class Catalogue(_Strict):
    """All registers and indicators by key."""

    registers: dict[str, Register]
    indicators: dict[str, Indicator]

    @model_validator(mode="after")
    def _registers_exist(self) -> "Catalogue":
        for key, indicator in self.indicators.items():
            for register in indicator.registers:
                if register not in self.registers:
                    raise ValueError(f"indicator '{key}' names the unknown register '{register}'")
            for event in indicator.undone_by:
                if event not in self.indicators or self.indicators[event].kind is not IndicatorKind.EVENT:
                    raise ValueError(f"indicator '{key}' is undone by '{event}', which is no event of the catalogue")
        return self

    @model_validator(mode="after")
    def _events_exist(self) -> "Catalogue":
        for key, indicator in self.indicators.items():
            for event in (*indicator.starts.values(), *indicator.ends.values()):
                if event not in self.indicators or self.indicators[event].kind is not IndicatorKind.EVENT:
                    raise ValueError(f"indicator '{key}' starts or ends '{event}', which is no event of the catalogue")
        return self

    def find_indicator(self, key: str) -> Indicator:
        """The indicator with this key.

        Raises:
            UnknownIndicator: there is none.
        """
        try:
            return self.indicators[key]
        except KeyError:
            raise UnknownIndicator(f"unknown indicator '{key}': add it to {PATH.name} or correct the name") from None


@cache
def load() -> Catalogue:
    """The shipped catalogue, validated.

    Raises:
        WrongInput: the file does not fit the schema.
    """
    try:
        return Catalogue.model_validate(yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        raise WrongInput(f"{PATH}: {error}") from error


@cache
def one_time_events() -> frozenset[str]:
    """The events whose occurrences happen once: the same occurrence with another day is a correction."""
    return frozenset(key for key, indicator in load().indicators.items() if indicator.happens_once)
