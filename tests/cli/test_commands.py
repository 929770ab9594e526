"""The command line is a contract: exit codes, JSON shapes, one line for each error, nothing else on stdout."""

import csv
import io
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cli.common import out
from flows import day as steps
from flows.lease import hold_lease
from indicators import catalogue
from models.database import engine_for
from models.vocabulary import Level, Principle, UnscorableReason
from queries import watchlist
from tests.command import Command
from tests.extracts import ACCOUNTS, CHARITY, COMPANY, COUNCIL, DAY, EARLIER, GONE, WORST, home, put

HOME_IN_TROUBLE = home(WORST)
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
PRINCIPLES = {str(principle) for principle in Principle}
FIGURE_KEYS = {
    "seq",
    "subject",
    "indicator",
    "title",
    "kind",
    "period_start",
    "period_end",
    "occurrence",
    "known_on",
    "known_on_basis",
    "age_days",
    "value",
    "verbatim",
    "unit",
    "register",
    "document",
    "address",
    "fetched_at",
    "sha256",
    "line",
    "place",
    "subject_name",
}
FINDING_KEYS = {
    "principle",
    "rule",
    "title",
    "status",
    "level",
    "indicators",
    "value",
    "unit",
    "threshold",
    "seqs",
    "period_end",
    "known_on",
    "is_recalled",
    "is_last_known",
    "source",
    "figures",
    "weight",
    "score",
    "contribution",
    "limits",
    "decides",
    "peers",
    "unscorable_because",
    "since",
    "first_run",
    "last_run",
}


def table_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# --- watch


def test_watch_again_gives_a_line_for_each_register_and_adds_nothing(continuity, home, folder):
    said = continuity("watch", "--from", folder, "--as-of", DAY)

    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "2022-03-31"
    assert [line.split(":")[0].strip() for line in lines[1:8]] == list(catalogue.load().registers)
    assert lines[1].startswith("  ofsted_social_care: 2 documents, 193 observations, 24 links, 11 listed, 0 unreadable")
    assert lines[8:] == [
        "  assessments: 15 of 14 providers (1 critical, 3 concern, 7 watch, 4 none); unchanged since it was scored, "
        "nothing added",
        "  alerts: nobody notified, nothing new since this day was scored",
        "  nothing to send",
    ]


def test_a_register_that_is_left_out_is_said_and_gives_exit_code_3(continuity, home, folder, tmp_path):
    link = tmp_path / "registers" / "contracts" / "away_releases.jsonl"
    link.parent.mkdir(parents=True)
    link.symlink_to("/etc/hostname")
    reason = f"{link}: a link that leads out of {tmp_path / 'registers'}; put the file itself there"

    watched = continuity("watch", "--from", tmp_path / "registers", "--as-of", DAY)
    assert (watched.code, watched.out.splitlines()[-1]) == (3, f"  left out: contracts: {reason}")
    assert "11 listed" in watched.out
    pulled = continuity("pull", "contracts", "--from", tmp_path / "registers")
    assert (pulled.code, pulled.out) == (3, f"contracts: 0 documents, 0 new; {reason}\n")


def test_a_second_run_at_the_same_time_is_refused_in_one_line(continuity, home, folder):
    with hold_lease(engine_for(f"sqlite:///{home / 'continuity.db'}")):
        said = continuity("watch", "--from", folder, "--as-of", DAY)

    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(
        r"continuity: another run has been at work since \S+ \(process \d+ on .+\); wait .+\n", said.err
    )


# --- watchlist


