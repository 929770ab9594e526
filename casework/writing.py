"""The book of casework, written: entries are added, one transaction at a time, and never changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import Engine, func, select, text

from access import permissions
from access.people import RegisteredUser, audience_number, read_user
from access.permissions import NotAllowed, Permission
from casework import validation
from casework.details import EVIDENCE_FIELDS
from casework.kinds import WrongCasework, check_transition, find_kind, parse_state, read_details
from casework.reading import ENTRY, Record, read_records, unknown_record_error
from models.casework import CaseEntry
from models.database import Session, table_of, write_session
from models.subjects import Subject
from models.vocabulary import PUBLIC, day_in_london

SUBJECT = table_of(Subject).c
USUAL_AUDIENCE = "casework"
# On PostgreSQL two writers would take numbers in one order and commit in another; SQLite has one writer anyway.
_LOCK = text("LOCK TABLE caseentry IN SHARE ROW EXCLUSIVE MODE")


@contextmanager
def case_writer(engine: Engine, author: RegisteredUser, *, now: datetime) -> "Iterator[CaseWriter]":
    """A pen in the author's hand, for as many entries as belong together: all of them are kept, or none."""
    with write_session(engine) as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(_LOCK)
        yield CaseWriter(session, author, now)


class CaseWriter:
    """Writes entries within one transaction; each method gives the record as it then stands."""

    def __init__(self, session: Session, author: RegisteredUser, now: datetime) -> None:
        self._session, self.author, self.now = session, author, now
        self.today = day_in_london(now)

    def open_record(
        self,
        kind_key: str,
        provider: str = "",
        *,
        part_of: int | None = None,
        state: str | None = None,
        rationale: str = "",
        about_on: date | None = None,
        due_on: date | None = None,
        regime: str | None = None,
        owner: str | None = None,
        audience: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> Record:
        """Open a record.

        Args:
            kind_key: what it is: concern, plan, milestone ...
            provider: the identifier of the provider; of a part it is that of the whole.
            part_of: number of the plan a milestone belongs to, of the notice a condition does.
            state: where it begins, if not where its kind usually does.
            rationale: why.
            about_on: the day it is about; today if none is given.
            due_on: when it is due.
            regime: key of the regime it falls under.
            owner: key of whoever has to see to it; the author if nobody is named.
            audience: who may see it; ``casework`` if the author belongs to it. Of a part it is that of the whole.
            details: what its kind has beyond that (``casework/details.py``).

        Raises:
            WrongInput: it does not fit; one line that says what, and what would.
        """
        kind = find_kind(kind_key)
        permissions.check_permission(self.author, Permission.for_kind(kind.key))
        begun, about_on = validation.first_state(kind, state), self._check_about_date(about_on)
        whole = None if part_of is None else self.read_record(part_of)
        validation.check_parent_record(kind, whole)
        if whole is not None:
            provider, regime, audience = (
                whole.first_entry.provider,
                whole.first_entry.regime,
                whole.first_entry.audience,
            )
        validation.check_required_fields(kind, about_on=about_on, due_on=due_on, regime=regime)
        validation.check_due_within_plan(whole, due_on)
        written = read_details(kind, details or {})
        validation.check_single_open(kind, self.list_records(provider), regime, written)
        rationale = validation.check_rationale(
            rationale, requirement=validation.reason_requirement(kind, None, begun, written)
        )
        validation.check_evidence(kind, begun, details or {})
        audience = self._choose_audience(audience)
        number = self._next_number()
        row = CaseEntry(
            id=number,
            record_id=number,
            parent_id=part_of,
            subject_id=self._find_subject_number(provider),
            regime=regime or None,
            kind=kind.key,
            state=begun,
            about_on=about_on,
            due_on=due_on,
            owner_id=self._find_owner(owner, audience).id,
            author_id=self.author.id,
            entered_at=self.now,
            audience_id=audience_number(self._session, audience),
            rationale=rationale,
            details=validation.complete_details(kind, begun, about_on, written, details or {}),
        )
        return self._add_entry(row)

    def change_record(
        self,
        number: int,
        *,
        state: str | None = None,
        rationale: str = "",
        about_on: date | None = None,
        due_on: date | None = None,
        owner: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> Record:
        """Enter what has become of a record; what is not given stays as it was.

        A new due date is an extension and needs a reason. Evidence and whose word there is belong to one state: they
        do not stay when the state changes.

        Raises:
            WrongInput: it does not fit; one line that says what, and what would.
        """
        record = self.read_record(number)
        kind, before = record.kind, record.newest_entry
        after = parse_state(kind, state) if state else before.state
        check_transition(kind, before.state, after)
        is_approval = after != before.state and kind.states[after].by_another
        permissions.check_permission(self.author, Permission.APPROVE if is_approval else Permission.for_kind(kind.key))
        is_moved = due_on is not None and due_on != before.due_on
        is_new = after != before.state or (state is not None and kind.states[after].meets_due)
        if not (is_new or is_moved or rationale.strip() or owner or details):
            raise WrongCasework(f"nothing to enter: record {number} stays '{before.state}'; give a state, date or text")
        if is_moved or details:
            validation.check_proposal_unchanged(record, after)
        if is_moved:
            validation.check_due_date(record.first_entry.about_on, due_on)
            validation.check_due_within_plan(
                None if before.part_of is None else self.read_record(before.part_of), due_on
            )
        if after != before.state:
            parts = [one for one in self.list_records(before.provider) if one.first_entry.part_of == number]
            validation.check_new_state(record, after, author=self.author.key, today=self.today, parts=parts)
        about_on = self._check_about_date(about_on)
        kept = {
            key: value for key, value in before.details.items() if after == before.state or key not in EVIDENCE_FIELDS
        }
        written = read_details(kind, {**kept, **(details or {})})
        is_extended = is_moved and before.due_on is not None
        wanted_by = validation.reason_requirement(kind, record, after, written, is_extended=is_extended)
        rationale = validation.check_rationale(rationale, requirement=wanted_by)
        if is_new:
            validation.check_evidence(kind, after, details or {})
            written = validation.complete_details(kind, after, about_on, written, details or {})
        met = is_new and kind.states[after].meets_due
        row = CaseEntry(
            id=self._next_number(),
            record_id=number,
            parent_id=before.part_of,
            subject_id=self._find_subject_number(before.provider),
            regime=before.regime,
            kind=kind.key,
            state=after,
            about_on=about_on,
            due_on=due_on or (None if met else before.due_on),
            owner_id=self._find_owner(owner or before.owner, before.audience, is_new=owner is not None).id,
            author_id=self.author.id,
            entered_at=self.now,
            audience_id=audience_number(self._session, before.audience),
            rationale=rationale,
            details=written,
        )
        return self._add_entry(row)

    def read_record(self, number: int) -> Record:
        """The record with this number.

        Raises:
            UnknownRecord: there is none, or the author may not see it.
        """
        record = next(read_records(self._session, self.author.viewer, numbers=[number]), None)
        if record is None:
            raise unknown_record_error(number)
        return record

    def list_records(self, provider: str) -> list[Record]:
        """Everything about a provider that the author may see."""
        return list(read_records(self._session, self.author.viewer, provider=provider))

    def _add_entry(self, row: CaseEntry) -> Record:
        number = row.record_id
        self._session.add(row)
        self._session.flush()
        self._session.expunge(row)
        return self.read_record(number)

    def _next_number(self) -> int:
        return 1 + (self._session.scalar(select(func.max(ENTRY.id))) or 0)

    def _check_about_date(self, about_on: date | None) -> date:
        if about_on is not None and about_on > self.today:
            raise WrongCasework(f"{about_on} lies in the future; what is to come is a due date")
        return about_on or self.today

    def _find_subject_number(self, provider: str) -> int:
        number = self._session.scalar(select(SUBJECT.id).where(SUBJECT.key == provider))
        if number is None:
            raise WrongCasework(
                f"'{provider}' is in no register that was read; 'continuity pull --ask {provider}' first"
            )
        return int(number)

    def _find_owner(self, key: str | None, audience: str, *, is_new: bool = True) -> RegisteredUser:
        owner = self.author if key is None else read_user(self._session, key)
        if is_new and audience not in owner.audiences:
            raise NotAllowed(
                f"'{owner.key}' may not see records of '{audience}' and cannot own one; name another owner"
            )
        return owner

    def _choose_audience(self, audience: str | None) -> str:
        mine = sorted(self.author.audiences)
        if audience is None and USUAL_AUDIENCE not in mine:
            others = [one for one in mine if one != PUBLIC]
            if len(others) != 1:
                raise WrongCasework(f"say who may see it with an audience of yours: {', '.join(mine)}")
            return others[0]
        if (audience or USUAL_AUDIENCE) not in mine:
            raise NotAllowed(f"you ({self.author.key}) do not belong to '{audience}'; yours are {', '.join(mine)}")
        return audience or USUAL_AUDIENCE
