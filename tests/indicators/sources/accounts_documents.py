"""Small sets of accounts, written for the tests: iXBRL pages, plain XBRL and zips of them."""

import io
import zipfile
from datetime import UTC, date, datetime

from indicators.parsed_records import Document, ObservationRecord, Record, UnreadableRecord
from indicators.sources import companies_house_accounts

NAMESPACES = {
    "ix": "http://www.xbrl.org/2013/inlineXBRL",
    "ixt": "http://www.xbrl.org/inlineXBRL/transformation/2011-07-31",
    "xbrli": "http://www.xbrl.org/2003/instance",
    "xbrldi": "http://xbrl.org/2006/xbrldi",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "iso4217": "http://www.xbrl.org/2003/iso4217",
    "core": "http://xbrl.frc.org.uk/fr/2014-09-01/core",
    "bus": "http://xbrl.frc.org.uk/cd/2014-09-01/business",
    "gaap": "http://www.xbrl.org/uk/gaap/core/2009-09-01",
    "pt": "http://www.xbrl.org/uk/fr/gaap/pt/2004-12-01",
    "ae": "http://www.companieshouse.gov.uk/ef/xbrl/uk/fr/gaap/ae/2009-06-21",
    "gc": "http://www.xbrl.org/uk/fr/gcd/2004-12-01",
    "ifrs": "http://xbrl.ifrs.org/taxonomy/2021-03-24/ifrs-full",
}
DECLARED = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in NAMESPACES.items())
NUMBER = "01234567"
SUBJECT = f"GB-COH-{NUMBER}"
NAME = f"companies_house/accounts/Prod223_3951_{NUMBER}_20241231.html"
THIS_YEAR, LAST_YEAR = date(2024, 12, 31), date(2023, 12, 31)


def context(name: str, period: str, *dimensions: str, entity: str = NUMBER) -> str:
    """A context; ``period`` is a day or "first/last", a dimension is "bus:Dimension=bus:Member"."""
    members = "".join(
        f'<xbrldi:explicitMember dimension="{d.split("=")[0]}">{d.split("=")[1]}</xbrldi:explicitMember>'
        for d in dimensions
    )
    first, _, last = period.partition("/")
    dates = f"<xbrli:startDate>{first}</xbrli:startDate><xbrli:endDate>{last}</xbrli:endDate>" if last else ""
    return (
        f'<xbrli:context id="{name}"><xbrli:entity>'
        f'<xbrli:identifier scheme="http://www.companieshouse.gov.uk/">{entity}</xbrli:identifier>'
        f"{f'<xbrli:segment>{members}</xbrli:segment>' if members else ''}</xbrli:entity>"
        f"<xbrli:period>{dates or f'<xbrli:instant>{first}</xbrli:instant>'}</xbrli:period></xbrli:context>"
    )


WITHIN = "core:MaturitiesOrExpirationPeriodsDimension=core:WithinOneYear"
GROUP = "bus:GroupCompanyDataDimension=bus:Consolidated"
CONTEXTS = (
    context("now", "2024-12-31")
    + context("before", "2023-12-31")
    + context("year", "2024-01-01/2024-12-31")
    + context("within", "2024-12-31", WITHIN)
    + context("capital", "2024-12-31", "core:EquityClassesDimension=core:ShareCapital")
    + context("group", "2024-12-31", GROUP)
    + context("group_year", "2024-01-01/2024-12-31", GROUP)
)
UNITS = "".join(
    f'<xbrli:unit id="{name}"><xbrli:measure>{measure}</xbrli:measure></xbrli:unit>'
    for name, measure in {"GBP": "iso4217:GBP", "USD": "iso4217:USD", "pure": "xbrli:pure"}.items()
)


def figure(name: str, shown: str, context: str = "now", unit: str = "GBP", **attributes: str) -> str:
    """A figure in a page, with thousands grouped by commas unless another ``format`` is given ("" for none)."""
    attributes = {"format": "ixt:numdotdecimal", "decimals": "0", **attributes}
    more = " ".join(f'{key.replace("__", ":")}="{value}"' for key, value in attributes.items() if value)
    return f'<ix:nonFraction name="{name}" contextRef="{context}" unitRef="{unit}" {more}>{shown}</ix:nonFraction>'


def words(name: str, shown: str, context: str = "year", **attributes: str) -> str:
    """A text in a page."""
    more = " ".join(f'{key.replace("__", ":")}="{value}"' for key, value in attributes.items())
    return f'<ix:nonNumeric name="{name}" contextRef="{context}" {more}>{shown}</ix:nonNumeric>'


def page(*facts: str, contexts: str = "", before: str = "") -> bytes:
    """An iXBRL page with these facts, one a line, the first on line 3."""
    body = "\n".join(f"<p>{fact}</p>" for fact in facts)
    resources = f"<ix:header><ix:resources>{CONTEXTS}{contexts}{UNITS}</ix:resources></ix:header>"
    return (
        f'{before}<html xmlns="http://www.w3.org/1999/xhtml" {DECLARED}>\n<body>\n{body}\n{resources}</body></html>'
    ).encode()


def instance(*facts: str) -> bytes:
    """A plain XBRL document with these facts, one a line, the first on line 2."""
    body = "\n".join(facts)
    return f"<xbrli:xbrl {DECLARED}>\n{body}\n{CONTEXTS}{UNITS}</xbrli:xbrl>".encode()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of these members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


FETCHED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def parse(data: bytes, name: str = NAME, fetched_at: datetime = FETCHED_AT) -> list[Record]:
    """The records of the source module for a document of these bytes."""
    document = Document("companies_house_accounts", name, "", fetched_at, lambda: io.BytesIO(data))
    return list(companies_house_accounts.parse(document))


def values(records: list[Record], end: date | None = THIS_YEAR) -> dict[str, object]:
    """Indicator to value of the figures of one day or of a period ending on it."""
    named = {"name", "is_dormant", "currency", "accounts_scope"}
    return {
        record.indicator: record.value
        for record in records
        if isinstance(record, ObservationRecord)
        and record.period_end == end
        and record.indicator not in named
        and not record.indicator.startswith("accounts_")
    }


def only(records: list[Record], indicator: str) -> ObservationRecord:
    """The one observation of this indicator."""
    observations = [
        record for record in records if isinstance(record, ObservationRecord) and record.indicator == indicator
    ]
    assert len(observations) == 1, observations
    return observations[0]


def lost(records: list[Record]) -> list[UnreadableRecord]:
    """The parts that could not be read."""
    return [record for record in records if isinstance(record, UnreadableRecord)]


DEBTORS = figure("core:Debtors", "1,234")


NUMBER_FACT = words("bus:UKCompaniesHouseRegisteredNumber", "1234567")


BALANCE_SHEET = words("bus:BalanceSheetDate", "2024-12-31", context="now")


ANOTHER = "companies_house/accounts/Prod223_3951_07654321_20241231.html"


APPROVED = "core:DateAuthorisationFinancialStatementsForIssue"
