"""Writes the entries of the casework page in the same way as the command line. No Streamlit here.

Each function gives its result in sentences.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any

from sqlalchemy import Engine

from access.people import RegisteredUser
from alerts.escalation.actions import action_writer
from casework import stages
from casework.bodies import body_titles
from casework.due_dates import parse_due_date
from casework.reading import Record
from casework.writing import case_writer
from dashboard.entry.form_fields import ESCALATION_ACTIONS
from indicators import catalogue
from indicators.formats.contract_notices import notice_event
from models.vocabulary import day_in_london
from regimes.schema import Regime
from settings import WrongInput
from text.english import format_day

MAX_REMEMBERED_FORMS = 1000  # forms sent, so that a second click on one of them writes nothing
_sent: OrderedDict[str, list[str]] = OrderedDict()
_write_lock = Lock()

FormValues = Mapping[str, Any]  # as ``form_fields.read_form`` gives them


def write_once(form: str, write: Callable[[], list[str]]) -> list[str]:
    """Write a form and give the result; a form that is sent again gives its first result and writes nothing.

    Streamlit starts the page again for a second click while the first click is still at work.

    Args:
        form: the key of one form of one visitor, filled in once.
        write: writes the form.
    """
    with _write_lock:
        if form not in _sent:
            _sent[form] = write()
            while len(_sent) > MAX_REMEMBERED_FORMS:
                _sent.popitem(last=False)
        return _sent[form]


@dataclass(frozen=True)
class FormSubmitter:
    """Writes one person's entries about one provider at one instant."""

    engine: Engine
    author: RegisteredUser
    provider: str
    now: datetime

    @property
    def today(self) -> date:
        """The day of ``now`` in London."""
        return day_in_london(self.now)

    def _entry_dates(self, values: FormValues) -> dict[str, date | None]:
        about_on: date | None = values.get("on")
        return {"about_on": about_on, "due_on": parse_due_date(values.get("due"), about_on or self.today)}

    def open_record(self, kind: str, values: FormValues, regime: Regime | None = None) -> list[str]:
        """Open a record; gives the record and its consequences in sentences.

        Args:
            kind: of the record.
            values: of the form.
            regime: gives the choices of kinds that have their choices from a regime.

        Raises:
            WrongInput: a value does not fit; one line with the problem and the values that fit.
        """
        details = values["details"]
        more = {
            **self._entry_dates(values),
            "rationale": values.get("text", ""),
            "owner": values.get("owner"),
            "audience": values.get("audience"),
        }
        if regime is not None and kind == "stage" and details:
            confirmation = stages.confirm_stage_today(
                self.engine, self.author, self.provider, regime, details["stage"], now=self.now, **more
            )
            started = [
                f"Clock started: {_record_summary(duty)}, until {format_day(duty.newest_entry.due_on)}."
                for duty in confirmation.started_duties
                if duty.newest_entry.due_on
            ]
            waiting = [
                f"Clock not started: {clock.title} ({clock.within}); it starts with: "
                f"{', '.join(event.replace('_', ' ') for event in clock.starts)}."
                for clock in confirmation.waiting_clocks
            ]
            return [*self._result_sentences(confirmation.record), *started, *waiting]
        several = self._for_each_body(details, values) if kind == "told" and details else [details]
        records: list[Record] = []
        with case_writer(self.engine, self.author, now=self.now) as writer:
            if regime is not None and kind == "judgement" and details:
                records.append(
                    stages.record_judgement(writer, self.provider, regime, details["rule"], details["rating"], **more)
                )
            else:
                under = regime.key if regime is not None else values.get("regime")
                records += [
                    writer.open_record(
                        kind,
                        self.provider,
                        part_of=values.get("part_of"),
                        state=values.get("state"),
                        regime=under,
                        details=written,
                        **more,
                    )
                    for written in several
                ]
        return [line for record in records for line in self._result_sentences(record)]

    def _for_each_body(self, details: dict[str, Any], values: FormValues) -> list[dict[str, Any]]:
        """The details of a record about a notification, once for each body that fills the chosen role."""
        is_told = values.get("state") != "to tell"
        titles = body_titles(
            self.engine,
            self.provider,
            details.get("body", ""),
            self.today,
            is_notified=is_told,
            audiences=self.author.audiences,
        )
        return [{**details, "body": title} for title in titles]

    def update_record(self, record: Record, values: FormValues) -> list[str]:
        """Enter an update to a record.

        Raises:
            WrongInput: a value does not fit; one line with the problem and the values that fit.
        """
        owner = values.get("owner")
        with case_writer(self.engine, self.author, now=self.now) as writer:
            changed = writer.change_record(
                record.number,
                state=values.get("state"),
                rationale=values.get("text", ""),
                owner=owner if owner != record.newest_entry.owner else None,
                details=values["details"],
                **self._entry_dates(values),
            )
        return self._result_sentences(changed)

    def act_on_escalation(self, action: str, escalation: int, values: FormValues) -> list[str]:
        """Take an action on an escalation.

        Raises:
            WrongInput: a value does not fit; one line with the problem and the values that fit.
        """
        more: dict[str, Any] = {"reason": values.get("text", "")}
        if any(field.key == "until" for field in ESCALATION_ACTIONS[action].fields):
            more["until_on"] = parse_due_date(values.get("until"), self.today)
            if more["until_on"] is None:
                raise WrongInput("enter the last day: a day such as 2026-12-31, or a length such as '10 working days'")
        if action == "acknowledge":
            more |= {"next_step": values.get("next_step", ""), "owner": values.get("owner")}
        with action_writer(self.engine, self.author, now=self.now) as writer:
            episode = getattr(writer, action)(str(escalation), **more)
        until = f" until {format_day(more['until_on'])}" if "until_on" in more else ""
        result = {
            "acknowledge": f"acknowledged, owner {more.get('owner') or self.author.key},",
            "silence": "silenced",
            "unsilence": "silence lifted",
            "close": "closed",
            "reopen": "reopened",
        }[action]
        return [f"Escalation {episode.number} ({episode.visible_level}, {episode.regime}): {result}{until}."]

    def _result_sentences(self, record: Record) -> list[str]:
        """The record and its consequences in sentences."""
        newest, kind = record.newest_entry, record.kind
        sentences = [f"Saved: {_record_summary(record)}."]
        if record.is_waiting and newest.due_on is not None:
            left = (newest.due_on - self.today).days
            when = f"{left} days from now" if left > 0 else "today" if left == 0 else "already overdue"
            sentences.append(f"Due on {format_day(newest.due_on)}, {when}. Owner: {newest.owner}.")
        by_others = [state for state in kind.states[record.state].to if kind.states[state].by_another]
        if by_others:
            sentences.append(f"Someone else must confirm this. Only they can enter: {', '.join(by_others)}.")
        event = notice_event(newest.details["type"], record.state) if newest.kind == "notice" else None
        if event is not None:
            sentences.append(f"The notice counts as: {catalogue.load().indicators[event].title}.")
        return sentences


def _record_summary(record: Record) -> str:
    return f"record {record.number}, {record.kind.key} “{record.newest_entry.summary}”, {record.state}"
