"""The policy file: one line says what is wrong with it and where."""

from pathlib import Path
from typing import Any

import pytest

from alerts import policy
from settings import Settings
from tests.alerts.scenes import policy_of

SHIPPED = policy.SHIPPED_POLICY.read_text(encoding="utf-8")


def test_the_shipped_policy_tells_the_duty_desk_by_file(tmp_path: Path) -> None:
    loaded = policy.load_policy(Settings(home=tmp_path))
    assert {key: to.channel for key, to in loaded.recipients.items()} == {"duty": "file"}
    assert loaded.text == SHIPPED


def test_an_organisations_own_policy_replaces_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(SHIPPED.replace("channel: file", "channel: mail"), encoding="utf-8")
    assert policy.load_policy(Settings(home=tmp_path)).recipients["duty"].channel == "mail"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("lower_after: 2", "lower_after: 0", "lower_after"),
        ("lower_after: 2", "lower_afer: 2", "unknown key 'lower_afer'; write 'lower_after'"),
        ("channel: file", "channel: Not A Name", "channel"),
        ("schema: 2", "schema: 9", "schema"),
        ("title: Duty desk", "", "'title' is missing"),
        ("recipients:", "recipients: [", "correct the YAML"),
        ("    - to: [duty]\n\n", "    - to: [dutie]\n\n", "unknown recipient 'dutie'; choose one of: duty, everybody"),
        ("    - to: [duty]\n\n", "    - to: [owner]\n\n", "'owner' can only be notified about clocks"),
        ("    - to: [duty]\n\n", "    - {to: [duty], after: soon}\n\n", "'soon' is not a length of time; write"),
        ("pace: [duty]", "pace: [head]", "unknown recipient 'head'"),
        ("rule_changes: [duty]", "rule_changes: [dutie]", "unknown recipient 'dutie'; choose one of: duty, everybody"),
        ("rule_changes: [duty]", "rule_changes: [owner]", "'owner' can only be notified about clocks"),
        (
            "  duty:\n",
            "  head: {title: Head, channel: file}\n  duty:\n",
            "'head' is in no step and would never be notified",
        ),
        ("  duty:\n", "  owner: {title: Owner, channel: file}\n  duty:\n", "'owner' is a reserved name"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(SHIPPED.replace(old, new), encoding="utf-8")
    with pytest.raises(policy.WrongPolicy, match=rf"^{path}:\d+: ") as refused:
        policy.read_policy(path)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"rule_changes": ["councils"]}, ("hackney", "barnet")),
        ({}, ("duty", "head")),
    ],
)
def test_the_owners_of_rules_are_named_or_else_those_of_the_first_step(more: Any, expected: tuple[str, ...]) -> None:
    to = {"channel": "file"}
    councils = {key: {**to, "title": key, "groups": ["councils"]} for key in ("hackney", "barnet")}
    found = policy_of(
        **{
            "recipients": {"duty": {**to, "title": "Duty"}, "head": {**to, "title": "Head"}, **councils},
            "steps": {"concern": [{"to": ["everybody"]}], "watch": [{"to": ["duty", "head"]}]},
            "rule_changes": [],
            **more,
        }
    )
    assert found.rule_change_recipients == expected
