"""The casework page: each form writes, refuses with words and loses nothing; nobody is offered what others may see."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from access.people import find_user
from casework.kinds import record_kinds
from casework.stages import recommended_stages
from tests.dashboard.casework_scenes import ROSE, SUNNY, TODAY, all_of, fill, in_days, options, send, story, typed
from tests.dashboard.conftest import html

Open = Callable[..., AppTest]


@pytest.fixture
def engine(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The story, as Ann sees it."""
    story(sqlite_engine)
    monkeypatch.setenv("CONTINUITY_USER", "ann")
    return sqlite_engine


@pytest.fixture
def page(engine: Engine, open_app: Open) -> Callable[..., AppTest]:
    """``page(SUNNY, do="open")``: the casework of a provider."""

    def at(provider: str = ROSE, **query: str) -> AppTest:
        app = open_app(engine, "cases", id=provider, **query)
        assert not app.exception
        return app

    return at


def test_what_stands_is_shown_with_its_history(page: Callable[..., AppTest]) -> None:
    shown = html(page())
    assert "<h1>Rose Lodge</h1>" in shown
    assert "at this pace 70 days late" in shown
    assert "lapsed 5 days ago" in shown
    assert "Ben has to see to it" in shown
    assert "Agreed &lt;b&gt;with&lt;/b&gt; the owner" in shown
    assert "<strong>Nobody has it.</strong>" in shown
    assert shown.index("lapsed 5 days ago") < shown.index("plan 1</span>") < shown.index("milestone 2</span>")


def test_a_plan_is_opened_once_and_what_follows_is_said(engine: Engine, page: Callable[..., AppTest]) -> None:
    app = page(SUNNY, do="open", kind="plan")
    fill(app, details__title="Back to good", due="3 months", text="x" * 20_000, state="viable")
    send(app)
    [_, plan] = all_of(engine, "plan")
    assert (plan.first_entry.provider, plan.state, plan.newest_entry.details["title"]) == (
        SUNNY,
        "viable",
        "Back to good",
    )
    assert len(plan.newest_entry.rationale) == 20_000
    said = html(app)
    assert f"Written: record {plan.number}, plan “Back to good”, viable." in said
    assert "ann has to see to it." in said
    assert typed(app, "details.title") == "Turnaround plan"  # the form is a new one
    send(app)
    assert "is still open (&#39;viable&#39;); change that record, or close it first" in html(app)
    assert len(all_of(engine, "plan")) == 2


def test_what_does_not_fit_is_said_and_nothing_typed_is_lost(engine: Engine, page: Callable[..., AppTest]) -> None:
    app = page(SUNNY, do="open", kind="duty")
    send(fill(app, details__title="Visit", due="soon", text="Because"))
    said = html(app)
    assert "Nothing was written." in said
    assert "&#39;soon&#39; is not a length of time" in said
    assert [typed(app, field) for field in ("details.title", "due", "text")] == ["Visit", "soon", "Because"]
    assert len(all_of(engine, "duty")) == 1
    send(fill(app, due="10 working days"))
    assert len(all_of(engine, "duty")) == 2


REQUIRED = {
    "concern": {"details__type": "quality"},
    "milestone": {"part_of": "1: To good by spring", "details__title": "Staff", "due": "10 days"},
    "support": {"details__what": "Adviser", "details__amount_gbp": 5000.0},
    "notice": {"details__type": "warning letter", "details__reasons": ["governance", "quality"]},
    "decision": {"details__what": "No placements", "details__authoriser": "director", "text": "Not safe"},
    "consequence": {"details__what": "Barred", "details__office": "manager", "details__public_record": "Notice"},
    "override": {"details__": "level watch", "due": "2 months", "text": "It was lifted"},
    "arrangement": {"details__type": "transition", "details__tested_on": TODAY},
    "told": {"details__body": "The council", "state": "to tell", "due": "5 working days"},
    "judgement": {"details__": None, "text": "As we see it"},
    "duty": {"details__title": "Visit", "due": str(in_days(3))},
}


@pytest.mark.parametrize("kind", sorted(REQUIRED))
def test_every_kind_has_a_form_that_writes_and_refuses(engine: Engine, page: Callable[..., AppTest], kind: str) -> None:
    before = len(all_of(engine, kind))
    app = page(do="open", kind=kind)
    send(app)
    assert "Nothing was written." in html(app)
    words = {key: value or options(app, "details.")[0] for key, value in REQUIRED[kind].items()}
    send(fill(app, **words))
    assert "Written: record" in html(app)
    found = all_of(engine, kind)
    assert len(found) == before + 1
    assert found[-1].newest_entry.author == "ann"
    assert found[-1].newest_entry.audience == "casework"


