"""Actions on escalations, their timeline, and notices, from the command line."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from cli.common import now
from models.vocabulary import day_in_london
from tests.extracts import WORST
from tests.extracts import home as home_number

PROVIDER = home_number(WORST)


AREA = f"Anyshire {WORST % 5} (CW-AREA-anyshire-{WORST % 5})"


SOON = (day_in_london(now()) + timedelta(days=20)).isoformat()


def escalation_of_provider(ann):
    escalations = ann("alerts", "list", "--format", "json").json["escalations"]
    [escalation] = [escalation for escalation in escalations if escalation["provider"] == PROVIDER]
    return escalation


def test_actions_on_an_escalation_are_confirmed_and_kept(ann):
    number = escalation_of_provider(ann)["number"]
    said = ann("alerts", "ack", PROVIDER, "--next", "Visit", "--until", SOON, "--text", "On Monday")
    assert said.out.endswith(f"critical: acknowledged until {SOON}\n")
    assert escalation_of_provider(ann)["in_hand"].startswith("Ann until ")
    assert ann("alerts", "silence", number, "--until", SOON, "--text", "Known").code == 0
    assert ann("alerts", "unsilence", number).code == 0
    assert ann("alerts", "close", number, "--text", "Mixed up").code == 0
    assert ann("alerts", "ack", number, "--next", "Visit", "--until", SOON).code == 2
    assert ann("alerts", "reopen", number, "--text", "Not mixed up").code == 0
    moments = ann("alerts", "timeline", PROVIDER, "--format", "json").json["moments"]
    assert [event["words"].split(" ", 2)[2].split(" at ")[0] for event in moments if event["who"] == "ann"] == [
        "acknowledged",
        "silenced",
        "silence ended",
        "closed by a person",
        "reopened",
    ]


def test_an_acknowledgement_holds_up_to_its_last_day_and_not_after_it(ann, monkeypatch):
    assert ann("alerts", "ack", PROVIDER, "--next", "Visit", "--until", SOON).code == 0
    last = datetime.combine(date.fromisoformat(SOON), time(12), UTC)

    monkeypatch.setattr("cli.alerts.now", lambda: last)
    assert escalation_of_provider(ann)["in_hand"].startswith("Ann until ")
    assert escalation_of_provider(ann)["was_in_hand"] == ""
    monkeypatch.setattr("cli.alerts.now", lambda: last + timedelta(days=1))
    assert escalation_of_provider(ann)["in_hand"] == ""
    assert escalation_of_provider(ann)["was_in_hand"].startswith("Ann until ")
    assert "nobody; was: Ann until" in ann("alerts", "list").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ack", PROVIDER, "--next", "x", "--until", "2020-01-01"), "2020-01-01 has passed; give a day in the future"),
        (("ack", PROVIDER, "--next", "x", "--until", "200 days"), "is too far off; the latest day is"),
        (("silence", PROVIDER, "--until", SOON, "--text", " "), "say why"),
        (("ack", "999", "--next", "x", "--until", SOON), "there is no open escalation '999'"),
        (("reopen", PROVIDER, "--text", "x"), "it is open"),
    ],
)
def test_a_wrong_action_is_refused_in_one_line(ann, arguments, message):
    said = ann("alerts", *arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert message in said.err


def test_a_notice_is_printed_for_each_body_and_recorded_when_it_was_given(ann):
    said = ann("alerts", "notice", PROVIDER, "--to", "council of the area")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"To: {AREA}, council of the area\n")
    assert PROVIDER in said.out
    assert "None" not in said.out
    assert ann("alerts", "timeline", PROVIDER, "--format", "json").json["moments"][-1]["kind"] != "casework"
    given = ann("alerts", "notice", PROVIDER, "--to", "council of the area", "--by", "letter", "--record")
    assert f"{AREA} notified by letter about {PROVIDER}" in given.out
    last = ann("alerts", "timeline", PROVIDER, "--format", "json").json["moments"][-1]
    assert (last["kind"], last["who"], last["text"]) == ("casework", "ann", said.out.strip())


def test_a_notice_to_an_unknown_body_is_not_recorded(ann):
    said = ann("alerts", "notice", PROVIDER, "--to", "placing councils", "--record")
    unknown = "placing councils: not known: who places children here is in no register; ask the home"
    assert said.out.startswith(f"To: {unknown}\n")
    assert f"not recorded: {unknown}" in said.out
    assert ann("alerts", "timeline", PROVIDER, "--format", "json").json["moments"][-1]["kind"] != "casework"
