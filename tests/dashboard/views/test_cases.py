"""The casework page: each form writes, refuses with a message and keeps its values; restricted records stay hidden."""

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


def test_records_and_escalations_are_shown_with_their_history(page: Callable[..., AppTest]) -> None:
    shown = html(page())
    assert "<h1>Rose Lodge</h1>" in shown
    assert "at this pace 70 days late" in shown
    assert "was due 5 days ago" in shown
    assert "Owner: Ben" in shown
    assert "Agreed &lt;b&gt;with&lt;/b&gt; the owner" in shown
    assert "<strong>Not acknowledged.</strong>" in shown
    assert shown.index("was due 5 days ago") < shown.index("plan 1</span>") < shown.index("milestone 2</span>")


def test_a_plan_is_opened_once_and_its_consequences_are_shown(engine: Engine, page: Callable[..., AppTest]) -> None:
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
    messages = html(app)
    assert f"Saved: record {plan.number}, plan “Back to good”, viable." in messages
    assert "Owner: ann." in messages
    assert typed(app, "details.title") == "Turnaround plan"  # the form is a new one
    send(app)
    assert "is still open (&#39;viable&#39;); change that record, or close it first" in html(app)
    assert len(all_of(engine, "plan")) == 2


def test_a_refused_form_has_a_message_and_keeps_its_values(engine: Engine, page: Callable[..., AppTest]) -> None:
    app = page(SUNNY, do="open", kind="duty")
    send(fill(app, details__title="Visit", due="soon", text="Because"))
    messages = html(app)
    assert "Nothing was saved." in messages
    assert "&#39;soon&#39; is not a length of time" in messages
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
    assert "Nothing was saved." in html(app)
    values = {key: value or options(app, "details.")[0] for key, value in REQUIRED[kind].items()}
    send(fill(app, **values))
    assert "Saved: record" in html(app)
    records = all_of(engine, kind)
    assert len(records) == before + 1
    assert records[-1].newest_entry.author == "ann"
    assert records[-1].newest_entry.audience == "casework"


def test_no_kind_is_without_a_form(page: Callable[..., AppTest]) -> None:
    app = page(SUNNY, do="open")
    [kind] = [widget for widget in app.selectbox if widget.key == "casework_kind"]
    assert [option.lower() for option in kind.options] == [key for key in record_kinds() if key != "stage"]
    assert set(REQUIRED) | {"plan", "condition", "stage"} == set(record_kinds())


def test_a_part_needs_its_whole_first(page: Callable[..., AppTest]) -> None:
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
    assert "Someone else must confirm this, because you wrote an entry of the record." in html(app)
    assert options(app, "state") == ["stays proposed", "withdrawn"]
    monkeypatch.setenv("CONTINUITY_USER", "ben")
    send(fill(page(record=number), state="approved", text="Seen the letter"))
    monkeypatch.setenv("CONTINUITY_USER", "ann")
    app = page(record=number)
    assert not [widget for widget in app.text_input if (widget.key or "").startswith("due")]  # as proposed
    send(fill(app, state="ended", text="Accounts are in"))
    [override] = all_of(engine, "override")
    assert [entry.state for entry in override.entries] == ["proposed", "approved", "ended"]


def test_a_stage_is_confirmed_with_its_clocks(engine: Engine, page: Callable[..., AppTest]) -> None:
    app = page(SUNNY, do="stage", regime="house_suppliers")
    send(fill(app, text="At the review"))
    assert "Nothing was saved." in html(app)
    send(fill(app, details__="Financial distress"))
    [stage] = all_of(engine, "stage")
    assert (stage.newest_entry.details["stage"], stage.newest_entry.rationale) == ("distress", "At the review")
    started = all_of(engine, "duty")[-1]
    assert f"Clock started: record {started.number}, duty “The supplier notifies a financial distress event”" in html(
        app
    )
    assert "Clock not started: Draft remediation plan" in html(app)
    assert "it starts with: distress event notified" in html(app)
    recommended = recommended_stages(engine, find_user(engine, "ann"), SUNNY)
    assert recommended["homes"].level == "critical"  # a person's decision changes no assessment


def test_an_escalation_is_acknowledged_silenced_closed_and_reopened(
    engine: Engine, page: Callable[..., AppTest]
) -> None:
    app = page(do="escalation")
    send(fill(app, next_step="Visit", until="soon"))
    assert "Nothing was saved." in html(app)
    assert typed(app, "next_step") == "Visit"
    send(fill(app, until="10 working days", owner="Ben (ben)"))
    assert "next: Visit" in html(app)
    assert "Not acknowledged" not in html(app)

    steps = [
        ("silence", {"until": "5 days", "text": "Known"}, "Silenced until"),
        ("unsilence", {"text": "Over"}, "silence ended"),
        ("close", {"text": "Handed over"}, "Open from 1 January 2024 to"),
        ("reopen", {"text": "Came back"}, "reopened at concern"),
    ]
    for action, fields, shown in steps:
        app = page(do="escalation", action=action)
        send(fill(app, **fields))
        assert shown in html(app)
        assert "Nothing was saved." not in html(app)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("dan", "&#39;dan&#39; (CONTINUITY_USER) is not a registered user"),
        ("pat", "&#39;pat&#39; sees public records only"),
    ],
)
def test_readers_without_the_right_to_write_learn_how_to_get_it(
    page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, user: str, words: str
) -> None:
    monkeypatch.setenv("CONTINUITY_USER", user)
    app = page()
    assert words in html(app)
    assert f"continuity case person add {user} --audiences casework" in html(app)
    assert not [widget for widget in app.button if widget.form_id]
    assert "update duty" not in html(app)


def test_records_for_other_audiences_are_neither_shown_nor_offered(
    engine: Engine, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    [secret] = all_of(engine, "concern")
    app = page(record=str(secret.number))
    assert "secret" not in html(app)
    assert "irregularity" not in html(app)
    [chosen] = [widget for widget in app.selectbox if widget.key == "casework_record"]
    assert not [option for option in chosen.options if "irregularity" in option]
    app = page(do="open", kind="concern")
    assert options(app, "owner") == ["Ann (ann)", "Ben (ben)"]
    assert options(app, "audience") == ["casework", "public"]

    monkeypatch.setenv("CONTINUITY_USER", "vic")
    app = page(do="progress")
    assert "irregularity" in html(app)
    assert "To good by spring" not in html(app)
    [chosen] = [widget for widget in app.selectbox if widget.key == "casework_record"]
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


def test_an_unknown_provider_has_a_message(page: Callable[..., AppTest]) -> None:
    assert "Nothing is known about &#39;&lt;b&gt;&#39;." in html(page("<b>"))


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
