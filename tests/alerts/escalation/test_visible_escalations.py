"""The part of an escalation that a reader may see."""

from sqlalchemy import Engine

from access import people
from alerts.escalation.visible_escalations import visible_escalations
from models.database import read_session
from queries.timeline import read_timeline
from tests.alerts.escalation.added_scenes import HOME, LETTER, LOAN, RATED, play
from tests.alerts.scenes import key_of
from tests.factories import on_record


def test_a_restricted_addition_is_left_out_of_what_a_reader_sees(engine: Engine) -> None:
    play(engine, [[RATED], [RATED, LETTER], [RATED, LETTER, LOAN]])
    with read_session(engine) as session:
        escalation = visible_escalations(session, ["public", "council"], [1])[1]
    assert [(entry.kind, entry.change) for entry in escalation.entries] == [("baseline", 1), ("added", 3)]
    on_record(engine, "ann", name="Ann")
    bob = on_record(engine, "bob", name="Bob", audiences=["council"])
    for viewer, expected in ((people.find_viewer(engine, "ann"), 2), (bob.viewer, 1)):
        words = [one.words for one in read_timeline(engine, viewer, key_of(HOME)).events if one.kind == "escalation"]
        expected_words = "escalation 1 has a new adverse finding at concern, because time went by"
        assert words.count(expected_words) == expected
