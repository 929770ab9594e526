"""Explains for each recipient why they were notified about a provider, or why not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Engine, and_, select

from access.assessments import redacted_assessments
from access.people import not_public_error
from access.viewer import ReaderAudiences, Viewer
from alerts import policy as policies
from alerts.decide import (
    NOTHING_TOLD,
    EscalationState,
    LastTold,
    News,
    Reason,
    RecipientDecision,
    decide_for_recipient,
)
from alerts.escalation.change_causes import UNKNOWN_CAUSES, ChangeCause
from alerts.escalation.entries import (
    DELIVERY,
    ENTRY,
    CausedChange,
    notified_causes,
    read_caused_changes,
)
from alerts.escalation.episode import ALARMING_LEVELS, EpisodeEntry, fold_entries
from alerts.escalation.state_changes import ASSESSMENT, ESCALATION, NOTIFIED_RUN, RUN, SUBJECT
from alerts.escalation.visible_escalations import visible_escalations
from alerts.policy import Policy
from alerts.recipients import RecipientScope
from models.alerting import Delivery, Escalation, EscalationEntry, Message, NotifiedRun, NotNotified, Recipient
from models.database import Session, read_session, table_of
from models.scoring import ArchivedFile, Run
from models.vocabulary import Level, View
from queries.timeline import MESSAGE, MESSAGE_COLUMNS, NOT_NOTIFIED, RECIPIENT, describe_message
from settings import WrongInput
from text.english import format_day

ARCHIVED = table_of(ArchivedFile).c

REASON_SENTENCES = {
    Reason.UNCHANGED: "nothing has changed since their last message",
    Reason.WAITING: "the level is lower than in their last message, but not yet for {lower_after} assessments in a row",
    Reason.UNSCORABLE: "the provider cannot be scored, which neither opens nor closes an escalation",
    Reason.KEPT_CLOSED: "a person closed the escalation, and the level has been neither none nor worse since",
    Reason.ACKNOWLEDGED: "the escalation is acknowledged",
    Reason.SILENCED: "the escalation is silenced",
    Reason.NOT_DUE: "their step of the policy comes later",
    Reason.NO_STEP: "no step of the policy notifies them at this level",
    Reason.NOT_THEIRS: "the policy limits them to other regimes, commissioners or exposures",
    Reason.NOT_FOR_THEM: "the news rests on information restricted to other audiences",
    Reason.NEVER_NOTIFIED: "the escalation ended before they were notified about it",
}
NEXT_RUN_SENTENCE = "the next run notifies them"  # something was entered since, as a reopening by a person
NOT_COVERED_SENTENCE = "this regime did not cover the provider on the day"
NOTHING_OPEN_SENTENCE = "the level is {level}, and no escalation is open"


@dataclass(frozen=True)
class RecipientAnswer:
    """Why one recipient was notified about a provider under a regime by a day, or why not."""

    regime: str
    recipient: str
    title: str
    was_told: bool  # on the day
    reason: str  # a Reason, or "well" if no escalation is open
    words: str
    until_on: date | None = None  # the day on which that may change
    told: tuple[str, ...] = ()  # a text for each message about the episode
    causes: tuple[ChangeCause, ...] = ()  # of the newest change of the episode
    because: str = ""  # the same as text


@dataclass(frozen=True)
class _Episode:
    number: int  # of the escalation
    news: News  # of the run
    state: EscalationState
    caused_changes: Sequence[CausedChange]  # the visible changes that runs made
    visible_changes: Collection[int] | None  # the numbers of the visible changes; None: all


def explain_notifications(
    engine: Engine, provider: str, day: date, *, viewer: Viewer
) -> tuple[date, list[RecipientAnswer]]:
    """The newest day with messages up to the given day, and an answer for each regime and recipient.

    Args:
        engine: the database.
        provider: its identifier.
        day: as of.
        viewer: the reader; changes that rest on restricted findings alone are left out.

    Raises:
        WrongInput: the reader may not see messages, no day up to the given day had messages, its policy has an earlier
            schema, or no regime covered the provider.
    """
    if not viewer.may_read_messages:
        raise not_public_error("the list of notified recipients", viewer)
    with read_session(engine) as session:
        row = session.execute(
            select(RUN.id, NOTIFIED_RUN.policy_sha256)
            .join_from(table_of(NotifiedRun), table_of(Run), RUN.id == NOTIFIED_RUN.run_id)
            .where(RUN.day <= day, RUN.view == View.FULL)
            .order_by(RUN.day.desc(), RUN.id.desc())
            .limit(1)
        ).first()
        if row is None:
            raise WrongInput(f"no run up to {day} has notified anybody; run 'continuity watch --as-of {day}'")
        run, policy = session.get_one(Run, row.id), _read_policy(session, row.policy_sha256)
        number = session.scalar(select(SUBJECT.id).where(SUBJECT.key == provider)) or 0
        reach = RecipientScope(session, policy, run.day)
        answers: list[RecipientAnswer] = []
        for regime in sorted(run.regimes):
            answers += _answer_for_regime(session, run, policy, reach, viewer.audiences, provider=number, regime=regime)
    if not answers:
        raise WrongInput(f"no regime covered {provider} on {run.day}, and no escalation was open")
    return run.day, answers


def _read_policy(session: Session, sha256: str) -> Policy:
    body = session.scalar(select(ARCHIVED.body).where(ARCHIVED.sha256 == sha256)) or ""
    try:
        return policies.policy_from_text(body)
    except policies.WrongPolicy:
        raise WrongInput("the policy of that day has an earlier schema; ask for a later day") from None


def _answer_for_regime(
    session: Session,
    run: Run,
    policy: Policy,
    scope: RecipientScope,
    audiences: ReaderAudiences,
    *,
    provider: int,
    regime: str,
) -> Iterator[RecipientAnswer]:
    level = session.scalar(
        select(ASSESSMENT.level).where(
            ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id == provider, ASSESSMENT.regime == regime
        )
    )
    partial = redacted_assessments(session, audiences, ASSESSMENT.run_id == run.id, ASSESSMENT.provider_id == provider)
    if assessment := partial.get((run.id or 0, provider, regime)):
        level = str(assessment.level)
    episode = _read_episode(session, run, audiences, (provider, regime), level)
    if level is None and episode is None:
        return
    messages = _read_notifications(session, episode, run.day, regime) if episode else {}
    hidden = _read_withheld_changes(session, episode.number, run.day) if episode else set()
    causes = UNKNOWN_CAUSES
    if episode is not None:
        causes = notified_causes(episode.caused_changes, episode.state.last_reason, episode.state.change)
    for key, to in policy.recipients.items():
        known, texts, on_day = messages.get(key, (NOTHING_TOLD, (), ""))
        answer = RecipientAnswer(
            regime=regime,
            recipient=key,
            title=to.title,
            was_told=bool(on_day),
            reason=on_day,
            words=texts[-1] if on_day else "",
            told=tuple(texts),
            causes=tuple(causes.ordered_causes),
            because=causes.because_clause(regime),
        )
        if on_day:
            yield answer
            continue
        if not scope.concerns(key, provider, regime) and not known.change:
            decision = RecipientDecision(Reason.NOT_THEIRS)
        elif episode is not None and (key, episode.state.change) in hidden:
            decision = RecipientDecision(Reason.NOT_FOR_THEM)
        elif episode is None or not episode.state.is_open:
            is_kept_closed = episode is not None and episode.state.last_reason is Reason.CLOSED and _is_alarming(level)
            if not is_kept_closed:
                sentence = NOTHING_OPEN_SENTENCE.format(level=level) if level else NOT_COVERED_SENTENCE
                yield replace(answer, reason="well", words=sentence)
                continue
            decision = RecipientDecision(Reason.KEPT_CLOSED)
        else:
            decision = decide_for_recipient(
                episode.news, episode.state, known, policy.steps_of(key), day=run.day, repeat_after=policy.repeat_after
            )
            if decision.reason is Reason.ADDED:  # the finding came and went during a silence
                decision = RecipientDecision(Reason.UNCHANGED)
        sentence = REASON_SENTENCES.get(decision.reason, NEXT_RUN_SENTENCE).format(lower_after=policy.lower_after)
        sentence += f", until {format_day(decision.until_on)}" if decision.until_on is not None else ""
        yield replace(answer, reason=str(decision.reason), words=sentence, until_on=decision.until_on)


def _is_alarming(level: str | None) -> bool:
    return level is not None and Level(level) in ALARMING_LEVELS


def _read_episode(
    session: Session, run: Run, audiences: ReaderAudiences, provider_regime: tuple[int, str], level: str | None
) -> _Episode | None:
    """The newest episode by the run's day, in its state of that day."""
    rows = session.execute(
        select(table_of(EscalationEntry))
        .join_from(table_of(EscalationEntry), table_of(Escalation), ESCALATION.id == ENTRY.escalation_id)
        .where(
            ESCALATION.provider_id == provider_regime[0],
            ESCALATION.regime == provider_regime[1],
            ENTRY.about_on <= run.day,
        )
        .order_by(ENTRY.escalation_id, ENTRY.id)
    ).all()
    visible = visible_escalations(session, audiences, {row.escalation_id for row in rows})
    rows = [row for row in rows if row.escalation_id not in visible or row.id in visible[row.escalation_id].entry_ids]
    if not rows:
        return None
    number = rows[-1].escalation_id
    entries = [EpisodeEntry.from_row(row) for row in rows if row.escalation_id == number]
    state = fold_entries(entries)
    [*_, news] = [
        News(_quiet_reason(level, state.level), state.level),
        *(News(Reason(entry.kind), entry.level) for entry in entries if entry.run_id == run.id),
    ]
    if number in visible:
        changes, caused_changes = visible[number].change_numbers, visible[number].caused_changes
        return _Episode(number, news, state, caused_changes, changes)
    return _Episode(number, news, state, read_caused_changes(session, [number]).get(number, ()), None)