def test_the_watchlist_as_json_has_the_documented_keys_and_the_worst_first(continuity):
    listed = continuity("watchlist", "--as-of", DAY, "--format", "json").json

    assert set(listed) == {"day", "scored_on", "run", "compared_with", "source_findings", "providers", "total", "shown"}
    assert (listed["day"], listed["scored_on"], listed["compared_with"]) == ("2022-03-31", "2022-03-31", "2021-03-31")
    assert (listed["total"], listed["shown"], len(listed["providers"])) == (14, 14, 14)
    for provider in listed["providers"]:
        assert set(provider) == {
            "id",
            "name",
            "regime",
            "level",
            "rating",
            "is_official",
            "stage",
            "probability",
            "probability_reason",
            "principles",
            "changed_from",
            "causes",
            "because",
            "other_regimes",
            "unscorable_because",
        }
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
    assert len(table_of(continuity("watchlist", "--as-of", DAY, "--format", "csv").out)) == 14
    [row] = table_of(said.out)
    assert (row["id"], row["level"], row["accountability"]) == (HOME_IN_TROUBLE, "critical", "critical")
    assert (row["accountability_because"], row["support"], row["support_because"]) == ("", "unscorable", "not_known")


def test_nothing_entered_of_a_home_is_not_shown_as_well_anywhere(continuity):
    """Of a home that is no concern nothing is entered: neither its support nor the powers over it are well."""
    listed = continuity("watchlist", "--as-of", DAY, "--format", "json").json["providers"]
    well = next(one for one in listed if one["regime"] == "childrens_homes" and one["level"] == "none")
    assert (well["principles"]["support"], well["unscorable_because"]["support"]) == ("unscorable", "nothing_entered")
    assert (well["principles"]["external_powers"], well["principles"]["accountability"]) == ("unscorable", "none")

    shown = continuity("watchlist", "--as-of", DAY)
    [line] = [line for line in shown.out.splitlines() if well["id"] in line]
    assert line.split()[-6:-4] == ["n/e", "ok"]
    assert "unscorable, neither well nor badly: ? not known, n/e nothing entered" in shown.out

    told = continuity("explain", well["id"], "--as-of", DAY)
    assert "  support: unscorable, nothing entered\n" in told.out
    [regime] = continuity("explain", well["id"], "--as-of", DAY, "--format", "json").json["regimes"]
    assert regime["principles"]["support"]["unscorable_because"] == "nothing_entered"
    assert regime["principles"]["accountability"]["unscorable_because"] is None
    reasons = {one["rule"]: one["unscorable_because"] for one in regime["principles"]["external_powers"]["findings"]}
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
        "2 of 14 shown; --limit 0 for all; 'continuity explain ID' says why",
        "You see what is for: public.",
    ]
    assert re.search(
        rf"critical +none \(data\) +Invented House 3 +{HOME_IN_TROUBLE} +childrens_homes +- +\? +crit", said.out
    )


def test_on_a_narrow_terminal_the_watchlist_keeps_names_and_whole_identifiers(continuity, monkeypatch):
    monkeypatch.setattr(out, "width", 80)
    lines = continuity("watchlist", "--as-of", DAY, "--limit", "2").out.splitlines()

    assert max(map(len, lines)) <= 80
    assert any("Invented" in line and HOME_IN_TROUBLE in line for line in lines)
    assert "a terminal 110 columns wide also shows: was, regime, prob." in lines


def test_on_a_narrow_terminal_the_list_of_regimes_keeps_their_keys(continuity, monkeypatch):
    monkeypatch.setattr(out, "width", 80)

    assert "care_act_market_oversight " in continuity("regimes", "list").out


# --- explain


