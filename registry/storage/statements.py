"""The statements of the exchange, with the parameter marks of SQLite; and those that store heads."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, select

from registry.storage import tables

ENTRY = ("log", "seq", "digest", "badge", "raw", "received_ms")

ADD_ENTRY = f"INSERT INTO entry ({', '.join(ENTRY)}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - names of ours

ROWS = "SELECT log, seq, digest, badge, raw FROM entry WHERE log = ? AND seq BETWEEN ? AND ? ORDER BY seq"
PIECE = "SELECT digest, raw FROM entry WHERE log = ? AND seq BETWEEN ? AND ? ORDER BY seq"
HEADS = (
    "SELECT log, seq, digest, at_ms, signature FROM head WHERE log = ? AND seq > ? ORDER BY seq"
    " LIMIT ?"
)
HOLDS = "SELECT 1 FROM entry WHERE log = ? AND seq = ? AND digest = ?"
ADD_TIP = "INSERT INTO tip (log, seq, digest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
DROP_TIP = "DELETE FROM tip WHERE log = ? AND digest = ?"
SINCE = "SELECT id, log, digest, raw FROM entry WHERE id > ? ORDER BY id LIMIT ?"
TIPS = "SELECT seq, digest FROM tip WHERE log = ? ORDER BY seq"
CARDS = "SELECT digest, raw FROM card WHERE raw IS NOT NULL AND digest IN ({marks})"

LACKING = (
    select(tables.card.c.digest).where(tables.card.c.raw.is_(None)).order_by(tables.card.c.digest)
)
"""The name cards that the roster names and that have not arrived."""


def keep_head_statement(insert: Any) -> Any:
    """Of an INSERT into `head`: a newer signature over the same entry replaces the older one."""
    fresh = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["log", "seq", "digest"],
        set_={"at_ms": fresh.at_ms, "signature": fresh.signature},
        where=fresh.at_ms > tables.head.c.at_ms,
    )


def keep_latest_head_statement(insert: Any, columns: Sequence[str]) -> Any:
    """Of an INSERT into `word`: a head that its device signed later replaces the one before."""
    fresh = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["device"],
        set_={name: fresh[name] for name in columns},
        where=case(  # as `sync.store.log_store.newer`
            (
                and_(fresh.log == tables.word.c.log, fresh.seq != tables.word.c.seq),
                fresh.seq > tables.word.c.seq,
            ),
            else_=fresh.at_ms >= tables.word.c.at_ms,
        ),
    )
