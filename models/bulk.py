"""Reads and writes rows in bulk, with one driver for each database.

SQLite is reached through Python's own ``sqlite3`` alone: a second SQLite library in the same process (ADBC's) does not
see its locks and loses committed rows without an error. PostgreSQL receives rows by COPY and returns them by ADBC. All
bulk rows pass through this module.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    Dialect,
    Engine,
    Integer,
    Select,
    SmallInteger,
    String,
    Table,
    any_,
    bindparam,
    func,
    insert,
    select,
    types,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

CHUNK = 50_000  # rows held in Python at once
IN_LIST = 900  # values in one IN (...): below SQLite's old limit of 999


def append(session: Session, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows (tuples in the order of ``columns``) within the session's transaction."""
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        _copy_rows(connection, table, columns, rows)
        return
    statement = insert(table).values({name: bindparam(name) for name in columns})
    sql = str(statement.compile(dialect=connection.dialect, column_keys=list(columns)))
    order = statement.compile(dialect=connection.dialect, column_keys=list(columns)).positiontup
    if list(order or ()) != list(columns):
        index = [list(columns).index(name) for name in order or ()]
        rows = [tuple(row[i] for i in index) for row in rows]
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(sql, rows)
    finally:
        cursor.close()


def _copy_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    from psycopg import sql

    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def parallel_count(engine: Engine) -> int:
    """The number of bulk readers or writers at once: a server works beside us, a file does not become faster."""
    return 2 if engine.dialect.name == "postgresql" else 1


def write_rows(engine: Engine, table: Table, rows: pa.Table) -> None:
    """Insert an Arrow table, whose columns are named as the database's, in a transaction of its own.

    Columns that the database stores packed must already be packed.
    """
    if not rows.num_rows:
        return
    rows = rows.cast(pa.schema([(name, _stored_type(table.c[name].type, engine)) for name in rows.column_names]))
    if engine.dialect.name == "postgresql":
        from adbc_driver_postgresql import dbapi as adbc

        with adbc.connect(_adbc_url(engine)) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(table.name, rows, mode="append")
            connection.commit()
        return
    with Session(engine.execution_options(is_writer=True)) as session, session.begin():
        for batch in rows.to_batches(CHUNK):
            values = [column.to_pylist() for column in batch.columns]
            append(session, table, rows.column_names, list(zip(*values, strict=True)))


def read_rows(engine: Engine, statement: Select[Any]) -> pa.Table:
    """All rows of the statement as an Arrow table, one column for each of the statement's."""
    schema = _arrow_schema(statement)
    return pa.Table.from_batches((batch.cast(schema) for batch in read_batches(engine, statement)), schema=schema)


def read_batches(engine: Engine, statement: Select[Any]) -> Iterator[pa.RecordBatch]:
    """All rows of the statement, some tens of thousands at a time; whole numbers are as wide as the database's."""
    for rows in stream_rows(engine, statement):
        if isinstance(rows, pa.RecordBatch):
            yield rows
        else:
            yield from rows


def stream_rows(engine: Engine, statement: Select[Any]) -> Iterator[pa.RecordBatch | pa.RecordBatchReader]:
    """The rows of the statement for DuckDB to scan: from PostgreSQL as one stream, which is read while DuckDB works.

    From SQLite they come as batches, because a connection belongs to the thread that reads.
    """
    if engine.dialect.name == "postgresql":
        yield from _stream_copy(engine, statement)
        return
    schema = _arrow_schema(statement)
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(statement)
        for rows in result.partitions(CHUNK):
            columns = zip(*rows, strict=True)
            arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _arrow_schema(statement: Select[Any]) -> pa.Schema:
    return pa.schema([(column.name, _arrow_type(column.type)) for column in statement.selected_columns])


def _stream_copy(engine: Engine, statement: Select[Any]) -> Iterator[pa.RecordBatchReader]:
    """The rows by COPY, which streams, with the parameters written into the statement.

    The driver would collect the whole result of a statement with separate parameters in memory first.
    """
    from adbc_driver_postgresql import dbapi as adbc
    from psycopg import ClientCursor

    compiled = statement.compile(engine, compile_kwargs={"render_postcompile": True})
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        sql = ClientCursor(driver).mogrify(str(compiled), compiled.params)
    with adbc.connect(_adbc_url(engine)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        yield cursor.fetch_record_batch()


def _adbc_url(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _stored_type(kind: types.TypeEngine[Any], engine: Engine) -> pa.DataType:
    """The type in which the database stores the column: COPY accepts no other."""
    own = kind.dialect_impl(engine.dialect)
    if isinstance(own, SmallInteger):
        return pa.int16()
    if isinstance(own, Integer) and not isinstance(own, BigInteger):
        return pa.int32()
    return _arrow_type(kind)


_ARROW_TYPES: tuple[tuple[type[types.TypeEngine[Any]], pa.DataType], ...] = (
    (types.Boolean, pa.bool_()),
    (types.Integer, pa.int64()),
    (types.Float, pa.float64()),
    (types.Date, pa.date32()),
    (types.LargeBinary, pa.binary()),
)


def _arrow_type(kind: types.TypeEngine[Any]) -> pa.DataType:
    if isinstance(kind, types.TypeDecorator):
        kind = kind.impl_instance
    return next((arrow for column_type, arrow in _ARROW_TYPES if isinstance(kind, column_type)), pa.string())


def split_chunks(values: Iterable[Any], size: int = IN_LIST) -> Iterator[list[Any]]:
    """The values in lists short enough for one ``IN (...)``."""
    chunk: list[Any] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def intern_texts(
    session: Session, table: Table, column: str, texts: set[str], numbers: dict[str, int], **extra: Any
) -> None:
    """Make sure that every text has a number in a dictionary table, and put the numbers into ``numbers``.

    ``extra`` gives further columns of new rows: a value, or a function of the text.
    """
    missing = sorted(texts - numbers.keys())
    if not missing:
        return
    numbers.update({text: number for number, text in rows_matching(session, table, ("id", column), missing)})
    columns = [column, *extra]
    rows = [
        (text, *(value(text) if callable(value) else value for value in extra.values()))
        for text in missing
        if text not in numbers
    ]
    if not rows:
        return
    before = session.scalar(select(func.max(table.c.id))) or 0
    append(session, table, columns, rows)
    new = select(table.c.id, table.c[column]).where(table.c.id > before)
    numbers.update({text: number for number, text in session.execute(new)})


def rows_matching(
    session: Session, table: Table, columns: tuple[str, ...], texts: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """The columns of the rows whose last column is among the texts.

    The statement has always the same number of parameters: compiling a statement with a thousand parameters takes
    longer than running it.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        is_one = table.c[columns[-1]] == any_(bindparam("texts", texts, type_=postgresql.ARRAY(String)))
        yield from map(tuple, session.execute(select(*(table.c[name] for name in columns)).where(is_one)))
        return
    sql = _matching_sql(table, columns, connection.dialect)
    for chunk in split_chunks(texts):
        filled = (*chunk, *chunk[-1:] * (IN_LIST - len(chunk)))
        yield from map(tuple, connection.exec_driver_sql(sql, filled))


@cache
def _matching_sql(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    places: list[BindParameter[str]] = [bindparam(f"text_{number}") for number in range(IN_LIST)]
    statement = select(*(table.c[name] for name in columns)).where(table.c[columns[-1]].in_(places))
    return str(statement.compile(dialect=dialect))
