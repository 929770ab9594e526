"""The book of casework, written: entries are added, one transaction at a time, and never changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import Engine, func, select, text

from casework import checks, rights
from casework.book import ENTRY, Record, fold, unknown
from casework.details import SHOWN
from casework.people import Person, audience_number, found
from casework.records import WrongCasework, check_way, kind_of, read_details, state_of
from casework.rights import Act, NotAllowed
from models.casework import CaseEntry
from models.database import Session, table_of, writing
from models.ledger import Subject
from models.vocabulary import PUBLIC, day_in_london

SUBJECT = table_of(Subject).c
USUAL_AUDIENCE = "casework"
# On PostgreSQL two writers would take numbers in one order and commit in another; SQLite has one writer anyway.
_LOCK = text("LOCK TABLE caseentry IN SHARE ROW EXCLUSIVE MODE")


@contextmanager
def pen(engine: Engine, author: Person, *, now: datetime) -> "Iterator[Pen]":
    """A pen in the author's hand, for as many entries as belong together: all of them are kept, or none."""
    with writing(engine) as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(_LOCK)
        yield Pen(session, author, now)


class Pen:
    """Writes entries within one transaction; each method gives the record as it then stands."""

    def __init__(self, session: Session, author: Person, now: datetime) -> None:
        self._session, self.author, self.now = session, author, now
        self.today = day_in_london(now)

    def open(
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
        kind = kind_of(kind_key)
        rights.check(self.author, Act.of_kind(kind.key))
        begun, about_on = checks.first_state(kind, state), self._about(about_on)
        whole = None if part_of is None else self.read(part_of)
        checks.check_whole(kind, whole)
        if whole is not None:
            provider, regime, audience = whole.first.provider, whole.first.regime, whole.first.audience
        checks.check_needs(kind, about_on=about_on, due_on=due_on, regime=regime)
        checks.check_within(whole, due_on)
        written = read_details(kind, details or {})
        checks.check_single(kind, self.records(provider), regime, written)
        rationale = checks.reason(rationale, wanted_by=checks.wants_reason(kind, None, begun, written))
        checks.check_shown(kind, begun, details or {})
        audience = self._audience(audience)
        number = self._next_number()
        row = CaseEntry(
            id=number,
            record_id=number,
            parent_id=part_of,
            subject_id=self._subject(provider),
            regime=regime or None,
            kind=kind.key,
            state=begun,
            about_on=about_on,
            due_on=due_on,
            owner_id=self._owner(owner, audience).id,
            author_id=self.author.id,
            entered_at=self.now,
            audience_id=audience_number(self._session, audience),
            rationale=rationale,
            details=checks.completed(kind, begun, about_on, written, details or {}),
        )
        return self._add(row)

    def change(
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
        record = self.read(number)
        kind, before = record.kind, record.newest
        after = state_of(kind, state) if state else before.state
        check_way(kind, before.state, after)
        is_approval = after != before.state and kind.states[after].by_another
        rights.check(self.author, Act.APPROVE if is_approval else Act.of_kind(kind.key))
        is_moved = due_on is not None and due_on != before.due_on
        is_new = after != before.state or (state is not None and kind.states[after].meets_due)
        if not (is_new or is_moved or rationale.strip() or owner or details):
            raise WrongCasework(f"nothing to enter: record {number} stays '{before.state}'; give a state, date or text")
        if is_moved or details:
            checks.check_words_stay(record, after)
        if is_moved:
            checks.check_due(record.first.about_on, due_on)
            checks.check_within(None if before.part_of is None else self.read(before.part_of), due_on)
        if after != before.state:
            parts = [one for one in self.records(before.provider) if one.first.part_of == number]
            checks.check_new_state(record, after, author=self.author.key, today=self.today, parts=parts)
        about_on = self._about(about_on)
        kept = {key: value for key, value in before.details.items() if after == before.state or key not in SHOWN}
        written = read_details(kind, {**kept, **(details or {})})
        is_extended = is_moved and before.due_on is not None
        wanted_by = checks.wants_reason(kind, record, after, written, is_extended=is_extended)
        rationale = checks.reason(rationale, wanted_by=wanted_by)
        if is_new:
            checks.check_shown(kind, after, details or {})
            written = checks.completed(kind, after, about_on, written, details or {})
        met = is_new and kind.states[after].meets_due
        row = CaseEntry(
            id=self._next_number(),
            record_id=number,
            parent_id=before.part_of,
            subject_id=self._subject(before.provider),
            regime=before.regime,
            kind=kind.key,
            state=after,
            about_on=about_on,
            due_on=due_on or (None if met else before.due_on),
            owner_id=self._owner(owner or before.owner, before.audience, is_new=owner is not None).id,
            author_id=self.author.id,
            entered_at=self.now,
            audience_id=audience_number(self._session, before.audience),
            rationale=rationale,
            details=written,
        )
        return self._add(row)

    def read(self, number: int) -> Record:
        """The record with this number.

        Raises:
            UnknownRecord: there is none, or the author may not see it.
        """
        record = next(fold(self._session, self.author.viewer, numbers=[number]), None)
        if record is None:
            raise unknown(number)
        return record

    def records(self, provider: str) -> list[Record]:
        """Everything about a provider that the author may see."""
        return list(fold(self._session, self.author.viewer, provider=provider))

    def _add(self, row: CaseEntry) -> Record:
        number = row.record_id
        self._session.add(row)
        self._session.flush()
        self._session.expunge(row)
        return self.read(number)

    def _next_number(self) -> int:
        return 1 + (self._session.scalar(select(func.max(ENTRY.id))) or 0)

    def _about(self, about_on: date | None) -> date:
        if about_on is not None and about_on > self.today:
            raise WrongCasework(f"{about_on} lies in the future; what is to come is a due date")
        return about_on or self.today

    def _subject(self, provider: str) -> int:
        number = self._session.scalar(select(SUBJECT.id).where(SUBJECT.key == provider))
        if number is None:
            raise WrongCasework(
                f"'{provider}' is in no register that was read; 'continuity pull --ask {provider}' first"
            )
        return int(number)

    def _owner(self, key: str | None, audience: str, *, is_new: bool = True) -> Person:
        owner = self.author if key is None else found(self._session, key)
        if is_new and audience not in owner.audiences:
            raise NotAllowed(
                f"'{owner.key}' may not see records of '{audience}' and cannot own one; name another owner"
            )
        return owner

    def _audience(self, audience: str | None) -> str:
        mine = sorted(self.author.audiences)
        if audience is None and USUAL_AUDIENCE not in mine:
            others = [one for one in mine if one != PUBLIC]
            if len(others) != 1:
                raise WrongCasework(f"say who may see it with an audience of yours: {', '.join(mine)}")
            return others[0]
        if (audience or USUAL_AUDIENCE) not in mine:
            raise NotAllowed(f"you ({self.author.key}) do not belong to '{audience}'; yours are {', '.join(mine)}")
        return audience or USUAL_AUDIENCE
