"""Casework in a real browser: Ann acknowledges an escalation, opens a plan, reports progress, sees the calendar."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from models.database import engine_for
from tests.dashboard.browsers import Server, Watched, describe_violation, window
from tests.dashboard.casework_scenes import ROSE, SUNNY, all_of, in_days, story

pytestmark = pytest.mark.browser

CASEWORK = f"/casework?id={ROSE}&record=2"
PAGES = [CASEWORK, f"/casework?id={SUNNY}&do=escalation", "/casework", "/due", f"/timeline?id={ROSE}"]


@pytest.fixture(scope="module")
def database(migrated_sqlite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story of ``casework_scenes`` in a file."""
    path = tmp_path_factory.mktemp("casework") / "continuity.db"
    shutil.copyfile(migrated_sqlite_file, path)
    engine = engine_for(f"sqlite:///{path}")
    story(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="module")
def anns(database: Path) -> Iterator[Server]:
    """The dashboard on that database, as Ann sees it."""
    running = Server(database.parent, f"sqlite:///{database}", user="ann")
    yield running
    running.stop()


@pytest.fixture
def watched(browser: Browser, anns: Server) -> Iterator[Watched]:
    """A new window on the dashboard."""
    yield from window(browser, anns)


def test_ann_acknowledges_an_escalation_opens_a_plan_reports_progress_and_sees_the_calendar(
    watched: Watched, database: Path
) -> None:
    page = watched.page
    written = page.locator(".cw-written")
    engine = engine_for(f"sqlite:///{database}")

    watched.open("/")
    page.get_by_role("link", name="Sunny House").first.click()  # of the line about thresholds met
    watched.settled()
    page.get_by_role("textbox", name="Next step").fill("Visit on Monday")
    page.get_by_role("textbox", name="Until").fill("10 working days")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".cw-record").first).to_contain_text("next: Visit on Monday")
    watched.open("/due")
    expect(page.get_by_text("No escalation has waited so long for an action.")).to_be_visible()

    watched.open(f"/casework?id={SUNNY}&do=open&kind=plan")
    page.get_by_role("textbox", name="Title").fill("Back to good")
    page.get_by_role("textbox", name="Agreed end").fill("tomorrow")
    page.get_by_role("textbox", name="Reason").fill("Agreed with the board")
    page.get_by_role("button", name="Open the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("'tomorrow' is not a length of time")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Back to good")
    page.get_by_role("textbox", name="Agreed end").fill(in_days(90).isoformat())
    page.get_by_role("button", name="Open the plan").click()
    expect(written).to_contain_text("plan “Back to good”, awaiting")
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Turnaround plan")
    [_, plan] = all_of(engine, "plan")
    assert plan.newest_entry.rationale == "Agreed with the board"

    watched.open(f"/casework?id={SUNNY}&do=open&kind=milestone")
    page.get_by_role("textbox", name="Title").fill("New manager")
    page.get_by_role("textbox", name="Due").fill("2 working days")
    page.get_by_role("combobox", name="Part of the plan").click()
    page.get_by_role("option", name="Back to good").click()
    page.get_by_role("button", name="Open the milestone").dblclick()
    expect(written).to_contain_text("milestone “New manager, 0 % done”, open")
    watched.settled()
    [_, milestone] = all_of(engine, "milestone")

    page.get_by_role("link", name=f"update milestone {milestone.number}").click()
    watched.settled()
    page.get_by_role("spinbutton", name="Done").fill("40")
    page.get_by_role("button", name="Save").click()
    expect(written).to_contain_text("40 % done")

    watched.open("/due?person=ann")
    expect(page.locator(".cw-weeks")).to_contain_text("Sunny House: milestone New manager")
    expect(page.locator(".cw-due").first).to_be_visible()
    assert watched.left == []
    assert watched.real_complaints() == []
    engine.dispose()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nobody_is_shut_out(watched: Watched, path: str, scheme: str, width: int) -> None:
    violations = watched.violations(path, scheme=scheme, width=width)
    assert list(map(describe_violation, violations)) == []
    main = watched.page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    assert watched.left == []
