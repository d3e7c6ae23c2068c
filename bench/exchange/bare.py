"""The floors of the exchange: what no exchange can do without, and nothing else."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from access.badge.name_card import Card
from access.log.entry import badge_of, body_of, decode, digest_of
from bench.support.stopwatch import Stopwatch
from sync.transport.http_client import MEDIA_TYPE
from sync.transport.lan_server import Connection
from sync.transport.tls_certificate import certificate_at
from sync.wire.device_key import DeviceKey, verifies
from sync.wire.messages import Batch, Message

EntryRow = tuple[str, int, bytes, bytes | None, bytes]

_TABLES = """
CREATE TABLE entry (id INTEGER PRIMARY KEY{autoincrement}, log TEXT NOT NULL, seq INTEGER NOT NULL,
    digest BLOB NOT NULL, badge BLOB, raw BLOB NOT NULL{received}, UNIQUE (log, seq, digest));
CREATE INDEX entry_badge ON entry (badge) WHERE badge IS NOT NULL;
CREATE TABLE card (digest BLOB PRIMARY KEY, badge BLOB NOT NULL, issue INTEGER NOT NULL, raw BLOB) WITHOUT ROWID;
CREATE INDEX card_badge ON card (badge);
"""


class BareRows:
    """A file with the same rows, put there by bare `executemany`, a transaction to a message. `watch` times it."""

    def __init__(self, path: Path) -> None:
        self.watch = Stopwatch()
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")

    def close(self) -> None:
        self._db.close()

    def _transaction(self, *statements: tuple[str, Sequence[tuple[object, ...]]]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        for statement, rows in statements:
            self._db.executemany(statement, rows)
        self._db.execute("COMMIT")


class BareRegistry(BareRows):
    """As durable as the registry. The same bytes are hashed and as many heads verified."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._db.execute("PRAGMA synchronous=FULL")
        made = {"autoincrement": " AUTOINCREMENT", "received": ", received_ms INTEGER NOT NULL"}
        self._db.executescript(_TABLES.format(**made))

    def take(self, device: DeviceKey, batches: list[Batch]) -> None:
        rows = [(*row, 0) for batch in batches for row in entry_rows(batch)]
        with self.watch:
            for batch in batches:
                for raw in batch.raws:
                    sha256(raw).digest()
                verifies(device.public, batch.head.signature, raw)
            self._transaction(("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?)", rows))


class BareKiosk(BareRows):
    """As little durable as a replica, which can be fetched again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(_TABLES.format(autoincrement="", received=""))

    def take(self, message: Message) -> None:
        rows = [row for batch in message.batches for row in entry_rows(batch)]
        opened = [(msgspec.msgpack.decode(one.raw, type=Card), one) for one in message.cards]
        cards = [(one.digest, card.badge, card.issue, one.raw) for card, one in opened]
        with self.watch:
            self._transaction(
                ("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?)", rows),
                ("INSERT INTO card VALUES (?, ?, ?, ?)", cards),
            )


def entry_rows(batch: Batch) -> list[EntryRow]:
    """The rows that a batch becomes: log, number, hash, badge, bytes."""
    return [
        (batch.log, seq, digest_of(raw), badge_of(body_of(decode(raw))), raw)
        for seq, raw in enumerate(batch.raws, batch.after + 1)
    ]


class BareServer:
    """The same kind of TLS server as a kiosk's, which answers a POST to `/N` with N bytes."""

    def __init__(self, folder: Path, largest: int) -> None:
        """`largest` is the most bytes that will be asked for at once."""
        self._body = bytes(largest)
        certificate = certificate_at(folder)
        self._server = Server(("127.0.0.1", 0), self._serve, numthreads=2)
        self._server.ConnectionClass = Connection
        self._server.ssl_adapter = BuiltinSSLAdapter(
            str(certificate.certificate), str(certificate.key)
        )
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()
        self.url = f"https://127.0.0.1:{self._server.bind_addr[1]}"
        self.fingerprint = certificate.fingerprint

    def _serve(self, environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
        size = int(environ["PATH_INFO"].removeprefix("/"))
        start_response("200 OK", [("Content-Type", MEDIA_TYPE), ("Content-Length", str(size))])
        return [self._body[:size]]

    def close(self) -> None:
        self._server.stop()
        self._thread.join()
