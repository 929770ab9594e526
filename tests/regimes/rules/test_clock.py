"""Clocks: a dated duty that something starts and something else fulfils."""

import pytest

from tests.regimes.builder import Known
from tests.regimes.small import evaluated_findings, first_finding, small_regime

PLAN = {
    "key": "plan",
    "kind": "clock",
    "title": "Remediation plan",
    "starts": ["profit_warning"],
    "level": "concern",
    "within": "10 working days",
    "done_by": ["recovery_plan_accepted"],
    "then": "it may end",
    "forgotten_after": "24 months",
}
EXTENDED = PLAN | {"extension": {"events": ["covenant_relaxed"], "by": "1 month"}}
NAME = {"name": "One"}
HOME = "GB-OFSTED-SC000001"
LOOKED = {"casebook": "2021-03-30"}


def warned(on: str) -> dict[str, Known]:
    return {"profit_warning": Known(None, on), "dividend_paid": Known(None, "2020-01-01")}


@pytest.mark.parametrize(
    ("values", "looked", "result"),
    [
        ({"dividend_paid": Known(None, "2020-01-01")}, "2021-03-30", ("clear", 0, "nothing has started it")),
        ({}, "2021-03-30", ("missing", 0, "not known, no register speaks of it")),
        (warned("2021-03-22"), "2021-03-30", ("clear", 0, "Profit warning on 22 March 2021, due by 7 April 2021")),
        (
            warned("2021-03-01"),
            "2021-03-30",
            ("met", 2, "Profit warning on 1 March 2021, was due by 15 March 2021 and is not fulfilled: it may end"),
        ),
        (
            warned("2021-03-01"),
            "2021-03-15",
            ("missing", 0, "Profit warning on 1 March 2021, was due by 15 March 2021; not known since"),
        ),
        (
            warned("2021-03-01") | {"recovery_plan_accepted": Known(None, "2021-03-12")},
            "2021-03-30",
            ("clear", 0, "Profit warning on 1 March 2021, fulfilled on 12 March 2021"),
        ),
        (
            warned("2021-03-01") | {"recovery_plan_accepted": Known(None, "2021-03-17")},
            "2021-03-30",
            ("clear", 0, "Profit warning on 1 March 2021, fulfilled on 17 March 2021, due by 15 March 2021"),
        ),
        (warned("2019-03-01"), "2021-03-30", ("clear", 0, "nothing has started it")),
    ],
    ids=["not started", "unknown", "running", "lapsed", "not looked since", "fulfilled", "fulfilled late", "long ago"],
)
def test_a_clock(values: dict[str, Known], looked: str, result: tuple[str, int, str]) -> None:
    """Easter 2021: 2 and 5 April are bank holidays, so ten working days from 22 March end on 7 April."""
    status, level, title = first_finding(PLAN, values=NAME | values, looks={"casebook": looked})

    assert (status, level, title.removeprefix("Remediation plan: ")) == result


def test_a_fulfilment_before_the_start_is_of_another_clock() -> None:
    values = warned("2021-03-01") | {"recovery_plan_accepted": Known(None, "2021-02-26")}

    assert first_finding(PLAN, values=NAME | values, looks=LOOKED)[:2] == ("met", 2)


def test_the_clock_unfulfilled_for_longest_counts() -> None:
    twice = {"profit_warning": [Known(None, "2021-03-01"), Known(None, "2021-03-22")]}

    assert "1 March 2021" in first_finding(PLAN, values=NAME | twice, looks=LOOKED)[2]
    done = twice | {"recovery_plan_accepted": Known(None, "2021-03-10")}
    assert first_finding(PLAN, values=NAME | done, looks=LOOKED)[0] == "clear"
    assert "22 March 2021" in first_finding(PLAN, values=NAME | done, looks=LOOKED)[2]


def test_an_extension_gives_more_time() -> None:
    values = warned("2021-03-01") | {"covenant_relaxed": Known(None, "2021-03-05")}

    assert first_finding(EXTENDED, values=NAME | values, looks=LOOKED) == (
        "clear",
        0,
        "Remediation plan: Profit warning on 1 March 2021, due by 15 April 2021, extended",
    )
    assert first_finding(EXTENDED, values=NAME | warned("2021-03-01"), looks=LOOKED)[0] == "met"


def test_a_renewal_starts_the_next_clock() -> None:
    """An event can end one clock and start the next: it does not fulfil itself."""
    yearly = PLAN | {"starts": ["covenant_relaxed"], "done_by": ["covenant_relaxed"], "within": "1 month"}
    renewed = {"covenant_relaxed": [Known(None, "2021-01-04"), Known(None, "2021-02-01")]}

    assert first_finding(yearly, values=NAME | renewed, looks=LOOKED)[:2] == ("met", 2)
    again = {"covenant_relaxed": [*renewed["covenant_relaxed"], Known(None, "2021-03-01")]}
    assert first_finding(yearly, values=NAME | again, looks=LOOKED)[:2] == ("clear", 0)


SUSPENSION = {
    "key": "suspension",
    "kind": "clock",
    "title": "End of a suspension",
    "starts": ["registration_suspended"],
    "within": "12 weeks",
    "done_by": ["suspension_lifted"],
    "level": "concern",
    "then": "ask the regulator",
    "forgotten_after": "24 months",
}
FIRST = "Registration status Suspended, first listed on 31 March 2019 (not later than that day)"


@pytest.mark.parametrize(
    ("statuses", "day", "looked", "result"),
    [
        ("SS", "2019-06-23", "2019-03-31", ("clear", 0, f"{FIRST}, due by 23 June 2019")),
        ("SS", "2019-06-24", "2019-03-31", ("missing", 0, f"{FIRST}, was due by 23 June 2019; not known since")),
        (
            "SS",
            "2020-04-30",
            "2020-03-31",
            ("met", 2, f"{FIRST}, was due by 23 June 2019 and is not fulfilled: ask the regulator"),
        ),
        (
            "SA",
            "2020-04-30",
            "2020-03-31",
            ("clear", 0, f"{FIRST}, fulfilled on 31 March 2020 at the latest, due by 23 June 2019"),
        ),
        ("AA", "2020-04-30", "2020-03-31", ("missing", 0, "not known, no register speaks of it")),
    ],
    ids=["running", "not looked since", "listed again after the day", "ended", "never suspended"],
)
def test_a_status_that_a_register_states_starts_a_clock_and_ends_it(
    statuses: str, day: str, looked: str, result: tuple[str, int, str]
) -> None:
    words = {"S": "Suspended", "A": "Active"}
    listed = [
        Known(words[letter], None, on)
        for letter, on in zip(statuses, ("2019-03-31", "2020-03-31"), strict=True)
        if on <= day
    ]
    regime = small_regime(SUSPENSION, covers={"schemes": ["GB-OFSTED"], "has_indicator": ["name"]})
    values = {HOME: NAME | {"registration_status": listed}}
    row = evaluated_findings(regime, values, day=day, looks={"ofsted_social_care": looked})[HOME, "suspension"]

    assert (row["status"], row["level"], row["title"].removeprefix("End of a suspension: ")) == result
