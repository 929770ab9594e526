"""The findings that a notice to an outside body may rest on."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts.message.notice import NoNotice, draft_notices, notice_grounds
from models.vocabulary import Level
from tests.alerts.scenes import SETTINGS, finding, key_of, score
from tests.factories import on_record

DAY = date(2024, 1, 2)
HOMES = """
title: Children's homes
ladder:
  - {key: below_good, title: Below good, told: [owner]}
"""
FEW_RULES = finding(
    "Rules on quality that could be applied 9.1 %", Level.WATCH, principle="evidence", rule="completeness"
)
OLD_LIST = finding("The list is older than it may be", Level.CONCERN, rule="listed", status="stale")
IMPROVE = finding("Overall judgement: Requires improvement", Level.WATCH, rule="overall")


def given(engine: Engine, *findings: dict[str, Any]) -> list[str]:
    """The texts of the notices due about a home of which this was found."""
    ann = on_record(engine, "ann", name="Ann")
    score(engine, DAY, {"Rose Lodge": "watch"}, findings={"Rose Lodge": list(findings)}, file=HOMES, stage="below_good")
    return [notice.text for notice in draft_notices(engine, SETTINGS, ann, key_of("Rose Lodge"))]


def test_a_notice_rests_on_what_is_met_under_accountability_alone(engine: Engine) -> None:
    [text] = given(engine, IMPROVE, FEW_RULES, OLD_LIST)

    assert "- Overall judgement: Requires improvement" in text
    assert "could be applied" not in text
    assert "older than it may be" not in text


@pytest.mark.parametrize("findings", [(), (FEW_RULES,), (OLD_LIST,), (FEW_RULES, OLD_LIST)])
def test_without_a_ground_there_is_no_notice_and_the_reason_is_said(engine: Engine, findings: Any) -> None:
    with pytest.raises(NoNotice, match=r"under homes has no grounds: public records meet no rule"):
        given(engine, *findings)


@pytest.mark.parametrize("principle", ["support", "consequences", "evidence", "external_powers", "flexibility"])
def test_no_other_principle_is_a_ground(principle: str) -> None:
    assert notice_grounds([{**IMPROVE, "principle": principle}]) == []
