"""Forms are written once, whatever the browser sends."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from dashboard.entry import form_submission
from settings import WrongInput
from tests.dashboard.casework_scenes import ROSE, all_of, story

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_a_form_that_is_sent_twice_is_written_once(engine: Engine) -> None:
    who = story(engine)
    submitter = form_submission.FormSubmitter(engine, who["ann"], ROSE, NOW)

    def write() -> list[str]:
        return submitter.open_record("concern", {"details": {"type": "quality"}, "text": "Two letters"})

    first = form_submission.write_once(f"{engine.url}-1", write)
    assert form_submission.write_once(f"{engine.url}-1", write) == first
    assert [record.newest_entry.details["type"] for record in all_of(engine, "concern")] == ["irregularity", "quality"]
    form_submission.write_once(f"{engine.url}-2", write)
    assert len(all_of(engine, "concern")) == 3


def test_a_form_that_was_refused_can_be_sent_again(sqlite_engine: Engine) -> None:
    submitter = form_submission.FormSubmitter(sqlite_engine, story(sqlite_engine)["ann"], ROSE, NOW)
    with pytest.raises(WrongInput, match="concern: 'type' is missing"):
        form_submission.write_once("refused", lambda: submitter.open_record("concern", {"details": {}}))
    assert form_submission.write_once(
        "refused", lambda: submitter.open_record("concern", {"details": {"type": "quality"}})
    )
