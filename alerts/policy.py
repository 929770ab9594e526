"""Reads the policy: who is told what, and how soon a level may come down again."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

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
    """Who is told what; ``sha256`` is of the file's bytes and ``text`` is the file."""

    sha256: str
    text: str = Field(repr=False)
    version: Literal[1] = Field(alias="schema")
    title: str
    lower_after: int = Field(ge=1, le=30)
    useful_for_days: int = Field(ge=1, le=90)
    lines: int = Field(ge=1, le=100)
    criticals_alone: int = Field(ge=0, le=1000)
    recipients: dict[Key, Addressee] = Field(min_length=1)


def load(settings: Settings) -> Policy:
    """The organisation's policy (``policy.yaml`` in the data directory) or else the shipped one.

    Raises:
        WrongPolicy: the file cannot be read or does not fit; one line says where.
    """
    own = settings.home / "policy.yaml"
    return read(own if own.exists() else SHIPPED)


def read(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        WrongPolicy: the file cannot be read or does not fit; one line says where.
    """
    try:
        content = path.read_bytes()
        document = yaml.safe_load(content)
        if not isinstance(document, dict):
            raise WrongPolicy(f"{path}: a policy is a mapping of keys; start from {SHIPPED}")
        given = {"sha256": hashlib.sha256(content).hexdigest(), "text": content.decode()}
        return Policy.model_validate({**document, **given})
    except OSError as error:
        raise WrongPolicy(f"{path}: {error.strerror}; make it readable") from error
    except yaml.YAMLError as error:
        raise WrongPolicy(f"{path}: {' '.join(str(error).split())}; correct the YAML") from error
    except UnicodeDecodeError as error:
        raise WrongPolicy(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WrongPolicy(f"{path}: {place}: {first['msg']}; correct it or start from {SHIPPED}") from error
