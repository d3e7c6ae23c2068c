"""Steps that a later version might bring: tables are added to, rebuilt and moved, row by row, over all that is stored.

Each reports how far it has come, so that a test can choose where to pull the plug. Afterwards the tables still are what
today's code asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa
import sqlite_utils
from alembic import op

PIECE = 100


def _report(step: str, done: int) -> None:
    print(step, done, flush=True)


# The registry's.


def add_sizes() -> None:
    """A column is added, and filled in for every entry."""
    size = sa.Column("size", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("entry", size)
    connection = op.get_bind()
    entry = sa.table("entry", sa.column("id"), sa.column("raw"), sa.column("size"))
    rows = connection.execute(sa.select(entry.c.id, entry.c.raw)).all()
    for done, piece in _pieces(rows):
        for row_id, raw in piece:
            connection.execute(entry.update().where(entry.c.id == row_id).values(size=len(raw)))
        _report("add_sizes", done)


def rebuild_entries() -> None:
    """SQLite can change a column only by copying the whole table."""
    with op.batch_alter_table("entry") as entry:
        entry.alter_column("size", server_default="-1")
        _report("rebuild_entries", 0)
    _report("rebuild_entries", 1)


def move_people() -> None:
    """The people move to a table of another name, which then replaces the old one."""
    connection = op.get_bind()
    old = sa.Table("person", sa.MetaData(), autoload_with=connection)
    columns = [
        sa.Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable) for c in old.c
    ]
    new = sa.Table("person_anew", sa.MetaData(), *columns, sa.UniqueConstraint("ref"))
    new.create(connection)
    for done, piece in _pieces(connection.execute(sa.select(old)).mappings().all()):
        connection.execute(new.insert(), [dict(row) for row in piece])
        _report("move_people", done)
    op.drop_table("person")
    op.rename_table("person_anew", "person")


REGISTRY_STEPS = ("add_sizes", "rebuild_entries", "move_people")


# Of a kiosk's files.


def note_sizes(db: sqlite_utils.Database) -> None:
    """A table is added, with a row for every entry."""
    db.execute("CREATE TABLE size (log TEXT NOT NULL, seq INTEGER NOT NULL, size INTEGER NOT NULL)")
    rows = db.execute("SELECT log, seq, length(raw) FROM entry").fetchall()
    for done, piece in _pieces(rows):
        for row in piece:
            db.execute("INSERT INTO size VALUES (?, ?, ?)", row)
        _report("note_sizes", done)


def rebuild_log(db: sqlite_utils.Database) -> None:
    """Every entry is copied into a new table, which replaces the old one."""
    _rebuild(db, "entry", "CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL")


def rebuild_heads(db: sqlite_utils.Database) -> None:
    """The same with the heads."""
    _rebuild(db, "head")


KIOSK_STEPS = (note_sizes, rebuild_log, rebuild_heads)


def _rebuild(db: sqlite_utils.Database, table: str, *indexes: str) -> None:
    rebuilt = f"{table}_anew"
    db.execute(db[table].schema.replace(f"CREATE TABLE {table} ", f"CREATE TABLE {rebuilt} "))
    rows = db.execute(f"SELECT * FROM {table}").fetchall()
    for done, piece in _pieces(rows):
        for row in piece:
            db.execute(f"INSERT INTO {rebuilt} VALUES ({', '.join('?' * len(row))})", row)
        _report(f"rebuild {table}", done)
    db.execute(f"DROP TABLE {table}")
    db.execute(f"ALTER TABLE {rebuilt} RENAME TO {table}")
    for index in indexes:
        db.execute(index)


def _pieces(rows: Iterable) -> Iterator[tuple[int, list]]:  # type: ignore[type-arg]
    """Some rows at a time, with how many there were before them."""
    rows = list(rows)
    for done in range(0, len(rows), PIECE):
        yield done, rows[done : done + PIECE]
