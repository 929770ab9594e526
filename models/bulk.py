"""The one gate for bulk rows, in and out, with one driver per database file.

SQLite is reached through Python's own ``sqlite3`` alone: a second SQLite library in the same process (ADBC's) does not
see its locks and loses committed rows without an error. PostgreSQL takes rows by COPY and gives them by ADBC.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, Float, Integer, Select, Table, bindparam, insert, select, types
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
        _copy(connection, table, columns, rows)
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


def _copy(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    from psycopg import sql

    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def read(engine: Engine, statement: Select[Any]) -> pa.Table:
    """All rows of the statement as an Arrow table, one column for each of the statement's."""
    if engine.dialect.name == "postgresql":
        return _read_adbc(engine, statement)
    schema = pa.schema([(column.name, _arrow(column.type)) for column in statement.selected_columns])
    with engine.connect() as connection:
        result = connection.execution_options(stream_results=True).execute(statement)
        batches = [_batch(rows, schema) for rows in result.partitions(CHUNK)]
    return pa.Table.from_batches(batches, schema=schema)


def _batch(rows: Sequence[Any], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays(
        [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )


def _read_adbc(engine: Engine, statement: Select[Any]) -> pa.Table:
    from adbc_driver_postgresql import dbapi as adbc

    dialect: Any = postgresql.dialect  # carries no types
    compiled = statement.compile(
        dialect=dialect(paramstyle="numeric_dollar"), compile_kwargs={"render_postcompile": True}
    )
    parameters = [compiled.params[name] for name in compiled.positiontup or ()]
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    schema = pa.schema([(column.name, _arrow(column.type)) for column in statement.selected_columns])
    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(str(compiled), parameters or None)
        table = cursor.fetch_arrow_table()
    return table.cast(schema)


def _arrow(kind: types.TypeEngine[Any]) -> pa.DataType:
    if isinstance(kind, types.Boolean):
        return pa.bool_()
    if isinstance(kind, Integer):
        return pa.int64()
    if isinstance(kind, Float):
        return pa.float64()
    if isinstance(kind, types.Date):
        return pa.date32()
    return pa.string()


def chunked(values: Iterable[Any], size: int = IN_LIST) -> Iterator[list[Any]]:
    """The values in lists short enough for one ``IN (...)``."""
    chunk: list[Any] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def intern(session: Session, table: Table, column: str, texts: set[str], cache: dict[str, int], **extra: Any) -> None:
    """Make sure that every text has a number in a dictionary table, and put the numbers into ``cache``.

    ``extra`` gives further columns of new rows: a value, or a function of the text.
    """
    missing = texts - cache.keys()
    if not missing:
        return
    key = table.c[column]
    for chunk in chunked(sorted(missing)):
        cache.update(
            {found: number for number, found in session.execute(select(table.c.id, key).where(key.in_(chunk)))}
        )
    new = sorted(missing - cache.keys())
    columns = [column, *extra]
    rows = [(text, *(value(text) if callable(value) else value for value in extra.values())) for text in new]
    append(session, table, columns, rows)
    for chunk in chunked(new):
        cache.update(
            {found: number for number, found in session.execute(select(table.c.id, key).where(key.in_(chunk)))}
        )
