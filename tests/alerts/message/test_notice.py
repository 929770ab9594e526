"""Who may give a notice, on what it rests, and for whom the record of it is."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.message.notice import NoNotice, draft_notices
from settings import Settings
from tests.dashboard import scenes
from tests.dashboard.scenes import ALDER, DAY, Scored, finding
from tests.factories import on_record

REGIME = """
title: Homes
principles: {accountability: {rules: [
  {key: suspended, kind: condition, title: Registration suspended, level: critical},
  {key: decided, kind: event, title: Decision, events: [decision_recorded], level: concern,
   optional_because: nobody has decided}]}}
ladder:
  - {key: look, title: Look closer, from_level: watch, next_step: look, told: []}
  - {key: stop, title: Stopped, from_rules: [suspended], next_step: stop, told: [owner], audience: commissioners}
  - {key: act, title: Decided, from_rules: [decided], next_step: act, told: [owner], audience: commissioners}
"""
PUBLIC = finding("Registration suspended: yes (Suspended)", "critical", rule="suspended", is_last_known=False)
SECRET = finding("Decision: close the home", "concern", rule="decided", audiences=["casework"], is_last_known=False)


def given(engine: Engine, tmp_path: Path, stage: str, *findings: dict[str, Any], audiences: list[str]) -> list[Any]:
    """Stage, audience of the record and text of the notices that a person of these audiences may give."""
    ann = on_record(engine, "ann", audiences=audiences)
    scenes.score(engine, DAY, Scored(ALDER, "Alder", "critical", findings, stage=stage), regime_file=REGIME)
    found = draft_notices(engine, Settings(home=tmp_path), ann, ALDER)
    return [(one.stage, one.audience, one.text) for one in found]


@pytest.mark.parametrize(
    ("audiences", "audience"), [([], "public"), (["casework"], "public"), (["commissioners"], "commissioners")]
)
def test_a_public_suspension_gives_a_notice_to_every_author(
    engine: Engine, tmp_path: Path, audiences: list[str], audience: str
) -> None:
    [(stage, whose, text)] = given(engine, tmp_path, "stop", PUBLIC, audiences=audiences)

    assert (stage, whose) == ("stop", audience)
    assert "Registration suspended: yes (Suspended)" in text


def test_a_stage_that_rests_on_a_restricted_record_is_noticed_only_by_those_who_see_it(
    engine: Engine, tmp_path: Path
) -> None:
    [(stage, whose, text)] = given(engine, tmp_path, "act", PUBLIC, SECRET, audiences=["casework"])
    assert (stage, whose) == ("act", "casework")
    assert "close the home" not in text

    [(stage, whose, _)] = given(engine, tmp_path, "act", PUBLIC, SECRET, audiences=[])
    assert (stage, whose) == ("stop", "public")


def test_nothing_public_gives_no_notice_to_an_author_who_sees_nothing_else(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(NoNotice, match="no notice is due: no body must be notified"):
        given(engine, tmp_path, "act", SECRET, audiences=[])
