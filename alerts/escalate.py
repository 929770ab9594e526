"""From the assessments of one run to what waits in the outbox, in one transaction: nothing decided is ever lost."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from alerts import episodes, further, history, lapses, messages, regime_changes, sources
from alerts.decide import UNTOLD, Known, News, Reason, Word, decide_for
from alerts.lines import Lines
from alerts.messages import Piece, Telling
from alerts.policy import Policy
from alerts.reach import Reach
from alerts.standing import RUN, TOLD, Change, order, standings
from models.alerting import Quiet, ToldRun
from models.database import Session, table_of
from models.scoring import ArchivedFile, Run
from models.vocabulary import Level, RunStatus, View
from settings import Settings

_KEPT = {Reason.SILENCED, Reason.ACKNOWLEDGED, Reason.NOT_FOR_THEM}  # quiet for a recipient, not plain from the policy
_KEPT_FOR_ALL = {Reason.WAITING, Reason.UNSCORABLE}


@dataclass
class Told:
    """What one run told."""

    counts: Counter[Reason] = field(default_factory=Counter)  # without what only the rule, or the model, moved
    by_rule: int = 0  # escalations that only another rule, or model, opened or moved
    messages: int = 0
    reminders: int = 0  # escalations that stand, of which somebody is told again or only now
    clocks: int = 0  # that recipients are told of, lapsed or late at their pace
    quiet_because: str = ""  # why nothing was decided

    def describe(self) -> str:
        """One line for a summary."""
        if self.quiet_because:
            return f"alerts: nothing told, {self.quiet_because}"
        news = [f"{self.counts[reason]:,} {reason}" for reason in Reason if self.counts[reason]]
        news += [f"{self.by_rule:,} moved by a rule change"] if self.by_rule else []
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
) -> Told:
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
    because = _why_quiet(session, run)
    if because:
        return Told(quiet_because=because)
    # The row is the lock: of two processes that tell the same run, the second waits for the first and finds it done.
    mark: dict[str, Any] = {"run_id": run.id, "told_at": now, "policy_sha256": policy.sha256, "counts": {}}
    if not messages.is_new(session, table_of(ToldRun), mark):
        return Told(quiet_because="this run has been told before")
    archived = {"sha256": policy.sha256, "kind": "policy", "key": "policy", "body": policy.text, "first_used_at": now}
    messages.insert_new(session, table_of(ArchivedFile), [archived])
    numbers = messages.recipients(session, policy)
    found, held = standings(session, run, lower_after=policy.lower_after)
    regime_changes.add_causes(session, run, found)
    by_hand = _closed_by_hand(session, run)
    known = history.known(session, numbers, [change.escalation_id or 0 for change in by_hand])
    episodes.write(session, run, found, held, now=now)
    acts = history.acts_of_open(session)
    for change in found:
        change.acknowledged, change.silenced = acts.get(change.escalation_id or 0, history.NO_ACTS)
    moved = further.moves(session, {c.escalation_id for c in found if c.last is Reason.ADDED and c.escalation_id})
    for change in found:
        change.moved = moved.get(change.escalation_id or 0)
    found = sorted([*found, *by_hand], key=order)
    reach = Reach(session, policy, run.day)
    about = Lines(session, run, found, outcomes or {})
    decided = list(_decided(found, known, numbers, policy=policy, reach=reach, run=run, about=about))
    pieces = _for_their_eyes(decided, policy, about)
    _keep_quiet_reasons(session, run, pieces, found, numbers)
    telling = Telling(
        session, run, policy, numbers,
        address=settings.dashboard_address, now=now, only_file=only_file, fresh=sources.fresh(session, run.day),
    )  # fmt: skip
    news = [change for change in found if change.news.reason.is_news]
    told = Told(Counter(change.news.reason for change in news if not change.causes.is_rule_alone))
    told.by_rule = len(news) - told.counts.total()
    clocks = lapses.news(session, run, policy, reach, numbers)
    spoken = [piece for piece in pieces if piece.word.reason.is_news]
    told.reminders = len({piece.change.key for piece in spoken if piece.word.reason.is_reminder})
    told.messages, told.clocks = messages.write(
        telling, spoken, clocks, about=about, known=known, changes=found,
        regime_changes=regime_changes.regime_changes(session, run),
    )  # fmt: skip
    counts = {str(reason): count for reason, count in told.counts.items()} | {"moved_by_rule": told.by_rule}
    session.execute(update(table_of(ToldRun)).where(TOLD.run_id == run.id).values(counts=counts))
    return told


def _why_quiet(session: Session, run: Run) -> str:
    if run.basis != View.FULL:
        return "only public rows were read"
    scored = or_(RUN.status == RunStatus.DONE, RUN.id.in_(select(TOLD.run_id)))
    newest = session.scalar(select(func.max(RUN.day)).where(RUN.basis == View.FULL, scored))
    if newest is not None and newest > run.day:
        return f"a later day ({newest}) has been scored already"
    return ""


def _closed_by_hand(session: Session, run: Run) -> list[Change]:
    """What people closed since a run was told last, as news to those who were told of it."""
    return [
        Change(
            provider_id=row.provider_id, provider=row.key, name=row.provider_name or row.key, regime=row.regime,
            news=News(Reason.CLOSED, Level.NONE), before=Level(row.level), escalation_id=row.id, episode=row.episode,
            change=row.change, last=Reason.CLOSED, opened_on=row.opened_on, reached={},
            is_official=bool(row.is_official), findings_sha256=row.findings_sha256 or "",
        )
        for row in episodes.read(session, history.closed_by_hand(session, run))
    ]  # fmt: skip


def _decided(
    found: Sequence[Change],
    known: Mapping[int, Mapping[int, Known]],
    numbers: Mapping[str, int],
    *,
    policy: Policy,
    reach: Reach,
    run: Run,
    about: Lines,
) -> Iterator[Piece]:
    """What each recipient is told of each escalation that concerns them, or why not.

    Where nothing of what was added is there for them, the escalation stands as they know it: it is for others, or it
    went away before they could be told.
    """
    by_provider: dict[int, list[Change]] = {}
    for change in found:
        by_provider.setdefault(change.provider_id, []).append(change)
    stands = {id(change): change.standing for change in found}
    sees = {key: to.audiences for key, to in policy.recipients.items()}
    about.read_additions(
        change for change in found
        if any(change.is_unheard(knows.get(change.escalation_id or 0, UNTOLD)) for knows in known.values())
    )  # fmt: skip
    for recipient, number in numbers.items():
        providers, steps, knows = reach.providers(recipient), policy.steps_of(recipient), known.get(number, {})
        theirs: Iterable[Change] = found
        if providers is not None:
            theirs = sorted((one for key in providers for one in by_provider.get(key, ())), key=order)
        for change in theirs:
            knew = knows.get(change.escalation_id or 0, UNTOLD)
            if not reach.concerns(recipient, change.provider_id, change.regime) and not knew.change:
                continue
            standing = stands[id(change)]
            is_as_known = change.is_unheard(knew) and not about.has_more(sees[recipient], change, knew)
            if is_as_known:
                standing = replace(standing, news=News(Reason.UNCHANGED, change.news.level), change=knew.change)
            word = decide_for(standing, knew, steps, day=run.day, repeat_after=policy.repeat_after)
            if is_as_known and not word.reason.is_reminder and about.has_more(None, change, knew):
                word = Word(Reason.NOT_FOR_THEM)
            if word.reason.is_news or word.reason in _KEPT:
                yield Piece(recipient, change, word, standing.change)


def _for_their_eyes(decided: Sequence[Piece], policy: Policy, about: Lines) -> list[Piece]:
    """The same, but quiet where what it rests on is for an audience that the recipient does not belong to."""
    sees = {key: to.audiences for key, to in policy.recipients.items()}

    def is_to_check(piece: Piece) -> bool:
        reason = piece.word.reason
        return sees[piece.recipient] is not None and (reason.is_worse or reason.is_reminder)

    checked = []
    for piece in decided:
        change = piece.change
        if is_to_check(piece) and not about.may_know(
            sees[piece.recipient], change.provider_id, change.regime, change.news.level
        ):
            checked.append(piece._replace(word=Word(Reason.NOT_FOR_THEM)))
        else:
            checked.append(piece)
    return checked


def _keep_quiet_reasons(
    session: Session, run: Run, pieces: Iterable[Piece], found: Iterable[Change], numbers: Mapping[str, int]
) -> None:
    """Write why nobody, or one recipient, was told: once, for as long as it stays the same."""
    quiet = [(p.change, numbers[p.recipient], p.word) for p in pieces if p.word.reason in _KEPT]
    every = [(c, None, Word(c.news.reason)) for c in found if c.news.reason in _KEPT_FOR_ALL]
    rows = []
    for change, recipient, word in [*quiet, *every]:
        key = (change.escalation_id, change.change, recipient or "everybody", word.reason, word.occasion)
        rows.append(
            {
                "dedupe_key": ":".join(["v1", *map(str, key)]),
                "escalation_id": change.escalation_id,
                "run_id": run.id,
                "recipient_id": recipient,
                "reason": str(word.reason),
                "until_on": word.until_on,
            }
        )
    messages.insert_new(session, table_of(Quiet), rows)
