"""Writes the generated files: ``docs/data-sources.md`` from the catalogue, the JSON Schema of regime files for editors.

``--check`` only says whether they are current.
"""

import json
import sys

from indicators import catalogue
from indicators.catalogue import Catalogue, Indicator, Register
from regimes.schema import Regime
from settings import ROOT

PAGE = ROOT / "docs" / "data-sources.md"
SCHEMA = ROOT / "regimes" / "regime.schema.json"
INTRODUCTION = """# Data sources

Generated from `indicators/catalogue.yaml` by `make docs`; edit that file, not this page.

Every figure the service shows comes from one of these registers, and can be followed back to the document, line and
place it was read from. *Known on* is the rule for the first day on which the public could have known a value: nothing
is used for an earlier day.
"""


def data_sources_page(loaded_catalogue: Catalogue) -> str:
    """The page about registers and indicators, as Markdown."""
    parts = [INTRODUCTION]
    for key, register in loaded_catalogue.registers.items():
        parts.append(_register_section(key, register))
        parts.append(
            _indicator_table(
                {
                    name: indicator
                    for name, indicator in loaded_catalogue.indicators.items()
                    if key in indicator.registers
                }
            )
        )
    derived = {name: indicator for name, indicator in loaded_catalogue.indicators.items() if not indicator.registers}
    parts += ["## Derived, or common to all registers\n", _indicator_table(derived)]
    return "\n".join(parts).rstrip() + "\n"


def _register_section(key: str, register: Register) -> str:
    read = "everything" if register.observe == "all" else "only subjects that are covered, linked or asked for"
    lines = [
        f"## {register.title} (`{key}`)\n",
        f"- Publisher: {register.publisher}. Licence: {register.licence}.",
        f"- On the web: <{register.address}>" if register.address.startswith("http") else f"- From: {register.address}",
        f"- In a folder of extracts: {', '.join(f'`{pattern}`' for pattern in register.folder) or 'not read from one'}",
        f"- Changes: {register.schedule}. Counts as stale after {register.stale_after_days} days.",
        f"- Known on: {register.known_on}",
        f"- Read: {read}.",
    ]
    if register.notes:
        lines.append(f"- Notes: {register.notes}")
    return "\n".join(_join_lines(line) for line in lines) + "\n"


def _indicator_table(indicators: dict[str, Indicator]) -> str:
    rows = ["| indicator | kind | unit | better | stale after | why it matters |", "|---|---|---|---|---|---|"]
    for key, indicator in sorted(indicators.items()):
        better = {"higher_is_better": "higher", "lower_is_better": "lower", "neutral": ""}[indicator.direction]
        stale = f"{indicator.shelf_life_days} days" if indicator.shelf_life_days else ""
        if indicator.never_stale_because:
            stale = f"never: {indicator.never_stale_because.rstrip('.')}"
        events = "".join(f" '{value}' reports the event `{event}`." for value, event in indicator.starts.items())
        events += "".join(
            f" Another value after '{value}' reports `{event}`." for value, event in indicator.ends.items()
        )
        formula = f" `{indicator.expression}`." if indicator.expression else ""
        source = f" Source: {indicator.source}." if indicator.source else ""
        cells = (
            f"`{key}` {indicator.title}",
            indicator.kind,
            indicator.unit,
            better,
            stale,
            f"{indicator.why}{formula}{events}{source}",
        )
        rows.append("| " + " | ".join(_join_lines(str(cell)).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _join_lines(text: str) -> str:
    head, tail = ("\n", text[:-1]) if text.endswith("\n") else ("", text)
    return " ".join(tail.split()) + head


def json_schema() -> str:
    """The JSON Schema of regime files, with which editors complete and check them while they are written."""
    schema = Regime.model_json_schema(by_alias=True)
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def main() -> int:
    """Write the files, or with ``--check`` say whether they are current: 0 if so, else 1."""
    stale = []
    for path, text in ((PAGE, data_sources_page(catalogue.load())), (SCHEMA, json_schema())):
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
    if stale:
        print(f"{', '.join(stale)}: not current; run 'make docs' and look at the change", file=sys.stderr)  # noqa: T201
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
