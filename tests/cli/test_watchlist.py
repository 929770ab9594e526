"""watchlist: its order, filters and formats, and the marks of principles that are unscorable."""

import re

from cli.common import out
from models.vocabulary import Principle, UnscorableReason
from tests.extracts import CHARITY, COMPANY, COUNCIL, DAY, WORST, home

HOME_IN_TROUBLE = home(WORST)


PRINCIPLES = {str(principle) for principle in Principle}


def test_the_watchlist_as_json_has_the_worst_provider_first(continuity):
    listed = continuity("watchlist", "--as-of", DAY, "--format", "json").json

    assert (listed["day"], listed["scored_on"], listed["compared_with"]) == ("2022-03-31", "2022-03-31", "2021-03-31")
    assert (listed["total"], listed["shown"], len(listed["providers"])) == (14, 14, 14)
    for provider in listed["providers"]:
        assert set(provider["principles"]) == PRINCIPLES
        unscorable = {key for key, level in provider["principles"].items() if level == "unscorable"}
        assert set(provider["unscorable_because"]) == unscorable
        assert set(provider["unscorable_because"].values()) <= set(UnscorableReason)
        assert provider["probability"] is None
        assert provider["probability_reason"] != ""
    assert [provider["level"] for provider in listed["providers"]] == [
        "critical",
        *["concern"] * 2,
        *["watch"] * 7,
        *["none"] * 4,
    ]
    worst = listed["providers"][0]
    assert (worst["id"], worst["name"], worst["changed_from"]) == (HOME_IN_TROUBLE, "Invented House 3", "none")
    assert (worst["causes"], worst["because"]) == (["data"], "of new data")


def test_a_day_between_two_scored_ones_shows_the_earlier_and_says_so(continuity):
    listed = continuity("watchlist", "--as-of", "2021-12-31", "--format", "json").json
    assert (listed["day"], listed["scored_on"]) == ("2021-12-31", "2021-03-31")
    shown = continuity("watchlist", "--as-of", "2021-12-31").out
    assert shown.startswith("Watchlist of 2021-12-31 (scored on 2021-03-31)\n")


def test_the_watchlist_can_be_cut_and_filtered(continuity):
    def ids(*options):
        return [
            row["id"] for row in continuity("watchlist", "--as-of", DAY, "--format", "json", *options).json["providers"]
        ]

    assert ids("--limit", "1") == [HOME_IN_TROUBLE]
    assert len(ids("--limit", "0")) == 14
    assert ids("--regime", "charities") == [CHARITY]
    assert ids("--commissioner", COUNCIL) == [COMPANY]
    assert ids("--commissioner", "anyshire council") == [COMPANY]


def test_the_watchlist_as_csv_has_a_column_for_each_principle(continuity):
    said = continuity("watchlist", "--as-of", DAY, "--limit", "1", "--format", "csv")

    assert said.out.splitlines()[0].split(",") == [
        "id",
        "name",
        "regime",
        "level",
        "changed_from",
        "causes",
        "rating",
        "probability",
        *map(str, Principle),
        *(f"{principle}_because" for principle in Principle),
    ]
    assert len(continuity("watchlist", "--as-of", DAY, "--format", "csv").rows) == 14
    [row] = said.rows
    assert (row["id"], row["level"], row["accountability"]) == (HOME_IN_TROUBLE, "critical", "critical")
    assert (row["accountability_because"], row["support"], row["support_because"]) == ("", "unscorable", "not_known")


def test_a_home_without_entries_is_not_shown_as_good_anywhere(continuity):
    """Nothing is entered for a home without a concern: neither its support nor the powers over it are good."""
    listed = continuity("watchlist", "--as-of", DAY, "--format", "json").json["providers"]
    well = next(row for row in listed if row["regime"] == "childrens_homes" and row["level"] == "none")
    assert (well["principles"]["support"], well["unscorable_because"]["support"]) == ("unscorable", "nothing_entered")
    assert (well["principles"]["external_powers"], well["principles"]["accountability"]) == ("unscorable", "none")

    shown = continuity("watchlist", "--as-of", DAY)
    [line] = [line for line in shown.out.splitlines() if well["id"] in line]
    assert line.split()[-6:-4] == ["n/e", "ok"]
    assert "unscorable (neither good nor bad): ? not known, n/e nothing entered" in shown.out

    told = continuity("explain", well["id"], "--as-of", DAY)
    assert "  support: unscorable, nothing entered\n" in told.out
    [regime] = continuity("explain", well["id"], "--as-of", DAY, "--format", "json").json["regimes"]
    assert regime["principles"]["support"]["unscorable_because"] == "nothing_entered"
    assert regime["principles"]["accountability"]["unscorable_because"] is None
    findings = regime["principles"]["external_powers"]["findings"]
    reasons = {finding["rule"]: finding["unscorable_because"] for finding in findings}
    assert reasons == {
        "powers": "nothing_due",
        "restriction_decided": "nothing_entered",
        "suspension_decided": "nothing_entered",
        "cancellation_decided": "nothing_entered",
        "notice_unwatched": "nothing_entered",
        "who_was_told": "nothing_due",
    }


def test_the_watchlist_as_a_table_is_plain_text_when_piped(continuity):
    said = continuity("watchlist", "--as-of", DAY, "--limit", "2")

    assert "\x1b" not in said.out
    assert said.out.splitlines()[-2:] == [
        "2 of 14 shown; --limit 0 shows all; 'continuity explain ID' gives the reasons",
        "You see only information for: public.",
    ]
    assert re.search(
        rf"critical +none \(data\) +Invented House 3 +{HOME_IN_TROUBLE} +childrens_homes +- +\? +crit", said.out
    )


def test_on_a_narrow_terminal_the_watchlist_keeps_names_and_whole_identifiers(continuity, monkeypatch):
    monkeypatch.setattr(out, "width", 80)
    lines = continuity("watchlist", "--as-of", DAY, "--limit", "2").out.splitlines()

    assert max(map(len, lines)) <= 80
    assert any("Invented" in line and HOME_IN_TROUBLE in line for line in lines)
    assert "a terminal 110 characters wide also shows: was, regime, prob." in lines
