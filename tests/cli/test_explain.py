"""explain: every finding and figure with its document, in text and in JSON."""

from models.vocabulary import Principle
from tests.extracts import ACCOUNTS, CHARITY, COMPANY, COUNCIL, DAY, WORST, home

HOME_IN_TROUBLE = home(WORST)


PRINCIPLES = {str(principle) for principle in Principle}


def test_explain_as_json_follows_each_figure_home(continuity):
    explained = continuity("explain", COMPANY, "--as-of", DAY, "--format", "json").json

    assert [regime["regime"] for regime in explained["regimes"]] == ["companies", "government_contracts"]
    regime = explained["regimes"][0]
    assert set(regime["principles"]) == PRINCIPLES
    findings = [finding for entry in regime["principles"].values() for finding in entry["findings"]]
    [net_assets] = [finding for finding in findings if finding["rule"] == "net_assets"]
    [figure] = net_assets["figures"]
    assert (figure["value"], figure["verbatim"], figure["period_end"]) == (-4200.0, "4,200", "2021-03-31")
    assert (figure["document"], figure["line"], figure["place"]) == (ACCOUNTS, 7, "NetAssetsLiabilities, context n")


def test_explain_gives_the_first_and_last_day_of_each_finding(continuity):
    assert "history" not in continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--format", "json").json
    said = continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--history", "--format", "json").json
    first = said["history"][0]
    assert (first["rule"], first["level"]) == ("protection_judgement", "critical")
    assert first["first_run"]["day"] == "2022-03-31"
    assert first["last_run"]["day"] == "2022-03-31"
    assert first["ended_on"] is None

    text = continuity("explain", HOME_IN_TROUBLE, "--as-of", DAY, "--history").out
    assert "History of its findings, each with its first and last run, worst and newest first\n" in text
    assert "accountability: protection_judgement" in text
    assert "with nothing to report; --format json has them all" in text


def test_explain_as_json_has_the_links_of_the_provider(continuity):
    links = continuity("explain", COMPANY, "--as-of", DAY, "--format", "json").json["links"]

    assert [(link["subject"], link["relation"], link["object"]) for link in links] == [
        (COUNCIL, "buys_from", COMPANY),
        (CHARITY, "same_as", COMPANY),
    ]
