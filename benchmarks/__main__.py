"""Runs ``make bench``: measures the promises with numbers, as ratios in one run, and prints a table.

``python -m benchmarks accounts ledger`` runs only those named.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import accounts, alerts, dashboard, kills, ledger, national, watch

EXTRACTS = Path(os.environ.get("TEST_REGISTERS") or Path(__file__).resolve().parents[2] / "shared" / "registers")

BENCHES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "accounts": lambda: accounts.run(EXTRACTS),
    "ledger": ledger.run,
    "watch": lambda: watch.run(EXTRACTS),
    "dashboard": dashboard.run,
    "alerts": alerts.run,
    "kills": kills.run,
    "national": national.run,
}
NEEDS_EXTRACTS = {"accounts", "watch"}
COLUMNS = ("what", "ours", "theirs", "ratio", "promise")


def main() -> None:
    """Run the benchmarks and print their results."""
    table = Table(*COLUMNS, box=None, header_style="bold")
    for name in sys.argv[1:] or BENCHES:
        if name not in BENCHES:
            raise SystemExit(f"no benchmark '{name}'; choose one of: {', '.join(BENCHES)}")
        if name in NEEDS_EXTRACTS and not EXTRACTS.is_dir():
            table.add_row(name, "left out", f"no folder of register extracts at {EXTRACTS}", "", "set TEST_REGISTERS")
            continue
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        for row in BENCHES[name]():
            table.add_row(*(str(row[column]) for column in COLUMNS))
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
