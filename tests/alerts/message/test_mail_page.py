"""The HTML of a mail as it arrived, in a real browser: readable aloud, from afar and on a phone, with no pictures."""

from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from sqlalchemy import Engine

from alerts.message.outbox import send
from models.vocabulary import Level
from tests.alerts.message.test_channels import DAY, Mailbox, mailbox, settings  # noqa: F401  (fixtures)
from tests.alerts.scenes import finding, noon, policy_to, score_and_tell

pytestmark = pytest.mark.browser

NEXT = DAY + timedelta(days=1)
HOME = "Bed & <b>Board</b> *Ltd*"


@pytest.fixture
def arrived(sqlite_engine: Engine, mailbox: Mailbox, tmp_path: Path) -> list[str]:  # noqa: F811
    """The critical alone, then the summary of a day that has nearly everything."""
    from settings import Settings

    policy = policy_to(duty={"channel": "desk"})
    before = {HOME: "none", "Rose Lodge": "watch", "Oak Villa": "concern", "Elm Court": "watch"}
    after = {HOME: "critical", "Rose Lodge": "concern", "Oak Villa": None, "Elm Court": "watch"}
    found = {HOME: [finding("Net debt £219m", known_on="2017-03-01"), finding("Closed twice", Level.CONCERN)]}
    source = [finding("No inspections since March", status="source")]
    score_and_tell(sqlite_engine, DAY, before, policy=policy, only_file=True)
    score_and_tell(sqlite_engine, NEXT, after, findings=found, source_findings=source, policy=policy)
    send(sqlite_engine, Settings(home=tmp_path), now=noon(NEXT))
    return [mail.get_body(("html",)).get_content() for mail in mailbox.mails]


@pytest.mark.parametrize("width", [800, 390])
def test_nobody_is_shut_out_of_a_mail(browser: Browser, arrived: list[str], width: int) -> None:
    assert len(arrived) == 2
    for html in arrived:
        page = browser.new_page(viewport={"width": width, "height": 844})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))  # noqa: B023
        page.set_content(html)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        assert asked == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.close()


def test_the_headings_of_a_mail_lead_to_each_provider(browser: Browser, arrived: list[str]) -> None:
    page = browser.new_page()
    page.set_content(arrived[1])
    assert page.title() == (
        f"CRITICAL: {HOME} and 1 more: 1 critical, 1 concern; was concern: Oak Villa, no longer covered, "
        "summary of 2 January 2024"
    )
    headings = page.locator("h1, h2, h3").all_inner_texts()
    assert headings[0] == page.title()
    assert [one.split(" (")[0] for one in headings[1:]] == [
        "New or raised",
        f"CRITICAL: {HOME}",
        "CONCERN: Rose Lodge",
        "No longer covered",
        "Oak Villa",
        "About the sources",
        "Still open",
    ]
    assert page.locator("a").first.inner_text() == f"{HOME} as known on 2 January 2024"
    assert page.locator("img, script, link").count() == 0
    page.close()
