"""init, observations, document and withdraw: the data behind the verdicts."""

import os
import re
import sqlite3
from pathlib import Path

from tests.command import Command
from tests.extracts import ACCOUNTS, COMPANY, DAY, EARLIER

OBSERVATION_COLUMNS = [
    "subject",
    "indicator",
    "kind",
    "period_start",
    "period_end",
    "known_on",
    "value",
    "unit",
    "register",
    "document",
    "place",
    "name",
]


def test_the_number_in_explain_opens_the_document(continuity):
    said = continuity("explain", COMPANY, "--as-of", DAY).out
    number = re.search(r"Net assets: -£4,200 .+; 'continuity document (\d+)'", said)[1]
    opened = continuity("document", number)
    assert (opened.code, opened.err) == (0, "")
    lines = opened.out.splitlines()
    assert lines[0].endswith(f"({COMPANY}): Net assets on 2021-03-31: -£4,200")
    assert lines[1] == f"document  {ACCOUNTS}, line 7, NetAssetsLiabilities, context n"
    assert Path(lines[3].removeprefix("file      ")).is_file()
    assert re.fullmatch(r"> line 7  .*4,200.*", lines[4])
    shown = continuity("document", number, "--format", "json").json
    assert (shown["seq"], shown["subject"], shown["problem"]) == (int(number), COMPANY, "")
    assert [line["is_fact"] for line in shown["lines"]].count(True) == 1


def test_an_unknown_document_is_refused(continuity):
    said = continuity("document", "999999999")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("continuity: there is no observation 999999999 that you may see; ")


def test_observations_as_csv_have_exactly_the_documented_columns(continuity):
    said = continuity("observations", COMPANY, "--as-of", DAY)

    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0].split(",") == OBSERVATION_COLUMNS
    [net_assets] = [row for row in said.rows if row["indicator"] == "net_assets"]
    assert net_assets == {
        "subject": COMPANY,
        "indicator": "net_assets",
        "kind": "figure",
        "period_start": "",
        "period_end": "2021-03-31",
        "known_on": "2022-02-25",
        "value": "-4200.0",
        "unit": "GBP",
        "register": "companies_house_accounts",
        "document": ACCOUNTS,
        "place": "line 7, NetAssetsLiabilities, context n",
        "name": "INVENTED CARE LIMITED",
    }


def test_observations_as_json_say_the_same(continuity):
    rows = continuity("observations", COMPANY, "--as-of", DAY, "--format", "json").json
    lines = continuity("observations", COMPANY, "--as-of", DAY).rows

    assert [list(row) for row in rows] == [OBSERVATION_COLUMNS] * len(lines)
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows] == lines


def test_observations_can_be_had_of_one_register_and_of_an_earlier_day(continuity):
    of_register = continuity("observations", "--register", "contracts", "--as-of", DAY).rows
    assert {row["register"] for row in of_register} == {"contracts"}
    earlier = continuity("observations", "--as-of", EARLIER).rows
    assert max(row["known_on"] for row in earlier) == "2021-03-31"
    assert (
        continuity("observations", "--register", "contracts", "--as-of", EARLIER).out
        == ",".join(OBSERVATION_COLUMNS) + "\n"
    )


def test_a_withdrawn_document_leaves_a_tombstone_and_no_row(continuity, home, folder):
    [sha256] = {figure["sha256"] for figure in _figures(continuity, "net_assets")}
    done = continuity("withdraw", sha256[:12], "--reason", "published by mistake", "--delete-bytes")

    assert done.code == 0
    assert not (home / "archive" / sha256[:2] / sha256).exists()
    with sqlite3.connect(home / "continuity.db") as connection:
        tombstones = connection.execute("SELECT target, reason, person, bytes_deleted FROM withdrawal").fetchall()
    assert tombstones == [(sha256, "published by mistake", "operator", 1)]
    # Pulled again from the same folder it stays withdrawn.
    assert continuity("watch", "--from", folder, "--as-of", DAY).code == 0
    assert _figures(continuity, "net_assets") == []


def _figures(continuity: Command, rule: str) -> list[dict]:
    explained = continuity("explain", COMPANY, "--as-of", DAY, "--format", "json").json
    return [
        figure
        for regime in explained["regimes"]
        for entry in regime["principles"].values()
        for finding in entry["findings"]
        if finding["rule"] == rule
        for figure in finding["figures"]
    ]


def test_init_makes_a_database_once_and_says_where_things_are(continuity, tmp_path):
    os.environ["CONTINUITY_HOME"] = "new"
    os.environ["CONTINUITY_CHANNEL_SLACK"] = "slack://TokenA/TokenB/TokenC"
    first = continuity("init")

    assert (first.code, first.err) == (0, "")
    assert first.out.splitlines() == [
        f"database   sqlite:///{tmp_path / 'new' / 'continuity.db'}",
        f"data       {tmp_path / 'new'}",
        "registers  the web",
        "channels   file, slack",
        "operator   operator",
        "'operator' is now registered, with the role operator",
    ]
    before = (tmp_path / "new" / "continuity.db").read_bytes()
    assert continuity("init").out.splitlines() == first.out.splitlines()[:-1]
    assert (tmp_path / "new" / "continuity.db").read_bytes() == before


def test_an_empty_reason_is_refused(continuity, shared_copy):
    said = continuity("withdraw", COMPANY, "--reason", " ")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "continuity: --reason is empty; give the reason, because later readers will see it\n",
    )
