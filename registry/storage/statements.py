"""The statements of the exchange, with the parameter marks of SQLite."""

from sqlalchemy import select

from registry.storage import tables

ENTRY = ("log", "seq", "digest", "badge", "raw", "received_ms")

ADD_ENTRY = "INSERT INTO entry (log, seq, digest, badge, raw, received_ms) VALUES (?, ?, ?, ?, ?, {at_ms:d})"
"""With the time of arrival, which all entries of a message share."""

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
ARRIVED = "SELECT id, badge, log, digest, raw FROM entry WHERE id > ? ORDER BY id LIMIT ?"
TIPS = "SELECT seq, digest FROM tip WHERE log = ? ORDER BY seq"
CARDS = "SELECT digest, raw FROM card WHERE raw IS NOT NULL AND digest IN ({marks})"

LACKING = (
    select(tables.card.c.digest).where(tables.card.c.raw.is_(None)).order_by(tables.card.c.digest)
)
"""The name cards that the roster names and that have not arrived."""


KEEP_HEAD = (
    "INSERT INTO head (log, seq, digest, at_ms, signature) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (log, seq, digest) DO UPDATE SET at_ms = excluded.at_ms, signature = excluded.signature"
    " WHERE excluded.at_ms > head.at_ms"
)
"""A newer signature over the same entry replaces the older one."""

KEEP_LATEST_HEAD = (
    "INSERT INTO word (device, log, seq, digest, at_ms, signature) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (device) DO UPDATE SET log = excluded.log, seq = excluded.seq, digest = excluded.digest,"
    " at_ms = excluded.at_ms, signature = excluded.signature"
    " WHERE CASE WHEN excluded.log = word.log AND excluded.seq <> word.seq THEN excluded.seq > word.seq"
    " ELSE excluded.at_ms >= word.at_ms END"
)
"""A head that its device signed later, as `sync.store.log_store.newer`, replaces the one before."""

LATEST_HEADS = "SELECT log, seq, digest, at_ms, signature FROM word"
ALL_TIPS = "SELECT log, seq, digest FROM tip ORDER BY log, seq"
PUBLICS = "SELECT fingerprint, public FROM device"
