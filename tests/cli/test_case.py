"""Casework from the command line, as the user whom CONTINUITY_USER names."""

import os
import re
import shlex

import pytest

from settings import ROOT
from tests.cli.conftest import TODAY, later
from tests.extracts import WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)


def test_what_claims_something_good_or_rates_names_the_option_that_is_missing(case):
    rated = ("open", PROVIDER, "concern", "--type", "safeguarding", "--rating", "Red")
    assert case(*rated).err == "continuity: give a reason (--text): a concern with rating 'Red' needs a reason\n"
    case("plan", PROVIDER, "--text", "Asked for one")
    case("milestone", 1, "--title", "New manager", "--due", later(20))
    said = case("progress", 2, "--state", "met", "--text", "She is here")
    assert (said.code, said.out) == (2, "")
    assert said.err == ("continuity: no evidence that the milestone is met; add --evidence or --word-of\n")
    assert case("progress", 2, "--state", "met", "--word-of", "Chair of the board").code == 0
    assert "open -> met, word of Chair of the board, done 100" in case("show", 2).out
    shown = case("progress", "--help").out
    assert "--evidence" in shown
    assert "--word-of" in shown


def test_explain_sets_what_people_decided_beside_the_assessment(case, continuity):
    os.environ["CONTINUITY_USER"] = "ann"
    before = continuity("explain", PROVIDER, "--format", "json").json
    assert before["casework"] == {"confirmed_stages": [], "overrides": []}
    stage, title = before["regimes"][0]["stage"], before["regimes"][0]["next"]["stage"]
    assert (
        f"stage under Children's homes (England): recommended {title}, confirmed none"
        in continuity("explain", PROVIDER).out
    )
    case("stage", PROVIDER, stage, "--text", "At the review")
    words = ("override", PROVIDER, "level", "watch", "--regime", "childrens_homes", "--until", "2 months")
    case(*words, "--text", "It was lifted")
    case("approve", 2, "--text", "Seen the letter", by="ben")
    os.environ["CONTINUITY_USER"] = "ann"
    after = continuity("explain", PROVIDER, "--format", "json").json
    [confirmed] = after["casework"]["confirmed_stages"]
    assert (confirmed["regime"], confirmed["stage"], confirmed["by"], confirmed["record"]) == (
        "childrens_homes",
        stage,
        "ann",
        1,
    )
    [override] = after["casework"]["overrides"]
    assert (override["of"], override["to"], override["proposed_by"], override["approved_by"]) == (
        "level",
        "watch",
        "ann",
        "ben",
    )
    assert after["regimes"] == before["regimes"]  # nothing of it changes the assessment
    said = continuity("explain", PROVIDER).out
    assert f"confirmed {title} ({TODAY}, by ann, record 1)" in said
    assert "override in force: level watch under Children's homes (England)" in said


def test_each_kind_of_record_is_entered_by_one_command(case):
    said = case("notice", PROVIDER, "--type", "compliance notice", "--reason", "safeguarding", "--due", "28 days")
    assert said.out.splitlines()[1] == "counts as: Compliance notice"
    case("condition", 1, "--title", "Monthly accounts", "--due", "1 month")
    case("told", PROVIDER, "The council", "--by", "letter", "--duty", "Children Act 1989 s.22G")
    case("told", PROVIDER, "Placing councils", "--due", "2 working days")
    case("arrangement", PROVIDER, "--type", "transition", "--body", "The council", "--stand-by", "Invented House 4")
    case("support", PROVIDER, "--what", "An adviser", "--amount", "5000")
    case("decide", PROVIDER, "--what", "No new placements", "--authoriser", "director", "--text", "Not safe")
    case("consequence", PROVIDER, "--what", "Barred", "--office", "registered manager", "--record", "Notice of 1 May")

    found = case("list", PROVIDER, "--all", "--format", "json").json
    assert [(record["record"], record["kind"], record["state"]) for record in found] == [
        (1, "notice", "issued"),
        (2, "condition", "open"),
        (3, "told", "told"),
        (4, "told", "to tell"),
        (5, "arrangement", "drafted"),
        (6, "support", "offered"),
        (7, "decision", "taken"),
        (8, "consequence", "recorded"),
    ]
    assert found[5]["details"]["amount_gbp"] == "5000"
    assert case("list", "--kind", "notice").out.splitlines()[1].split()[:6] == [
        "1",
        PROVIDER,
        "Invented",
        "House",
        "3",
        "notice",
    ]
    assert case("list", by="guest").out == "no entries\n"


def test_the_commands_of_the_page_can_be_entered_one_after_the_other(case):
    text = (ROOT / "docs" / "casework.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^## Commands\n.*?^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        words = shlex.split(line.replace("GB-OFSTED-SC066565", PROVIDER), comments=True)
        assert words[:3] == ["$", "continuity", "case"]
        said = case(*words[3:], by="ben" if words[3] == "approve" else "ann")
        is_of_ours = words[3] == "judge"  # under a regime of the reader's own
        assert (said.code == 0) is not is_of_ours, (line, said.err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("open", PROVIDER, "wish"), "'wish' is not a kind of record; choose one of: concern, plan"),
        (("open", "Nobody's House", "concern"), "no provider known by"),
        (
            ("open", PROVIDER, "concern", "--set", "rating"),
            "--set rating has no equals sign; write KEY=VALUE, for example --set rating=Red",
        ),
        (("plan", PROVIDER, "--end", "soon"), "'soon' is not a length of time; write '12 months'"),
        (("plan", PROVIDER, "--end", "2026-13-01"), "'2026-13-01' is not a day; write it as YYYY-MM-DD"),
        (
            ("plan", PROVIDER, "--end", "100000 years"),
            "'100000 years' is longer than a hundred years",
        ),
        (("show", "1"), "there is no record 1 that you may see; 'continuity case list' shows those you may"),
        (
            ("judge", PROVIDER, "x", "y", "--regime", "companies", "--text", "z"),
            "companies has no rule of kind judgement",
        ),
        (
            ("person", "remove", "ann"),
            "'person remove' is not a complete command; write 'continuity case person add KEY' or 'cont",
        ),
        (("list", "--format", "csv"), "--format csv does not fit this command; use table or json"),
    ],
)
def test_wrong_input_is_refused_in_one_line(case, arguments, message):
    said = case(*arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert said.err.startswith(f"continuity: {message}")
