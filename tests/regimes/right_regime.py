"""Versions of a regime without mistakes."""

from pathlib import Path

from regimes.schema import (
    Regime,
    load_regime_text,
)

RIGHT = (Path(__file__).with_name("golden") / "right_regime.yaml").read_text(encoding="utf-8")


def version(number: int, text: str = RIGHT, **changed: str) -> Regime:
    for key, value in changed.items():
        line = next(line for line in text.splitlines() if line.startswith(f"{key}:"))
        text = text.replace(line, f"{key}: {value}")
    return load_regime_text(Path("small.yaml"), text.replace("title: Small", f"version: {number}\ntitle: Small", 1))
