"""Reads the contract awards of public bodies: OCDS releases of Contracts Finder, and files of releases."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import BinaryIO, NamedTuple, NoReturn

from indicators import catalogue
from indicators.formats.contract_awards import AwardNotice
from indicators.formats.ocds import JsonNode, JsonPart, UnreadableValue, json_parts
from indicators.http import RegisterUnreachable
from indicators.parsed_records import ArchiveState, Client, Document, FetchedDocument, Record, UnreadableRecord
from models.vocabulary import day_in_london

REGISTER = "contracts"
PARSER = "contracts/2"

FIRST_PULL = timedelta(days=365)  # how far the first pull from the web goes back; older releases come as files
PAGES_A_DAY = 200  # 20,000 notices: no day has so many, so a longer chain of pages is a circle
PACKAGES = 4  # parsed packages at hand while their releases are read in order of time


def fetch(client: Client, since: ArchiveState) -> Iterator[FetchedDocument]:
    """The award notices since the newest day held, a page a document; or the files of releases in the folder.

    Contracts Finder lists the newest notice first, but of two statements of one day the ledger takes the one read last
    as the correction. So the pages of a day are numbered and given oldest first, and only once the day is complete.

    Raises:
        RegisterUnreachable: the register could not be reached, or its answer has another shape.
    """
    register = catalogue.load().registers[REGISTER]
    if client.is_folder:
        yield from client.files(*register.folder)
        return
    newest = _newest_day(client, register.address)
    day = _newest_archived_day(register.address, since) or newest - FIRST_PULL
    while day <= newest:
        pages = sorted(_read_pages(client, register.address, day), key=lambda page: page[0])
        for number, (_, fetched) in enumerate(pages, start=1):
            yield fetched._replace(name=f"contracts/contracts_finder_{day}_{number:03}.json")
        day += timedelta(days=1)


def _newest_day(client: Client, search: str) -> date:
    """The day of the newest award notice: the register's own clock, so that ours does not matter."""
    address = f"{search}?stages=award&limit=1"
    try:
        days = [release["date"].read_day() for release in JsonNode(client.get_json(address))["releases"]]
    except UnreadableValue as odd:
        _raise_wrong_shape(address, odd.unreadable)
    return max(filter(None, days), default=None) or _raise_wrong_shape(
        address, UnreadableRecord("has no release", place="$")
    )


def _newest_archived_day(search: str, since: ArchiveState) -> date | None:
    """The newest day with archived pages: days come in turn, so an interrupted pull continues from there."""
    asked = re.compile(re.escape(search) + r"\?.*\bpublishedFrom=(\d{4}-\d\d-\d\d)")
    return max((date.fromisoformat(match[1]) for match in map(asked.match, since.validators) if match), default=None)


def _read_pages(client: Client, search: str, day: date) -> Iterator[tuple[datetime, FetchedDocument]]:
    """The pages of a day that have releases, each with the instant of its oldest.

    Requests are unconditional: an unchanged first page says nothing about the pages after it.
    """
    span = f"publishedFrom={day}T00:00:00&publishedTo={day + timedelta(days=1)}T00:00:00"
    address = f"{search}?{span}&stages=award&limit=100"
    for _ in range(PAGES_A_DAY):
        fetched = client.get(address, f"contracts/contracts_finder_{day}.json")
        if fetched is None:
            return
        try:
            with fetched.open() as stream:
                package = JsonNode(json.load(stream))
            moments = [moment for release in package["releases"] if (moment := release["date"].read_instant())]
            following = package["links"]["next"].read_text()
        except (ValueError, RecursionError):
            _raise_wrong_shape(address, UnreadableRecord("is not JSON", place="$"))
        except UnreadableValue as odd:
            _raise_wrong_shape(address, odd.unreadable)
        if not moments:
            return
        yield min(moments), fetched
        if not following:
            return
        if not following.startswith(f"{search}?"):
            _raise_wrong_shape(address, UnreadableRecord("leads to another place", place="$.links.next"))
        address = following
    _raise_wrong_shape(address, UnreadableRecord(f"goes on after {PAGES_A_DAY} pages", place="$.links.next"))


def _raise_wrong_shape(address: str, unreadable: UnreadableRecord) -> NoReturn:
    problem = f"{unreadable.place} {unreadable.reason}"
    raise RegisterUnreachable(f"{address}: unexpected answer: {problem}; try again later, or give a folder with --from")


class _FoundRelease(NamedTuple):
    """A release with awards or contracts."""

    released_at: datetime
    json_part: JsonPart
    position: int  # in the package


def parse(document: Document) -> Iterator[Record]:
    """The records of the awards, in order of release: names, links from buyers to suppliers, an event for each award.

    An award to several suppliers states one value for all of them and no shares. Its links and events have no figure
    then, and the event keeps the total verbatim, so that no sum counts the value twice. A value of 0 means "not known"
    (publishers give 0 for frameworks) and is treated alike. A later release states all suppliers of an award again, or
    only how long its contracts run. Plans and tenders have no award and give no records. People named as contacts are
    never read.
    """
    read_on = day_in_london(document.fetched_at)
    awarding: list[_FoundRelease] = []
    with document.open() as stream:
        for release in _find_releases(stream, is_lines=document.name.endswith(".jsonl"), read_on=read_on):
            if isinstance(release, UnreadableRecord):
                yield release
            else:
                awarding.append(release)
        # The ledger takes the last statement of a day as the correction, but registers list the newest first: an award
        # of 10,932,000 was corrected to 109,320 six minutes later, one line above (11 March 2025).
        awarding.sort(key=lambda release: release.released_at)
        releases = lru_cache(maxsize=PACKAGES)(lambda part: part.read_releases(stream))
        for moment, piece, position in awarding:
            yield from AwardNotice(releases(piece)[position], moment).read_records()


def _find_releases(stream: BinaryIO, *, is_lines: bool, read_on: date) -> Iterator[_FoundRelease | UnreadableRecord]:
    """The places of the releases with awards or contracts, and the parts that cannot be read at all."""
    for piece in json_parts(stream, is_lines=is_lines):
        if isinstance(piece, UnreadableRecord):
            yield piece
            continue
        try:
            releases = piece.read_releases(stream)
        except UnreadableValue as odd:
            yield odd.unreadable
            continue
        for position, release in enumerate(releases):
            try:
                if not release:
                    release.raise_unreadable("is not a release")
                if list(release["awards"]) or list(release["contracts"]):
                    yield _FoundRelease(_released_at(release["date"], read_on), piece, position)
            except UnreadableValue as odd:
                yield odd.unreadable


def _released_at(cell: JsonNode, read_on: date) -> datetime:
    moment = cell.read_instant()
    if moment is None:
        cell.raise_unreadable("is not a date; without a date the release cannot be dated")
    if day_in_london(moment) > read_on:
        cell.raise_unreadable(f"is in the future: the document was fetched on {read_on}")
    return moment
