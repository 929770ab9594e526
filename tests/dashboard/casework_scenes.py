"""A provider with an escalation and some casework, and persons of several audiences; forms found by their fields."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from access.people import RegisteredUser
from access.viewer import UNRESTRICTED_VIEWER
from casework.reading import Record, list_records
from casework.writing import case_writer
from models.vocabulary import day_in_london
from tests.alerts.scenes import key_of, score_and_tell
from tests.factories import on_record

LONG_AGO = date(2024, 1, 1)
TODAY = day_in_london(datetime.now(UTC))
NOON = datetime.combine(TODAY, time(12), UTC)  # so many days before noon are so many days in London, too
ROSE, SUNNY = key_of("Rose Lodge"), key_of("Sunny House")


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def persons(engine: Engine) -> dict[str, RegisteredUser]:
    """Ann and Ben work together, Vic elsewhere; Pat sees what is public."""
    return {
        key: on_record(engine, key, name=key.title(), audiences=audiences)
        for key, audiences in {"ann": ["casework"], "ben": ["casework"], "vic": ["police"], "pat": []}.items()
    }


def story(engine: Engine) -> dict[str, RegisteredUser]:
    """Two homes in trouble, about one of which a plan was agreed sixty days ago and a duty has lapsed."""
    score_and_tell(engine, LONG_AGO, {"Rose Lodge": "concern", "Sunny House": "critical"})
    who = persons(engine)
    with case_writer(engine, who["ann"], now=NOON - timedelta(days=60)) as book:
        plan = book.open_record(
            "plan",
            ROSE,
            state="viable",
            due_on=in_days(100),
            rationale="Agreed <b>with</b> the owner",
            details={"title": "To good by spring"},
        )
        milestone = book.open_record(
            "milestone", part_of=plan.number, due_on=in_days(20), details={"title": "A manager"}
        )
        book.open_record("duty", ROSE, due_on=in_days(-5), owner="ben", details={"title": "Visit", "then": "Refer it"})
    with case_writer(engine, who["ann"], now=NOON - timedelta(days=30)) as book:
        book.change_record(milestone.number, details={"done": 20})
    with case_writer(engine, who["vic"], now=NOON - timedelta(days=3)) as book:
        book.open_record(
            "concern", ROSE, due_on=in_days(2), details={"type": "irregularity"}, rationale="A secret inquiry"
        )
    return who


def all_of(engine: Engine, kind: str) -> list[Record]:
    """Every record of a kind, for every audience."""
    return list_records(engine, UNRESTRICTED_VIEWER, kinds=[kind])


def fill(app: AppTest, **fields: Any) -> AppTest:
    """Fill fields of the form by their keys; a detail's key is written with two underscores for its dot."""
    groups = (app.text_input, app.text_area, app.number_input, app.date_input, app.selectbox, app.multiselect)
    widgets = {(widget.key or "").rpartition("-")[0]: widget for group in groups for widget in group}
    for key, value in fields.items():
        widgets[key.replace("__", ".")].set_value(value)
    return app


def options(app: AppTest, field: str) -> list[str]:
    """The options of a field."""
    return next(widget.options for widget in app.selectbox if (widget.key or "").rpartition("-")[0] == field)


def typed(app: AppTest, field: str) -> Any:
    """The value of a field."""
    groups = (app.text_input, app.text_area, app.number_input)
    widgets = (widget for group in groups for widget in group)
    return next(widget.value for widget in widgets if (widget.key or "").rpartition("-")[0] == field)


def send(app: AppTest) -> AppTest:
    """Press the form's button."""
    [button] = [widget for widget in app.button if widget.form_id]
    return button.click().run()
