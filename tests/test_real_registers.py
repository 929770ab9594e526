"""The whole way through on real register documents: four days on one database, again, backwards, replayed."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.registers

DAYS = ("2019-03-31", "2021-03-31", "2022-03-31", "2025-06-30")


class Installation:
    """A data directory of its own and the command as a user runs it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CONTINUITY_")},
            "CONTINUITY_HOME": str(home),
            "HOME": str(home.parent),
            "NO_COLOR": "1",
            "COLUMNS": "400",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=600, check=False)

    def json(self, *arguments: str) -> dict:
        done = self.run(*arguments, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def installed(registers, tmp_path_factory):
    """The four days, run once: the installation and what each run printed."""
    installation = Installation(tmp_path_factory.mktemp("real") / "data")
    printed = {}
    for day in DAYS:
        done = installation.run("watch", "--from", str(registers), "--as-of", day)
        assert (done.returncode, done.stderr) == (0, "")
        printed[day] = done.stdout
    return installation, printed


def row_count(installation: Installation) -> dict[str, int]:
    import sqlite3

    with sqlite3.connect(installation.home / "continuity.db") as connection:
        tables = ("observation", "link", "assessment", "run", "message", "delivery", "escalation", "findingset")
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def test_each_summary_says_what_was_known_by_the_day(installed):
    _, printed = installed

    assert "ofsted_social_care: 9 documents" in printed["2022-03-31"]
    assert "3,576 listed, 272 with values not yet public" in printed["2022-03-31"]
    assert "contracts: nothing known yet" in printed["2022-03-31"]
    assert "contracts: 1 document" in printed["2025-06-30"]
    for summary in printed.values():
        assert "assessments: " in summary
        assert "unreadable" in summary
        assert "alerts: " in summary


def test_any_day_again_adds_nothing(installed, registers):
    installation, _ = installed
    before = row_count(installation)
    for day in reversed(DAYS):
        done = installation.run("watch", "--from", str(registers), "--as-of", day)
        assert done.returncode == 0
        assert "unchanged since it was scored, nothing added" in done.stdout

    assert row_count(installation) == before


def test_nothing_of_later_years_shows_on_an_earlier_day(installed):
    installation, _ = installed
    day = "2019-03-31"
    ledger = csv.DictReader(io.StringIO(installation.run("observations", "--as-of", day).stdout))
    late = [row for row in ledger if row["known_on"] > day]
    assert late == []

    listed = installation.json("watchlist", "--as-of", day, "--limit", "0")
    assert (listed["day"], listed["scored_on"]) == (day, day)
    first_seen_later = {"GB-OFSTED-2600000"}  # registered after the day
    assert not first_seen_later & {provider["id"] for provider in listed["providers"]}
    for provider in listed["providers"][:5]:
        explained = installation.json("explain", provider["id"], "--as-of", day)
        text = json.dumps({key: explained[key] for key in ("regimes", "links", "name")})
        dates = [
            figure["known_on"]
            for regime in explained["regimes"]
            for principle in regime["principles"].values()
            for finding in principle["findings"]
            for figure in finding["figures"]
        ]
        assert dates
        assert max(dates) <= day
        assert max([link["known_on"] for link in explained["links"]], default=day) <= day
        assert "2020-" not in text.split('"fetched_at"')[0]


@pytest.mark.parametrize("day", DAYS)
def test_replay_proves_every_day_unchanged(installed, day):
    installation, _ = installed
    done = installation.run("replay", "--as-of", day)

    assert done.returncode == 0, done.stdout
    assert "unchanged, byte for byte" in done.stdout


def test_a_figure_is_followed_to_file_row_and_column(installed, registers):
    installation, _ = installed
    listed = installation.json("watchlist", "--as-of", "2022-03-31", "--regime", "childrens_homes", "--limit", "1")
    explained = installation.json("explain", listed["providers"][0]["id"], "--as-of", "2022-03-31")
    figures = [
        figure
        for regime in explained["regimes"]
        for principle in regime["principles"].values()
        for finding in principle["findings"]
        for figure in finding["figures"]
        if figure["indicator"] == "overall_judgement"
    ]
    figure = figures[0]
    text = (registers / figure["document"]).read_bytes().decode("utf-8-sig", errors="replace")
    row = next(csv.reader(io.StringIO(text.splitlines()[figure["line"] - 1])))

    assert figure["subject"].removeprefix("GB-OFSTED-") in row
    assert figure["verbatim"] in row


def test_a_year_without_inspections_is_one_finding_about_the_source(installed):
    installation, _ = installed
    listed = installation.json("watchlist", "--as-of", "2021-03-31", "--regime", "childrens_homes", "--limit", "0")
    levels = [provider["level"] for provider in listed["providers"]]

    assert [finding for finding in listed["source_findings"] if finding["regime"] == "childrens_homes"] != []
    assert sum(level in {"watch", "concern", "critical"} for level in levels) < len(levels) / 2
