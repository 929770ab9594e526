"""A home at concern with findings that come and go."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine

from alerts.policy import Policy
from models.vocabulary import Level
from tests.alerts.scenes import finding, policy_to, score_and_tell

MONDAY = date(2024, 1, 8)


HOME = "Sunny House"


BOTH = policy_to(insider={"sees": ["casework"]}, outsider={"sees": ["public"]})


RATED = finding("Rated inadequate", Level.CONCERN, rule="rated")


LETTER = finding("Whistleblower's letter", Level.CONCERN, rule="letter", audiences=["casework"])


LOAN = finding("Loan not paid back", Level.CONCERN, rule="loan")


def play(engine: Engine, days: Sequence[list[dict[str, Any]]], policy: Policy = BOTH, **scored: Any) -> None:
    """A home at concern, with the findings of each day."""
    for number, findings in enumerate(days):
        day = MONDAY + timedelta(days=number)
        files = scored.get("files")
        more = {"file": files[number]} if files else {}
        score_and_tell(engine, day, {HOME: "concern"}, findings={HOME: findings}, policy=policy, **more)


def file(*rules: str, least: int = 1) -> str:
    """A version of a regime with these rules."""
    listed = "".join(f"      - {{key: {key}, at_least: {least}}}\n" for key in rules)
    return f"title: Children's homes\nprinciples:\n  accountability:\n    rules:\n{listed}"
