"""What people enter on the casework page, written like the command line writes it. No Streamlit here.

Each gives back what it has done, in sentences.
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

FormValues = Mapping[str, Any]  # as ``casework_forms.read_form`` gives it


def write_once(form: str, write: Callable[[], list[str]]) -> list[str]:
    """What a form has written; sent again, what it wrote the first time, and nothing is written.

    Streamlit runs a page anew for a second click while the first one is still at work.

    Args:
        form: names one form of one visitor, as it was filled in once.
        write: writes it.
    """
    with _write_lock:
        if form not in _sent:
            _sent[form] = write()
            while len(_sent) > MAX_REMEMBERED_FORMS:
                _sent.popitem(last=False)
        return _sent[form]


@dataclass(frozen=True)
class FormSubmitter:
    """Who enters something about whom, and when."""

    engine: Engine
    author: RegisteredUser
    provider: str
    now: datetime

    @property
    def today(self) -> date:
        """The day of it in London."""
        return day_in_london(self.now)

    def _entry_dates(self, values: FormValues) -> dict[str, date | None]:
        about_on: date | None = values.get("on")
        return {"about_on": about_on, "due_on": parse_due_date(values.get("due"), about_on or self.today)}

    def open_record(self, kind: str, values: FormValues, regime: Regime | None = None) -> list[str]:
        """Open a record, and say what it is and what follows.

        Args:
            kind: of the record.
            values: what was filled in.
            regime: the one that gives the words, for kinds that have them from it.

        Raises:
            WrongInput: it does not fit; one line that says what, and what would.
        """
        details = values["details"]
        more = {
            **self._entry_dates(values),
            "rationale": values.get("text", ""),
            "owner": values.get("owner"),
            "audience": values.get("audience"),
        }
        if regime is not None and kind == "stage" and details:
            found = stages.confirm_stage_today(
                self.engine, self.author, self.provider, regime, details["stage"], now=self.now, **more
            )
            started = [
                f"Clock started: {_record_summary(duty)}, until {format_day(duty.newest_entry.due_on)}."
                for duty in found.started_duties
                if duty.newest_entry.due_on
            ]
            waiting = [
                f"Not started: {clock.title} ({clock.within}); it begins with: "
                f"{', '.join(word.replace('_', ' ') for word in clock.starts)}."
                for clock in found.waiting_clocks
            ]
            return [*self._result_sentences(found.record), *started, *waiting]
        several = self._for_each_body(details, values) if kind == "told" and details else [details]
        records: list[Record] = []
        with case_writer(self.engine, self.author, now=self.now) as book:
            if regime is not None and kind == "judgement" and details:
                records.append(
                    stages.record_judgement(book, self.provider, regime, details["rule"], details["rating"], **more)
                )
            else:
                under = regime.key if regime is not None else values.get("regime")
                records += [
                    book.open_record(
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
        """The details of a record of who was told, once for each body that fills the role that was written."""
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
        """Enter what has become of a record.

        Raises:
            WrongInput: it does not fit; one line that says what, and what would.
        """
        owner = values.get("owner")
        with case_writer(self.engine, self.author, now=self.now) as book:
            changed = book.change_record(
                record.number,
                state=values.get("state"),
                rationale=values.get("text", ""),
                owner=owner if owner != record.newest_entry.owner else None,
                details=values["details"],
                **self._entry_dates(values),
            )
        return self._result_sentences(changed)

    def act_on_escalation(self, action: str, escalation: int, values: FormValues) -> list[str]:
        """Do something with an escalation.

        Raises:
            WrongInput: it does not fit; one line that says what, and what would.
        """
        more: dict[str, Any] = {"reason": values.get("text", "")}
        if any(field.key == "until" for field in ESCALATION_ACTIONS[action][2]):
            more["until_on"] = parse_due_date(values.get("until"), self.today)
            if more["until_on"] is None:
                raise WrongInput("say until when: a day as 2026-12-31, or a length such as '10 working days'")
        if action == "acknowledge":
            more |= {"next_step": values.get("next_step", ""), "owner": values.get("owner")}
        with action_writer(self.engine, self.author, now=self.now) as at:
            episode = getattr(at, action)(str(escalation), **more)
        until = f" until {format_day(more['until_on'])}" if "until_on" in more else ""
        done = {
            "acknowledge": f"{more.get('owner') or self.author.key} has it",
            "silence": "silenced",
            "unsilence": "silenced no more",
            "close": "closed",
            "reopen": "open again",
        }[action]
        return [f"Escalation {episode.number} ({episode.visible_level}, {episode.regime}): {done}{until}."]

    def _result_sentences(self, record: Record) -> list[str]:
        """What stands now, and what follows from it."""
        newest, kind = record.newest_entry, record.kind
        said = [f"Written: {_record_summary(record)}."]
        if record.is_waiting and newest.due_on is not None:
            left = (newest.due_on - self.today).days
            when = f"{left} days from now" if left > 0 else "today" if left == 0 else "it has lapsed already"
            said.append(f"Its clock runs until {format_day(newest.due_on)}, {when}; {newest.owner} has to see to it.")
        by_others = [state for state in kind.states[record.state].to if kind.states[state].by_another]
        if by_others:
            said.append(f"Somebody else has to enter whether it is {' or '.join(by_others)}.")
        event = notice_event(newest.details["type"], record.state) if newest.kind == "notice" else None
        if event is not None:
            said.append(f"It counts as: {catalogue.load().indicators[event].title}.")
        return said


def _record_summary(record: Record) -> str:
    return f"record {record.number}, {record.kind.key} “{record.newest_entry.summary}”, {record.state}"
