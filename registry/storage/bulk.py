"""Many rows in few statements.

`executemany` lets go of Python's lock at every row; beside busy threads each row then waits for its turn, and 26,000 of
them for minutes. A statement with the values of many rows is one step of the database.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection

MOST_VALUES = 30_000
"""In one statement: SQLite takes 32,766."""


def insert_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows into a table of ours; each has the values of `columns` in their order."""
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {table} ({', '.join(columns)}) FROM STDIN", rows)
        return
    waiting = iter(rows)
    at_once = MOST_VALUES // len(columns)
    while some := list(islice(waiting, at_once)):
        statement = _statement(table, tuple(columns), len(some))
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(some)))


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """PostgreSQL's own way, which takes less than a statement for each row."""
    cursor: Any = connection.connection.cursor()
    with closing(cursor), cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=16)
def _statement(table: str, columns: tuple[str, ...], rows: int) -> str:
    one = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * rows)}"  # noqa: S608 - names of ours
