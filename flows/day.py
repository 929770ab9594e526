"""The order of the day in plain steps: pull -> observe -> score -> escalate -> send. Read this file first.

``continuity watch`` runs the steps by hand; ``flows/watch.py`` runs the same steps as scheduled tasks.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import ModuleType

from sqlalchemy import Engine
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
from models.database import engine_for, migrate
from models.vocabulary import View, day_in_london
from risk.runs import ScoringResult
from settings import Settings, WrongInput
from text.progress import ProgressCallback, ignore_progress


class RegisterLeftOut(Exception):
    """A whole register or step was left out; the message says which one and why."""


@dataclass
class Day:
    """Everything that one run works with. ``now`` is the instant of the run, ``day`` the day that it scores."""

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
    """The result of fetching one register."""

    register: str
    documents: int = 0
    new_documents: int = 0
    error: str = ""


@dataclass
class DaySummary:
    """The result of the day's work, and the health of every register on that day."""

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
    """A day that is ready to work on: the data directory exists and the database has the newest schema.

    Raises:
        DatabaseUnusable: the database cannot be used; the message says why and what to do.
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
    """Do the whole day: fetch every register, read new documents, score the day, send messages.

    Args:
        day: the day to work on.
        folder: a folder of register extracts to fetch from; None for the web.

    Raises:
        WrongInput: the folder, a regime or the policy cannot be used.
    """
    summary, _ = DaySummary(day.day), day.scoring_inputs  # a mistake in them is reported before the long part
    summary.pull_results = pull(day, folder)
    summary.omissions += [f"{result.register}: {result.error}" for result in summary.pull_results if result.error]
    summary.omissions += observe(day)
    summary.scoring_result, summary.escalation_result = score(day)
    summary.sending_result = send(day)
    if not summary.sending_result.is_complete:
        summary.omissions.append(f"messages: {summary.sending_result.describe()}")
    summary.registers = health.read_register_health(day.engine, day.day)
    return summary


def pull(day: Day, folder: Path | None, registers: Iterable[str] = ()) -> list[PullResult]:
    """Fetch the registers (all of them if none is named) and archive their new documents.

    A register that cannot be reached is left out; its result holds the error.

    Raises:
        WrongInput: the folder cannot be read, or a register is not known.
    """
    public_client = register_http.client_for(folder, spool=day.settings.home / "spool")
    chosen = _select_sources(day.sources, registers)
    day.archive.remove_partial_files()
    results = []
    for number, source in enumerate(chosen):
        result = PullResult(source.REGISTER)
        is_casework = source.REGISTER == casework.REGISTER
        client = CaseworkClient(day.engine) if is_casework else public_client
        day.progress(f"pulling {source.REGISTER}", number, len(chosen))
        try:
            for fetched in source.fetch(client, day.archive.archive_state(source.REGISTER)):
                result.documents += 1
                result.new_documents += day.archive.add_document(source.REGISTER, fetched, now=day.now)
        except (register_http.RegisterUnreachable, WrongInput) as error:
            result.error = str(error)
        results.append(result)
        if (
            is_casework
            and not result.new_documents
            and day.archive.was_pulled_on(source.REGISTER, day_in_london(day.now))
        ):
            continue  # one record a day is enough while nobody enters anything: a new one would count as a new input
        day.archive.record_pull(
            source.REGISTER,
            is_web=not client.is_folder,
            now=day.now,
            documents=result.documents,
            new_documents=result.new_documents,
            error=result.error,
        )
    return results


def _select_sources(sources: tuple[ModuleType, ...], registers: Iterable[str]) -> list[ModuleType]:
    """The sources of the named registers, or all sources if none is named."""
    names = list(registers)
    by_register = {source.REGISTER: source for source in sources}
    for name in names:
        if name not in by_register:
            raise catalogue.UnknownRegister(
                f"unknown register '{name}'; choose one of: {', '.join(sorted(by_register))}"
            )
    return [by_register[name] for name in names] if names else list(sources)


def observe(day: Day, registers: Iterable[str] = ()) -> list[str]:
    """Read every archived document that its parser has not read yet.

    Returns a line for each document that was left out by a fault of ours.
    """
    chosen = _select_sources(day.sources, registers)
    # Some registers are read for wanted subjects only. They come last, because the others decide who is wanted.
    catalogue_registers = catalogue.load().registers
    left_out: list[str] = []
    for source in sorted(chosen, key=lambda source: catalogue_registers[source.REGISTER].observe == "wanted"):
        left_out += observe_register(day, source)
    return left_out


def observe_register(day: Day, source: ModuleType) -> list[str]:
    """Read the unread documents of a register, then read again those whose order changed by a late document."""
    wanted, scope = None, "all"
    register = catalogue.load().registers[source.REGISTER]
    if register.observe == "wanted":
        wanted = identity.wanted_subjects(day.engine, register.scheme)
        scope = hashlib.sha256("\n".join(sorted(wanted)).encode()).hexdigest()[:16]
    unread = day.archive.unread_snapshots(source.REGISTER, source.PARSER, scope)
    left_out = []
    for number, snapshot in enumerate(unread):
        day.progress(f"reading {source.REGISTER}", number, len(unread))
        left_out += _read_document(day, source, snapshot.id or 0, scope, wanted, repetition=0)
    for snapshot_id, old_scope, repetition in outdated_readings(day.engine, source.REGISTER):
        if old_scope == scope:
            left_out += _read_document(day, source, snapshot_id, scope, wanted, repetition=repetition + 1)
    return left_out


def _read_document(
    day: Day, source: ModuleType, snapshot_id: int, scope: str, wanted: set[str] | None, *, repetition: int
) -> list[str]:
    """Append the rows of one document to the ledger; returns a line if a fault of ours left the document out."""
    document = day.archive.document_of(day.archive.find_snapshot(snapshot_id))

    def load(records: Iterable[Record]) -> None:
        append.append(
            day.engine,
            snapshot_id,
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
        raise  # a fault of the database, not of the document
    except Exception as error:  # a fault in a parser must not end the day: the whole document is quarantined
        reason = f"our parser {source.PARSER} failed: {type(error).__name__}: {error}; please report it"
        load([UnreadableRecord(reason)])
        return [f"{document.name}: {reason}"]
    return []


def score(day: Day) -> tuple[ScoringResult, EscalationResult]:
    """Score the day and decide whom to notify; both become visible in one transaction. Unchanged inputs add nothing."""
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
    """Send the messages that wait in the outbox.

    The caller holds the lease, so messages that a killed run had taken for sending are free to be sent.
    """
    return outbox.send(day.engine, day.settings, now=day.now, only_file=day.only_file_channel, has_lease=True)