def test_explain_as_json_follows_each_figure_home(continuity):
    explained = continuity("explain", COMPANY, "--as-of", DAY, "--format", "json").json

    assert set(explained) == {
        "id",
        "name",
        "day",
        "scored_on",
        "run",
        "source_findings",
        "regimes",
        "links",
        "ended",
        "last_assessed",
        "casework",
        "unreadable",
    }
    assert [regime["regime"] for regime in explained["regimes"]] == ["companies", "government_contracts"]
    regime = explained["regimes"][0]
    assert set(regime) == {
        "regime",
        "level",
        "rating",
        "is_official",
        "stage",
        "probability",
        "probability_reason",
        "principles",
        "completeness",
        "peer_group",
        "probability_parts",
        "made_of",
        "next",
        "last_change",
        "title",
        "stages",
    }
    assert set(regime["principles"]) == PRINCIPLES
    findings = [finding for entry in regime["principles"].values() for finding in entry["findings"]]
    assert {frozenset(finding) for finding in findings} == {frozenset(FINDING_KEYS)}
    [net_assets] = [finding for finding in findings if finding["rule"] == "net_assets"]
    [figure] = net_assets["figures"]
    assert set(figure) == FIGURE_KEYS
    assert (figure["value"], figure["verbatim"], figure["period_end"]) == (-4200.0, "4,200", "2021-03-31")
    assert (figure["document"], figure["line"], figure["place"]) == (ACCOUNTS, 7, "NetAssetsLiabilities, context n")


def test_explain_says_from_when_to_when_each_finding_stood(continuity):
    assert "history" not in continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--format", "json").json
    said = continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--history", "--format", "json").json
    first = said["history"][0]
    assert set(first) == {
        "regime",
        "principle",
        "rule",
        "status",
        "level",
        "title",
        "first_run",
        "last_run",
        "ended_on",
    }
    assert (first["rule"], first["level"], first["first_run"]["day"], first["last_run"]["day"], first["ended_on"]) == (
        "protection_judgement",
        "critical",
        "2022-03-31",
        "2022-03-31",
        None,
    )

    text = continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--history").out
    assert "How its findings have stood, from the first run to the last, worst and newest first\n" in text
    assert "accountability: protection_judgement" in text
    assert "with nothing to report; --format json has all of them" in text


def test_explain_as_json_has_the_links_with_their_documents(continuity):
    links = continuity("explain", COMPANY, "--as-of", DAY, "--format", "json").json["links"]

    assert {frozenset(link) for link in links} == {
        frozenset(
            {
                "subject",
                "subject_name",
                "relation",
                "kind",
                "object",
                "object_name",
                "since",
                "until",
                "known_on",
                "ended_on",
                "is_in_force",
                "certainty",
                "confidence",
                "reference",
                "value_gbp",
                "document",
                "line",
                "place",
            }
        )
    }
    assert [(link["subject"], link["relation"], link["object"]) for link in links] == [
        (COUNCIL, "buys_from", COMPANY),
        (CHARITY, "same_as", COMPANY),
    ]


def test_explain_as_text_names_document_line_and_place(continuity):
    said = continuity("explain", "invented house 3", "--as-of", DAY)

    assert said.code == 0
    assert said.out.startswith(f"Invented House 3  {HOME_IN_TROUBLE}  as known on 2022-03-31\n")
    assert (
        "    met            critical  Judgement on help and protection: Inadequate on 4 April 2021\n"
        "        decides the level; so since 2022-03-31\n"
        "        the rule: Social care common inspection framework; children who are not safe come before everything "
        "else. Measured, 20 % are gone within the year; every home inadequate overall was inadequate here\n"
        "        Judgement: help and protection: Inadequate (2021-04-04; known 2021-05-04, 361 days old) "
        "ofsted/childrens_social_care_providers_at_2022-03-31.csv line 5 Latest full inspection how well children and "
        "young people are helped and protected; 'continuity document "
    ) in said.out


def test_explain_says_links_in_words_with_names_and_identifiers(continuity):
    said = continuity("explain", COMPANY, "--as-of", DAY).out
    assert re.search(rf"  link: Customers: .+ \({re.escape(COUNCIL)}\), .*known ", said)
    assert re.search(rf"  link: The same as: .+ \({CHARITY}\), known ", said)
    for code in ("buys_from", "same_as", "not_applicable", "external_powers", ": None"):
        assert code not in said


def test_explain_gives_the_number_with_which_the_document_opens(continuity):
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


