"""Reads owners of settings: the subject of a register's entry, and a research team's match of owners to companies."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from indicators.formats.cells import clean_spaces, make_slug, read_cell
from indicators.formats.identifiers import charity_subject, company_subject, is_placeholder
from indicators.formats.tables import Layout, read_rows
from indicators.parsed_records import Document, LinkRecord, Record, UnreadableRecord
from models.vocabulary import DateBasis, Relation, day_in_london

MATCH_COLUMNS = {"owner": ("Organisation",), "registered": ("Company.name",), "number": ("Registered.number",)}
MATCH_LAYOUT = Layout(MATCH_COLUMNS, required=frozenset(MATCH_COLUMNS))

PERSON_TITLE = re.compile(r"(mr|mrs|ms|miss|mx|dr)\b|owned by an individual$", re.IGNORECASE)
# As in "Priory Education Services Limited 06244880", "Birtenshaw - company number 02978546",
# "Hatols Fostering Services Ltd (Co Number 08016114)" and "Over The Wall 03713232, 1075361".
NUMBER_IN_NAME = re.compile(
    r"[\s,(-]*(?:\bcomp(?:any)? number|\bco\.? number)?[\s(]*\b(\d{7,8})\b[\d\s,)]*$", re.IGNORECASE | re.ASCII
)
CHARITY_NUMBER = re.compile(r"CHA(\d{6,7})", re.ASCII)

# The confidence of a match of the research team. Same name: a namesake or a dissolved predecessor is still possible.
# A difference only in legal form or spacing: likely. Another name: renamed since, as many were, or simply wrong
# ("MacIntyre", a charity, is matched to a partnership of accountants): no better than even.
SAME_NAME, SAME_BUT_FOR_FORM, OTHER_NAME = 0.95, 0.85, 0.5
LEGAL_FORM = re.compile(r"(-(limited|ltd|llp|plc|cic))+$")
IGNORED_PARTS = re.compile(r"^the-|-")  # nor do "Time-Out" and "Timeout" differ


class Owner(NamedTuple):
    """An organisation that owns settings."""

    subject: str
    name: str
    company: str  # the subject of the company number that some entries carry behind the name; "" where there is none


def has_no_owner(text: str) -> bool:
    """Whether an entry stands for "none" ("0", "N/A"), or has no letter for an identifier."""
    return is_placeholder(text) or not make_slug(text)


def owner_of(text: str) -> Owner | None:
    """The organisation of an entry; None for "none", and for private persons if a title or the register shows them.

    Eight digits behind the name are a company number; seven may be a company's without its zero or a charity's. Numbers
    and legal form are no part of the identifier: the register writes one owner with them in one year and without them
    in the next (41 homes of Priory, 32 of Witherslack), and no owner would have changed.
    """
    text = clean_spaces(text)
    if PERSON_TITLE.match(text) or has_no_owner(text):
        return None
    match = NUMBER_IN_NAME.search(text)
    name = text[: match.start()] if match else text
    number = company_subject(match[1]) if match and len(match[1]) == 8 and not is_placeholder(match[1]) else ""
    return Owner(f"CW-OWNER-{LEGAL_FORM.sub('', make_slug(name))}", name, number)


def read_matches(document: Document) -> Iterator[Record]:
    """Candidates for the company of each owner, known from the day of the fetch: the file has no day of its own.

    That day is inferred: a snapshot's day would say that the register itself was looked at then, and hide that its
    newest list is old.
    """
    known_on = day_in_london(document.fetched_at)
    for row in read_rows(document, MATCH_LAYOUT):
        if isinstance(row, UnreadableRecord):
            yield row
            continue
        owner = owner_of(row.cells["owner"])
        registered = read_cell(row, "number", _registered_subject)
        if isinstance(registered, UnreadableRecord):
            yield registered
        elif registered and owner:
            yield LinkRecord(
                owner.subject,
                Relation.SAME_AS,
                registered,
                known_on,
                DateBasis.INFERRED,
                confidence=_match_confidence(owner.name, row.cells["registered"]),
                line=row.line,
                place=row.places["number"],
            )


def _registered_subject(number: str) -> str | None:
    """The company with a number, or the charity for CHA numbers; None for "NA", an owner that was not found."""
    if number == "NA":
        return None
    if match := CHARITY_NUMBER.fullmatch(number):
        return charity_subject(match[1])
    return company_subject(number)


def _match_confidence(ours: str, theirs: str) -> float:
    ours, theirs = (make_slug(name).replace("-limited", "-ltd") for name in (ours, theirs))
    if ours == theirs:
        return SAME_NAME
    same = IGNORED_PARTS.sub("", LEGAL_FORM.sub("", ours)) == IGNORED_PARTS.sub("", LEGAL_FORM.sub("", theirs))
    return SAME_BUT_FOR_FORM if same else OTHER_NAME
