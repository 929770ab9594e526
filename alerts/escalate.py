"""Turns the assessments of one run into messages in the outbox, in one transaction, so that no decision is lost."""

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
}  # reasons against notifying a recipient that the policy alone does not show
_REASONS_RECORDED_FOR_ALL = {Reason.WAITING, Reason.UNSCORABLE}


@dataclass
class EscalationResult:
    """The result of one run."""

    counts: Counter[Reason] = field(default_factory=Counter)  # without the moves by a changed rule or model
    rule_moves: int = 0  # escalations that only a changed rule or model opened or moved
    messages: int = 0
    reminders: int = 0  # unchanged escalations about which a recipient is notified
    clocks: int = 0  # deliveries about overdue clocks and late milestones
    skip_reason: str = ""  # the reason why nothing was decided

    def describe(self) -> str:
        """One line for a summary."""
        if self.skip_reason:
            return f"alerts: nobody notified, {self.skip_reason}"
        news = [f"{self.counts[reason]:,} {reason}" for reason in Reason if self.counts[reason]]
        news += [f"{self.rule_moves:,} moved by a rule change"] if self.rule_moves else []
        news += [f"{self.reminders:,} waiting for action"] if self.reminders else []
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
    """Write the escalations, deliveries and waiting messages of a run in the caller's transaction.

    A second call for the same run writes nothing. A run of a day before the newest scored day, or on public rows only,
    notifies nobody.

    Args:
        session: in a writing transaction, which the caller commits.
        run_id: the run, with its assessments and regimes written.
        policy: who is notified about what.
        settings: the address for links.
        now: the run's one instant.
        outcomes: by provider's number, the text why it is no longer covered, if known.
        only_file: every message goes to the file channel, whatever the policy says.
    """
    run = session.get_one(Run, run_id)
    skip_reason = _skip_reason(session, run)
    if skip_reason:
        return EscalationResult(skip_reason=skip_reason)
    # The row is the lock: the second of two processes waits for the first, and finds the run done.
    mark: dict[str, Any] = {"run_id": run.id, "notified_at": now, "policy_sha256": policy.sha256, "counts": {}}
    if not deliveries.insert_if_new(session, table_of(NotifiedRun), mark):
        return EscalationResult(skip_reason="this run has been handled before")
    archived = {"sha256": policy.sha256, "kind": "policy", "key": "policy", "body": policy.text, "first_used_at": now}
    deliveries.insert_new(session, table_of(ArchivedFile), [archived])
    numbers = deliveries.update_recipients(session, policy)
    changes, closed_by_hand = read_state_changes(session, run, lower_after=policy.lower_after)
    read_causes.add_causes(session, run, changes)
    news_closed_by_hand = _read_closed_by_hand(session, run)
    closed_ids = [change.escalation_id or 0 for change in news_closed_by_hand]
    last_told = entries.read_last_told(session, numbers, closed_ids)
    episode_store.write_escalations(session, run, changes, closed_by_hand, now=now)
    _add_state_of_entries(session, changes)
    changes = sorted([*changes, *news_closed_by_hand], key=notification_order)
    scope = RecipientScope(session, policy, run.day)
    lines = ProviderLines(session, run, changes, outcomes or {})
    decided = list(
        _decide_for_recipients(changes, last_told, numbers, policy=policy, scope=scope, run=run, provider_lines=lines)
    )
    decisions = _withhold_restricted_news(decided, policy, lines)
    _write_not_notified(session, run, decisions, changes, numbers)
    context = MessageContext(
        session,
        run,
        policy,
        numbers,
        address=settings.dashboard_address,
        now=now,
        only_file=only_file,
        freshness=freshness.describe_freshness(session, run.day),
    )
    news = [change for change in changes if change.news.reason.is_news]
    result = EscalationResult(Counter(change.news.reason for change in news if not change.causes.is_rule_alone))
    result.rule_moves = len(news) - result.counts.total()
    clocks = overdue_clocks.clock_delivery_rows(session, run, policy, scope, numbers)
    to_send = [decision for decision in decisions if decision.decision.reason.is_news]
    result.reminders = len({item.change.key for item in to_send if item.decision.reason.is_reminder})
    result.messages, result.clocks = deliveries.write_messages(
        context,
        to_send,
        clocks,
        provider_lines=lines,
        last_told=last_told,
        changes=changes,
        regime_changes=regime_changes.read_regime_changes(session, run),
    )
    counts = {str(reason): count for reason, count in result.counts.items()} | {"moved_by_rule": result.rule_moves}
    session.execute(update(table_of(NotifiedRun)).where(NOTIFIED_RUN.run_id == run.id).values(counts=counts))
    return result


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
    """The escalations that people have closed since the last run with messages, as news for their recipients."""
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
    """The decision for each recipient about each escalation that concerns them, if it is news or to be recorded.

    If a recipient can see none of the added findings, the escalation counts as unchanged for them: the findings are
    restricted to others, or have gone away before the recipient was notified.
    """
    by_provider: dict[int, list[StateChange]] = {}
    for change in changes:
        by_provider.setdefault(change.provider_id, []).append(change)
    audiences = {key: to.audiences for key, to in policy.recipients.items()}
    provider_lines.read_additions(
        change
        for change in changes
        if any(
            change.has_untold_addition(known.get(change.escalation_id or 0, NOTHING_TOLD))
            for known in last_told.values()
        )
    )
    for recipient, number in numbers.items():
        providers, steps, known = scope.provider_ids(recipient), policy.steps_of(recipient), last_told.get(number, {})
        in_scope: Iterable[StateChange] = changes
        if providers is not None:
            in_scope = sorted(
                (change for key in providers for change in by_provider.get(key, ())), key=notification_order
            )
        for change in in_scope:
            knew = known.get(change.escalation_id or 0, NOTHING_TOLD)
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
    """The decisions, without news that rests only on findings restricted to audiences of others."""
    audiences = {key: to.audiences for key, to in policy.recipients.items()}

    def is_to_check(item: RecipientNews) -> bool:
        reason = item.decision.reason
        return audiences[item.recipient] is not None and (reason.is_worse or reason.is_reminder)

    checked = []
    for item in decided:
        change = item.change
        if is_to_check(item) and not provider_lines.is_level_visible(
            audiences[item.recipient], change.provider_id, change.regime, change.news.level
        ):
            checked.append(item._replace(decision=RecipientDecision(Reason.NOT_FOR_THEM)))
        else:
            checked.append(item)
    return checked


def _write_not_notified(
    session: Session,
    run: Run,
    news: Iterable[RecipientNews],
    changes: Iterable[StateChange],
    numbers: Mapping[str, int],
) -> None:
    """Record why nobody, or one recipient, was not notified: once, while the reason stays the same."""
    for_one = [
        (item.change, numbers[item.recipient], item.decision)
        for item in news
        if item.decision.reason in _RECORDED_REASONS
    ]
    for_all = [
        (change, None, RecipientDecision(change.news.reason))
        for change in changes
        if change.news.reason in _REASONS_RECORDED_FOR_ALL
    ]
    rows = []
    for change, recipient, decision in [*for_one, *for_all]:
        key = (change.escalation_id, change.state.change, recipient or "everybody", decision.reason, decision.occasion)
        rows.append(
            {
                "dedupe_key": ":".join(["v1", *map(str, key)]),
                "escalation_id": change.escalation_id,
                "run_id": run.id,
                "recipient_id": recipient,
                "change": change.state.change,
                "reason": str(decision.reason),
                "until_on": decision.until_on,
            }
        )
    deliveries.insert_new(session, table_of(NotNotified), rows)
