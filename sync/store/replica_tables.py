"""The tables of `replica.db`, step by step."""

from typing import Any

from sync.store.sqlite import Steps

migrations = Steps("replica")


@migrations()
def first_tables(db: Any) -> None:
    """Logs with their branches and heads, name cards, and the door's inbox."""
    db.execute(
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, log TEXT NOT NULL, seq INTEGER NOT NULL,"
        " digest BLOB NOT NULL, badge BLOB, raw BLOB NOT NULL, UNIQUE (log, seq, digest))"
    )
    db.execute("CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL")
    # The key's columns come first: elsewhere the quick_check of SQLite 3.40 finds NULLs that are not there.
    db.execute(
        "CREATE TABLE tip (log TEXT NOT NULL, digest BLOB NOT NULL, seq INTEGER NOT NULL,"
        " PRIMARY KEY (log, digest)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE head (log TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL,"
        " at_ms INTEGER NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (log, seq, digest)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE word (device TEXT PRIMARY KEY, log TEXT NOT NULL, seq INTEGER NOT NULL,"
        " digest BLOB NOT NULL, at_ms INTEGER NOT NULL, signature BLOB NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE device (fingerprint TEXT PRIMARY KEY, public BLOB NOT NULL, kiosk BLOB NOT NULL,"
        " wall_ms INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE definition (id INTEGER PRIMARY KEY CHECK (id = 1), wall_ms INTEGER NOT NULL,"
        " seq INTEGER NOT NULL, event BLOB NOT NULL)"
    )
    db.execute(
        "CREATE TABLE card (digest BLOB PRIMARY KEY, badge BLOB NOT NULL, issue INTEGER NOT NULL,"
        " raw BLOB) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX card_badge ON card (badge)")
    db.execute("CREATE INDEX card_lacking ON card (digest) WHERE raw IS NULL")
    db.execute(
        "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, body BLOB NOT NULL)"
    )
    db.execute("CREATE TABLE import (name TEXT PRIMARY KEY, word BLOB NOT NULL) WITHOUT ROWID")
    db.execute("CREATE TABLE target (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID")
