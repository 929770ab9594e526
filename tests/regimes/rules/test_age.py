"""The rule ``age``: something that must be renewed is old."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import ONE, evaluated_findings, first_finding, small_regime

AGE = {
    "key": "age",
    "kind": "age",
    "title": "Last inspection",
    "indicator": "inspection",
    "old": [{"after": "13 months", "level": "watch"}, {"after": "2 years", "level": "concern"}],
}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2020-02-29", ("clear", 0, "Last inspection: 29 February 2020")),
        ("2020-02-28", ("met", 1, "Last inspection: 28 February 2020, more than 13 months ago")),
        ("2019-03-30", ("met", 2, "Last inspection: 30 March 2019, more than 2 years ago")),
    ],
)
def test_something_to_be_renewed_is_old_after_some_time(day: str, expected: tuple[str, int, str]) -> None:
    assert first_finding(AGE, values={"inspection": Known(None, day)}) == expected


def test_something_that_never_happened_is_not_known_and_not_old() -> None:
    assert first_finding(AGE, values={}) == ("missing", 0, "Last inspection: not known")
    assert first_finding(AGE, values={}, looks={"ofsted_social_care": "2021-03-31"})[0] == "missing"


@pytest.mark.parametrize(
    ("looked", "expected"),
    [
        ("2021-03-29", ("met", 1, ", more than 13 months ago")),
        ("2021-03-28", ("missing", 0, "; not known since 28 March 2021, when the register was last looked at")),
    ],
)
def test_something_is_old_only_if_its_register_was_read_since(looked: str, expected: tuple[str, int, str]) -> None:
    status, level, title = first_finding(
        AGE, values={"inspection": Known(None, "2020-02-28")}, looks={"ofsted_social_care": looked}
    )

    assert (status, level, title.removeprefix("Last inspection: 28 February 2020")) == expected


ACCOUNTS = {
    "key": "accounts",
    "kind": "age",
    "title": "Accounts",
    "indicator": "turnover",
    "or_newest_of": ["net_debt", "profit_before_tax"],
    "old": [{"after": "18 months", "level": "watch"}],
}


def test_the_newest_of_several_can_say_how_old_the_accounts_are() -> None:
    old, fresh = Known(5, "2018-12-31"), Known(5, "2020-12-31")

    assert first_finding(ACCOUNTS, values={"turnover": old, "net_debt": fresh}) == (
        "clear",
        0,
        "Accounts: 31 December 2020",
    )
    assert first_finding(ACCOUNTS, values={"net_debt": fresh})[0] == "clear"
    assert first_finding(ACCOUNTS, values={"turnover": old, "net_debt": old})[:2] == ("met", 1)
    assert first_finding(ACCOUNTS, values={"net_assets": fresh}) == ("missing", 0, "Accounts: not known")
    values = {"name": "One", "turnover": old, "net_debt": fresh, "profit_before_tax": fresh}
    assert evaluated_findings(small_regime(ACCOUNTS), {ONE: values})[ONE, "accounts"]["seqs"] == [
        3,
        4,
    ]  # those that decide
