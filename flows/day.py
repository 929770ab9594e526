"""The order of the day as plain steps: pull -> observe -> score -> escalate. Read this first.

``continuity watch`` runs it; ``flows/watch.py`` runs the same steps as scheduled tasks.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import ModuleType

from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

import indicators.http as register_http
from alerts.escalate import EscalationResult
from alerts.message import outbox
from alerts.message.envelope import SendingResult
from casework.export import CaseworkClient
from flows import scoring
from flows.scoring import ScoringInputs
from indicators import catalogue, health, identity
from indicators.archive import Archive, BytesMissing
from indicators.health import RegisterHealth
from indicators.ledger import append
from indicators.ledger.corrections import outdated_readings
from indicators.parsed_records import Record, UnreadableRecord
from indicators.sources import SOURCES, casework
from models.database import engine_for, migrate, read_session, table_of, write_session
from models.ledger import Pull, Snapshot
from models.vocabulary import View, day_in_london
from risk.runs import ScoringResult
from settings import Settings, WrongInput
from text.progress import ProgressCallback, ignore_progress


class RegisterLeftOut(Exception):
    """A whole register or step did not run; says which and why."""


@dataclass
class Day:
    """Everything one run works with; ``now`` is its one instant."""

    settings: Settings
    engine: Engine
    archive: Archive
    now: datetime
    day: date
    view: View = View.FULL
    sources: tuple[ModuleType, ...] = SOURCES
    progress: ProgressCallback = ignore_progress
    only_file_channel: bool = False

    @cached_property
    def scoring_inputs(self) -> ScoringInputs:
        """The regimes and the policy, read once.

        Raises:
            WrongInput: a file is wrong; says where.
        """
        return scoring.load_inputs(self.settings)


@dataclass
class PullResult:
    """The result of pulling one register."""

    register: str
    documents: int = 0
    new_documents: int = 0
    error: str = ""


@dataclass
class DaySummary:
    """The results of the steps of one day."""

    day: date
    pull_results: list[PullResult] = field(default_factory=list)
    registers: list[RegisterHealth] = field(default_factory=list)
    scoring_result: ScoringResult | None = None
    escalation_result: EscalationResult | None = None
    sending_result: SendingResult | None = None
    omissions: list[str] = field(default_factory=list)  # registers or steps that did not run, and why


def open_day(
    settings: Settings,
    *,
    now: datetime,
    day: date | None = None,
    view: View = View.FULL,
    progress: ProgressCallback = ignore_progress,
) -> Day:
    """A day ready to work on: the database migrated, the data directory there.

    Raises:
        DatabaseUnusable: the database cannot be used; says why and what to do.
    """
    engine = engine_for(settings.engine_url)
    migrate(engine)
    return Day(
        settings,
        engine,
        Archive(engine, settings.archive_folder),
        now,
        day or day_in_london(now),
        view,
        progress=progress,
    )


def watch(day: Day, folder: Path | None) -> DaySummary:
    """The whole day: look at every register, read what is new, score, tell.

    Raises:
        WrongInput: the folder, a regime or the policy cannot be used.
    """
    summary, _ = DaySummary(day.day), day.scoring_inputs  # a mistake in them is reported before the long part
    summary.pull_results = pull(day, folder)
    summary.omissions += [f"{pulled.register}: {pulled.error}" for pulled in summary.pull_results if pulled.error]
    summary.omissions += observe(day)
    summary.scoring_result, summary.escalation_result = score(day)
    summary.sending_result = send(day)
    if not summary.sending_result.is_complete:
        summary.omissions.append(f"messages: {summary.sending_result.describe()}")
    summary.registers = health.read_register_health(day.engine, day.day)
    return summary


def pull(day: Day, folder: Path | None, registers: Iterable[str] = ()) -> list[PullResult]:
    """Look at the registers (all, or those named) and archive what is new. One that cannot be reached is left out.

    Raises:
        WrongInput: the folder cannot be read, or a register is not known.
    """
    registers_client = register_http.client_for(folder, spool=day.settings.home / "spool")
    chosen = _select_sources(day.sources, registers)
    day.archive.remove_partial_files()
    results = []
    for number, source in enumerate(chosen):
        pulled = PullResult(source.REGISTER)
        is_own = source.REGISTER == casework.REGISTER
        client = CaseworkClient(day.engine) if is_own else registers_client
        day.progress(f"pulling {source.REGISTER}", number, len(chosen))
        try:
            for fetched in source.fetch(client, day.archive.archive_state(source.REGISTER)):
                pulled.documents += 1
                pulled.new_documents += day.archive.add_document(source.REGISTER, fetched, now=day.now)
        except (register_http.RegisterUnreachable, WrongInput) as error:
            pulled.error = str(error)
        results.append(pulled)
        if is_own and not pulled.new_documents and _is_pulled_today(day, source.REGISTER):
            continue  # looked at once a day is enough: what nobody added to need not be read again
        with write_session(day.engine) as session:
            session.add(
                Pull(
                    register_key=source.REGISTER,
                    is_web=not client.is_folder,
                    pulled_at=day.now,
                    pulled_on=day_in_london(day.now),
                    documents=pulled.documents,
                    new=pulled.new_documents,
                    error=pulled.error,
                )
            )
    return results


def _is_pulled_today(day: Day, register: str) -> bool:
    """Whether the register was reached before on this run's day."""
    pull = table_of(Pull).c
    statement = select(pull.id).where(
        pull.register == register, pull.error == "", pull.pulled_on == day_in_london(day.now)
    )
    with read_session(day.engine) as session:
        return session.scalar(statement.limit(1)) is not None


