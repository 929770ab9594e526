"""An edited regime beside the published one, on small lists of children's homes."""

import pytest

from hindsight.simulated_messages import MessageSimulation
from hindsight.what_if import NothingToCompare
from hindsight.what_if_report import extra_messages_a_month
from models.vocabulary import Level
from tests.hindsight.conftest import compare, everything, filled
from tests.hindsight.small_homes import DAYS, homes_regime
from tests.risk.homes import urn


def test_who_changes_level_is_said_with_the_days_and_the_rule_and_nothing_is_written(engine):
    before = everything(filled(engine))
    found = compare(engine, homes_regime(improve="concern"))

    said = [(one.provider, one.first_on, one.last_on, one.published, one.edited, one.rules) for one in found.changes]
    raised = (Level.WATCH, Level.CONCERN, ("overall",))
    assert said == [
        (urn(1), DAYS[0], DAYS[1], *raised),
        (urn(2), DAYS[0], DAYS[0], *raised),
        (urn(5), DAYS[0], DAYS[0], *raised),
        (urn(5), DAYS[2], DAYS[3], *raised),
    ]
    assert [(one.raised, one.lowered) for one in found.days] == [(3, 0), (1, 0), (1, 0), (1, 0)]
    assert [one.edited[Level.CONCERN] for one in found.days] == [3, 2, 2, 1]
    assert everything(engine) == before


def test_the_same_file_changes_nothing(lists):
    found = compare(lists, homes_regime())

    assert (found.changes, extra_messages_a_month(found, "duty")) == ([], (0.0, 0.0))
    assert all(one.published == one.edited for caught in found.lead_times.values() for one in caught)


def test_failures_gained_and_lost_have_their_lead_days(lists, stricter):
    gained = stricter.lead_times[Level.CONCERN]
    lost = compare(lists, homes_regime(inadequate="watch")).lead_times[Level.CONCERN]

    def days_before(caught):
        return {one.ending.provider: (one.published, one.edited) for one in caught}

    # home 5 left the list and came back on the next: for a year it was not there
    assert days_before(gained) == {urn(1): (None, 730), urn(3): (731, 731), urn(5): (None, 365)}
    assert days_before(lost) == {urn(1): (None, None), urn(3): (731, None), urn(5): (None, None)}


def test_what_happens_later_than_twelve_months_after_the_last_day_counts_for_nothing(lists):
    caught = compare(lists, homes_regime(), days=DAYS[:1]).lead_times[Level.WATCH]
    assert [one.ending.provider for one in caught] == [urn(5)]


def test_messages_are_those_that_the_policy_would_have_sent(lists):
    found = compare(lists, homes_regime(improve="none"))

    # published: a baseline of three; home 3 opened, home 5 ended; home 5 opened, 1 ended, 2 resolved; home 3 ended
    assert found.simulations == {"duty": {"published": MessageSimulation(4, 9), "edited": MessageSimulation(2, 2)}}
    assert extra_messages_a_month(found, "duty") == (-0.06, -0.19)


def test_a_day_is_judged_by_the_version_then_in_force_and_without_one_is_left_out(lists):
    strict = homes_regime(improve="concern", valid_from="2018-01-01", valid_to="2018-12-31", version=1)
    mild = homes_regime(valid_from="2019-01-01", version=2)
    found = compare(lists, homes_regime(improve="concern"), strict, mild)

    assert (found.omitted_days, list(found.published)) == ([DAYS[0]], DAYS[1:])
    assert [one.raised for one in found.days] == [0, 1, 1]


def test_what_cannot_be_compared_is_said_in_one_line(sqlite_engine):
    with pytest.raises(NothingToCompare, match=r"no published regime has the key 'other'; there are childrens_homes"):
        compare(sqlite_engine, homes_regime(key="other"))
    with pytest.raises(NothingToCompare, match=r"'childrens_homes' was not in force on any of the days; it was 2022"):
        compare(sqlite_engine, homes_regime(), homes_regime(valid_from="2022-01-01"))
