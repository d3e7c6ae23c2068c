"""The registry's own log: the roster, revocations, the event, keys, kiosks, rulings.

It is appended under the database's one lock by whichever worker holds it. Where the database was restored, promoted
or moved, a new epoch (a new log that names the old one) is opened before anything is written: the numbers of the old
one may be taken already, in entries that kiosks hold and will bring back.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from access.log.chain import log_id
from access.log.entry import Body, Boot, badge_of, decode, digest_of, encode
from access.state.event_state import Held
from registry.storage.ledger import Ledger
from registry.storage.rollback_mark import Place
from sync.store.journal import HEAD_EVERY, Reading
from sync.store.log_store import BEGINNING, Row
from sync.wire.device_key import Identity

LOG = "log"
DATABASE = "database"


class _End(NamedTuple):
    """Where the log stands: the database, the log's newest entry, and that entry's wall clock."""

    database: str
    log: str
    seq: int
    digest: bytes
    wall_ms: int

    @property
    def place(self) -> Place:
        return Place(self.database, self.log, self.seq)


class OwnLog:
    """The writer of the registry's own log."""

    def __init__(
        self,
        ledger: Ledger,
        identity: Identity,
        clock: Callable[[], Reading],
        random: Callable[[int], bytes],
    ) -> None:
        self._ledger = ledger
        self._identity = identity
        self._clock = clock
        self._random = random

    def append(self, kind: str, body: Body) -> Held:
        """Write one entry."""
        return self.extend([(kind, body)])[0]

    def extend(self, bodies: Sequence[tuple[str, Body]], *, with_cards: bool = False) -> list[Held]:
        """Write several entries in one transaction, or as a part of the one that is going on. `with_cards`: the caller
        sees to the name cards that they name."""
        if not bodies:
            return []
        with self._ledger.transaction():
            end = self._end()
            if end is None:
                end = self._begin(None, "first start")
            else:
                why = self._ledger.displaced(end.place)
                if why is not None:
                    end = self._begin(end, why)
            return self._write(end, bodies, with_cards=with_cards)

    def open_epoch(self, why: str) -> None:
        """Go on in a new log that names the old one, whether or not the database looks like the one it was."""
        with self._ledger.transaction():
            self._begin(self._end(), why)

    def _end(self) -> _End | None:
        known = self._ledger.values()
        last = self._ledger.last(known.get(LOG, b"").decode())
        if last is None:
            return None
        wall_ms = decode(last.raw).wall_ms
        return _End(known[DATABASE].decode(), last.log, last.seq, last.digest, wall_ms)

    def _begin(self, before: _End | None, why: str) -> _End:
        log = log_id(self._identity.public, self._random(4))
        self._ledger.set_value(LOG, log.encode())
        database = self._ledger.new_identity(self._random(16))
        self._ledger.set_value(DATABASE, database.encode())
        previous = (before.log, before.seq, before.digest) if before is not None else None
        boot = Boot(self._identity.fingerprint, previous, "", why, {})
        start = _End(database, log, *BEGINNING, before.wall_ms if before is not None else 0)
        held = self._write(start, [("boot", boot)])[0]
        return _End(database, log, held.seq, held.digest, held.wall_ms)

    def _write(
        self, end: _End, bodies: Sequence[tuple[str, Body]], *, with_cards: bool = False
    ) -> list[Held]:
        now = self._clock()
        # The order of the registry's word is its wall clock: set back, it must not undo what was said.
        wall_ms = max(now.wall_ms, end.wall_ms)
        seq, digest = end.seq, end.digest
        rows: list[Row] = []
        written: list[Held] = []
        heads = []
        for kind, body in bodies:
            seq += 1
            raw = encode(seq, digest, now.mono_ms, wall_ms, now.synced, kind, body)
            digest = digest_of(raw)
            rows.append(Row(end.log, seq, digest, badge_of(body), raw))
            written.append(Held(end.log, seq, digest, now.mono_ms, wall_ms, kind, body))
            if seq % HEAD_EVERY == 0 or len(written) == len(bodies):
                heads.append(self._identity.head(end.log, seq, digest, wall_ms))
        self._ledger.add(rows, written, expect_cards=not with_cards)
        self._ledger.move_tip(end.log, (end.seq, end.digest), (seq, digest))
        # Of the heads made at earlier ends only every 256th is of use, as the end of a batch.
        self._ledger.forget_heads(end.log, end.seq - end.seq % HEAD_EVERY, end.seq + 1)
        self._ledger.keep_heads(heads)
        self._ledger.reached(Place(end.database, end.log, seq))
        return written
