"""One provider explained: its verdict, findings with figures, and what is left where no regime covers the provider."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from models.vocabulary import Principle
from queries.explanation import ProviderExplanation
from queries.provider import explain_provider
from tests.dashboard.scenes import AFTER, ALDER, BEFORE, DAY, DOGWOOD, Scored, finding, score, story


@pytest.fixture
def told(sqlite_engine: Engine) -> Engine:
    """Three scored days of four providers."""
    story(sqlite_engine)
    return sqlite_engine


def test_a_verdict_is_explained_principle_by_principle(engine: Engine) -> None:
    story(engine)
    explained = explain_provider(engine, ALDER, DAY, audiences=None)
    assert explained["name"] == "Alder Care Ltd"
    assert explained["scored_on"] == DAY.isoformat()
    assert explained["ended"] is None
    assert [row["title"] for row in explained["source_findings"]] == ["No inspections since March"]
    [regime] = explained["regimes"]
    assert regime["level"] == "concern"
    assert regime["stage"] == "failing"
    assert regime["principles"].keys() == set(Principle)
    money, turnover = regime["principles"]["accountability"]["findings"]
    assert [figure["indicator"] for figure in money["figures"]] == ["net_assets"]
    assert money["figures"][0]["subject_name"] == "Alder Care Ltd"
    assert turnover["figures"] == []
    assert len(regime["principles"]["external_powers"]["findings"]) == 1
    assert {link["object_name"] for link in explained["links"]} >= {"Alder Group"}


def test_the_newest_scored_day_up_to_the_day_is_explained(told: Engine) -> None:
    levels = {}
    for day in (BEFORE, AFTER - timedelta(days=1), AFTER):
        explained = explain_provider(told, ALDER, day, audiences=None)
        levels[explained["scored_on"]] = explained["regimes"][0]["level"]
    assert levels == {BEFORE.isoformat(): "watch", DAY.isoformat(): "concern", AFTER.isoformat(): "critical"}


def is_not_assessed(explained: ProviderExplanation) -> bool:
    return not explained["regimes"] and explained["run"] is None and explained["scored_on"] is None


def test_a_provider_that_no_regime_covers_any_longer_has_its_last_assessment(told: Engine) -> None:
    explained = explain_provider(told, DOGWOOD, DAY, audiences=None)
    assert is_not_assessed(explained)
    assert explained["last_assessed"] is not None
    assert explained["last_assessed"]["day"] == BEFORE.isoformat()


def test_before_the_first_scored_day_nothing_is_assessed_and_links_are_there(told: Engine) -> None:
    explained = explain_provider(told, ALDER, BEFORE - timedelta(days=1), audiences=None)
    assert is_not_assessed(explained)
    assert explained["source_findings"] == []
    assert explained["name"] == "Alder Care Ltd"
    assert explained["links"] != []


@pytest.mark.parametrize(("audiences", "is_shown"), [(None, True), (["public", "casework"], True), (["public"], False)])
def test_a_restricted_finding_is_explained_only_to_its_readers(
    sqlite_engine: Engine, audiences: Sequence[str] | None, is_shown: bool
) -> None:
    findings = finding("Late"), finding("A secret", "critical", rule="secret", audiences=["casework"])
    score(sqlite_engine, DAY, Scored(ALDER, "Alder Care Ltd", "critical", findings))
    [regime] = explain_provider(sqlite_engine, ALDER, DAY, audiences=audiences)["regimes"]
    titles = [shown["title"] for shown in regime["principles"]["accountability"]["findings"]]
    assert "Late" in titles
    assert ("A secret" in titles) is is_shown
