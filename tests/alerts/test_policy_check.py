"""A policy names commissioners that somebody knows, or is refused with the line and the nearest."""

from datetime import date

import pytest

from alerts.policy import WrongPolicy, policy_from_text
from alerts.policy_check import check_commissioners
from models.database import read_session
from tests.factories import hosted, load

DAY = date(2022, 3, 31)
POLICY = """schema: 2
title: Councils
lower_after: 2
useful_for_days: 7
lines: 30
criticals_alone: 20
recipients:
  council:
    title: A council
    channel: file
    commissioners: [{first}, {second}]
steps:
  watch:
    - to: [everybody]
"""


def check(engine, first, second):
    with read_session(engine) as session:
        return check_commissioners(
            session, policy_from_text(POLICY.format(first=first, second=second), "policy.yaml"), DAY
        )


def test_a_commissioner_is_named_with_what_the_registers_call_the_commissioner(engine):
    load(engine, [hosted("CW-AREA-hackney")])
    linked, unlinked = check(engine, "GB-LAE-HCK", "Barnet")
    assert linked == (
        "council: 'GB-LAE-HCK' is London Borough of Hackney (GB-LAE-HCK), in the registers as CW-AREA-hackney"
    )
    assert unlinked == (
        "council: 'Barnet' is London Borough of Barnet (GB-LAE-BNE); no register here links the authority to a "
        "provider yet, so no message is sent"
    )


def test_a_misspelt_commissioner_is_refused_with_its_line_and_the_nearest(engine):
    with pytest.raises(WrongPolicy) as refused:
        check(engine, "Hackny", "GB-LAE-BNE")
    assert str(refused.value) == (
        "policy.yaml:11: recipient 'council' would never be notified: no commissioner is called 'Hackny'; the nearest: "
        "Hackney"
    )
