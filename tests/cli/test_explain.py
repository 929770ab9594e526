"""explain: every finding and figure with its document, in text and in JSON."""

import re

from models.vocabulary import Principle
from tests.extracts import ACCOUNTS, CHARITY, COMPANY, COUNCIL, DAY, GONE, WORST, home

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


def test_explain_as_text_names_document_line_and_place(continuity):
    said = continuity("explain", "invented house 3", "--as-of", DAY)

    assert said.code == 0
    assert said.out.startswith(f"Invented House 3  {HOME_IN_TROUBLE}  as known on 2022-03-31\n")
    assert (
        "    met            critical  Judgement on help and protection: Inadequate on 4 April 2021\n"
        "        decides the level; unchanged since 2022-03-31\n"
        "        source of the rule: Social care common inspection framework; children who are not safe come before "
        "everything else. Measured, 20 % are gone within the year; every home inadequate overall was inadequate here\n"
        "        Judgement: help and protection: Inadequate (2021-04-04; known 2021-05-04, 361 days old) "
        "ofsted/childrens_social_care_providers_at_2022-03-31.csv line 5 Latest full inspection how well children and "
        "young people are helped and protected; 'continuity document "
    ) in said.out


def test_explain_describes_links_with_names_and_identifiers(continuity):
    said = continuity("explain", COMPANY, "--as-of", DAY).out
    assert re.search(rf"  link: Customers: .+ \({re.escape(COUNCIL)}\), .*known ", said)
    assert re.search(rf"  link: The same as: .+ \({CHARITY}\), known ", said)
    for code in ("buys_from", "same_as", "not_applicable", "external_powers", ": None"):
        assert code not in said


def test_a_subject_without_a_regime_is_explained_as_such(continuity):
    said = continuity("explain", COUNCIL, "--as-of", DAY)
    assert (said.code, said.err) == (0, "")
    assert "no regime covers it on this day" in said.out


def test_a_home_that_left_is_explained_with_the_list_that_no_longer_has_it(continuity):
    said = continuity("explain", home(GONE), "--as-of", DAY)
    assert said.out.splitlines()[1:3] == [
        "  no longer covered: Left the register 2022-03-31 (known 2022-03-31, "
        "ofsted/childrens_social_care_providers_at_2022-03-31.csv)",
        "  last assessed on 2021-03-31: Children's homes (England) none; '--as-of 2021-03-31' shows it",
    ]
