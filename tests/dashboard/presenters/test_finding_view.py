"""Findings and figures: figures with the way to their source, values in words, limits."""

from typing import Any

import pytest

from dashboard.presenters.finding_view import FigureView, figure_view, finding_view
from tests.dashboard.presenters.builders import figure, finding


def test_a_figure_is_followed_home() -> None:
    assert figure_view(figure()) == FigureView(
        title="Net assets",
        value="−£1.25 million",  # noqa: RUF001
        is_number=True,
        about="31 December 2019",
        known_on="1 June 2020",
        date_basis="stated",
        age="6 months old",
        is_recalled=False,
        register="accounts",
        document="a.zip",
        document_address="./document?seq=5",
        place="line 17, NetAssets, current",
        citation="",
        source_address="https://example.org/a.zip",
        fetched="22 November 2026",
    )


def test_a_fact_of_the_casebook_shows_its_citation_and_whether_it_is_recalled() -> None:
    place = "events[1] · recalled (high) · The Gazette, 1 May 2020 https://example.org/g"
    shown = figure_view(figure(place=place, is_recalled=True, address="/home/me/casebook/a.yaml"))
    assert shown.place == "line 17, events[1]"
    assert shown.citation == "The Gazette, 1 May 2020"
    assert shown.source_address == "https://example.org/g"
    assert shown.is_recalled


def test_a_file_on_this_machine_is_no_link() -> None:
    assert figure_view(figure(address="file:///home/me/a.zip")).source_address == ""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "flag", "value": 1.0, "unit": ""}, "yes"),
        ({"kind": "flag", "value": 0.0, "unit": ""}, "no"),
        ({"kind": "event", "value": None}, "happened"),
        ({"kind": "event", "value": "Rent not paid", "unit": ""}, "Rent not paid"),
        ({"kind": "event", "value": 12e6, "verbatim": "12m written off"}, "£12 million: 12m written off"),
        ({"kind": "grade", "value": "Good", "unit": ""}, "Good"),
    ],
)
def test_values_of_each_kind_in_words(fields: dict[str, Any], expected: str) -> None:
    assert figure_view(figure(**fields)).value == expected


def test_a_figure_of_another_subject_names_the_subject() -> None:
    with_figures = finding(figures=[figure(), figure(subject="GB-COH-2")])
    figures = finding_view(with_figures, "GB-COH-1").figures
    assert [shown.other_subject for shown in figures] == ["", "GB-COH-2"]


def test_limits_that_the_title_says_are_not_said_again() -> None:
    in_title = finding("Low (watch: below 3)", threshold="watch: below 3")
    assert finding_view(in_title, "GB-COH-1").limits == ""
    assert finding_view(finding("Low", threshold="watch: below 3"), "GB-COH-1").limits == "watch: below 3"