def test_no_kind_is_without_a_form(page: Callable[..., AppTest]) -> None:
    app = page(SUNNY, do="open")
    [kind] = [one for one in app.selectbox if one.key == "casework_kind"]
    assert [one.lower() for one in kind.options] == [key for key in record_kinds() if key != "stage"]
    assert set(REQUIRED) | {"plan", "condition", "stage"} == set(record_kinds())


def test_a_part_without_a_whole_says_what_comes_first(page: Callable[..., AppTest]) -> None:
    app = page(do="open", kind="condition")
    assert "A condition is part of a notice." in html(app)


def test_progress_a_new_date_and_an_end_are_entered(engine: Engine, page: Callable[..., AppTest]) -> None:
    app = page(record="2")
    assert options(app, "state") == ["stays open", "met", "missed", "dropped"]
    send(fill(app, details__done=60, details__evidence="Advert", text="Two came"))
    [milestone] = all_of(engine, "milestone")
    assert milestone.newest_entry.details == {"title": "A manager", "done": 60, "evidence": "Advert", "word_of": ""}

    send(fill(app, due=str(in_days(40))))
    assert "give a reason (--text): a new date needs a reason" in html(app)
    assert typed(app, "due") == str(in_days(40))
    send(fill(app, text="The first one declined"))
    [milestone] = all_of(engine, "milestone")
    assert (milestone.newest_entry.due_on, milestone.newest_entry.rationale) == (in_days(40), "The first one declined")

    send(fill(app, owner="Ben (ben)"))
    send(fill(app, state="met"))
    assert "no evidence that the milestone is met; add --evidence or --word-of" in html(app)
    send(fill(app, details__word_of="Chair of the board"))
    [milestone] = all_of(engine, "milestone")
    assert (milestone.state, milestone.newest_entry.owner, len(milestone.entries)) == ("met", "ben", 6)


def test_an_entry_without_anything_new_is_refused(engine: Engine, page: Callable[..., AppTest]) -> None:
    app = page(record="3")
    send(app)
    assert "nothing to enter: record 3 stays" in html(app)
    assert len(all_of(engine, "duty")[0].entries) == 1


def test_an_override_is_approved_by_somebody_else_and_ended(
    engine: Engine, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page(do="open", kind="override", regime="childrens_homes")
    send(fill(app, details__="level watch", due="2 months", text="It was lifted"))
    [override] = all_of(engine, "override")
    assert override.newest_entry.details == {"of": "level", "to": "watch"}
    number = str(override.number)
    app = page(record=number)
    assert "approved or refused somebody else has to enter" in html(app)
    assert options(app, "state") == ["stays proposed", "withdrawn"]
    monkeypatch.setenv("CONTINUITY_USER", "ben")
    send(fill(page(record=number), state="approved", text="Seen the letter"))
    monkeypatch.setenv("CONTINUITY_USER", "ann")
    app = page(record=number)
    assert not [one for one in app.text_input if (one.key or "").startswith("due")]  # as proposed
    send(fill(app, state="ended", text="Accounts are in"))
    [override] = all_of(engine, "override")
    assert [entry.state for entry in override.entries] == ["proposed", "approved", "ended"]


def test_a_stage_is_confirmed_with_its_clocks(engine: Engine, page: Callable[..., AppTest]) -> None:
    app = page(SUNNY, do="stage", regime="house_suppliers")
    send(fill(app, text="At the review"))
    assert "Nothing was written." in html(app)
    send(fill(app, details__="Financial distress"))
    [stage] = all_of(engine, "stage")
    assert (stage.newest_entry.details["stage"], stage.newest_entry.rationale) == ("distress", "At the review")
    started = all_of(engine, "duty")[-1]
    assert f"Clock started: record {started.number}, duty “The supplier notifies a financial distress event”" in html(
        app
    )
    assert "Not started: Draft remediation plan" in html(app)
    assert "it begins with: distress event notified" in html(app)
    says = recommended_stages(engine, find_user(engine, "ann"), SUNNY)
    assert says["homes"].level == "critical"  # what a person decides changes no assessment


def test_an_escalation_is_taken_on_silenced_closed_and_opened_again(
    engine: Engine, page: Callable[..., AppTest]
) -> None:
    app = page(do="escalation")
    send(fill(app, next_step="Visit", until="soon"))
    assert "Nothing was written." in html(app)
    assert typed(app, "next_step") == "Visit"
    send(fill(app, until="10 working days", owner="Ben (ben)"))
    assert "next: Visit" in html(app)
    assert "Nobody has it" not in html(app)

    steps = [
        ("silence", {"until": "5 days", "text": "Known"}, "Silenced until"),
        ("unsilence", {"text": "Over"}, "silence ended"),
        ("close", {"text": "Handed over"}, "Open from 1 January 2024 to"),
        ("reopen", {"text": "Came back"}, "opened again at concern"),
    ]
    for deed, fields, shown in steps:
        app = page(do="escalation", deed=deed)
        send(fill(app, **fields))
        assert shown in html(app)
        assert "Nothing was written." not in html(app)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("dan", "nobody is as &#39;dan&#39; (CONTINUITY_USER)"),
        ("pat", "&#39;pat&#39; sees public records only"),
    ],
)
def test_whoever_may_not_write_is_told_how_they_may(
    page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, user: str, words: str
) -> None:
    monkeypatch.setenv("CONTINUITY_USER", user)
    app = page()
    assert words in html(app)
    assert f"continuity case person add {user} --audiences casework" in html(app)
    assert not [one for one in app.button if one.form_id]
    assert "enter what became of" not in html(app)


