"""Who buys from whom: contract awards of public bodies as OCDS releases (Contracts Finder, and files of releases)."""

import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from typing import BinaryIO, NamedTuple, NoReturn, TypeVar

from indicators import catalogue
from indicators.http import RegisterUnreachable
from indicators.records import Client, Document, Fetched, Linked, Observed, Record, Since, Unreadable
from indicators.sources.ocds import LONDON, Node, Odd, Piece, pieces, subject_of
from models.vocabulary import Basis, BuyerKind, Relation

REGISTER = "contracts"
PARSER = "contracts/2"

FIRST_PULL = timedelta(days=365)  # how far the first pull from the web goes back; older releases come as files
PAGES_A_DAY = 200  # 20,000 notices: no day has so many, so a longer chain of pages is a circle
PACKAGES = 4  # parsed packages at hand while their releases are read in order of time

# The statuses of OCDS 1.1 (https://standard.open-contracting.org/1.1/en/schema/codelists/#award-status), and what
# they say: that somebody is chosen, that nobody is any more, or nothing yet.
STATUSES = {"": "chosen", "active": "chosen", "cancelled": "ended", "pending": "nothing", "unsuccessful": "nothing"}
CURRENCY = re.compile(r"[A-Z]{3}")

T = TypeVar("T")


def fetch(client: Client, since: Since) -> Iterator[Fetched]:
    """The award notices since the newest day held, a page a document; or the files of releases in the folder.

    Contracts Finder lists the newest notice first, whereas of one day the ledger takes what it reads last as the
    correction. So the pages of a day are numbered and given oldest first, and only once the day is complete.

    Raises:
        RegisterUnreachable: the register could not be reached, or its answer is of another shape.
    """
    register = catalogue.load().registers[REGISTER]
    if client.is_folder:
        yield from client.files(*register.folder)
        return
    newest = _newest(client, register.address)
    day = _newest_held(register.address, since) or newest - FIRST_PULL
    while day <= newest:
        pages = sorted(_pages(client, register.address, day), key=lambda page: page[0])
        for number, (_, fetched) in enumerate(pages, start=1):
            yield fetched._replace(name=f"contracts/contracts_finder_{day}_{number:03}.json")
        day += timedelta(days=1)


def _newest(client: Client, search: str) -> date:
    """The day of the newest award notice: the register's own clock, so that ours does not matter."""
    address = f"{search}?stages=award&limit=1"
    try:
        days = [release["date"].day() for release in Node(client.get_json(address))["releases"]]
    except Odd as odd:
        _other_shape(address, odd.unreadable)
    return max(filter(None, days), default=None) or _other_shape(address, Unreadable("has no release", place="$"))


def _newest_held(search: str, since: Since) -> date | None:
    """The newest day of which pages are held: days come in turn, so a pull that broke off goes on from there."""
    asked = re.compile(re.escape(search) + r"\?.*\bpublishedFrom=(\d{4}-\d\d-\d\d)")
    return max((date.fromisoformat(match[1]) for match in map(asked.match, since.validators) if match), default=None)


def _pages(client: Client, search: str, day: date) -> Iterator[tuple[datetime, Fetched]]:
    """The pages of a day that have releases, each with the instant of its oldest.

    Not asked for conditionally: an unchanged first page says nothing about the pages after it.
    """
    span = f"publishedFrom={day}T00:00:00&publishedTo={day + timedelta(days=1)}T00:00:00"
    address = f"{search}?{span}&stages=award&limit=100"
    for _ in range(PAGES_A_DAY):
        fetched = client.get(address, f"contracts/contracts_finder_{day}.json")
        if fetched is None:
            return
        try:
            with fetched.open() as stream:
                package = Node(json.load(stream))
            moments = [moment for release in package["releases"] if (moment := release["date"].moment())]
            following = package["links"]["next"].text()
        except (ValueError, RecursionError):
            _other_shape(address, Unreadable("is not JSON", place="$"))
        except Odd as odd:
            _other_shape(address, odd.unreadable)
        if not moments:
            return
        yield min(moments), fetched
        if not following:
            return
        if not following.startswith(f"{search}?"):
            _other_shape(address, Unreadable("leads to another place", place="$.links.next"))
        address = following
    _other_shape(address, Unreadable(f"goes on after {PAGES_A_DAY} pages", place="$.links.next"))


