"""A new kiosk's first sync, over loopback HTTPS, against its floor.

The floor moves the same bytes over the same kind of server and inserts the same rows, entries and name cards, a
transaction to a message. Kiosk and floor take turns, message by message; the kiosk asks for the next message while it
stores one, as carriers do. What the kiosk derives from the entries, the
list of name cards to ask for, is timed apart.
"""

import sqlite3
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from bench.exchange.bare import BareKiosk, BareServer
from bench.exchange.bring import SIZES, Spent, flat
from bench.exchange.whole_event import WholeEvent
from bench.support.figure import Figure
from bench.support.logs import wall_ms
from bench.support.stopwatch import Stopwatch
from sync.carrier.peer_worker import PeerWorker
from sync.enrolment.record import Enrolment
from sync.exchange.exchange import Asker
from sync.exchange.vector_delta import Vector
from sync.store.name_cards import CardShelf, Issued
from sync.store.replica import Replica
from sync.transport.http_body import COMPRESS_FROM, packed
from sync.transport.http_client import HttpClient
from sync.wire.device_key import DeviceKey
from sync.wire.messages import MAX_BODY_BYTES, Envelope, Message, read

WINDOW = 3
"""Messages over which the cost of an entry is taken: some 15,000 entries."""


class Mark(NamedTuple):
    """A first sync after one of its messages: entries stored, and the seconds that it and its floor had taken."""

    entries: int
    spent: Spent


def first_sync(event: WholeEvent, folder: Path) -> list[Figure]:
    """Two lines: people, name cards and entries, all of them; and the list of cards to ask for, derived from them."""
    marks, size, listing_s = _fetch(event, folder)
    note = (
        f"{event.people} people with their name cards, {event.entries} entries in all, {size / 1e6:.0f} MB in"
        f" {len(marks)} messages; floor: the same bytes over the same TLS server, and the same rows by executemany"
    )
    apart = "derived tables, apart: the list of the name cards that the roster names"
    return [
        Figure("exchange first sync", *marks[-1].spent, "s", note),
        Figure("exchange first sync: list of cards", listing_s, None, "s", apart),
    ]


def first_sync_growing(
    event: WholeEvent, folder: Path, sizes: Sequence[int] = SIZES
) -> list[Figure]:
    """Two lines, of an event of entries alone: all of them, and an entry at the largest size beside one at the
    smallest."""
    marks, size, _ = _fetch(event, folder)
    note = f"{event.entries} entries, {size / 1e6:.0f} MB in {len(marks)} messages; floor as for `exchange first sync`"
    costs = [_cost(marks, size) for size in sizes]
    return [
        Figure(f"exchange first sync of {sizes[-1]:,}", *marks[-1].spent, "s", note),
        flat("exchange first sync", sizes, costs),
    ]


def _cost(marks: Sequence[Mark], entries: int) -> Spent:
    """Microseconds an entry, ours and the floor's, about where so many were stored."""
    at = next((n for n, mark in enumerate(marks) if mark.entries >= entries), len(marks) - 1)
    last = min(len(marks) - 1, at + WINDOW)
    first = max(0, last - WINDOW)
    more = marks[last].entries - marks[first].entries
    before, after = marks[first].spent, marks[last].spent
    return Spent((after.ours - before.ours) / more * 1e6, (after.floor - before.floor) / more * 1e6)


def _fetch(event: WholeEvent, folder: Path) -> tuple[list[Mark], int, float]:
    """Fetch everything, and move as much over the bare server; both servers are in this process, the kiosk in another,
    as it is on another machine. Return how far it had come after each message, how many bytes went over the wire, and
    the seconds for the list of name cards, which are not in the marks. Raises RuntimeError where something is missing
    at the end."""
    server = BareServer(folder, MAX_BODY_BYTES)
    enrolment = event.enrol(_KIOSK)
    try:
        with get_context("spawn").Pool(1) as pool:
            fetched = pool.apply(_fetched, (folder, enrolment, server.url, server.fingerprint))
    finally:
        server.close()
    if fetched.vector != event.ledger.vector():
        raise RuntimeError("the new kiosk does not hold what the registry holds")
    if fetched.cards != event.people:
        raise RuntimeError(f"the new kiosk holds {fetched.cards} name cards of {event.people}")
    return fetched.marks, fetched.size, fetched.listing_s


_KIOSK = DeviceKey.from_seed(b"n" * 32)


class _Fetched(NamedTuple):
    """What the process of the kiosk found: see `_fetch`; and the tips of its logs, and how many name cards it has."""

    marks: list[Mark]
    size: int
    listing_s: float
    vector: Vector
    cards: int


def _fetched(folder: Path, enrolment: Enrolment, bare_url: str, bare_pin: str) -> _Fetched:
    registry = enrolment.registry
    replica = Replica(folder / "kiosk.db", enrolment.registry_public, registry)
    asker = Asker(replica, _KIOSK, wall_ms, lambda: None, registry)
    link = _Recorded(enrolment.registry_url, enrolment.certificate_pin)
    worker = PeerWorker("registry", asker, (link,), wall_ms)
    bare, floor = BareKiosk(folder / "floor.db"), HttpClient(bare_url, bare_pin)
    watch, moving, listing = Stopwatch(), Stopwatch(), Stopwatch()
    replica._cards = _TimedShelf(replica._db, listing)
    marks: list[Mark] = []
    total = entries = 0
    again = True
    try:
        while again:
            with watch:
                answer = worker.next_answer(asker.request).raw
                taken, again = asker.receive(answer, worker.send_ahead)
                worker.await_ahead()  # nothing of ours goes on while the floor has its turn
            size = sum(map(_on_the_wire, link.moved))
            link.moved.clear()
            with moving:
                floor.post(f"/{size}", b"")
            bare.take(read(Message, read(Envelope, answer).body))
            again = again or taken.news  # a carrier asks again after every exchange
            total += size
            entries += taken.entries
            ours = watch.seconds - listing.seconds
            marks.append(Mark(entries, Spent(ours, moving.seconds + bare.watch.seconds)))
        cards = sum(1 for _ in replica.all_sealed())
        return _Fetched(marks, total, listing.seconds, replica.vector(), cards)
    finally:
        link.close()
        floor.close()
        bare.close()
        replica.close()


class _Recorded(HttpClient):
    """Keeps the bodies that it has sent and received."""

    def __init__(self, url: str, pin: str | None) -> None:
        super().__init__(url, pin)
        self.moved: list[bytes] = []

    def post(self, path: str, body: bytes) -> bytes:
        answer = super().post(path, body)
        self.moved += (body, answer)
        return answer


class _TimedShelf(CardShelf):
    """The replica's shelf of cards, with a watch on what it lists."""

    def __init__(self, db: sqlite3.Connection, watch: Stopwatch) -> None:
        super().__init__(db)
        self._watch = watch

    def expect(self, named: dict[Issued, bytes | None]) -> None:
        with self._watch:
            super().expect(named)


def _on_the_wire(body: bytes) -> int:
    return len(body) if len(body) < COMPRESS_FROM else len(packed(body))