def test_nobody_sees_or_is_offered_what_is_for_another_audience(
    engine: Engine, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    [secret] = all_of(engine, "concern")
    app = page(record=str(secret.number))
    assert "secret" not in html(app)
    assert "irregularity" not in html(app)
    [chosen] = [one for one in app.selectbox if one.key == "casework_record"]
    assert not [one for one in chosen.options if "irregularity" in one]
    app = page(do="open", kind="concern")
    assert options(app, "owner") == ["Ann (ann)", "Ben (ben)"]
    assert options(app, "audience") == ["casework", "public"]

    monkeypatch.setenv("CONTINUITY_USER", "vic")
    app = page(do="progress")
    assert "irregularity" in html(app)
    assert "To good by spring" not in html(app)
    [chosen] = [one for one in app.selectbox if one.key == "casework_record"]
    assert len(chosen.options) == 1
    app = page(do="open", kind="milestone")
    assert "A milestone is part of a plan." in html(app)
    app = page(do="open", kind="concern")
    assert options(app, "owner") == ["Vic (vic)"]
    assert options(app, "audience") == ["police", "public"]


def test_closed_records_are_shown_on_demand(page: Callable[..., AppTest]) -> None:
    app = page(record="3")
    send(fill(app, state="done", text="Was there", details__evidence="Report of the visit"))
    assert "Closed records" not in html(app)
    assert "Was there" not in html(app)
    app.toggle(key="closed").set_value(True).run()
    assert "Was there" in html(app)


def test_without_a_provider_all_with_open_records_are_listed(engine: Engine, open_app: Open) -> None:
    shown = html(open_app(engine, "cases"))
    assert "1 provider with open records" in shown
    assert f"./casework?id={ROSE}" in shown
    assert "irregularity" not in shown


def test_an_unheard_of_provider_is_said_in_words(page: Callable[..., AppTest]) -> None:
    assert "Nothing is known of &#39;&lt;b&gt;&#39;." in html(page("<b>"))


def test_casework_on_an_empty_database_shows_words(sqlite_engine: Engine, open_app: Open) -> None:
    app = open_app(sqlite_engine, "cases")
    assert not app.exception
    assert "No record is open." in html(app)


def test_the_provider_page_has_the_casework_of_its_day(
    engine: Engine, page: Callable[..., AppTest], open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page(do="open", kind="override", regime="childrens_homes")
    send(fill(app, details__="level watch", due="2 months", text="It was lifted"))
    number = str(all_of(engine, "override")[0].number)
    monkeypatch.setenv("CONTINUITY_USER", "ben")
    send(fill(page(record=number), state="approved", text="Seen the letter"))
    send(fill(page(do="stage", regime="house_suppliers"), details__="Financial distress", text="At the review"))
    shown = html(open_app(engine, "provider", id=ROSE, day=TODAY.isoformat()))
    assert "<strong>level watch</strong> instead, under childrens_homes" in shown
    assert "proposed by ann, approved by ben" in shown
    assert "It was lifted" in shown
    assert "To good by spring, viable, agreed end" in shown
    assert "A manager, 20 % done, due" in shown
    assert "by ben; record" in shown
    assert f"./casework?id={ROSE}" in shown

    shown = html(open_app(engine, "provider", id=ROSE, day=in_days(-10).isoformat()))  # nothing of that was entered
    assert "To good by spring" in shown
    assert "level watch" not in shown
    monkeypatch.setenv("CONTINUITY_USER", "vic")
    shown = html(open_app(engine, "provider", id=ROSE, day=TODAY.isoformat()))
    assert "To good by spring" not in shown
    assert "1 record is open." in shown