def _other_shape(address: str, what: Unreadable) -> NoReturn:
    raise RegisterUnreachable(
        f"{address}: unexpected answer: {what.place} {what.reason}; try again later, or give a folder with --from"
    )


class _Found(NamedTuple):
    """A release with awards."""

    moment: datetime
    piece: Piece
    position: int  # in the package


def parse(document: Document) -> Iterator[Record]:
    """What the awards say, in order of release: names, who buys from whom, and each award as an event of its supplier.

    An award to several suppliers states one value for all of them and not who gets what: link and event have no figure
    then, and the event keeps the total verbatim, so that no sum counts it twice. A value of 0 means "not known" (it is
    given for frameworks) and is treated alike. Plans and tenders have no award and give nothing. People named as
    contacts are never read.
    """
    read_on = document.fetched_at.astimezone(LONDON).date()
    awarding: list[_Found] = []
    with document.open() as stream:
        for found in _survey(stream, is_lines=document.name.endswith(".jsonl"), read_on=read_on):
            if isinstance(found, Unreadable):
                yield found
            else:
                awarding.append(found)
        # Of one day the ledger takes what it reads last as the correction, but registers list the newest first: an
        # award of 10,932,000 was corrected to 109,320 six minutes later, one line above (11 March 2025).
        awarding.sort(key=lambda found: found.moment)
        releases = lru_cache(maxsize=PACKAGES)(lambda piece: piece.releases(stream))
        for moment, piece, position in awarding:
            yield from _Notice(releases(piece)[position], moment).read()


def _survey(stream: BinaryIO, *, is_lines: bool, read_on: date) -> Iterator[_Found | Unreadable]:
    """Where the releases with awards are, and what cannot be read at all."""
    for piece in pieces(stream, is_lines=is_lines):
        if isinstance(piece, Unreadable):
            yield piece
            continue
        try:
            releases = piece.releases(stream)
        except Odd as odd:
            yield odd.unreadable
            continue
        for position, release in enumerate(releases):
            try:
                if not release:
                    release.refuse("is not a release")
                if list(release["awards"]):
                    yield _Found(_released_at(release["date"], read_on), piece, position)
            except Odd as odd:
                yield odd.unreadable


def _released_at(cell: Node, read_on: date) -> datetime:
    moment = cell.moment()
    if moment is None:
        cell.refuse("is not a date; without it nobody knows since when the release is public")
    if moment.astimezone(LONDON).date() > read_on:
        cell.refuse(f"is in the future: the document was fetched on {read_on}")
    return moment


