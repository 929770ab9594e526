"""Measures reading accounts: real documents against a bare parse and two other readers; memory of a bulk file."""

import io
import logging
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 5
SLOW_ROUNDS = 2  # of the reader that takes a minute for each
FEW, MANY = 300, 3000  # members of the two bulk products whose memory is compared
DocumentReader = Callable[[str, bytes], object]

# Reads a bulk product in a process of its own and prints the peak memory of the process in kilobytes.
READ_ONE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from indicators.parsed_records import Document, ObservationRecord
from indicators.sources.companies_house_accounts import parse
path = Path(sys.argv[1])
now = datetime(2026, 1, 1, tzinfo=UTC)
document = Document("companies_house_accounts", path.name, "", now, lambda: path.open("rb"))
figures = sum(isinstance(record, ObservationRecord) for record in parse(document))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(figures, peak)
"""


def parse_bare_tree(_: str, data: bytes) -> object:
    """Parse the tree by lxml with its default settings, and read no fact."""
    from lxml import etree

    return etree.fromstring(data)


def read_our_facts(_: str, data: bytes) -> object:
    """Read every fact with its context, unit and value."""
    from indicators.formats.xbrl import read_facts

    return read_facts(data)


def stream_read_xbrl(name: str, data: bytes) -> object:
    """Read some forty columns for each period, without the library's process pool."""
    import stream_read_xbrl

    return stream_read_xbrl._xbrl_to_rows((name, data))


def ixbrlparse(_: str, data: bytes) -> object:
    """Read every fact, as objects."""
    from ixbrlparse import IXBRL

    return IXBRL(io.StringIO(data.decode()), raise_on_error=False)


def best_seconds(documents: dict[str, bytes], readers: dict[str, DocumentReader], rounds: int) -> dict[str, float]:
    """Seconds of each reader for all documents: the best of some rounds, in which the readers take turns.

    Processor time and not the clock's, so that a busy machine does not favour a reader.
    """
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(rounds):
        for reader, read in readers.items():
            begun = time.process_time()
            for name, data in documents.items():
                read(name, data)
            best[reader] = min(best[reader], time.process_time() - begun)
    return best


def measure_speed(documents: dict[str, bytes]) -> list[dict[str, Any]]:
    """The three promises of speed, each as a ratio."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    logging.getLogger("stream_read_xbrl").setLevel(
        logging.ERROR
    )  # this library skips one document, whose name has no run
    for reader in (
        parse_bare_tree,
        read_our_facts,
        stream_read_xbrl,
        ixbrlparse,
    ):  # imports and first calls are not measured
        reader(*next(iter(documents.items())))
    results = []
    for other, rounds, promise in (
        (parse_bare_tree, ROUNDS, 0.6),
        (stream_read_xbrl, ROUNDS, 5),
        (ixbrlparse, SLOW_ROUNDS, 30),
    ):
        took = best_seconds(documents, {"theirs": other, "ours": read_our_facts}, rounds)
        baseline = "a bare lxml parse" if other is parse_bare_tree else other.__name__
        results.append(
            {
                "what": f"read accounts, against {baseline}",
                "ours": f"{len(documents) / took['ours']:,.0f} documents/s",
                "theirs": f"{len(documents) / took['theirs']:,.0f} documents/s",
                "ratio": round(took["theirs"] / took["ours"], 2),
                "promise": f"at least {promise}",
            }
        )
    return results


def write_bulk_product(path: Path, members: int) -> None:
    """Write a clearly synthetic daily product: as many micro-entity accounts of 60 KB each."""
    spaces = {
        "": "http://www.w3.org/1999/xhtml",
        ":ix": "http://www.xbrl.org/2013/inlineXBRL",
        ":xbrli": "http://www.xbrl.org/2003/instance",
        ":iso4217": "http://www.xbrl.org/2003/iso4217",
        ":core": "http://xbrl.frc.org.uk/fr/2014-09-01/core",
    }
    declared = " ".join(f'xmlns{prefix}="{space}"' for prefix, space in spaces.items())
    filler = "".join(f"<p>Synthetic line {number} of the notes to the accounts.</p>" for number in range(1000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(members):
            figures = "".join(
                f'<ix:nonFraction name="core:{name}" contextRef="c" unitRef="u">{number + place}</ix:nonFraction>'
                for place, name in enumerate(("CurrentAssets", "Debtors", "CashBankOnHand", "Equity"))
            )
            text = (
                f"<html {declared}><body>{figures}{filler}<ix:header><ix:resources>"
                '<xbrli:context id="c"><xbrli:entity><xbrli:identifier scheme="http://www.companieshouse.gov.uk/">'
                f"{number:08}</xbrli:identifier></xbrli:entity><xbrli:period><xbrli:instant>2024-12-31"
                '</xbrli:instant></xbrli:period></xbrli:context><xbrli:unit id="u"><xbrli:measure>iso4217:GBP'
                "</xbrli:measure></xbrli:unit></ix:resources></ix:header></body></html>"
            )
            archive.writestr(f"Prod223_3951_{number:08}_20241231.html", text)


def measure_memory() -> dict[str, Any]:
    """The peak memory for a bulk product of many members, against a product of few."""
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for members in (FEW, MANY):
            path = Path(folder) / "Accounts_Bulk_Data-2025-05-03.zip"
            write_bulk_product(path, members)
            command = [sys.executable, "-c", READ_ONE, str(path)]
            figures, peak = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
            if int(figures) < 4 * members:
                raise RuntimeError(f"only {figures} observations in {members} synthetic accounts")
            peaks.append(int(peak) / 1024)
    return {
        "what": f"memory, a bulk product of {MANY:,} accounts against {FEW:,}",
        "ours": f"{peaks[1]:,.0f} MB",
        "theirs": f"{peaks[0]:,.0f} MB",
        "ratio": round(peaks[1] / peaks[0], 2),
        "promise": "at most 1.1",
    }


def run(registers: Path) -> list[dict[str, Any]]:
    """All promises about accounts, on the real documents of the folder of extracts."""
    files = sorted((registers / "companies_house/accounts").iterdir())
    return [*measure_speed({path.name: path.read_bytes() for path in files}), measure_memory()]


if __name__ == "__main__":
    for result in run(Path(sys.argv[1])):
        print(
            "  ".join(f"{value!s:<{width}}" for value, width in zip(result.values(), (56, 22, 22, 8, 14), strict=True))
        )
