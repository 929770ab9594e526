"""Local authorities of the United Kingdom: one identity for each, under all names that registers use.

``authorities.csv`` has one row for each authority, current ones and those that ended since 2019. The identity is the
code of the Office for National Statistics (GSS, nine characters, "E09000012"). Sources: names and GSS codes of the
Office for National Statistics and the three-letter codes of the government's registers of local authorities (closed in
2021; ISO 3166-2:GB), both under the Open Government Licence v3.0, with days, successors, former codes and other names
as mySociety compiles them (github.com/mysociety/uk_local_authority_names_and_codes, version 1.6.1, CC BY 4.0). The
names of England's 153 upper-tier authorities of 2025 were compared with the boundaries of the Office for National
Statistics (uk-topojson, b2fde50c). Authorities that began after the registers closed have no three-letter code.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

TABLE_PATH = Path(__file__).with_name("authorities.csv")
SEPARATOR = ";"  # between several values of one cell

# The schemes of org-id.guide whose numbers are the three-letter codes, by nation; GB-LAC has GSS codes (OCDS examples).
SCHEMES = {"E": "GB-LAE", "W": "GB-PLA", "S": "GB-LAS", "N": "GB-LANI"}
GSS_SCHEME = "GB-LAC"
# Other names of each kind of authority, by the first letters of the GSS codes.
SPELLINGS = {
    "E06": ("{} Council", "{} Borough Council", "{} Unitary Authority", "{} UA"),
    "E07": ("{} Council", "{} District Council", "{} Borough Council", "{} District"),
    "E08": ("{} Council", "{} Metropolitan Borough Council", "{} Borough Council", "{} MBC", "{} District"),
    "E09": ("{} Council", "London Borough of {}", "{} London Borough", "{} Borough Council", "LB {}"),
    "E10": ("{} Council", "{} County Council", "{} County"),
    "W06": ("{} Council", "{} County Council", "{} County Borough Council"),
    "S12": ("{} Council",),
    "N09": ("{} Council", "{} Borough Council", "{} District Council"),
}
CITY_SPELLINGS = (
    "{} City Council",
    "City of {}",
    "City of {} Council",
    "{} City",
)  # where the official name says that it is one
_UNIT_SUFFIX = re.compile(r"\s+[-\N{EN DASH}(]")  # "Hertfordshire County Council - Children's Services"


@dataclass(frozen=True, slots=True)
class Authority:
    """One local authority, from the day it began to the day it ended."""

    gss: str
    code: str  # three letters; empty where the authority began after the registers of codes had closed
    name: str  # as the Office for National Statistics writes the area
    official_name: str
    began_on: date | None  # None: before 2019
    ended_on: date | None  # the first day without the authority; None: the authority exists
    successors: tuple[str, ...]  # GSS codes
    former_gss: tuple[str, ...]
    other_names: tuple[str, ...]

    @property
    def identifier(self) -> str:
        """The identifier with its scheme: GB-LAE-HCK, or GB-LAC-E06000066 where there are no three letters."""
        return f"{SCHEMES[self.gss[0]]}-{self.code}" if self.code else f"{GSS_SCHEME}-{self.gss}"

    def exists_on(self, day: date) -> bool:
        """Whether the authority had begun and not ended on a day."""
        return (self.began_on is None or self.began_on <= day) and (self.ended_on is None or day < self.ended_on)


class AuthorityDirectory:
    """The authorities, found by code, identifier or spelling."""

    def __init__(self, authorities: Iterable[Authority]) -> None:
        self.by_gss = {authority.gss: authority for authority in authorities}
        self._by_identifier: dict[str, Authority] = {}
        self._by_spelling: dict[str, list[Authority]] = defaultdict(list)
        self._predecessors: dict[str, list[str]] = defaultdict(list)
        for authority in self.by_gss.values():
            for gss in (authority.gss, *authority.former_gss):
                self._by_identifier[gss.casefold()] = self._by_identifier[f"{GSS_SCHEME}-{gss}".casefold()] = authority
            self._by_identifier[authority.identifier.casefold()] = authority
            for spelling in {normalise_name(text) for text in _spellings(authority)}:
                self._by_spelling[spelling].append(authority)
            for successor in authority.successors:
                self._predecessors[successor].append(authority.gss)

    def find_authority(self, text: str, day: date) -> Authority | None:
        """The authority that a GSS code, an identifier or a name stands for; None where there is no such authority.

        A name can pass from an authority to its successor (Somerset, 2023): the authority that exists on the day is
        meant, else the one nearest to the day.
        """
        if identified := self._by_identifier.get(text.strip().casefold()):
            return identified
        named = self._by_spelling.get(normalise_name(text)) or self._by_spelling.get(
            normalise_name(_UNIT_SUFFIX.split(text, maxsplit=1)[0]), []
        )
        return min(named, key=lambda authority: _days_away(authority, day), default=None)

    def related_codes(self, authority: Authority, day: date) -> frozenset[str]:
        """GSS codes of the authority and its predecessors; of its successors too where the authority has ended by then.

        Contracts and duties pass to the successor by law, and a register may use the old name for years.
        """
        codes = {authority.gss}
        codes |= self._closure(authority.gss, self._predecessors)
        if authority.ended_on is not None and authority.ended_on <= day:
            codes |= self._closure(authority.gss, {gss: other.successors for gss, other in self.by_gss.items()})
        return frozenset(codes)

    def authority_on(self, authority: Authority, day: date) -> Authority:
        """The authority on a day: its successor where the authority has ended by the day and has one successor."""
        while authority.ended_on is not None and authority.ended_on <= day and len(authority.successors) == 1:
            authority = self.by_gss[authority.successors[0]]
        return authority

    def all_names(self) -> Iterator[str]:
        """Every name and code, to suggest the nearest."""
        for authority in self.by_gss.values():
            yield from (authority.name, authority.official_name, authority.identifier, authority.gss)

    @staticmethod
    def _closure(gss: str, nexts: Mapping[str, Sequence[str]]) -> set[str]:
        reached: set[str] = set()
        waiting = list(nexts.get(gss, ()))
        while waiting:
            other = waiting.pop()
            if other not in reached:
                reached.add(other)
                waiting += nexts.get(other, ())
        return reached


@lru_cache(maxsize=1)
def load_directory() -> AuthorityDirectory:
    """The bundled table."""
    with TABLE_PATH.open(encoding="utf-8", newline="") as stream:
        return AuthorityDirectory([_parse_authority(row) for row in csv.DictReader(stream)])


def normalise_name(text: str) -> str:
    """A name without the differences of spelling: case, accents, punctuation, "&", a leading "the"."""
    plain = unicodedata.normalize("NFKD", re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]", "", text.replace("&", " and ")))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    return " ".join(re.findall(r"\w+", letters)).removeprefix("the ")


def _spellings(authority: Authority) -> Iterator[str]:
    short = (authority.name, *authority.other_names)
    yield authority.official_name
    yield from short
    patterns = SPELLINGS.get(authority.gss[:3], ()) + (CITY_SPELLINGS if "City" in authority.official_name else ())
    for name in short:
        yield from (pattern.format(name) for pattern in patterns)


def _days_away(authority: Authority, day: date) -> int:
    """The number of days from the day to the authority's first or last day; 0 on days on which it exists."""
    if authority.exists_on(day):
        return 0
    edge = authority.began_on if authority.began_on and day < authority.began_on else authority.ended_on
    return abs((day - edge).days) + 1 if edge else 0


def _parse_authority(row: Mapping[str, str]) -> Authority:
    def several(column: str) -> tuple[str, ...]:
        return tuple(filter(None, row[column].split(SEPARATOR)))

    def day_of(column: str) -> date | None:
        return date.fromisoformat(row[column]) if row[column] else None

    return Authority(
        gss=row["gss"],
        code=row["code"],
        name=row["name"],
        official_name=row["official_name"],
        began_on=day_of("began_on"),
        ended_on=day_of("ended_on"),
        successors=several("successors"),
        former_gss=several("former_gss"),
        other_names=several("other_names"),
    )
