"""The lists of casework: calendar, overdue clocks, and the history of a record."""

from tests.cli.conftest import TODAY, later
from tests.extracts import WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)


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
