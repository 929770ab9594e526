"""Writes casework: adds entries, one transaction at a time, and never changes them."""

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
# On PostgreSQL two writers could take numbers in one order and commit in another. SQLite has one writer at a time.
_LOCK = text("LOCK TABLE caseentry IN SHARE ROW EXCLUSIVE MODE")


@contextmanager
def case_writer(engine: Engine, author: RegisteredUser, *, now: datetime) -> "Iterator[CaseWriter]":
    """A writer for the author within one transaction: all entries made in the block are kept, or none."""
    with write_session(engine) as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(_LOCK)
        yield CaseWriter(session, author, now)


class CaseWriter:
    """Writes entries within one transaction; each method returns the record after the entry."""

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
            kind_key: the kind of record: concern, plan, milestone ...
            provider: the identifier of the provider; a part takes the provider of its parent.
            part_of: the number of the plan of a milestone, or of the notice of a condition.
            state: the first state; the usual first state of the kind if left out.
            rationale: the reason.
            about_on: the day that the entry is about; today if left out.
            due_on: the due date.
            regime: the key of the regime that applies.
            owner: the key of the user responsible; the author if left out.
            audience: who may see the record; ``casework`` if left out and the author belongs to that audience. A part
                takes the audience of its parent.
            details: the other fields of the kind (``casework/details.py``).

        Raises:
            WrongInput: the entry is wrong; one line that says what is wrong and what would be right.
        """
        kind = find_kind(kind_key)
        permissions.check_permission(self.author, Permission.for_kind(kind.key))
        first_state, about_on = validation.first_state(kind, state), self._check_about_date(about_on)
        parent = None if part_of is None else self.read_record(part_of)
        validation.check_parent_record(kind, parent)
        if parent is not None:
            provider, regime, audience = (
                parent.first_entry.provider,
                parent.first_entry.regime,
                parent.first_entry.audience,
            )
        validation.check_required_fields(kind, about_on=about_on, due_on=due_on, regime=regime)
        validation.check_due_within_plan(parent, due_on)
        checked_details = read_details(kind, details or {})
        validation.check_single_open(kind, self.list_records(provider), regime, checked_details)
        rationale = validation.check_rationale(
            rationale, requirement=validation.reason_requirement(kind, None, first_state, checked_details)
        )
        validation.check_evidence(kind, first_state, details or {})
        audience = self._choose_audience(audience)
        number = self._next_number()
        row = CaseEntry(
            id=number,
            record_id=number,
            parent_id=part_of,
            subject_id=self._find_subject_number(provider),
            regime=regime or None,
            kind=kind.key,
            state=first_state,
            about_on=about_on,
            due_on=due_on,
            owner_id=self._find_owner(owner, audience).id,
            author_id=self.author.id,
            entered_at=self.now,
            audience_id=audience_number(self._session, audience),
            rationale=rationale,
            details=validation.complete_details(kind, first_state, about_on, checked_details, details or {}),
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
        """Enter a change of a record; fields that are left out stay as they are.

        A new due date is an extension and needs a reason. Evidence and ``word_of`` belong to one state: they are
        dropped when the state changes.

        Raises:
            WrongInput: the entry is wrong; one line that says what is wrong and what would be right.
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
            raise WrongCasework(
                f"nothing to enter: record {number} stays '{before.state}'; give a state, a date or a text"
            )
        if is_moved or details:
            validation.check_proposal_unchanged(record, after)
        if is_moved:
            validation.check_due_date(record.first_entry.about_on, due_on)
            validation.check_due_within_plan(
                None if before.part_of is None else self.read_record(before.part_of), due_on
            )
        if after != before.state:
            parts = [part for part in self.list_records(before.provider) if part.first_entry.part_of == number]
            validation.check_new_state(record, after, author=self.author.key, today=self.today, parts=parts)
        about_on = self._check_about_date(about_on)
        kept_details = {
            key: value for key, value in before.details.items() if after == before.state or key not in EVIDENCE_FIELDS
        }
        new_details = read_details(kind, {**kept_details, **(details or {})})
        is_extended = is_moved and before.due_on is not None
        requirement = validation.reason_requirement(kind, record, after, new_details, is_extended=is_extended)
        rationale = validation.check_rationale(rationale, requirement=requirement)
        if is_new:
            validation.check_evidence(kind, after, details or {})
            new_details = validation.complete_details(kind, after, about_on, new_details, details or {})
        is_met = is_new and kind.states[after].meets_due
        row = CaseEntry(
            id=self._next_number(),
            record_id=number,
            parent_id=before.part_of,
            subject_id=self._find_subject_number(before.provider),
            regime=before.regime,
            kind=kind.key,
            state=after,
            about_on=about_on,
            due_on=due_on or (None if is_met else before.due_on),
            owner_id=self._find_owner(owner or before.owner, before.audience, is_new=owner is not None).id,
            author_id=self.author.id,
            entered_at=self.now,
            audience_id=audience_number(self._session, before.audience),
            rationale=rationale,
            details=new_details,
        )
        return self._add_entry(row)

    def read_record(self, number: int) -> Record:
        """The record with this number.

        Raises:
            UnknownRecord: no record has this number, or the author may not see the record.
        """
        record = next(read_records(self._session, self.author.viewer, numbers=[number]), None)
        if record is None:
            raise unknown_record_error(number)
        return record

    def list_records(self, provider: str) -> list[Record]:
        """All records about a provider that the author may see."""
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
            raise WrongCasework(f"{about_on} is in the future; give a future day as the due date")
        return about_on or self.today

    def _find_subject_number(self, provider: str) -> int:
        number = self._session.scalar(select(SUBJECT.id).where(SUBJECT.key == provider))
        if number is None:
            raise WrongCasework(
                f"'{provider}' is not in any register read so far; run 'continuity pull --ask {provider}' first"
            )
        return int(number)

    def _find_owner(self, key: str | None, audience: str, *, is_new: bool = True) -> RegisteredUser:
        owner = self.author if key is None else read_user(self._session, key)
        if is_new and audience not in owner.audiences:
            raise NotAllowed(f"'{owner.key}' may not see records of the audience '{audience}'; name another owner")
        return owner

    def _choose_audience(self, audience: str | None) -> str:
        own_audiences = sorted(self.author.audiences)
        if audience is None and USUAL_AUDIENCE not in own_audiences:
            restricted = [own_audience for own_audience in own_audiences if own_audience != PUBLIC]
            if len(restricted) != 1:
                raise WrongCasework(
                    f"say who may see the record: give one of your audiences, {', '.join(own_audiences)}"
                )
            return restricted[0]
        if (audience or USUAL_AUDIENCE) not in own_audiences:
            raise NotAllowed(
                f"you ({self.author.key}) do not belong to the audience '{audience}'; choose one of yours: "
                f"{', '.join(own_audiences)}"
            )
        return audience or USUAL_AUDIENCE
