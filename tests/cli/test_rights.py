"""The rights of the user whom CONTINUITY_USER names: the commands that act, and the rows that are shown."""

import os
from pathlib import Path

import pytest

from alerts.escalation.actions import action_writer
from casework.writing import case_writer
from cli.common import now
from models.database import engine_for
from models.vocabulary import day_in_london
from regimes.schema import shipped_regimes
from tests.extracts import COMPANY, WORST
from tests.extracts import home as home_number
from tests.factories import NOW, on_record

HOME_IN_TROUBLE = home_number(WORST)


def test_the_first_command_that_creates_a_database_registers_its_user(continuity, tmp_path):
    os.environ["CONTINUITY_HOME"] = str(tmp_path / "fresh")
    os.environ["CONTINUITY_USER"] = "olive"
    (tmp_path / "empty").mkdir()
    said = continuity("pull", "contracts", "--from", tmp_path / "empty")
    assert said.out.splitlines()[0] == "'olive' is now registered, with the role operator"
    os.environ["CONTINUITY_USER"] = "mallory"
    refused = continuity("pull", "contracts", "--from", tmp_path / "empty")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "continuity: 'mallory' (CONTINUITY_USER) is not registered and may not pull registers: that needs the role "
        "operator; an operator adds the user: continuity case person add mallory --roles operator\n"
    )


# Every command that acts, with the arguments it needs; none of them is carried out.
ACTS = [
    ("pull", "contracts"),
    ("watch",),
    ("sample",),
    ("train",),
    ("drift", "--from", "2021-01-01", "--to", "2022-01-01"),
    ("up",),
    ("withdraw", COMPANY, "--reason", "A mistake"),
    ("regimes", "adopt", "mine.yaml"),
    ("alerts", "send"),
    ("alerts", "ack", HOME_IN_TROUBLE, "--next", "Visit", "--until", "10 working days"),
    ("alerts", "silence", HOME_IN_TROUBLE, "--until", "10 working days", "--text", "Known"),
    ("alerts", "unsilence", HOME_IN_TROUBLE),
    ("alerts", "close", HOME_IN_TROUBLE, "--text", "Mixed up"),
    ("alerts", "reopen", HOME_IN_TROUBLE, "--text", "Not mixed up"),
    ("alerts", "notice", HOME_IN_TROUBLE, "--record"),
    ("case", "open", HOME_IN_TROUBLE, "concern", "--type", "closure"),
    ("case", "stage", HOME_IN_TROUBLE, "failing", "--text", "At the review"),
    ("case", "person", "add", "eve", "--roles", "operator"),
]


@pytest.mark.parametrize("user", ["nobody", "pat", "cora", "penny", "ada"])
def test_a_user_without_the_right_is_refused_in_one_line_and_changes_nothing(continuity, home, user):
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    for key, role, audiences in (
        ("pat", "commissioner", []),
        ("cora", "councillor", ["casework"]),
        ("penny", "provider", ["casework"]),
        ("ada", "auditor", []),
    ):
        on_record(engine, key, roles=[role], audiences=audiences)
    Path("mine.yaml").write_text(shipped_regimes()["companies"].text, encoding="utf-8")
    tables = ("withdrawal", "caseentry", "escalationentry", "personentry", "run", "pull", "message")
    with engine.connect() as connection:
        before = [connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in tables]
    os.environ["CONTINUITY_USER"] = user
    for act in ACTS:
        said = continuity(*act)
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), act
        assert f"'{user}' " in said.err, act
        assert "an operator " in said.err, act
        assert f": continuity case person add {user} --" in said.err, act
    with engine.connect() as connection:
        after = [connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in tables]
    engine.dispose()
    assert after == before
    assert not (home / "regimes").exists()


def test_a_user_who_is_not_registered_reads_public_rows_only(continuity, home):
    engine = engine_for(f"sqlite:///{home / 'continuity.db'}")
    ann = on_record(engine, "ann")
    with case_writer(engine, ann, now=NOW) as writer:
        decided = {"what": "Zanzibar", "authoriser": "director"}
        writer.open_record("decision", HOME_IN_TROUBLE, rationale="Quagmire", details=decided)
        writer.open_record(
            "decision", HOME_IN_TROUBLE, rationale="Published", audience="public", details=decided | {"what": "Open"}
        )
    with action_writer(engine, ann, now=now()) as writer:
        writer.acknowledge(HOME_IN_TROUBLE, next_step="Quagmire", until_on=day_in_london(now()))
    engine.dispose()
    assert continuity("pull", "casework").code == 0  # as operator
    reads = [
        ("watchlist",),
        ("explain", HOME_IN_TROUBLE),
        ("observations", HOME_IN_TROUBLE),
        ("case", "list", HOME_IN_TROUBLE),
        ("alerts", "list", "--all"),
        ("alerts", "timeline", HOME_IN_TROUBLE),
        ("alerts", "why", HOME_IN_TROUBLE),
        ("alerts", "undone"),
    ]
    said = {}
    for user in ("nobody", "operator", "ann", "ada"):
        if user == "ada":
            os.environ["CONTINUITY_USER"] = "operator"
            continuity("case", "person", "add", "ada", "--roles", "auditor")
        os.environ["CONTINUITY_USER"] = user
        said[user] = {read[:2]: continuity(*read) for read in reads}
    for user in ("nobody", "operator"):
        shown = "\n".join(output.out + output.err for output in said[user].values())
        assert "Zanzibar" not in shown
        assert "Quagmire" not in shown
        assert "Open" in said[user]["observations", HOME_IN_TROUBLE].out
        assert "You see only information for: public." in said[user]["watchlist",].out
        assert HOME_IN_TROUBLE in said[user]["alerts", "list"].out
        assert said[user]["alerts", "undone"].err.startswith(
            "continuity: the list of escalations without action is not public"
        )
    assert "M-1 " not in said["nobody"]["alerts", "list"].out
    assert "M-1 accepted by file:\n" in said["operator"]["alerts", "list"].out  # a subject for more than the public
    assert said["nobody"]["alerts", "why"].err.startswith(
        "continuity: the list of notified recipients is not public, and 'nobody'"
    )
    assert said["operator"]["alerts", "why"].code == 0
    for user in ("ann", "ada"):
        assert "Zanzibar" in said[user]["observations", HOME_IN_TROUBLE].out
        assert "next: Quagmire" in said[user]["alerts", "list"].out
