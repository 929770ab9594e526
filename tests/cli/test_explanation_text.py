"""The text of ``continuity explain``."""

import re

from tests.extracts import CHARITY, COMPANY, COUNCIL, DAY, GONE, WORST, home

HOME_IN_TROUBLE = home(WORST)


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
