"""Where regime files are: those that come with the service, and an organisation's own in its data directory."""

from pathlib import Path

from regimes.schema import DEFINITIONS, Regime, load_file
from settings import Settings


def paths(settings: Settings) -> list[Path]:
    """Every regime file, the shipped ones first."""
    return [*sorted(DEFINITIONS.glob("*.yaml")), *sorted((settings.home / "regimes").glob("*.yaml"))]


def available(settings: Settings) -> list[Regime]:
    """Every regime, read and checked; an organisation's own replaces the shipped one with the same key and first day.

    Raises:
        WrongRegime: a file is wrong; says where.
    """
    versions: dict[tuple[str, str], Regime] = {}
    for path in paths(settings):
        regime = load_file(path)
        versions[regime.key, regime.valid_from.isoformat()] = regime
    return list(versions.values())
