"""what-if, backtest and explain --since: their output and errors, and that they write nothing."""

import hashlib

import pytest

from regimes.schema import DEFINITIONS
from tests.extracts import DAY, EARLIER, WORST, home

HOME_IN_TROUBLE = home(WORST)
HOMES = (DEFINITIONS / "childrens_homes.yaml").read_text(encoding="utf-8")


@pytest.fixture
def edited(tmp_path):
    """Children's homes, with every home that is merely good to be watched."""
    path = tmp_path / "edited.yaml"
    path.write_text(HOMES.replace("Outstanding: none, Good: none", "Outstanding: none, Good: watch"), encoding="utf-8")
    return path


def database(home):
    return hashlib.sha256((home / "continuity.db").read_bytes()).hexdigest()


def test_what_if_says_who_changes_level_and_what_it_costs(continuity, home, edited):
    before = database(home)
    said = continuity("what-if", edited)

    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == f"The regime childrens_homes as edited in {edited}"
    assert lines[1] == (
        "2 days, 2021-03-31 to 2022-03-31; view full; each day is compared with the version in force on that day"
    )
    assert any(line.startswith("Changes of level: ") for line in lines)
    assert any(line.startswith("Failed or left within twelve months: ") for line in lines)
    assert any("a month" in line for line in lines)
    assert database(home) == before


def test_what_if_as_json_is_one_document(continuity, edited):
    said = continuity("what-if", edited, "--format", "json").json

    assert (said["file"], said["regime"], said["basis"]) == (str(edited), "childrens_homes", "full")
    assert [day["day"] for day in said["days"]] == [EARLIER.isoformat(), DAY.isoformat()]
    assert {"id", "name", "from", "to", "published", "edited", "rules"} == set(said["changes"][0])


def test_regular_days_are_chosen_where_none_were_scored(continuity, edited, tmp_path):
    chart = tmp_path / "chart.svg"
    options = ("--from", "2021-12-01", "--to", "2022-03-31", "--every", "month", "--format", "json", "--chart", chart)
    said = continuity("what-if", edited, *options).json

    assert [day["day"] for day in said["days"]] == ["2021-12-31", "2022-01-31", "2022-02-28", "2022-03-31"]
    assert chart.read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--to", "2001-01-01"], "no day up to 2001-01-01 was scored; add '--every month' (with --from)"),
        (["--every", "month"], "--every month needs a first day; add --from DATE"),
        (["--from", "2022-03-31", "--to", "2021-03-31"], "--from 2022-03-31 is after --to 2021-03-31"),
        (["--from", "soon"], "'soon' is not a day; write it as YYYY-MM-DD"),
        (["--chart", "chart.png"], "--chart chart.png: write a name that ends in .svg or .html"),
        (["--format", "csv"], "--format csv does not fit this command; use table or json"),
    ],
)
def test_wrong_options_are_said_in_one_line(continuity, edited, options, error):
    said = continuity("what-if", edited, *options)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"continuity: {error}")
    assert said.err.count("\n") == 1


def test_a_wrong_regime_file_is_said_with_its_line(continuity, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(HOMES.replace("better: lower", "better: sideways", 1), encoding="utf-8")
    said = continuity("what-if", path)

    assert said.code == 2
    assert f"{path}:" in said.err


def test_backtest_counts_the_homes_of_the_watchlist_that_left_within_a_year(continuity):
    said = continuity("backtest")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(
        "childrens_homes, 1 list from 2021-03-31 to 2021-03-31: homes that had left a year later"
    )

    lists = continuity("backtest", "--format", "json").json["days"][0]["lists"]
    assert [line["down_to"] for line in lists] == ["concern", "watch"]
    assert set(lists[0]["orders"]) == {"regime", "last_grade", "model", "chance"}


def test_explain_since_splits_the_change(continuity):
    said = continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--since", EARLIER, "--format", "json").json

    change = next(row for row in said["change"]["regimes"] if row["regime"] == "childrens_homes")
    assert said["change"]["since"]["day"] == EARLIER.isoformat()
    assert (change["level"]["from"], change["level"]["to"]) == ("none", "critical")
    assert change["level"]["steps"] == {"data": "critical", "regime": "critical", "model": "critical"}

    text = continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--since", EARLIER).out
    assert "Since the run of 2021-03-31 (until that of 2022-03-31)" in text
    assert "    new data: none -> critical" in text
    assert continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--since", DAY).code == 2
    assert "change" not in continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--format", "json").json