def test_a_document_that_is_not_there_is_said(continuity):
    said = continuity("document", "999999999")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("continuity: no observation 999999999 is on record for you; ")


def test_a_subject_that_no_regime_covers_is_explained_as_such(continuity):
    said = continuity("explain", COUNCIL, "--as-of", DAY)
    assert (said.code, said.err) == (0, "")
    assert "no regime covers it on this day" in said.out


def test_a_home_that_left_is_explained_with_the_list_that_no_longer_has_it(continuity):
    said = continuity("explain", home(GONE), "--as-of", DAY)
    assert said.out.splitlines()[1:3] == [
        "  not covered any more: Left the register 2022-03-31 (known 2022-03-31, "
        "ofsted/childrens_social_care_providers_at_2022-03-31.csv)",
        "  last assessed on 2021-03-31: Children's homes (England) none; '--as-of 2021-03-31' shows it",
    ]


# --- observations


def test_observations_as_csv_have_exactly_the_documented_columns(continuity):
    said = continuity("observations", COMPANY, "--as-of", DAY)

    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0].split(",") == OBSERVATION_COLUMNS
    [net_assets] = [row for row in table_of(said.out) if row["indicator"] == "net_assets"]
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
    lines = table_of(continuity("observations", COMPANY, "--as-of", DAY).out)

    assert [list(row) for row in rows] == [OBSERVATION_COLUMNS] * len(lines)
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows] == lines


def test_observations_can_be_had_of_one_register_and_of_an_earlier_day(continuity):
    of_register = table_of(continuity("observations", "--register", "contracts", "--as-of", DAY).out)
    assert {row["register"] for row in of_register} == {"contracts"}
    earlier = table_of(continuity("observations", "--as-of", EARLIER).out)
    assert max(row["known_on"] for row in earlier) == "2021-03-31"
    assert (
        continuity("observations", "--register", "contracts", "--as-of", EARLIER).out
        == ",".join(OBSERVATION_COLUMNS) + "\n"
    )


# --- withdraw and replay


def test_replay_proves_a_day_and_says_what_was_withdrawn(continuity, home):
    proved = continuity("replay", "--as-of", DAY)
    assert (proved.code, proved.err) == (0, "")
    assert proved.out == "2022-03-31 (full, revision 0, run 2): 15 assessments unchanged, byte for byte\n"

    withdrawn = continuity("withdraw", COMPANY, "--reason", "entered for the wrong company")
    assert (withdrawn.code, withdrawn.out) == (0, "16 rows retracted; score the day again to see what changes\n")
    assert f"an input was withdrawn since: {COMPANY}" in continuity("replay", "--as-of", DAY).out
    assert table_of(continuity("observations", COMPANY, "--as-of", DAY).out) == []


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


# --- regimes and alerts


def test_a_wrong_regime_file_is_told_line_by_line(continuity, tmp_path):
    path = put(tmp_path, "own.yaml", "schema: 1\nkey: own\ntitel: Own\n")
    said = continuity("regimes", "check", path)

    assert (said.code, said.out) == (2, "")
    assert f"{path}:3: unknown key 'titel'; write 'title'" in said.err.splitlines()
    assert all(line.startswith(f"{path}:") for line in said.err.splitlines())
    assert re.fullmatch(r"\d+ regime files checked, nothing wrong\n", continuity("regimes", "check").out)