def _quiet_reason(level: str | None, stands_at: Level) -> Reason:
    if level == Level.UNSCORABLE:
        return Reason.UNSCORABLE
    return Reason.WAITING if level is not None and Level(level).rank < stands_at.rank else Reason.UNCHANGED


def _read_notifications(
    session: Session, episode: _Episode, day: date, regime: str
) -> Mapping[str, tuple[LastTold, Sequence[str], str]]:
    """For each recipient the last message, a text for each message, and the reason of the message on the day."""
    d, m = DELIVERY, MESSAGE
    rows = session.execute(
        select(
            RECIPIENT.key,
            RUN.day,
            d.reason,
            d.level,
            d.change,
            *MESSAGE_COLUMNS,
        )
        .join_from(table_of(Delivery), table_of(Run), RUN.id == d.run_id)
        .join(table_of(Recipient), RECIPIENT.id == d.recipient_id)
        .outerjoin(table_of(Message), m.id == d.message_id)
        .where(d.escalation_id == episode.number, RUN.day <= day)
        .order_by(d.id)
    )
    messages: dict[str, tuple[LastTold, list[str], str]] = {}
    for row in rows:
        if episode.visible_changes is not None and row.change not in episode.visible_changes:
            continue
        known, texts, on_day = messages.get(row.key, (NOTHING_TOLD, [], ""))
        because = notified_causes(episode.caused_changes, Reason(row.reason), row.change).because_clause(regime)
        news = f"{row.reason.replace('_', ' ')}, {row.level}" + (f", because {because}" if because else "")
        texts.append(f"{format_day(row.day)}: {news}, {describe_message(row)}")
        last_told = LastTold(max(known.change, row.change), row.day)
        messages[row.key] = (last_told, texts, row.reason if row.day == day else on_day)
    return messages


def _read_withheld_changes(session: Session, escalation: int, day: date) -> set[tuple[str, int]]:
    """The recipients and changes for which the news was restricted to other audiences."""
    q = NOT_NOTIFIED
    rows = session.execute(
        select(RECIPIENT.key, q.change)
        .join_from(table_of(NotNotified), table_of(Recipient), RECIPIENT.id == q.recipient_id)
        .join(table_of(Run), and_(RUN.id == q.run_id, RUN.day <= day))
        .where(q.escalation_id == escalation, q.reason == Reason.NOT_FOR_THEM)
    )
    return {(row.key, row.change) for row in rows}
