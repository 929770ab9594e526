"""The dashboard in a real browser: clicks, downloads, accessibility, charts."""

import csv
import re

import pytest
from playwright.sync_api import expect

from tests.dashboard.browsers import Watched, describe_violation
from tests.dashboard.scenes import ALDER, FORMULA

pytestmark = pytest.mark.browser

SHOWN = "/?day=2020-06-30"
PROVIDER = f"/provider?id={ALDER}&day=2020-06-30"


def test_from_the_watchlist_to_a_provider_another_day_and_away_with_the_file(watched: Watched) -> None:
    page = watched.page
    watched.open(SHOWN)
    expect(page.get_by_role("heading", level=1)).to_have_text("Watchlist of 30 June 2020")
    expect(page.locator(".cw-list tbody tr")).to_have_count(3)

    page.get_by_role("button", name=re.compile("Concern 1")).click()
    expect(page.locator(".cw-list tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("level=concern"))

    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["Alder Care Ltd"]

    page.get_by_role("button", name=re.compile("Concern 1")).click()
    expect(page.locator(".cw-list tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Alder Care Ltd").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alder Care Ltd")
    expect(page.locator(".cw-verdict")).to_contain_text("Concern")
    assert "cw-critical" not in page.locator(".cw-verdict").inner_html()

    page.get_by_role("button", name="▶").click()
    expect(page).to_have_url(re.compile("day=2020-12-31"))
    expect(page.locator(".cw-verdict")).to_contain_text("Critical")

    page.go_back()
    expect(page.locator(".cw-verdict")).to_contain_text("Concern")
    page.get_by_role("link", name="Watchlist of 30 June 2020").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Watchlist of 30 June 2020")

    assert watched.left == []
    assert watched.real_complaints() == []


def test_a_name_that_is_a_script_is_only_text_and_only_text_in_the_file(watched: Watched) -> None:
    page = watched.page
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    watched.open(SHOWN)
    expect(page.get_by_role("link", name=FORMULA)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        assert f"'{FORMULA}" in [row["name"] for row in csv.DictReader(file)]
    assert dialogs == []


@pytest.mark.parametrize("path", [SHOWN, PROVIDER, "/provider"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nobody_is_shut_out(watched: Watched, path: str, scheme: str, width: int) -> None:
    violations = watched.violations(path, scheme=scheme, width=width)
    serious = [violation for violation in violations if violation["impact"] in {"serious", "critical"}]
    assert list(map(describe_violation, serious)) == []
    assert watched.left == []


@pytest.mark.parametrize("path", [SHOWN, PROVIDER])
def test_on_a_phone_nothing_has_to_be_pushed_sideways(watched: Watched, path: str) -> None:
    watched.page.set_viewport_size({"width": 390, "height": 844})
    watched.open(path)
    main = watched.page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def test_charts_are_drawn_and_said_in_words(watched: Watched) -> None:
    watched.open(PROVIDER)
    charts = watched.page.get_by_test_id("stVegaLiteChart")
    expect(charts.locator("canvas, svg").first).to_be_visible()
    expect(watched.page.get_by_label(re.compile("Net assets: 2 values")).first).to_be_attached()