def test_a_regime_is_shown_as_the_file_it_is_and_can_be_adopted(continuity, home, tmp_path):
    shown = continuity("regimes", "show", "charities", "--as-of", DAY)
    ours = shown.out.replace("title: Charities", "title: Our charities")
    path = put(tmp_path, "ours.yaml", ours)

    refused = continuity("regimes", "adopt", path)
    assert refused.code == 2
    said = r"ours.yaml:\d+: version \d+ of 'charities' was used by a run with other content; write 'version: (\d+)'"
    number = int(re.search(said, refused.err)[1])
    unversioned = re.sub(r"(?m)^version: .*\n", "", ours)
    path.write_text(unversioned.replace("title: Our", f"version: {number}\ntitle: Our", 1))
    assert continuity("regimes", "adopt", path).out == f"adopted {home / 'regimes' / 'ours.yaml'}\n"
    assert "Our charities (England and Wales)" in continuity("regimes", "list", "--as-of", DAY).out
    path.write_text(unversioned.replace("title: Our", f"version: {number}\ntitle: Other", 1))
    again = continuity("regimes", "adopt", path)
    assert (again.code, again.out) == (2, "")
    assert "there is another file of this name" in again.err


def test_what_would_stop_every_command_is_not_adopted(continuity, home, tmp_path):
    text = continuity("regimes", "show", "charities", "--as-of", DAY).out
    later = put(tmp_path, "later.yaml", re.sub(r"(?m)^valid_from: .*", "valid_from: 2020-01-01", text))
    own = put(tmp_path, "own.yaml", re.sub(r"(?m)^key: .*", "key: own", text))
    other = put(tmp_path, "other.yaml", own.read_text().replace("title: Charities", "title: Other"))

    for command in ("check", "adopt"):
        refused = continuity("regimes", command, later)
        assert refused.code == 2
        assert re.search(r"later.yaml:\d+: 'charities' of 2013-09-20 still applies on 2020-01-01; end", refused.err)
    assert "only files in .yaml are read" in continuity("regimes", "adopt", put(tmp_path, "own.yml", text)).err
    assert continuity("regimes", "adopt", own).code == 0
    assert continuity("regimes", "adopt", home / "regimes" / "own.yaml").code == 0
    assert re.search(
        r"version \d+ of 'own' is in .*own.yaml with other content", continuity("regimes", "adopt", other).err
    )


def test_alerts_as_json_have_the_documented_keys(continuity):
    said = continuity("alerts", "list", "--format", "json").json

    assert set(said) == {"escalations", "messages"}
    assert {frozenset(row) for row in said["escalations"]} == {
        frozenset(
            {
                "provider",
                "name",
                "regime",
                "level",
                "episode",
                "opened_on",
                "changed_on",
                "closed_on",
                "reason",
                "causes",
                "number",
                "in_hand",
                "was_in_hand",
            }
        )
    }
    assert {frozenset(row) for row in said["messages"]} == {
        frozenset({"id", "channel", "status", "attempts", "subject", "last_error"})
    }
    assert [row["status"] for row in said["messages"]] == ["accepted"] * 3


def test_escalations_are_listed_worst_first_in_every_format(continuity):
    told = continuity("alerts", "list", "--format", "json").json["escalations"]
    table = [" ".join(line.split()) for line in continuity("alerts", "list").out.splitlines()[1 : len(told) + 1]]

    assert table[0].startswith(f"critical {HOME_IN_TROUBLE} Invented House 3 childrens_homes ")
    for row, line in zip(told, table, strict=True):
        assert line.startswith(f"{row['level']} {row['provider']} {row['name']} {row['regime']} ")
    ranks = [Level(row["level"]).rank for row in told]
    assert (ranks, len(set(ranks)) > 1) == (sorted(ranks, reverse=True), True)


def test_nothing_waits_to_be_sent(continuity, home):
    said = continuity("alerts", "send")
    assert (said.code, said.out) == (0, "nothing to send\n")


# --- set-up, help, errors


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
        "'operator' is on record now, with the role operator",
    ]
    before = (tmp_path / "new" / "continuity.db").read_bytes()
    assert continuity("init").out.splitlines() == first.out.splitlines()[:-1]
    assert (tmp_path / "new" / "continuity.db").read_bytes() == before


def test_without_a_command_the_help_is_shown(continuity):
    said = continuity()
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: continuity ")