class _Notice:
    """One release with awards, read cell by cell: a cell that cannot be read does not take the others with it."""

    def __init__(self, release: Node, moment: datetime) -> None:
        self.release = release
        self.known_on = moment.astimezone(LONDON).date()
        self.parties: dict[str, Node] = {}
        self.met: set[str] = set()
        self.said: list[Record] = []

    def read(self) -> list[Record]:
        """All that the release says."""
        for party in self._tried(lambda: list(self.release["parties"])) or ():
            self._tried(partial(self._meet, party))
        buyer = self._tried(self._buyer)
        for award in self.release["awards"]:
            self._tried(partial(self._read_award, award, buyer))
        return self.said

    def _tried(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Odd as odd:
            self.said.append(odd.unreadable)
            return None

    def _meet(self, party: Node) -> None:
        if key := party["id"].text():
            self.parties.setdefault(key, party)  # one company under two names: the first stands

    def _buyer(self) -> str:
        buyer = self.release["buyer"]
        if not buyer:
            buyer.refuse("is no buyer; the suppliers are linked to nobody")
        return self._subject(buyer, "buyer")

    def _subject(self, reference: Node, role: str) -> str:
        party = self.parties.get(reference["id"].text(), reference)
        subject, nonsense = subject_of(party, role)
        if subject not in self.met:
            self.met.add(subject)
            self.said.extend(nonsense)
            cell = party["name"] or reference["name"]
            if name := self._tried(cell.text):
                self.said.append(self._observed(subject, "name", name, cell))
        return subject

    def _observed(self, subject: str, indicator: str, value: float | str | None, cell: Node) -> Observed:
        return Observed(subject, indicator, value, self.known_on, Basis.STATED, line=cell.line, place=cell.path)

    def _read_award(self, award: Node, buyer: str | None) -> None:
        says = STATUSES.get(award["status"].text())
        if says is None:
            award["status"].refuse("is not an award status of OCDS 1.1")
        if says == "nothing":
            return
        reference = _reference(self.release["ocid"], award["id"])
        suppliers = self._suppliers(award["suppliers"])
        since, until = self._tried(partial(self._period, award["contractPeriod"])) or (None, None)
        if says == "ended":
            since, until = min(since or self.known_on, self.known_on), self.known_on
        amount, currency = self._tried(partial(_money, award["value"])) or (None, "GBP")
        awarded_on = self._tried(partial(self._awarded_on, award["date"])) or self.known_on
        stated = Node(None, f"{award.path}.value.amount", award.line)
        value = float(amount) if amount and len(suppliers) == 1 and says == "chosen" else None
        for supplier in dict.fromkeys(filter(None, suppliers)):
            if buyer:
                self.said.append(
                    Linked(
                        buyer, Relation.BUYS_FROM, supplier, self.known_on, Basis.STATED, BuyerKind.BUYER, since, until,
                        reference=reference, value_gbp=value if currency == "GBP" else None,
                        line=award.line, place=award.path,
                    )
                )  # fmt: skip
            if says == "chosen":
                self.said.append(
                    self._observed(supplier, "contract_awarded", value, stated)._replace(
                        period_end=awarded_on,
                        occurrence=reference,
                        verbatim=None if amount is None else str(amount),
                        unit=None if currency == "GBP" else currency,
                    )
                )

    def _suppliers(self, cells: Node) -> list[str | None]:
        """Each supplier once; None for one that cannot be read, which still has its share of the award."""
        read = [self._tried(partial(self._subject, cell, "supplier")) for cell in cells]
        if not read:
            cells.refuse("is no supplier")
        return [*dict.fromkeys(filter(None, read)), *(None for supplier in read if supplier is None)]

    def _awarded_on(self, cell: Node) -> date | None:
        day = cell.day()
        if day and day > self.known_on:
            cell.refuse(f"cannot be the day of an award that was published on {self.known_on}; that day is taken")
        return day

    def _period(self, period: Node) -> tuple[date | None, date | None]:
        since, until = self._tried(period["startDate"].day), self._tried(period["endDate"].day)
        if since and until and until < since:
            self._tried(partial(period["endDate"].refuse, f"ends the contract before it starts on {since}"))
            return None, None
        return since, until


def _reference(ocid: Node, award: Node) -> str:
    """The award's identifier, with its process before it (which Contracts Finder's already has)."""
    process, own = ocid.text(), award.text()
    if not own:
        award.refuse("is no identifier; without it the award could not be corrected")
    return own if own.startswith(process) else f"{process}/{own}"


def _money(value: Node) -> tuple[Decimal, str] | None:
    """Amount and currency; None where no amount is stated."""
    amount = value["amount"].number()
    if amount is None:
        return None
    if amount < 0 or not math.isfinite(float(amount)):
        value["amount"].refuse("is not an amount that a contract can have")
    if not CURRENCY.fullmatch(value["currency"].text()):
        value["currency"].refuse("is not a currency")
    return amount, value["currency"].text()
