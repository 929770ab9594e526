"""Where regime files are: those that come with the service, and an organisation's own in its data directory."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from regimes.schema import DEFINITIONS, Regime, load_file
from settings import Settings


def paths(settings: Settings) -> list[Path]:
    """Every regime file, the shipped ones first."""
    return [*sorted(DEFINITIONS.glob("*.yaml")), *sorted((settings.home / "regimes").glob("*.yaml"))]


@lru_cache(maxsize=1000)
def _load(path: Path, _modified: int, _size: int) -> Regime:
    """A file is read once, and again when it was changed: a run of many days asks for it every day."""
    return load_file(path)


def available(settings: Settings) -> list[Regime]:
    """Every regime, read and checked; an organisation's own replaces the shipped one with the same key and first day.

    Raises:
        WrongRegime: a file is wrong; says where.
    """
    versions: dict[tuple[str, str], Regime] = {}
    for path in paths(settings):
        state = path.stat()
        regime = _load(path, state.st_mtime_ns, state.st_size)
        versions[regime.key, regime.valid_from.isoformat()] = regime
    return list(versions.values())


@lru_cache(maxsize=200)
def archived(body: str) -> Mapping[str, Any]:
    """The content of a regime file as it was archived, for its words; not checked again."""
    content: dict[str, Any] = yaml.load(body, Loader=yaml.CSafeLoader)
    return MappingProxyType(content)