WRONG = {
    "watchlist --as-of 2999-01-01": r"2999-01-01 lies in the future; today is \d{4}-\d\d-\d\d",
    "watch --as-of 2999-01-01": r"2999-01-01 lies in the future; today is .+",
    "explain Invented --as-of 2999-01-01": r"2999-01-01 lies in the future; today is .+",
    "observations --as-of 2999-01-01": r"2999-01-01 lies in the future; today is .+",
    "replay --as-of 2999-01-01": r"2999-01-01 lies in the future; today is .+",
    "watchlist --as-of 31/03/2022": r"'31/03/2022' is not a day; write it as YYYY-MM-DD, for example 2022-03-31",
    "watchlist --as-of 2020-01-01": (
        r"no day up to 2020-01-01 has been scored; run 'continuity watch --as-of 2020-01-01'"
    ),
    "watchlist --regime nonsense --as-of 2022-03-31": (
        r"no regime 'nonsense' was scored on 2022-03-31; there are care_act_market_oversight, .+"
    ),
    "watchlist --limit -1": r"Invalid value for '--limit': .+; see 'continuity watchlist --help'",
    "watchlist --format xml": r"Invalid value for '--format': .+; see 'continuity watchlist --help'",
    "watchlist --format text": r"--format text is not for this command; use table, json or csv",
    "explain Invented --format csv": r"'Invented' fits \d+ subjects: .+; give one identifier",
    "explain House --as-of 2022-03-31": (
        r"'House' fits 12 subjects: GB-OFSTED-SC900000 Invented House 0; .+ and 7 more; give one identifier"
    ),
    "explain Nobody --as-of 2022-03-31": (
        r"no provider known by 2022-03-31 is called 'Nobody'; see .+, or give an identifier .+"
    ),
    "observations --register nonsense": r"unknown register 'nonsense'; there are casebook, .+",
    "pull nonsense --from .": r"unknown register 'nonsense'; there are casebook, .+",
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
    "regimes show nonsense": r"no regime 'nonsense' is in force on .+; there are care_act_market_oversight, .+",
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
def test_wrong_input_is_one_line_that_says_what_to_do(continuity, home, command):
    said = continuity(*command.split())

    assert (said.code, said.out) == (2, "")
    prefix = "" if command.startswith("regimes check") else "continuity: "
    assert re.fullmatch(f"{prefix}{WRONG[command]}\n", said.err)


def test_an_empty_reason_is_no_reason(continuity, home):
    said = continuity("withdraw", COMPANY, "--reason", " ")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "continuity: --reason is empty; say why, it is what a later reader will find\n",
    )


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


@pytest.mark.parametrize(("command", "server"), [("dashboard", "dashboard.server.serve"), ("up", "flows.up.serve_all")])
def test_an_empty_directory_is_served(continuity, tmp_path, monkeypatch, command, server):
    os.environ["CONTINUITY_HOME"] = str(tmp_path / "new")
    monkeypatch.setattr(server, lambda settings, **_options: 0)
    said = continuity(command)

    assert (said.code, said.err) == (0, "")
    assert continuity("watchlist").err.startswith("continuity: no day up to ")


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
        "continuity: our own fault: ZeroDivisionError: division by zero; please report it with what "
        "CONTINUITY_DEBUG=1 prints\n",
    )


def test_stopping_a_run_by_hand_gives_the_lease_back(continuity, home, folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(steps, "observe", interrupted)
        said = continuity("watch", "--from", folder, "--as-of", DAY)
    assert (said.code, said.out) == (130, "")
    assert said.err == "continuity: stopped; run the same command again to go on where it was\n"
    assert continuity("watch", "--from", folder, "--as-of", DAY).code == 0


@pytest.mark.parametrize("command", ["watchlist --as-of 2022-03-31", "observations"])
def test_a_reader_that_stops_early_is_no_error(seeded: Path, command):
    """``continuity observations | head -1``: the pipe breaks, and that is nobody's fault."""
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
