import pytest

from tests.regimes.builder import Known
from tests.regimes.small import ONE, found, of_one, small_regime

WARNING = {
    "key": "warning",
    "kind": "event",
    "title": "Profit warning",
    "events": ["profit_warning"],
    "within": "12 months",
    "level": "concern",
}
SPOKEN_OF = {"provider_kind": Known("supplier", known_on="2015-01-01")}  # by the casebook, which has profit warnings


def warned(*days: str) -> dict[str, list[Known]]:
    return {"profit_warning": [Known(None, day) for day in days]}


@pytest.mark.parametrize(
    ("day", "status"),
    [("2020-03-31", "met"), ("2020-03-30", "clear"), ("2021-03-31", "met")],
)
def test_an_event_counts_for_as_long_as_the_rule_says(day: str, status: str) -> None:
    assert of_one(WARNING, values=warned(day))[0] == status


def test_events_are_told_with_their_days() -> None:
    assert of_one(WARNING, values=warned("2020-07-10", "2020-09-29")) == (
        "met",
        2,
        "Profit warning: 29 September 2020; 2 since 10 July 2020",
    )
    assert of_one(WARNING, values=SPOKEN_OF) == ("clear", 0, "Profit warning: none within 12 months")


def test_a_rule_can_ask_for_several_events() -> None:
    twice = WARNING | {"at_least": 2}

    assert of_one(twice, values=warned("2020-07-10"))[0] == "clear"
    assert of_one(twice, values=warned("2020-07-10", "2020-07-11"))[0] == "met"


def test_a_later_event_can_make_it_good_again() -> None:
    rule = WARNING | {"unless_since": ["equity_raised"]}
    values = warned("2020-07-10")

    assert of_one(rule, values=values | {"equity_raised": Known(None, "2020-08-01")})[0] == "clear"
    assert of_one(rule, values=values | {"equity_raised": Known(None, "2020-07-09")})[0] == "met"


def test_silence_of_a_register_that_does_not_speak_of_the_provider_means_nothing() -> None:
    assert of_one(WARNING, values={}) == ("missing", 0, "Profit warning: not known, no register speaks of it")


def test_silence_of_a_register_that_nobody_looked_at_for_long_is_stale() -> None:
    rule = WARNING | {"events": ["charity_report"], "title": "Report"}
    values = {"charity_income": Known(5.0, "2020-12-31")}

    assert of_one(rule, values=values, looks={"charity_commission": "2021-03-30"})[0] == "clear"
    assert of_one(rule, values=values, looks={"charity_commission": "2021-02-28"})[0] == "stale"


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
def test_something_is_late_only_if_its_register_was_looked_at_since(
    due: str, looked: str, expected: tuple[str, int, str]
) -> None:
    values = {"accounts_next_due_on": Known(due, known_on="2020-05-01")}

    assert of_one(LATE, values=values, looks={"companies_house_register": looked}) == expected


def test_a_register_never_looked_at_makes_nothing_late() -> None:
    assert of_one(LATE, values={"accounts_next_due_on": "2019-01-01"})[0] == "missing"
    assert of_one(LATE, values={}) == ("missing", 0, "Accounts: not known when due")


def test_a_company_that_later_lists_do_not_have_was_last_looked_at_when_it_was_listed() -> None:
    values = {"accounts_next_due_on": Known("2021-01-31", known_on="2020-05-01")}
    look = {"companies_house_register": "2021-03-01"}
    gone = {ONE: ("companies_house_register", "2020-12-01", False)}

    assert of_one(LATE, values=values, looks=look)[0] == "met"
    assert of_one(LATE, values=values, looks=look, listed=gone)[0] == "missing"


RETURN = {
    "key": "return",
    "kind": "late",
    "title": "Annual return",
    "due": "annual_return_due_on",
    "received": "annual_return_received_on",
    "late": [{"after": "0 days", "level": "watch"}],
}


def test_what_came_for_the_same_year_is_not_late_and_what_came_for_another_is_no_help() -> None:
    due = {"annual_return_due_on": Known("2021-01-31", "2020-03-31")}
    look = {"charity_commission": "2021-03-30"}
    this_year = {"annual_return_received_on": Known("2021-02-20", "2020-03-31")}
    last_year = {"annual_return_received_on": Known("2020-01-20", "2019-03-31")}

    assert of_one(RETURN, values=due | this_year, looks=look) == (
        "clear",
        0,
        "Annual return: came, due by 31 January 2021",
    )
    assert of_one(RETURN, values=due | last_year, looks=look)[0] == "met"


DEFAULTS = {
    "key": "defaults",
    "kind": "defaults",
    "title": "Returns late",
    "due": "annual_return_due_on",
    "received": "annual_return_received_on",
    "of_last": 5,
    "at_least": 2,
    "level": "concern",
}


