"""Form fields for the details of a kind, made from the schema of its model."""

from datetime import date

import pytest

from casework.details import MAX_TEXT
from casework.kinds import DETAILS, record_kinds
from dashboard.entry.detail_fields import Control, FormField, detail_fields, evidence_fields


def field_of(fields: list[FormField], key: str) -> FormField:
    return next(field for field in fields if field.key == key)


@pytest.mark.parametrize("kind", DETAILS)
def test_every_detail_of_every_kind_is_asked_for(kind: str) -> None:
    states = record_kinds()[kind].states
    fields = [
        *detail_fields(record_kinds()[kind]),
        *evidence_fields(record_kinds()[kind], states),
    ]
    assert {field.key for field in fields} == {f"details.{key}" for key in DETAILS[kind].model_fields}
    assert len(fields) == len(DETAILS[kind].model_fields)


def test_each_detail_is_asked_for_in_its_own_way() -> None:
    asked = {
        field.key.removeprefix("details."): field.control
        for kind in ("concern", "plan", "milestone", "support", "notice")
        for field in detail_fields(record_kinds()[kind])
    }
    assert asked == {
        "type": Control.LINE,
        "referral": Control.SINGLE_CHOICE,
        "rating": Control.SINGLE_CHOICE,
        "title": Control.LINE,
        "baseline": Control.TEXT,
        "agreed_on": Control.DAY,
        "done": Control.NUMBER,
        "what": Control.LINE,
        "by": Control.LINE,
        "amount_gbp": Control.MONEY,
        "issued_by": Control.LINE,
        "reasons": Control.MULTIPLE_CHOICE,
    }
    baseline = field_of(detail_fields(record_kinds()["plan"]), "details.baseline")
    assert (baseline.maximum, baseline.help) == (MAX_TEXT, "the provider's position when the plan began")
    assert field_of(detail_fields(record_kinds()["support"]), "details.amount_gbp").label == "Amount, pounds"


def test_the_fields_of_an_existing_record_start_with_its_details() -> None:
    plan = detail_fields(record_kinds()["plan"], {"title": "To good by spring", "agreed_on": "2026-05-01"})
    assert field_of(plan, "details.title").value == "To good by spring"
    assert field_of(plan, "details.agreed_on").value == date(2026, 5, 1)
    support = detail_fields(record_kinds()["support"], {"amount_gbp": "5000"})
    assert field_of(support, "details.amount_gbp").value == 5000.0


def test_evidence_is_asked_for_only_by_states_that_need_it() -> None:
    assert evidence_fields(record_kinds()["milestone"], ["open", "missed"]) == []
    [first, *_] = evidence_fields(record_kinds()["milestone"], ["open", "met"])
    assert first.label.endswith("(evidence or word of needed for: met)")
    assert first.value in {None, ""}
