"""``case person``: users, their roles and audiences, and the history of both."""

from tests.extracts import WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)


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
