"""Casework from the command line, as the user whom CONTINUITY_USER names."""

import os
import re
import shlex
from datetime import timedelta

import pytest

from cli.common import now
from models.vocabulary import day_in_london
from settings import ROOT
from tests.extracts import WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)
TODAY = day_in_london(now())


def later(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.fixture
def case(continuity, home):
    """``case("list")`` in Ann's name, ``case("list", by="ben")`` in Ben's."""

    def say(*arguments, by="ann"):
        os.environ["CONTINUITY_USER"] = by
        return continuity("case", *arguments)

    say("person", "add", "ann", "--name", "Ann", "--roles", "regulator", "--audiences", "casework", by="operator")
    say("person", "add", "ben", "--roles", "official", "--audiences", "casework", by="operator")
    say("person", "add", "guest", by="operator")
    return say


def test_a_user_who_is_not_registered_learns_how_to_be_added(case):
    assert case("list", by="dan").out == "no entries\n"  # none is public
    said = case("duty", PROVIDER, "--title", "Visit", "--due", "2 days", by="dan")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "continuity: 'dan' (CONTINUITY_USER) is not registered and may not enter a duty: that needs the role regulator "
        "or official or commissioner; an operator adds the user: continuity case person add dan --roles regulator "
        "--audiences casework\n"
    )
    assert case("person", "list", by="dan").code == 2
    assert case("person", "add", "dan", by="ann").err == (
        "continuity: 'ann' may not register users or change them: that needs the role operator; an operator "
        "gives it: continuity case person add ann --roles operator,regulator\n"
    )
    people = [line.split()[0] for line in case("person", "list").out.splitlines()]
    assert people == ["user", "ann", "ben", "guest", "operator"]


def test_the_history_of_a_person_says_who_changed_what(case):
    case("person", "add", "ben", "--roles", "regulator", by="operator")
    head, *rows = case("person", "list", "ben", "--history").out.splitlines()
    assert head.split() == ["entered", "user", "by", "field", "before", "after"]
    assert [row.split(maxsplit=2)[2].split() for row in rows] == [
        ["ben", "operator", "roles", "none", "official"],
        ["ben", "operator", "audiences", "none", "casework,", "public"],
        ["ben", "operator", "roles", "official", "regulator"],
    ]


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


def test_a_plan_from_its_beginning_to_its_calendar(case):
    said = case("plan", PROVIDER, "--text", "Asked for one", "--baseline", "Inadequate since January")
    assert said.out == "1 plan: Turnaround plan - awaiting (owner ann, seen by casework)\n"
    case("progress", 1, "--state", "viable", "--due", later(200), "--text", "Agreed")
    case("milestone", 1, "--title", "New manager", "--due", later(20), "--on", later(-10), "--owner", "ben")
    said = case("progress", 3, "--done", 20, "--text", "Advert placed", by="ben")
    assert said.out == f"3 milestone: New manager, 20 % done - open, due {later(20)} (owner ben, seen by casework)\n"

    calendar = case("due", "--person", "ben", "--format", "json").json
    [clock] = calendar["due"]
    assert clock["record"] == 3
    assert clock["days_left"] == 20
    assert clock["days_late_at_this_pace"] == 20
    assert (calendar["lapsed"], calendar["late_share"]) == (0, None)
    assert "at this pace 20 days late" in case("due").out
    assert case("due", "--person", "ann").out == "no entries\n"


def test_an_overdue_clock_is_listed_until_somebody_acts(case):
    case("duty", PROVIDER, "--title", "Visit", "--due", "2 days", "--on", later(-5))
    assert [clock["record"] for clock in case("lapsed", "--format", "json").json["lapsed"]] == [1]
    assert case("due").out.splitlines()[-1] == "1 overdue; 'continuity case lapsed' lists them"

    assert case("extend", 1, "--due", "5 working days", "--text", " ").err.startswith("continuity: give a reason")
    assert case("extend", 1, "--due", "5 working days", "--text", "The manager is ill").code == 0
    assert case("lapsed").out == "no entries\n"
    assert "the manager is ill" in case("show", 1).out.lower()
    assert case("lapsed", "--as-of", later(-2)).out == "no entries\n"  # the duty was entered later


def test_a_record_shows_its_history_as_a_timeline(case):
    case("open", PROVIDER, "concern", "--type", "safeguarding", "--rating", "Red", "--text", "Two letters")
    case("progress", 1, "--set", "rating=Red-Plus", "--owner", "ben", "--text", "And a third", "--on", later(-1))
    lines = case("show", 1).out.splitlines()
    assert lines == [
        f"concern 1 about Invented House 3 ({PROVIDER}), seen by casework",
        "safeguarding, rated Red-Plus (own monitoring): open",
        f"{TODAY}  ann: opened as open",
        "    Two letters",
        f"{TODAY}  ann, about {later(-1)}: owner ben, was ann, rating Red-Plus",
        "    And a third",
    ]
    entries = case("show", 1, "--format", "json").json["entries"]
    assert [(entry["author"], entry["rationale"]) for entry in entries] == [
        ("ann", "Two letters"),
        ("ann", "And a third"),
    ]


def test_an_override_waits_for_a_second_person(case):
    words = ("override", PROVIDER, "level", "watch", "--regime", "childrens_homes", "--until", "2 months")
    assert case(*words).err.startswith("continuity: Missing option '--text'")
    case(*words, "--text", "It was lifted")
    assert case("approve", 1).err.startswith("continuity: Missing option '--text'")
    assert case("approve", 1, "--text", "Mine").err == (
        "continuity: someone else must enter that override 1 is approved, because you wrote an entry of it\n"
    )
    assert "approved" in case("approve", 1, "--text", "Seen the letter", by="ben").out
    rest = ("--until", "1 day", "--text", "x")
    wrong = case("override", PROVIDER, "stage", "lost", "--regime", "childrens_homes", *rest)
    assert wrong.err.startswith("continuity: 'lost' is not a stage of childrens_homes; choose one of:")
    wrong = case("override", PROVIDER, "level", "watch", "--regime", "none", *rest)
    assert wrong.err.startswith("continuity: no regime 'none' is in force today; choose one of: ")


def test_the_stage_recommended_stands_beside_the_one_confirmed(case):
    before = case("stage", PROVIDER).out
    assert before.startswith("childrens_homes: recommended ")
    assert before.endswith("confirmed none; they differ\n")
    stage = before.split()[2]
    assert case("stage", PROVIDER, stage).err == (
        "continuity: give a reason (--text): a confirmed stage needs a reason\n"
    )
    assert case("stage", PROVIDER, stage, "--text", "At the review").code == 0
    assert case("stage", PROVIDER).out.rstrip().endswith(f"confirmed {stage} ({TODAY}, by ann)")


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
