"""Finds the bodies that buy from, fund, regulate or host a provider: one body under all names that registers use."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from sqlalchemy import select

from indicators.authorities import Authority, load_directory, normalise_name
from indicators.ledger.day_numbers import day_number
from indicators.ledger.repeats import LINK, retracted_rows
from indicators.names import read_all_names
from models.database import Session, table_of
from models.subjects import Subject
from models.vocabulary import Relation
from settings import WrongInput

SUBJECT = table_of(Subject).c
OWN_SCHEMES = ("CW-AREA-", "CW-BUYER-")  # identifiers that the service makes of a name
MAX_SHOWN = 5  # candidates named in an error


class UnknownCommissioner(WrongInput):
    """No body that buys from, funds, regulates or hosts a provider has this name."""


@dataclass(frozen=True)
class Commissioner:
    """One body: an authority, or another buyer, funder or regulator, with all its subjects in the ledger."""

    key: str  # GSS code of an authority, else the identifier of a subject
    title: str
    authority: Authority | None
    subjects: frozenset[int]  # numbers; empty until a register links the authority to a provider
    keys: tuple[str, ...]  # their identifiers, sorted

    @property
    def identifier(self) -> str:
        """The identifier to show: that of the authority, else that of the subject."""
        return self.authority.identifier if self.authority else self.key


@dataclass(frozen=True)
class _CommissionerSubject:
    """A subject that buys from, funds, regulates or hosts somebody."""

    number: int
    key: str
    names: tuple[str, ...]  # oldest first
    authority: Authority | None

    @property
    def spellings(self) -> frozenset[str]:
        return frozenset(map(normalise_name, self.names))


class Commissioners:
    """The commissioners that were known by a day."""

    def __init__(self, session: Session, day: date) -> None:
        self.day = day
        subjects = _read_subjects(session, day)
        names = read_all_names(session, subjects, day)
        self._members = [
            _CommissionerSubject(number, key, called, authority_of(key, called, day))
            for number, key in subjects.items()
            for called in (names.get(number, ()),)
        ]
        self._by_number = {subject.number: subject for subject in self._members}
        self._by_gss: dict[str, list[_CommissionerSubject]] = defaultdict(list)
        self._by_spelling: dict[str, list[_CommissionerSubject]] = defaultdict(list)
        for subject in self._members:
            if subject.authority is not None:
                self._by_gss[subject.authority.gss].append(subject)
            for spelling in subject.spellings if subject.authority is None else ():
                self._by_spelling[spelling].append(subject)

    def find_commissioner(self, text: str) -> Commissioner:
        """The body that a GSS code, an identifier, a name or an unambiguous part of a name stands for.

        An authority is found by the bundled table, also where no provider is linked to the authority yet.

        Raises:
            UnknownCommissioner: nobody fits, or several bodies do; names the nearest.
        """
        by_key = next((subject for subject in self._members if subject.key.casefold() == text.strip().casefold()), None)
        authority = by_key.authority if by_key else load_directory().find_authority(text, self.day)
        if authority is not None:
            return self._authority_commissioner(authority)
        if by_key is not None:
            return self._named_commissioner(by_key)
        spelling = normalise_name(text)
        fits = {spelling} & self._by_spelling.keys() or {
            known for known in self._by_spelling if spelling and spelling in known
        }
        bodies = {body.key: body for known in fits for body in map(self._named_commissioner, self._by_spelling[known])}
        if len(bodies) == 1:
            return next(iter(bodies.values()))
        if bodies:
            shown = "; ".join(
                f"{body.key} {body.title}" for body in sorted(bodies.values(), key=_title_key)[:MAX_SHOWN]
            )
            raise UnknownCommissioner(f"'{text}' fits {len(bodies)} commissioners: {shown}; give one identifier")
        raise UnknownCommissioner(f"no commissioner is called '{text}'{self._nearest_names(text)}")

    def all_commissioners(self) -> list[Commissioner]:
        """Every body that is linked to a provider, by title."""
        commissioners: dict[str, Commissioner] = {}
        for subject in self._members:
            body = self._commissioner_of_subject(subject)
            commissioners[body.key] = body
        return sorted(commissioners.values(), key=_title_key)

    def commissioner_of(self, number: int) -> Commissioner | None:
        """The body that a subject belongs to; None if the subject is not a commissioner."""
        subject = self._by_number.get(number)
        return self._commissioner_of_subject(subject) if subject else None

    def _commissioner_of_subject(self, subject: _CommissionerSubject) -> Commissioner:
        return (
            self._authority_commissioner(subject.authority) if subject.authority else self._named_commissioner(subject)
        )

    def _authority_commissioner(self, authority: Authority) -> Commissioner:
        family = load_directory().related_codes(authority, self.day)
        subjects = [subject for gss in family for subject in self._by_gss.get(gss, ())]
        return _make_commissioner(authority.gss, authority.official_name, authority, subjects)

    def _named_commissioner(self, subject: _CommissionerSubject) -> Commissioner:
        """The body of a subject that is not an authority: all subjects with the same newest name are one body."""
        newest = normalise_name(subject.names[-1]) if subject.names else ""
        same = [other for other in self._by_spelling.get(newest, ()) if normalise_name(other.names[-1]) == newest] or [
            subject
        ]
        first = min(same, key=lambda other: other.key)
        return _make_commissioner(first.key, first.names[-1] if first.names else first.key, None, same)

    def _nearest_names(self, text: str) -> str:
        names = [name for subject in self._members for name in (subject.key, *subject.names)]
        by_spelling = {normalise_name(name): name for name in (*names, *load_directory().all_names())}
        near = get_close_matches(normalise_name(text), by_spelling, 3)
        if not near:
            return "; write a GSS code, an identifier or the name of a council or buyer"
        return f"; the nearest: {', '.join(by_spelling[spelling] for spelling in near)}"


def _title_key(body: Commissioner) -> str:
    return body.title.casefold()


def _make_commissioner(
    key: str, title: str, authority: Authority | None, subjects: Sequence[_CommissionerSubject]
) -> Commissioner:
    numbers = frozenset(subject.number for subject in subjects)
    return Commissioner(key, title, authority, numbers, tuple(sorted(subject.key for subject in subjects)))


def authority_of(key: str, names: Sequence[str], day: date) -> Authority | None:
    """The authority that a subject's identifier, its newest name or the name in its identifier stands for."""
    ours = next((key.removeprefix(prefix) for prefix in OWN_SCHEMES if key.startswith(prefix)), "")
    called = (key, *reversed(names), ours.replace("-", " "))
    return next(
        (authority for text in called if text and (authority := load_directory().find_authority(text, day))), None
    )


def _read_subjects(session: Session, day: date) -> dict[int, str]:
    k = LINK.c
    linked = select(k.subject_id).where(
        k.relation == Relation.BUYS_FROM,
        k.known_on <= day_number(day),
        k.retracts.is_(None),
        k.seq.not_in(retracted_rows(LINK)),
    )
    rows = session.execute(select(SUBJECT.id, SUBJECT.key).where(SUBJECT.id.in_(linked)).order_by(SUBJECT.key))
    return {row.id: row.key for row in rows}
