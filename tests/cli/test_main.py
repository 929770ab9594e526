"""The command line as a contract: help, exit codes, and one line for each error on stderr."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from queries import watchlist


def test_without_a_command_the_help_is_shown(continuity):
    said = continuity()
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: continuity ")


WRONG = {
    "watchlist --as-of 2999-01-01": r"2999-01-01 is in the future; give a day up to today, \d{4}-\d\d-\d\d",
    "watch --as-of 2999-01-01": r"2999-01-01 is in the future; give a day up to today, .+",
    "explain Invented --as-of 2999-01-01": r"2999-01-01 is in the future; give a day up to today, .+",
    "observations --as-of 2999-01-01": r"2999-01-01 is in the future; give a day up to today, .+",
    "replay --as-of 2999-01-01": r"2999-01-01 is in the future; give a day up to today, .+",
    "watchlist --as-of 31/03/2022": r"'31/03/2022' is not a day; write it as YYYY-MM-DD, for example 2022-03-31",
    "watchlist --as-of 2020-01-01": (
        r"no day up to 2020-01-01 has been scored; run 'continuity watch --as-of 2020-01-01'"
    ),
    "watchlist --regime nonsense --as-of 2022-03-31": (
        r"no regime 'nonsense' was scored on 2022-03-31; choose one of: care_act_market_oversight, .+"
    ),
    "watchlist --limit -1": r"Invalid value for '--limit': .+; see 'continuity watchlist --help'",
    "watchlist --format xml": r"Invalid value for '--format': .+; see 'continuity watchlist --help'",
    "watchlist --format text": r"--format text does not fit this command; use table, json or csv",
    "explain Invented --format csv": r"'Invented' fits \d+ subjects: .+; give one identifier",
    "explain House --as-of 2022-03-31": (
        r"'House' fits 12 subjects: GB-OFSTED-SC900000 Invented House 0; .+ and 7 more; give one identifier"
    ),
    "explain Nobody --as-of 2022-03-31": (
        r"no provider known by 2022-03-31 is called 'Nobody'; see .+, or give an identifier .+"
    ),
    "observations --register nonsense": r"unknown register 'nonsense'; choose one of: casebook, .+",
    "pull nonsense --from .": r"unknown register 'nonsense'; choose one of: casebook, .+",
    "pull --ask 03782379 --from .": (
        r"'03782379' is not an identifier with its scheme; write for example GB-COH-03782379"
    ),
    "pull --from nowhere": r"nowhere: No such file or directory; give --from a folder of register extracts",
    "watch --from nowhere": r"nowhere: No such file or directory; give --from a folder of register extracts",
    "replay --as-of 2020-01-01": r"2020-01-01 was never scored; run 'continuity watch --as-of 2020-01-01'",
    "withdraw GB-COH-99 --reason x": (
        r"'GB-COH-99' names no snapshots and no subject; give a subject's full identifier .+"
    ),
    "withdraw GB-COH-99000001 --reason": r"Option '--reason' requires an argument; see 'continuity --help'",
    "regimes show nonsense": r"no regime 'nonsense' is in force on .+; choose one of: care_act_market_oversight, .+",
    "regimes check nowhere.yaml": r"nowhere.yaml: No such file or directory; give the path of a regime file",
    "train": r"no two yearly lists up to .+ are in the ledger; run 'continuity pull ofsted_social_care'",
    "nonsense": r"No such command 'nonsense'; see 'continuity --help'",
    "regimes": r"Missing command; see 'continuity regimes --help'",
    "alerts": r"Missing command; see 'continuity alerts --help'",
    "watchlist GB-COH-99000001": (
        r"Got unexpected extra argument\(s\) \(GB-COH-99000001\); see 'continuity watchlist --help'"
    ),
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_input_is_one_line_that_says_what_to_do(continuity, shared_copy, command):
    said = continuity(*command.split())

    assert said.code == 2
    assert said.out == ""
    prefix = "" if command.startswith("regimes check") else "continuity: "
    assert re.fullmatch(f"{prefix}{WRONG[command]}\n", said.err)


@pytest.mark.parametrize(
    "command", ["watchlist", "explain X", "observations", "replay --as-of 2020-01-01", "alerts list"]
)
def test_reading_before_there_is_a_database_says_how_to_make_one(continuity, tmp_path, command):
    os.environ["CONTINUITY_HOME"] = str(tmp_path / "nothing")
    said = continuity(*command.split())

    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(
        r"continuity: \S+continuity.db: there is no database yet; run 'continuity init', or 'continuity sample' to try "
        r"it with the sample\n",
        said.err,
    )
    assert not (tmp_path / "nothing" / "continuity.db").exists()


def test_a_database_address_that_is_none_is_named(continuity):
    os.environ["CONTINUITY_DATABASE_URL"] = "over there"
    said = continuity("watchlist")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("continuity: CONTINUITY_DATABASE_URL: ")


def test_our_own_fault_is_one_line_too(continuity, monkeypatch):
    monkeypatch.setattr(watchlist, "read_watchlist", lambda *_, **__: 1 / 0)
    said = continuity("watchlist")
    assert (said.code, said.out, said.err) == (
        1,
        "",
        "continuity: our own fault: ZeroDivisionError: division by zero; run it again with CONTINUITY_DEBUG=1 and "
        "report the output\n",
    )


@pytest.mark.parametrize("command", ["watchlist --as-of 2022-03-31", "observations"])
def test_a_reader_that_stops_early_is_no_error(seeded: Path, command):
    """``continuity observations | head -1``: the pipe breaks, and that is no error."""
    environment = {**os.environ, "CONTINUITY_HOME": str(seeded), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", *command.split()],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (0, "")
