"""The bulk gate: what goes in comes out, on both databases."""

import json
import zlib
from datetime import date

import pyarrow as pa
from sqlalchemy import select

from indicators.ledger.repeats import LINK
from models import bulk
from models.database import read_session, table_of, write_session
from models.ledger import InternedText, Load
from models.packed import pack_json, unpack_json
from models.scoring import FindingSet
from tests.factories import NOW

FINDINGS = table_of(FindingSet)


def test_rows_come_back_as_they_went_in(engine):
    load = table_of(Load)
    columns = ("parser", "scope", "repetition", "listed_on", "recorded_at", "is_done", "known_from")
    # Columns without a server default are all given; the order is the caller's.
    rest = ("records", "observations", "links", "listed", "unreadable")
    with write_session(engine) as session:
        bulk.append(
            session,
            load,
            (*columns, *rest),
            [(f"p\t{number}\\N", "all", 0, date(2019, 3, 31), NOW, True, None, 0, 0, 0, 0, 0) for number in range(3)],
        )
    table = bulk.read_rows(
        engine, select(load.c.parser, load.c.listed_on, load.c.is_done, load.c.known_from).order_by(load.c.id)
    )

    assert table.column("parser").to_pylist() == ["p\t0\\N", "p\t1\\N", "p\t2\\N"]
    assert table.column("listed_on").to_pylist() == [date(2019, 3, 31)] * 3
    assert table.column("is_done").to_pylist() == [True] * 3
    assert table.column("known_from").to_pylist() == [None] * 3


def test_an_empty_result_keeps_its_columns(engine):
    table = bulk.read_rows(engine, select(table_of(InternedText).c.id, table_of(InternedText).c.text))

    assert table.schema == pa.schema([("id", pa.int64()), ("text", pa.string())])


def test_values_in_a_statement_are_never_part_of_it(engine):
    words = table_of(InternedText)
    hostile = ["a'b", "c\\' OR 1=1 --", "d\te", "%s", "%(x)s", "100%", ":e", "$1", "é\n\u2028"]
    bulk.write_rows(engine, words, pa.table({"id": range(1, 10), "text": hostile}))

    for number, text in enumerate(hostile, 1):
        assert bulk.read_rows(engine, select(words.c.id).where(words.c.text == text))["id"].to_pylist() == [number]
    assert bulk.read_rows(engine, select(words.c.id).where(words.c.text.in_(hostile[:3]))).num_rows == 3


def test_a_written_table_comes_back_as_it_was(engine):
    rows = {
        "load_id": [1, 1],
        "row": [1, 2],
        "subject_id": [7, 8],
        "relation": ["owned_by", "x"],
        "kind": ["", ""],
        "known_on": [18000, -3],
        "known_on_basis": [2, 0],
        "confidence": [1.0, 0.1],
        "reference": ["", "é"],
        "audience_id": [1, 1],
        "value_gbp": [None, 1e300],
    }
    bulk.write_rows(engine, LINK, pa.table(rows))

    columns = [LINK.c[name] for name in rows]
    assert bulk.read_rows(engine, select(*columns).order_by(LINK.c.seq)).to_pydict() == rows


def test_a_packed_column_is_written_packed_and_read_unpacked(engine):
    documents = {"a": [], "b": [{"title": 'é \u2028 "', "value": None}], "c": [0.1] * 20_000}
    packed = [pack_json(json.dumps(document).encode()) for document in documents.values()]
    bulk.write_rows(engine, FINDINGS, pa.table({"sha256": list(documents), "findings": packed}))
    bulk.write_rows(
        engine, FINDINGS, pa.table({"sha256": pa.array([], pa.string()), "findings": pa.array([], pa.binary())})
    )

    with read_session(engine) as session:
        assert dict(session.execute(select(FINDINGS.c.sha256, FINDINGS.c.findings)).tuples().all()) == documents


def test_we_read_the_output_of_zlib_and_zlib_reads_ours():
    document = b'[{"principle":"evidence","rule":"late"}]' * 500

    assert unpack_json(zlib.compress(document)) == document
    assert zlib.decompress(pack_json(document)) == document


def test_texts_get_one_number_each(engine):
    cache: dict[str, int] = {}
    with write_session(engine) as session:
        bulk.intern_texts(session, table_of(InternedText), "text", {"a", "b"}, cache)
        bulk.intern_texts(session, table_of(InternedText), "text", {"b", "c"}, cache)
        fresh: dict[str, int] = {}
        bulk.intern_texts(session, table_of(InternedText), "text", {"a", "b", "c"}, fresh)

    assert fresh == cache
    assert len(set(cache.values())) == 3


def test_values_are_chunked():
    assert list(bulk.split_chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
