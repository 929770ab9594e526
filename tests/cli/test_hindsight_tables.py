"""Tables of the commands about past days."""

import hashlib

from tests.extracts import DAY, EARLIER, WORST, home

HOME_IN_TROUBLE = home(WORST)


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
