"""From the assessments of one run to what waits in the outbox, in one transaction: nothing decided is ever lost."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from alerts.decide import NOTHING_TOLD, LastTold, News, Reason, RecipientDecision, decide_for_recipient
from alerts.escalation import added_findings, entries, episode_store, overdue_clocks, read_causes
from alerts.escalation.state_changes import (
    NOTIFIED_RUN,
    RUN,
    StateChange,
    notification_order,
    read_state_changes,
    stored_state,
)
from alerts.message import deliveries, freshness, regime_changes
from alerts.message.deliveries import MessageContext, RecipientNews
from alerts.message.provider_lines import ProviderLines
from alerts.policy import Policy
from alerts.recipients import RecipientScope
from models.alerting import NotifiedRun, NotNotified
from models.database import Session, table_of
from models.scoring import ArchivedFile, Run
from models.vocabulary import Level, RunStatus, View
from settings import Settings

_RECORDED_REASONS = {
    Reason.SILENCED,
    Reason.ACKNOWLEDGED,
    Reason.NOT_FOR_THEM,
}  # quiet for a recipient, not plain from the policy
_REASONS_RECORDED_FOR_ALL = {Reason.WAITING, Reason.UNSCORABLE}


@dataclass
class EscalationResult:
    """What one run told."""

    counts: Counter[Reason] = field(default_factory=Counter)  # without what only the rule, or the model, moved
    rule_moves: int = 0  # escalations that only another rule, or model, opened or moved
    messages: int = 0
    reminders: int = 0  # escalations that stand, of which somebody is told again or only now
    clocks: int = 0  # that recipients are told of, lapsed or late at their pace
    skip_reason: str = ""  # why nothing was decided

    def describe(self) -> str:
        """One line for a summary."""
        if self.skip_reason:
            return f"alerts: nothing told, {self.skip_reason}"
        news = [f"{self.counts[reason]:,} {reason}" for reason in Reason if self.counts[reason]]
        news += [f"{self.rule_moves:,} moved by a rule change"] if self.rule_moves else []
        news += [f"{self.reminders:,} waiting for somebody"] if self.reminders else []
        news += [f"{self.clocks:,} about clocks"] if self.clocks else []
        return f"alerts: {', '.join(news) or 'no news'}; messages written: {self.messages:,}"


def escalate(
    session: Session,
    run_id: int,
    *,
    policy: Policy,
    settings: Settings,
    now: datetime,
    outcomes: Mapping[int, str] | None = None,
    only_file: bool = False,
) -> EscalationResult:
    """What a run told: escalations, deliveries and waiting messages are written in the caller's transaction.

    A run is told once; doing it again writes nothing. A run of a day before the newest scored one, or of public rows
    only, tells nothing.

    Args:
        session: in a writing transaction, which the caller commits.
        run_id: the run, with its assessments and regimes written.
        policy: who is told what.
        settings: where links point.
        now: the run's one instant.
        outcomes: provider's number to why it is no longer covered, in words, where that is known.
        only_file: every message goes to the file channel, whatever the policy says.
    """
    run = session.get_one(Run, run_id)
    because = _skip_reason(session, run)
    if because:
        return EscalationResult(skip_reason=because)
    # The row is the lock: of two processes that tell the same run, the second waits for the first and finds it done.
    mark: dict[str, Any] = {"run_id": run.id, "notified_at": now, "policy_sha256": policy.sha256, "counts": {}}
    if not deliveries.insert_if_new(session, table_of(NotifiedRun), mark):
        return EscalationResult(skip_reason="this run has been told before")
    archived = {"sha256": policy.sha256, "kind": "policy", "key": "policy", "body": policy.text, "first_used_at": now}
    deliveries.insert_new(session, table_of(ArchivedFile), [archived])
    numbers = deliveries.update_recipients(session, policy)
    found, held = read_state_changes(session, run, lower_after=policy.lower_after)
    read_causes.add_causes(session, run, found)
    by_hand = _read_closed_by_hand(session, run)
    known = entries.read_last_told(session, numbers, [change.escalation_id or 0 for change in by_hand])
    episode_store.write_escalations(session, run, found, held, now=now)
    _add_state_of_entries(session, found)
    found = sorted([*found, *by_hand], key=notification_order)
    reach = RecipientScope(session, policy, run.day)
    about = ProviderLines(session, run, found, outcomes or {})
    decided = list(
        _decide_for_recipients(found, known, numbers, policy=policy, scope=reach, run=run, provider_lines=about)
    )
    pieces = _withhold_restricted_news(decided, policy, about)
    _write_not_notified(session, run, pieces, found, numbers)
    telling = MessageContext(
        session,
        run,
        policy,
        numbers,
        address=settings.dashboard_address,
        now=now,
        only_file=only_file,
        freshness=freshness.describe_freshness(session, run.day),
    )
    news = [change for change in found if change.news.reason.is_news]
    told = EscalationResult(Counter(change.news.reason for change in news if not change.causes.is_rule_alone))
    told.rule_moves = len(news) - told.counts.total()
    clocks = overdue_clocks.clock_delivery_rows(session, run, policy, reach, numbers)
    spoken = [piece for piece in pieces if piece.decision.reason.is_news]
    told.reminders = len({piece.change.key for piece in spoken if piece.decision.reason.is_reminder})
    told.messages, told.clocks = deliveries.write_messages(
        telling,
        spoken,
        clocks,
        provider_lines=about,
        last_told=known,
        changes=found,
        regime_changes=regime_changes.read_regime_changes(session, run),
    )
    counts = {str(reason): count for reason, count in told.counts.items()} | {"moved_by_rule": told.rule_moves}
    session.execute(update(table_of(NotifiedRun)).where(NOTIFIED_RUN.run_id == run.id).values(counts=counts))
    return told


def _add_state_of_entries(session: Session, changes: Iterable[StateChange]) -> None:
    """Write into each change the parts of its state that only the entries of its escalation have."""
    actions = entries.read_open_actions(session)
    added = [change for change in changes if change.state.last_reason is Reason.ADDED]
    level_changes = added_findings.read_level_changes(session, {change.escalation_id or 0 for change in added})
    for change in added:
        change.state = replace(change.state, last_level_change=level_changes.get(change.escalation_id or 0))
    for change in changes:
        if latest := actions.get(change.escalation_id or 0):
            change.state = replace(change.state, acknowledgement=latest.acknowledgement, silence=latest.silence)


def _skip_reason(session: Session, run: Run) -> str:
    if run.view != View.FULL:
        return "only public rows were read"
    scored = or_(RUN.status == RunStatus.DONE, RUN.id.in_(select(NOTIFIED_RUN.run_id)))
    newest = session.scalar(select(func.max(RUN.day)).where(RUN.view == View.FULL, scored))
    if newest is not None and newest > run.day:
        return f"a later day ({newest}) has been scored already"
    return ""


def _read_closed_by_hand(session: Session, run: Run) -> list[StateChange]:
    """What people closed since a run was told last, as news to those who were told of it."""
    return [
        StateChange(
            provider_id=row.provider_id,
            provider=row.key,
            name=row.provider_name or row.key,
            regime=row.regime,
            news=News(Reason.CLOSED, Level.NONE),
            before=Level(row.level),
            escalation_id=row.id,
            episode=row.episode,
            state=stored_state(row, row.level),
            is_official=bool(row.is_official),
            findings_sha256=row.findings_sha256 or "",
        )
        for row in episode_store.read_escalations(session, entries.read_closed_by_hand(session, run))
    ]


def _decide_for_recipients(
    changes: Sequence[StateChange],
    last_told: Mapping[int, Mapping[int, LastTold]],
    numbers: Mapping[str, int],
    *,
    policy: Policy,
    scope: RecipientScope,
    run: Run,
    provider_lines: ProviderLines,
) -> Iterator[RecipientNews]:
    """What each recipient is told of each escalation that concerns them, or why not.

    Where nothing of what was added is there for them, the escalation stands as they know it: it is for others, or it
    went away before they could be told.
    """
    by_provider: dict[int, list[StateChange]] = {}
    for change in changes:
        by_provider.setdefault(change.provider_id, []).append(change)
    audiences = {key: to.audiences for key, to in policy.recipients.items()}
    provider_lines.read_additions(
        change
        for change in changes
        if any(
            change.has_untold_addition(knows.get(change.escalation_id or 0, NOTHING_TOLD))
            for knows in last_told.values()
        )
    )
    for recipient, number in numbers.items():
        providers, steps, knows = scope.provider_ids(recipient), policy.steps_of(recipient), last_told.get(number, {})
        theirs: Iterable[StateChange] = changes
        if providers is not None:
            theirs = sorted((one for key in providers for one in by_provider.get(key, ())), key=notification_order)
        for change in theirs:
            knew = knows.get(change.escalation_id or 0, NOTHING_TOLD)
            if not scope.concerns(recipient, change.provider_id, change.regime) and not knew.change:
                continue
            news, state = change.news, change.state
            has_hidden_additions = change.has_untold_addition(knew) and not provider_lines.has_visible_additions(
                audiences[recipient], change, knew
            )
            if has_hidden_additions:
                news, state = News(Reason.UNCHANGED, news.level), replace(state, change=knew.change)
            decision = decide_for_recipient(news, state, knew, steps, day=run.day, repeat_after=policy.repeat_after)
            is_quiet = has_hidden_additions and not decision.reason.is_reminder
            if is_quiet and provider_lines.has_visible_additions(None, change, knew):
                decision = RecipientDecision(Reason.NOT_FOR_THEM)
            if decision.reason.is_news or decision.reason in _RECORDED_REASONS:
                yield RecipientNews(recipient, change, decision, state.change)


def _withhold_restricted_news(
    decided: Sequence[RecipientNews], policy: Policy, provider_lines: ProviderLines
) -> list[RecipientNews]:
    """The same, but quiet where what it rests on is for an audience that the recipient does not belong to."""
    sees = {key: to.audiences for key, to in policy.recipients.items()}

    def is_to_check(piece: RecipientNews) -> bool:
        reason = piece.decision.reason
        return sees[piece.recipient] is not None and (reason.is_worse or reason.is_reminder)

    checked = []
    for piece in decided:
        change = piece.change
        if is_to_check(piece) and not provider_lines.is_level_visible(
            sees[piece.recipient], change.provider_id, change.regime, change.news.level
        ):
            checked.append(piece._replace(decision=RecipientDecision(Reason.NOT_FOR_THEM)))
        else:
            checked.append(piece)
    return checked


def _write_not_notified(
    session: Session,
    run: Run,
    news: Iterable[RecipientNews],
    changes: Iterable[StateChange],
    numbers: Mapping[str, int],
) -> None:
    """Write why nobody, or one recipient, was told: once, for as long as it stays the same."""
    quiet = [(p.change, numbers[p.recipient], p.decision) for p in news if p.decision.reason in _RECORDED_REASONS]
    every = [(c, None, RecipientDecision(c.news.reason)) for c in changes if c.news.reason in _REASONS_RECORDED_FOR_ALL]
    rows = []
    for change, recipient, word in [*quiet, *every]:
        key = (change.escalation_id, change.state.change, recipient or "everybody", word.reason, word.occasion)
        rows.append(
            {
                "dedupe_key": ":".join(["v1", *map(str, key)]),
                "escalation_id": change.escalation_id,
                "run_id": run.id,
                "recipient_id": recipient,
                "change": change.state.change,
                "reason": str(word.reason),
                "until_on": word.until_on,
            }
        )
    deliveries.insert_new(session, table_of(NotNotified), rows)
