"""The rule ``late``: something due has not come."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import ONE, first_finding

LATE = {
    "key": "late",
    "kind": "late",
    "title": "Accounts",
    "due": "accounts_next_due_on",
    "late": [{"after": "0 days", "level": "watch"}, {"after": "6 months", "level": "concern"}],
}


NOT_COME = " and had not come when the register was looked at"


UNKNOWN = "Accounts: was due by 1 March 2021; not known"


LAST = ", when the register was last looked at"


@pytest.mark.parametrize(
    ("due", "looked", "expected"),
    [
        ("2021-03-31", "2021-03-31", ("clear", 0, "Accounts: due by 31 March 2021")),
        ("2021-03-30", "2021-03-31", ("met", 1, f"Accounts: was due by 30 March 2021{NOT_COME}")),
        ("2020-09-29", "2021-03-31", ("met", 2, f"Accounts: was due by 29 September 2020{NOT_COME}")),
        ("2021-03-01", "2021-03-01", ("missing", 0, f"{UNKNOWN} since 1 March 2021{LAST}")),
        ("2021-03-01", "2020-05-01", ("missing", 0, f"{UNKNOWN} since 1 May 2020{LAST}")),
    ],
)
def test_something_is_late_only_if_its_register_was_read_since(
    due: str, looked: str, expected: tuple[str, int, str]
) -> None:
    values = {"accounts_next_due_on": Known(due, known_on="2020-05-01")}

    assert first_finding(LATE, values=values, looks={"companies_house_register": looked}) == expected


def test_a_register_that_was_never_read_makes_nothing_late() -> None:
    assert first_finding(LATE, values={"accounts_next_due_on": "2019-01-01"})[0] == "missing"
    assert first_finding(LATE, values={}) == ("missing", 0, "Accounts: not known when due")


def test_a_company_missing_from_later_lists_was_last_checked_when_it_was_listed() -> None:
    values = {"accounts_next_due_on": Known("2021-01-31", known_on="2020-05-01")}
    look = {"companies_house_register": "2021-03-01"}
    gone = {ONE: ("companies_house_register", "2020-12-01", False)}

    assert first_finding(LATE, values=values, looks=look)[0] == "met"
    assert first_finding(LATE, values=values, looks=look, listed=gone)[0] == "missing"


RETURN = {
    "key": "return",
    "kind": "late",
    "title": "Annual return",
    "due": "annual_return_due_on",
    "received": "annual_return_received_on",
    "late": [{"after": "0 days", "level": "watch"}],
}


def test_only_a_return_for_the_same_year_counts() -> None:
    due = {"annual_return_due_on": Known("2021-01-31", "2020-03-31")}
    look = {"charity_commission": "2021-03-30"}
    this_year = {"annual_return_received_on": Known("2021-02-20", "2020-03-31")}
    last_year = {"annual_return_received_on": Known("2020-01-20", "2019-03-31")}

    assert first_finding(RETURN, values=due | this_year, looks=look) == (
        "clear",
        0,
        "Annual return: came, due by 31 January 2021",
    )
    assert first_finding(RETURN, values=due | last_year, looks=look)[0] == "met"