def _select_sources(sources: tuple[ModuleType, ...], registers: Iterable[str]) -> list[ModuleType]:
    wanted = list(registers)
    known = {source.REGISTER: source for source in sources}
    for register in wanted:
        if register not in known:
            raise catalogue.UnknownRegister(f"unknown register '{register}'; there are {', '.join(sorted(known))}")
    return [known[register] for register in wanted] if wanted else list(sources)


def observe(day: Day, registers: Iterable[str] = ()) -> list[str]:
    """Read every archived document that its parser has not read yet; returns what our own faults left out."""
    chosen = _select_sources(day.sources, registers)
    # Registers read only for wanted subjects come last, when it is known who is wanted.
    rule = catalogue.load().registers
    left_out: list[str] = []
    for source in sorted(chosen, key=lambda source: rule[source.REGISTER].observe == "wanted"):
        left_out += observe_register(day, source)
    return left_out


def observe_register(day: Day, source: ModuleType) -> list[str]:
    """Read the register's unread documents, then again those that an older document overtook."""
    wanted, scope = None, "all"
    register = catalogue.load().registers[source.REGISTER]
    if register.observe == "wanted":
        wanted = identity.wanted_subjects(day.engine, register.scheme)
        scope = hashlib.sha256("\n".join(sorted(wanted)).encode()).hexdigest()[:16]
    unread = day.archive.unread_snapshots(source.REGISTER, source.PARSER, scope)
    left_out = []
    for number, snapshot in enumerate(unread):
        day.progress(f"reading {source.REGISTER}", number, len(unread))
        left_out += _read_document(day, source, snapshot, scope, wanted, repetition=0)
    for snapshot_id, old_scope, repetition in outdated_readings(day.engine, source.REGISTER):
        if old_scope == scope:
            snapshot = day.archive.find_snapshot(snapshot_id)
            left_out += _read_document(day, source, snapshot, scope, wanted, repetition=repetition + 1)
    return left_out


def _read_document(
    day: Day, source: ModuleType, snapshot: Snapshot, scope: str, wanted: set[str] | None, *, repetition: int
) -> list[str]:
    document = day.archive.document_of(snapshot)

    def load(records: Iterable[Record]) -> None:
        append.append(
            day.engine,
            snapshot.id or 0,
            source.PARSER,
            records,
            recorded_at=datetime.now(UTC),
            scope=scope,
            wanted_subjects=wanted,
            repetition=repetition,
        )

    try:
        load(source.parse(document))
    except BytesMissing as error:
        return [str(error)]
    except OperationalError:
        raise  # the database's trouble, not the document's
    except Exception as error:  # a parser's own fault, whatever it is, must not end the day
        # The document is quarantined whole and nothing of it stays.
        reason = f"our parser {source.PARSER} failed: {type(error).__name__}: {error}; please report it"
        load([UnreadableRecord(reason)])
        return [f"{document.name}: {reason}"]
    return []


def score(day: Day) -> tuple[ScoringResult, EscalationResult]:
    """Score the day and decide who is told, in one transaction at the end; unchanged inputs add nothing."""
    return scoring.score(
        day.engine,
        day.settings,
        day.scoring_inputs,
        day=day.day,
        view=day.view,
        now=day.now,
        only_file=day.only_file_channel,
        progress=day.progress,
    )


def send(day: Day) -> SendingResult:
    """Send what waits in the outbox; the caller holds the lease, so what a killed run was about to send is freed."""
    return outbox.send(day.engine, day.settings, now=day.now, only_file=day.only_file_channel, has_lease=True)
