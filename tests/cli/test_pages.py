"""The generated pages: single blank lines around headings, lists and tables."""

from cli import pages
from indicators import catalogue
from settings import ROOT


def test_the_page_about_sources_has_single_blank_lines_around_its_parts():
    page = pages.data_sources_page(catalogue.load())
    lines = page.splitlines()

    assert "\n\n\n" not in page
    for number, line in enumerate(lines[1:-1], start=1):
        if line.startswith("## "):
            assert (lines[number - 1], lines[number + 1]) == ("", "")
        if line.startswith("| indicator "):
            assert lines[number - 1] == ""


def test_every_target_of_make_that_is_no_file_has_a_recipe():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = text.split(".PHONY:")[1].splitlines()[0].split()
    assert [name for name in phony if f"\n{name}:" not in text] == []
