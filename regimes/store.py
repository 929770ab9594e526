"""Reads regime files: the shipped ones, and an organisation's own in its data directory."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from sqlalchemy import Engine, select

from models.database import read_session, table_of
from models.scoring import ArchivedFile
from regimes.schema import DEFINITIONS, Regime, WrongRegime, load_regime_file
from settings import Settings

ARCHIVED = table_of(ArchivedFile)


def regime_paths(settings: Settings) -> list[Path]:
    """Every regime file, the shipped ones first."""
    return [*sorted(DEFINITIONS.glob("*.yaml")), *sorted((settings.home / "regimes").glob("*.yaml"))]


@lru_cache(maxsize=1000)
def _load_cached(path: Path, _modified: int, _size: int) -> Regime:
    """The regime of a file, read again only if the file was changed: a run of many days asks for it every day."""
    return load_regime_file(path)


def available_regimes(settings: Settings) -> list[Regime]:
    """Every version of every regime, read and checked; an organisation's own replaces the shipped one of its number.

    Raises:
        WrongRegime: a file is wrong; says where.
    """
    versions: dict[VersionKey, Regime] = {}
    for path in regime_paths(settings):
        state = path.stat()
        regime = _load_cached(path, state.st_mtime_ns, state.st_size)
        versions[version_key(regime)] = regime
    return list(versions.values())


VersionKey = tuple[str, date, int]  # a regime's key, its first day, and its version among those of that day


def version_key(regime: Regime) -> VersionKey:
    """The key that identifies a version."""
    return regime.key, regime.valid_from, regime.version


def duplicate_problems(settings: Settings, regimes: Iterable[Regime]) -> Iterator[str]:
    """Versions that an organisation already has with other content, so that only one of the two would be read."""
    own = {path: load_regime_file(path) for path in sorted((settings.home / "regimes").glob("*.yaml"))}
    for regime in regimes:
        for path, other in own.items():
            if version_key(other) == version_key(regime) and other.sha256 != regime.sha256:
                version = f"version {regime.version} of '{regime.key}'"
                yield (
                    f"{regime.line_reference('version')}: {version} is in {path} with other content; "
                    f"write 'version: {regime.version + 1}', or remove that file"
                )


def used_versions(engine: Engine) -> dict[VersionKey, str]:
    """The hash of every version that a run has used."""
    kind = select(ARCHIVED.c.sha256, ARCHIVED.c.body).where(ARCHIVED.c.kind == "regime")
    with read_session(engine) as session:
        rows = session.execute(kind).all()
    files = [(sha256, parse_archived_regime(body)) for sha256, body in rows]
    return {(file["key"], file["valid_from"], file.get("version", 1)): sha256 for sha256, file in files}


def check_unchanged(engine: Engine, regimes: Iterable[Regime]) -> None:
    """Check that no version that a run has used was changed: the file must explain past ratings.

    Raises:
        WrongRegime: a file has other content under a used version; ``file:line: what is wrong, what to write instead``.
    """
    known = used_versions(engine)
    problems = []
    for regime in regimes:
        before = known.get(version_key(regime))
        if before is not None and before != regime.sha256:
            free = max(version for key, since, version in known if (key, since) == (regime.key, regime.valid_from)) + 1
            version = f"version {regime.version} of '{regime.key}'"
            problems.append(
                f"{regime.line_reference('version')}: {version} was used by a run with other content; "
                f"write 'version: {free}'"
            )
    if problems:
        raise WrongRegime(problems)


@lru_cache(maxsize=200)
def parse_archived_regime(body: str) -> Mapping[str, Any]:
    """The content of an archived regime file; it is not validated again."""
    content: dict[str, Any] = yaml.load(body, Loader=yaml.CSafeLoader)
    return MappingProxyType(content)
