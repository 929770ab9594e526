"""The outcomes of providers, and which of them count as failure."""

from datetime import date

from hindsight.outcomes import read_endings
from tests.regimes.builder import Known, reading

OUTCOMES = ("outcome_failed", "outcome_left", "outcome_merged", "outcome_survived")


def failures(subjects, *events):
    with reading(subjects) as known:
        return {one.provider: one.is_failure for one in read_endings(known, events)}


def test_who_failed_or_left_has_failed_who_merged_or_goes_on_has_not():
    subjects = {f"CW-SAMPLE-{event}": {event: Known("words", "2020-05-01")} for event in OUTCOMES}

    assert failures(subjects, *OUTCOMES) == {
        "CW-SAMPLE-outcome_failed": True,
        "CW-SAMPLE-outcome_left": True,
        "CW-SAMPLE-outcome_merged": False,
        "CW-SAMPLE-outcome_survived": False,
    }


def test_a_charity_that_handed_its_work_on_has_not_failed():
    words = {"GB-CHC-1": "Ceased to exist", "GB-CHC-2": "Amalgamated", "GB-CHC-3": "Funds transferred (incor)"}
    subjects = {key: {"charity_removed": Known(reason, "2020-05-01")} for key, reason in words.items()}

    assert failures(subjects, "charity_removed") == {"GB-CHC-1": True, "GB-CHC-2": False, "GB-CHC-3": False}


def test_an_ending_tells_when_it_happened_and_when_it_was_known():
    subjects = {"CW-SAMPLE-a": {"outcome_failed": Known(None, "2020-05-01", "2020-06-01")}}
    with reading(subjects) as known:
        (one,) = read_endings(known, ["outcome_failed"])

    assert (one.ended_on, one.known_on, one.first_on) == (date(2020, 5, 1), date(2020, 6, 1), date(2020, 5, 1))
    assert one.description == "outcome failed"
