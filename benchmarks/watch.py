"""Measures the whole watch on a folder of register extracts, and again at once, against budgets of time and memory."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

DAYS = ("2019-03-31", "2021-03-31", "2022-03-31", "2025-06-30")
MINUTES, GIGABYTES = 3, 2


def measure_day(day: str, registers: Path, home: str) -> tuple[float, int]:
    """Seconds and peak memory in bytes of one `continuity watch`."""
    command = [sys.executable, "-m", "cli.main", "watch", "--from", str(registers), "--as-of", day]
    begun = time.perf_counter()
    process = psutil.Popen(command, env={**os.environ, "CONTINUITY_HOME": home}, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.05)
    if process.wait():
        raise SystemExit(f"watch --as-of {day} ended with {process.returncode}")
    return time.perf_counter() - begun, peak


def run(registers: Path) -> list[dict[str, Any]]:
    """The rows of the table: four days on one database, then the last day again."""
    with tempfile.TemporaryDirectory() as home:
        measured = {day: measure_day(day, registers, home) for day in DAYS}
        again = measure_day(DAYS[-1], registers, home)[0]
    rows = [
        {
            "what": f"whole watch, {day}",
            "ours": f"{seconds:,.0f} s, {peak / 1e9:.2f} GB",
            "theirs": "",
            "ratio": round(seconds / (MINUTES * 60), 2),
            "promise": f"at most {MINUTES} minutes and {GIGABYTES} GB",
        }
        for day, (seconds, peak) in measured.items()
    ]
    last = measured[DAYS[-1]][0]
    return [
        *rows,
        {
            "what": "the same day again",
            "ours": f"{again:,.0f} s",
            "theirs": f"{last:,.0f} s the first time",
            "ratio": round(again / last, 2),
            "promise": "",
        },
    ]