def years(*came: str | None) -> dict[str, list[Known]]:
    """Returns for the years to 31 March 2015, 2016 ..., each due ten months later."""
    ends = [f"{2015 + n}-03-31" for n in range(len(came))]
    return {
        "annual_return_due_on": [Known(f"{2016 + n}-01-31", end) for n, end in enumerate(ends)],
        "annual_return_received_on": [Known(day, end) for day, end in zip(came, ends, strict=True) if day],
    }


LOOKED = {"charity_commission": "2021-03-30"}
ON_TIME = ("2016-01-31", "2017-01-31", "2018-01-31", "2019-01-31", "2020-01-31")


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        (ON_TIME, ("clear", 0, "Returns late: none of the last 5")),
        (("2016-02-01", *ON_TIME[1:]), ("clear", 0, "Returns late: 1 of the last 5, for 2015")),
        (("2016-02-01", *ON_TIME[1:4], None), ("met", 2, "Returns late: 2 of the last 5, for 2015, 2019")),
        (("2016-02-01", *ON_TIME[1:], "2021-01-31"), ("clear", 0, "Returns late: none of the last 5")),
    ],
)
def test_returns_late_or_missing_are_counted_over_the_last_years(
    came: tuple[str | None, ...], expected: tuple[str, int, str]
) -> None:
    assert of_one(DEFAULTS, values=years(*came), looks=LOOKED) == expected


def test_a_year_of_which_nothing_is_known_since_decides_only_when_it_does_not_matter() -> None:
    unlooked = years("2016-02-01", *ON_TIME[1:4], None)

    assert of_one(DEFAULTS, values=unlooked)[0] == "missing"
    assert of_one(DEFAULTS, values=years(*ON_TIME[:4], None))[0] == "clear"
    assert of_one(DEFAULTS, values={}) == ("missing", 0, "Returns late: not known when due")


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
def test_what_must_be_renewed_is_old_after_some_time(day: str, expected: tuple[str, int, str]) -> None:
    assert of_one(AGE, values={"inspection": Known(None, day)}) == expected


def test_what_never_happened_is_not_known_and_not_old() -> None:
    assert of_one(AGE, values={}) == ("missing", 0, "Last inspection: not known")
    assert of_one(AGE, values={}, looks={"ofsted_social_care": "2021-03-31"})[0] == "missing"


@pytest.mark.parametrize(
    ("looked", "expected"),
    [
        ("2021-03-29", ("met", 1, ", more than 13 months ago")),
        ("2021-03-28", ("missing", 0, "; not known since 28 March 2021, when the register was last looked at")),
    ],
)
def test_something_is_old_only_if_its_register_was_looked_at_since(looked: str, expected: tuple[str, int, str]) -> None:
    status, level, title = of_one(
        AGE, values={"inspection": Known(None, "2020-02-28")}, looks={"ofsted_social_care": looked}
    )

    assert (status, level, title.removeprefix("Last inspection: 28 February 2020")) == expected


def test_no_sentence_changes_because_a_day_has_passed() -> None:
    regime = small_regime(WARNING, LATE, DEFAULTS, AGE)
    values = (
        {"name": "One", "inspection": Known(None, "2019-12-01")}
        | warned("2020-07-10")
        | years(*ON_TIME)
        | {"accounts_next_due_on": Known("2020-12-31", known_on="2020-05-01")}
    )
    looks = LOOKED | {"companies_house_register": "2021-03-01"}
    today = found(regime, {ONE: values}, looks=looks, day="2021-03-30")
    tomorrow = found(regime, {ONE: values}, looks=looks, day="2021-03-31")

    assert [finding["title"] for finding in tomorrow.values()] == [finding["title"] for finding in today.values()]


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

    assert of_one(ACCOUNTS, values={"turnover": old, "net_debt": fresh}) == ("clear", 0, "Accounts: 31 December 2020")
    assert of_one(ACCOUNTS, values={"net_debt": fresh})[0] == "clear"
    assert of_one(ACCOUNTS, values={"turnover": old, "net_debt": old})[:2] == ("met", 1)
    assert of_one(ACCOUNTS, values={"net_assets": fresh}) == ("missing", 0, "Accounts: not known")
    values = {"name": "One", "turnover": old, "net_debt": fresh, "profit_before_tax": fresh}
    assert found(small_regime(ACCOUNTS), {ONE: values})[ONE, "accounts"]["seqs"] == [3, 4]  # those that decide


def test_a_return_still_to_come_is_no_default() -> None:
    first = {"annual_return_due_on": [Known("2021-06-30", "2020-08-31")]}
    title = "Returns late: none was due yet, the first known is by 30 June 2021"

    assert of_one(DEFAULTS, values=first) == ("clear", 0, title)
