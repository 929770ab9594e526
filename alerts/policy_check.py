"""Checks that the commissioners a policy names are known, so that no recipient waits for messages that never come."""

from collections.abc import Iterator
from datetime import date

from alerts.policy import Policy, WrongPolicy
from indicators.commissioners import Commissioner, Commissioners, UnknownCommissioner
from models.database import Session
from text.yaml_lines import YamlPath, line_number_of


def check_commissioners(session: Session, policy: Policy, day: date) -> list[str]:
    """A sentence for each commissioner of the policy: who the commissioner is, and whether a provider is linked yet.

    Args:
        session: of the database.
        policy: the policy, with its path and text.
        day: a commissioner counts as known if a register had named the commissioner by this day.

    Raises:
        WrongPolicy: a recipient names an unknown commissioner; the text has ``file:line`` and the nearest names.
    """
    named = list(_named_commissioners(policy))
    if not named:
        return []
    known, notes, problems = Commissioners(session, day), list[str](), list[str]()
    for where, recipient, text in named:
        try:
            notes.append(_commissioner_note(recipient, text, known.find_commissioner(text)))
        except UnknownCommissioner as error:
            line = line_number_of(policy.text, where) if policy.text else 1
            problems.append(f"{policy.path}:{line}: recipient '{recipient}' would never be notified: {error}")
    if problems:
        raise WrongPolicy(problems)
    return notes


def _named_commissioners(policy: Policy) -> Iterator[tuple[YamlPath, str, str]]:
    for recipient, to in policy.recipients.items():
        for place, text in enumerate(to.commissioners):
            yield ("recipients", recipient, "commissioners", place), recipient, text


def _commissioner_note(recipient: str, text: str, body: Commissioner) -> str:
    who = f"{recipient}: '{text}' is {body.title} ({body.identifier})"
    if not body.subjects:
        return f"{who}; no register here links the authority to a provider yet, so no message is sent"
    return f"{who}, in the registers as {', '.join(body.keys)}"
