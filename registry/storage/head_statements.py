"""The statements that store heads: the newest signature over an entry, and the newest head of a device."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case

from registry.storage import tables


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
