"""Links become rows: once for each change of terms, with the supplier's award behind them."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, select

from indicators.ledger.dictionaries import Dictionaries, RecordsByType
from indicators.ledger.link_rows import LINK_COLUMNS, LinkRows
from indicators.ledger.load_counts import LoadCounts
from indicators.parsed_records import AwardChange, LinkRecord
from models.database import table_of, write_session
from models.ledger import Load
from models.vocabulary import BuyerKind, DateBasis, Relation
from tests.factories import FILE_DAY, HOME, hosted, load, owned

LATER = FILE_DAY.replace(year=2020)
AREA = "CW-AREA-x"
CHANGE = AwardChange("GB-CFS-1", "award", LATER, DateBasis.STATED, None, date(2023, 3, 31), 50.0)


def link_rows(engine: Engine, *records: Any) -> tuple[LinkRows, LoadCounts, list[dict[str, Any]]]:
    """The rows that the records become, on top of what is in the ledger."""
    names, loaded = Dictionaries(), LoadCounts(records=len(records))
    with write_session(engine) as session:
        names.assign_numbers(session, by_type := RecordsByType(list(records)))
        links = LinkRows(session, 99, by_type, names, select(table_of(Load).c.id))
        for row, record in enumerate(records, 1):
            add = links.add_link if isinstance(record, LinkRecord) else links.add_award_links
            add(record, row, loaded)
    return links, loaded, [dict(zip(LINK_COLUMNS, row, strict=True)) for row in links.rows]


def test_a_link_becomes_a_row_with_the_numbers_of_its_ends(sqlite_engine: Engine) -> None:
    links, loaded, [row] = link_rows(sqlite_engine, owned("CW-OWNER-a"))
    assert row["relation"] == Relation.OWNED_BY
    assert row["subject_id"] == links.names.subjects[HOME]
    assert row["object_id"] == links.names.subjects["CW-OWNER-a"]
    assert row["load_id"] == 99
    assert loaded.looked_on == row["known_on"]


def test_a_known_link_is_left_out_and_remembered_as_repeated(engine: Engine) -> None:
    load(engine, [owned("CW-OWNER-a"), hosted(AREA)])
    links, _, rows = link_rows(engine, owned("CW-OWNER-a", known_on=LATER), hosted(AREA, known_on=LATER))
    assert rows == []
    assert links.repeated == {links.names.subjects[HOME], links.names.subjects[AREA]}


def test_another_owner_or_another_area_is_a_row(engine: Engine) -> None:
    load(engine, [owned("CW-OWNER-a"), hosted(AREA)])
    records = owned("CW-OWNER-b", known_on=LATER), hosted("CW-AREA-y", known_on=LATER)
    assert len(link_rows(engine, *records)[2]) == 2


def test_a_recalled_link_is_marked_unless_it_repeats(sqlite_engine: Engine) -> None:
    recalled = owned("CW-OWNER-a")._replace(is_recalled=True)
    assert link_rows(sqlite_engine, recalled, recalled)[0].recalled == [(99, 1)]


def test_a_change_of_an_unknown_award_is_kept_as_a_link_without_a_supplier(sqlite_engine: Engine) -> None:
    links, _, [row] = link_rows(sqlite_engine, CHANGE)
    assert row["object_id"] is None
    assert row["reference"] == "award"
    assert row["value_gbp"] == 50.0
    assert links.extra == 0


def test_a_change_of_a_known_award_is_a_row_for_its_supplier_too(sqlite_engine: Engine) -> None:
    supplied = LinkRecord(
        "GB-CFS-1",
        Relation.BUYS_FROM,
        HOME,
        FILE_DAY,
        DateBasis.STATED,
        BuyerKind.BUYER,
        date(2022, 4, 1),
        date(2025, 3, 31),
        reference="award/2019-03-31",
        value_gbp=100.0,
    )
    load(sqlite_engine, [supplied])
    links, _, rows = link_rows(sqlite_engine, CHANGE)
    [supplier] = [row for row in rows if row["object_id"] is not None]
    assert supplier["value_gbp"] == 50.0
    assert supplier["reference"] == "award/2019-03-31"
    assert supplier["row"] == 2  # after the records of the load
    assert links.extra == 1
