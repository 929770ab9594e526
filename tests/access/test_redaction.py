"""A reader gets the stored verdict that shows the reader most, and never more than the reader may see."""

from access.redaction import pick_audiences, unscored_assessment
from models.vocabulary import Level, Principle

STORED = [frozenset[str](), frozenset({"casework"}), frozenset({"secret"})]


def test_the_largest_set_of_audiences_that_the_reader_belongs_to_is_picked() -> None:
    assert pick_audiences([], STORED) == frozenset()
    assert pick_audiences(["public", "casework"], STORED) == {"casework"}
    assert pick_audiences(["secret", "staff"], STORED) == {"secret"}


def test_of_two_that_show_as_much_the_same_one_is_picked_every_time() -> None:
    assert pick_audiences(["casework", "secret"], STORED) == pick_audiences(["casework", "secret"], STORED[::-1])


def test_nothing_is_picked_where_the_reader_belongs_to_none() -> None:
    assert pick_audiences(["casework"], [frozenset({"secret"})]) is None
    assert pick_audiences([], []) is None


def test_an_assessment_that_was_not_scored_for_the_reader_says_so_in_one_finding() -> None:
    assessment = unscored_assessment()
    (finding,) = assessment.findings

    assert assessment.level is Level.UNSCORABLE
    assert assessment.stage == ""
    assert assessment.unscored_principles == set(map(str, Principle))
    assert "continuity watch" in finding["title"]
    assert finding["seqs"] == []
