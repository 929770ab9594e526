"""Says a policy in sentences, so that whoever signs it off need not read YAML. Pure."""

from collections.abc import Collection, Iterator

from alerts.policy import EVERYBODY, EVERYTHING, FILE_CHANNEL, OWNER, Addressee, EscalationStep, Policy
from models.vocabulary import PUBLIC
from settings import CHANNEL_PREFIX


def describe_policy(policy: Policy, channels: Collection[str]) -> Iterator[str]:
    """The policy, a sentence to a line; lines that begin with two blanks belong to the one above.

    Args:
        policy: what is said.
        channels: names of the channels that are set in the environment.
    """
    yield f"{policy.title}."
    yield f"A level is raised at once, and lowered only after {policy.lower_after} assessments in a row below it."
    yield "Whoever was told is told once, too, of each further finding as bad as the level that stands."
    for level, steps in policy.steps.items():
        for step in steps:
            yield f"At {level} or worse, {_step_recipients(step, policy)} {_step_verb(step, policy)} told {_format_delay(step)}."
    yield "An acknowledgement stops the steps to come until its last day, a silence all but what is worse or at an end."
    if policy.repeat_after is not None:
        yield f"What still stands and nobody has in hand is told again after {policy.repeat_after}."
    for step in policy.lapsed:
        zero = step.after.number == 0
        when = "as soon as it has lapsed" if zero else f"{step.after} after it has lapsed"
        yield f"Of a clock that nobody acted on, {_step_recipients(step, policy)} {_step_verb(step, policy)} told {when}."
    if policy.pace:
        verb = "is" if _is_singular(policy.pace, policy) else "are"
        yield f"Of a milestone that will be late at its pace, {_join_names(policy.pace, policy)} {verb} warned."
    owners = policy.rule_changes or policy.rule_change_recipients
    verb = "is" if _is_singular(owners, policy) else "are"
    yield f"{_join_names(owners, policy)} {verb} told what a new version of a regime does, once for each version."
    done = policy.nothing_done
    yield f"What stands at {done.from_level} or worse for {done.after} with nothing done is listed as such."
    yield (
        f"A message describes at most {policy.lines} providers; at most {policy.criticals_alone} new criticals of a "
        f"run also go alone. One that could not be sent for {policy.useful_for_days} days is not sent any more."
    )
    yield "Recipients:"
    for key, to in policy.recipients.items():
        yield f"  {key}, {to.title}: {'; '.join(_describe_recipient(to, channels))}."


def _step_recipients(step: EscalationStep, policy: Policy) -> str:
    return _join_names(step.to, policy)


def _step_verb(step: EscalationStep, policy: Policy) -> str:
    return "is" if _is_singular(step.to, policy) else "are"


def _is_singular(names: Collection[str], policy: Policy) -> bool:
    return len(names) == 1 and (set(names) <= {*policy.recipients, EVERYBODY, OWNER})


def _join_names(names: Collection[str], policy: Policy) -> str:
    said = [_recipient_name(name, policy) for name in names]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _recipient_name(name: str, policy: Policy) -> str:
    if name == OWNER:
        return "its owner"
    if name == EVERYBODY:
        return "everybody"
    if name in policy.recipients:
        return policy.recipients[name].title
    return f"the {len(policy.recipients_named(name))} of '{name}'"


def _format_delay(step: EscalationStep) -> str:
    return "at once" if step.after.number == 0 else f"after {step.after}, unless somebody has it in hand"


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
        yield f"criticals that fail by '{recipient.fallback}'" + ("" if known else ", NOT CONFIGURED")
    others = [one for one in recipient.sees if one != PUBLIC]
    also = f" and what is for {', '.join(others)}" if others else ""
    yield "sees everything" if recipient.sees == EVERYTHING else f"sees what is public{also}"
    if recipient.regimes:
        yield f"only under {', '.join(recipient.regimes)}"
    if recipient.commissioners:
        yield f"only providers that {', '.join(recipient.commissioners)} buy from or host"
    if recipient.exposure_gbp:
        yield f"only with contracts of £{recipient.exposure_gbp:,.0f} or more in force"
    if recipient.digest:
        yield f"news is kept for {', '.join(day.title() for day in recipient.digest)}, new criticals excepted"
    if recipient.heartbeat != "never":
        when = "on days" if recipient.heartbeat == "daily" else "on working days"
        yield f"is told {when} without news that there is none"
    if recipient.person:
        yield f"is the owner '{recipient.person}' of clocks"
