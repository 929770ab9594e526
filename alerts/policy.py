"""Reads the policy: who is told what, and how soon a level may come down again."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints

from regimes import lines
from settings import Settings, WrongInput

SHIPPED = Path(__file__).with_name("policy.yaml")
FILE_CHANNEL = "file"

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class WrongPolicy(WrongInput):
    """The policy file cannot be used."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Addressee(_Strict):
    """A person or team that is told."""

    title: str = Field(min_length=1)
    channel: Key


class Policy(_Strict):
    """Who is told what."""

    version: Literal[1] = Field(alias="schema")
    title: str
    lower_after: int = Field(ge=1, le=30)
    useful_for_days: int = Field(ge=1, le=90)
    lines: int = Field(ge=1, le=30)
    criticals_alone: int = Field(ge=0, le=1000)
    recipients: dict[Key, Addressee] = Field(min_length=1)
    _text: str = PrivateAttr(default="")

    @property
    def text(self) -> str:
        """The file, as it is archived."""
        return self._text

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self._text.encode()).hexdigest()


def load(settings: Settings) -> Policy:
    """The organisation's policy (``policy.yaml`` in the data directory) or else the shipped one.

    Raises:
        WrongPolicy: the file cannot be read or does not fit.
    """
    own = settings.home / "policy.yaml"
    return read(own if own.exists() else SHIPPED)


def read(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        WrongPolicy: the file cannot be read or does not fit: ``file:line: what is wrong``, a line for each problem.
    """
    try:
        text = lines.read(path)
        policy = lines.validate(path, text, Policy)
    except lines.WrongRegime as error:
        raise WrongPolicy(str(error)) from error
    policy._text = text
    return policy
