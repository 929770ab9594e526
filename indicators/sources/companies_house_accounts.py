"""Reads annual accounts as filed at Companies House: iXBRL and XBRL, single files and daily or monthly bulk zips.

``indicators/formats/accounts/mapping.yaml`` says where each figure stands in the taxonomies. Names of directors are
never read.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urljoin

from lxml import etree, html

from indicators import catalogue
from indicators.formats.accounts.dates import DateKnown, months_after, product_day, read_name
from indicators.formats.accounts.figures import AccountsFigures, DoubtfulFact, read_figures
from indicators.formats.accounts.filing import Filing, read_filing
from indicators.formats.accounts.mapping import load_mapping
from indicators.formats.xbrl import DocumentUnreadable, Fact, read_facts
from indicators.formats.zips import LostMember, Member, read_members
from indicators.http import RegisterUnreachable
from indicators.parsed_records import (
    ArchiveState,
    Client,
    Document,
    FetchedDocument,
    ObservationRecord,
    Record,
    UnreadableRecord,
)
from models.vocabulary import day_in_london

REGISTER = "companies_house_accounts"
PARSER = "companies_house_accounts/2"

# The filing of a community interest company and the folder in it: CIC-15052776/accounts, beside cic34 with its report.
_CIC_FILING = re.compile(r"(.*\bCIC-[A-Z0-9]{8})/(?:([^/]+)/)?", re.IGNORECASE)

LOOK_BACK = timedelta(days=7)  # a product may appear on the page some days after its date
LARGEST_PAGE = 1 << 24  # bytes

TEXTS = {
    "name": "name",
    "period_start": "accounts_period_start",
    "period_end": "accounts_period_end",
    "approved_on": "accounts_approved_on",
    "received_on": "accounts_filed_on",
}
DORMANT = {"is_dormant": "true", "is_active": "false"}  # the form of 2009 states one or the other


def fetch(client: Client, since: ArchiveState) -> Iterator[FetchedDocument]:
    """The accounts of a folder, or the daily and monthly products that the register's page lists and we do not have.

    Raises:
        RegisterUnreachable: the page could not be fetched, or lists no product.
    """
    register = catalogue.load().registers[REGISTER]
    if client.is_folder:
        yield from client.files(*register.folder)
        return
    listed = _listed_products(client, register.address)
    first_daily = min((day for address, day in listed if "_Monthly_" not in address), default=date.max)
    for address, day in listed:
        is_covered = "_Monthly_" in address and months_after(day, -1) >= first_daily
        is_old = since.newest_on is not None and day < since.newest_on - LOOK_BACK
        if address in since.validators or is_covered or is_old:
            continue
        fetched = client.get(address, f"companies_house/{address.rpartition('/')[2]}", since)
        if fetched is not None:
            yield fetched


def parse(document: Document) -> Iterator[Record]:
    """The records of each set of accounts in the document, in turn; doubtful facts become ``UnreadableRecord``.

    A community interest company files its accounts with a report of its own, which is skipped.
    """
    fetched_on = day_in_london(document.fetched_at)
    has_accounts: dict[str, bool] = {}  # by the path of a community interest company's filing
    for member in read_members(document.open):
        filing = _CIC_FILING.match(member.name)
        is_accounts = filing is None or (filing[2] or "").lower() == "accounts"
        if filing is not None:
            has_accounts[filing[1]] = is_accounts or has_accounts.get(filing[1], False)
        if isinstance(member, LostMember):
            yield UnreadableRecord(member.reason, place=member.name)
        elif is_accounts:
            yield from _read_accounts(f"{document.name}/{member.name}".rstrip("/"), member, fetched_on)
    for name in (name for name, is_there in has_accounts.items() if not is_there):
        yield UnreadableRecord("is a community interest company's filing without a folder 'accounts'", place=name)


def _listed_products(client: Client, address: str) -> list[tuple[str, date]]:
    """The products that the page lists, oldest first: address and day."""
    page = client.get(address, "companies_house/accounts_products.html")
    links: set[str] = set()
    if page is not None:
        with page.open() as stream:
            content = stream.read(LARGEST_PAGE)
        try:
            anchors = html.document_fromstring(content).iter("a")
            links = {urljoin(address, anchor.get("href") or "") for anchor in anchors}
        except etree.ParserError:  # an empty page
            links = set()
    listed = [(link, day) for link in links if (day := product_day(link)) is not None]
    if not listed:
        raise RegisterUnreachable(f"{address}: names no accounts product; give accounts with --from")
    return sorted(listed, key=lambda product: (product[1], product[0]))


def _read_accounts(path: str, member: Member, fetched_on: date) -> Iterator[Record]:
    prefix = f"{member.name}: " if member.name else ""
    try:
        facts = read_facts(member.data)
    except DocumentUnreadable as error:
        yield UnreadableRecord(error.reason, error.line, member.name)
        return
    if not any(load_mapping().has_concept(fact.concept) for fact in facts):
        spaces = sorted({fact.concept[1:].partition("}")[0] for fact in facts})
        yield UnreadableRecord(
            f"none of its facts is in a taxonomy of British accounts, but in {spaces[:3]}", None, member.name
        )
        return
    filing = read_filing(read_name(path), facts, fetched_on)
    if filing.number is None or filing.date_known is None:
        lacking = "company number" if filing.number is None else "balance-sheet day and no approval date"
        yield UnreadableRecord(f"has no {lacking}, neither inside nor in its name", None, member.name)
        return
    figures = read_figures(facts, filing.end)
    nameless = [
        DoubtfulFact(fact, "is tagged, but does not say as what") for fact in facts if fact.concept.endswith("}")
    ]
    for fact, reason in (*nameless, *filing.doubts, *figures.doubts):
        yield UnreadableRecord(reason, fact.line, prefix + _fact_place(fact))
    for record in (
        *_filing_records(filing, filing.date_known, figures),
        *_figure_records(filing, filing.date_known, figures),
    ):
        yield record._replace(place=prefix + record.place)


def _filing_records(filing: Filing, date_known: DateKnown, read: AccountsFigures) -> Iterator[ObservationRecord]:
    """The statements of the accounts about themselves, for their period; the name has no period."""
    texts = filing.texts
    statements: list[tuple[str, str | bool, Fact | None]] = [
        (indicator, texts[key].value, texts[key].fact) for key, indicator in TEXTS.items() if key in texts
    ]
    if flag := next((key for key in DORMANT if key in texts), None):
        statements.append(("is_dormant", texts[flag].value == DORMANT[flag], texts[flag].fact))
    if read.figures:
        statements.append(("accounts_scope", read.scope, read.figures[0].fact))
    if in_money := next((figure for figure in read.figures if figure.unit), None):
        statements.append(("currency", in_money.unit or "", in_money.fact))
    for indicator, value, fact in statements:
        yield ObservationRecord(
            f"GB-COH-{filing.number}",
            indicator,
            value,
            date_known.known_on,
            date_known.known_on_basis,
            period_start=None if indicator == "name" else filing.start,
            period_end=None if indicator == "name" else filing.end,
            occurrence=REGISTER if indicator == "name" else "",  # beside what the company's own register calls it
            verbatim=_shown_text(fact) if fact and indicator in TEXTS.values() and _shown_text(fact) != value else None,
            line=fact.line if fact else None,
            place=_fact_place(fact) if fact else "file name",
        )


def _figure_records(
    filing: Filing, date_known: DateKnown, read: AccountsFigures
) -> Iterator[ObservationRecord | UnreadableRecord]:
    for figure in read.figures:
        fact = figure.fact
        if figure.end > date_known.known_on:
            reason = (
                f"is for {figure.end}, which was still to come when the accounts became known ({date_known.known_on})"
            )
            yield UnreadableRecord(reason, fact.line, _fact_place(fact))
            continue
        yield ObservationRecord(
            f"GB-COH-{filing.number}",
            figure.indicator,
            figure.value,
            date_known.known_on,
            date_known.known_on_basis,
            period_start=figure.start,
            period_end=figure.end,
            verbatim=fact.text.strip(),
            unit=figure.unit if figure.unit != "GBP" else None,
            line=fact.line,
            place=_fact_place(fact) + (", sign turned" if fact.value == -figure.value != 0 else ""),
            decimals=figure.rounded_to,
        )


def _shown_text(fact: Fact) -> str:
    """The text as the page shows it, without line breaks and blanks of the markup."""
    return " ".join(fact.text.split())


def _fact_place(fact: Fact) -> str:
    return f"{fact.concept.rpartition('}')[2] or 'a fact'}, context {fact.context.id or 'missing'}"
