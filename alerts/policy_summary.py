"""Describes a policy in sentences, for the people who sign it off without reading YAML. Pure."""

from collections.abc import Collection, Iterator

from alerts.policy import EVERYBODY, EVERYTHING, FILE_CHANNEL, OWNER, Addressee, EscalationStep, Policy
from models.vocabulary import PUBLIC
from settings import CHANNEL_PREFIX


def describe_policy(policy: Policy, channels: Collection[str]) -> Iterator[str]:
    """The policy, a sentence to a line; a line that begins with two blanks belongs to the line above.

    Args:
        policy: the policy to describe.
        channels: names of the channels that are set in the environment.
    """
    yield f"{policy.title}."
    yield f"A level is raised at once, and lowered only after {policy.lower_after} assessments in a row below it."
    yield (
        "Recipients who have been notified about a level also hear once about each new adverse finding that is as "
        "serious as the level."
    )
    for level, steps in policy.steps.items():
        for step in steps:
            yield f"At {level} or worse, {_notified(step.to, policy)} {_format_delay(step)}."
    yield "An acknowledgement pauses further steps and reminders until its last day, unless the level rises."
    yield "A silence stops all messages until its last day, unless the level rises or the escalation ends."
    if policy.repeat_after is not None:
        yield f"Recipients get a reminder of an open escalation after {policy.repeat_after}, unless it is acknowledged."
    for step in policy.lapsed:
        when = "at once" if step.after.number == 0 else f"{step.after} after it ran out"
        yield f"If a clock runs out and nobody acts, {_notified(step.to, policy)} {when}."
    if policy.pace:
        yield f"If a milestone will be late at its present pace, {_notified(policy.pace, policy)} in advance."
    owners = policy.rule_changes or policy.rule_change_recipients
    yield f"When a regime has a new version, {_notified(owners, policy)} once about the changes and their effect."
    rule = policy.nothing_done
    yield (
        f'An escalation at {rule.from_level} or worse is listed as "threshold met, nothing done" after {rule.after} '
        "without any action."
    )
    yield (
        f"A message describes at most {policy.lines} providers; at most {policy.criticals_alone} new critical levels "
        f"of a run also have a message of their own. A message that cannot be sent within {policy.useful_for_days} "
        "days is dropped."
    )
    yield "Recipients:"
    for key, to in policy.recipients.items():
        yield f"  {key}, {to.title}: {'; '.join(_describe_recipient(to, channels))}."


def _notified(names: Collection[str], policy: Policy) -> str:
    """The recipients and the verb: "Head of service is notified"."""
    is_singular = len(names) == 1 and (set(names) <= {*policy.recipients, EVERYBODY, OWNER})
    return f"{_join_names(names, policy)} {'is' if is_singular else 'are'} notified"


def _join_names(names: Collection[str], policy: Policy) -> str:
    texts = [_recipient_name(name, policy) for name in names]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _recipient_name(name: str, policy: Policy) -> str:
    if name == OWNER:
        return "its owner"
    if name == EVERYBODY:
        return "everybody"
    if name in policy.recipients:
        return policy.recipients[name].title
    return f"the {len(policy.recipients_named(name))} of '{name}'"


def _format_delay(step: EscalationStep) -> str:
    return "at once" if step.after.number == 0 else f"after {step.after}, unless the escalation is acknowledged by then"


def _describe_recipient(recipient: Addressee, channels: Collection[str]) -> Iterator[str]:
    if recipient.channel == FILE_CHANNEL:
        yield "as files in the outbox"
    else:
        variable = f"{CHANNEL_PREFIX}{recipient.channel.upper()}"
        yield f"by channel '{recipient.channel}'" + (
            "" if recipient.channel in channels else f", NOT CONFIGURED: set {variable}"
        )
    if recipient.fallback:
        known = recipient.fallback == FILE_CHANNEL or recipient.fallback in channels
        yield f"critical messages that fail go by '{recipient.fallback}'" + ("" if known else ", NOT CONFIGURED")
    audiences = [audience for audience in recipient.sees if audience != PUBLIC]
    also = f" and information for {', '.join(audiences)}" if audiences else ""
    yield "sees everything" if recipient.sees == EVERYTHING else f"sees public information{also}"
    if recipient.regimes:
        yield f"only under {', '.join(recipient.regimes)}"
    if recipient.commissioners:
        yield f"only providers that {', '.join(recipient.commissioners)} buy from or host"
    if recipient.exposure_gbp:
        yield f"only with contracts of £{recipient.exposure_gbp:,.0f} or more in force"
    if recipient.digest:
        yield f"gets its news on {', '.join(day.title() for day in recipient.digest)}, new critical levels at once"
    if recipient.heartbeat != "never":
        days = "days" if recipient.heartbeat == "daily" else "working days"
        yield f"gets a short message on {days} without news"
    if recipient.person:
        yield f"is the owner of the clocks of '{recipient.person}'"
