"""The rule ``defaults``: something due every year came late or not at all."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import first_finding

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
    assert first_finding(DEFAULTS, values=years(*came), looks=LOOKED) == expected


def test_an_unknown_year_makes_the_result_missing_unless_the_other_years_decide() -> None:
    unlooked = years("2016-02-01", *ON_TIME[1:4], None)

    assert first_finding(DEFAULTS, values=unlooked)[0] == "missing"
    assert first_finding(DEFAULTS, values=years(*ON_TIME[:4], None))[0] == "clear"
    assert first_finding(DEFAULTS, values={}) == ("missing", 0, "Returns late: not known when due")


def test_a_return_that_is_not_due_yet_is_no_default() -> None:
    first = {"annual_return_due_on": [Known("2021-06-30", "2020-08-31")]}
    title = "Returns late: none was due yet, the first known is by 30 June 2021"

    assert first_finding(DEFAULTS, values=first) == ("clear", 0, title)
