"""Overrides and stages from the command line."""

from tests.cli.conftest import TODAY
from tests.extracts import WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)


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
