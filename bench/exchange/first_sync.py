"""A new kiosk's first sync, over loopback HTTPS, against its floor.

The floor moves the same bytes over the same kind of server and inserts the same rows, entries and name cards, a
transaction to a message. Kiosk and floor take turns, message by message. What the kiosk derives from the entries, the
list of name cards to ask for, is timed apart.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.exchange.bare import BareKiosk, BareServer
from bench.exchange.bring import SIZES, Spent, flat
from bench.exchange.whole_event import WholeEvent
from bench.support.figure import Figure
from bench.support.logs import wall_ms
from bench.support.stopwatch import Stopwatch
from sync.exchange.exchange import Asker
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
    """Fetch everything, and move as much over the bare server. Return how far it had come after each message, how many
    bytes went over the wire, and the seconds for the list of name cards, which are not in the marks. Raises
    RuntimeError where something is missing at the end."""
    kiosk = DeviceKey.from_seed(b"n" * 32)
    enrolment = event.enrol(kiosk)
    registry = event.identity
    replica = Replica(folder / "kiosk.db", registry.public, registry.fingerprint)
    asker = Asker(replica, kiosk, wall_ms, lambda: None, registry.fingerprint)
    link = HttpClient(enrolment.registry_url, enrolment.certificate_pin)
    bare, server = BareKiosk(folder / "floor.db"), BareServer(folder, MAX_BODY_BYTES)
    watch, moving, listing = Stopwatch(), Stopwatch(), Stopwatch()
    replica._cards = _TimedShelf(replica._db, listing)
    marks: list[Mark] = []
    total = entries = 0
    again = True
    try:
        while again:
            with watch:
                request = asker.request()
                answer = link.post("/v1/exchange", request)
                taken, again = asker.receive(answer)
            size = _on_the_wire(request) + _on_the_wire(answer)
            with moving:
                server.move(size)
            bare.take(read(Message, read(Envelope, answer).body))
            again = again or taken.news  # a carrier asks again after every exchange
            total += size
            entries += taken.entries
            ours = watch.seconds - listing.seconds
            marks.append(Mark(entries, Spent(ours, moving.seconds + bare.watch.seconds)))
        _check(replica, event)
        return marks, total, listing.seconds
    finally:
        link.close()
        server.close()
        bare.close()
        replica.close()


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


def _check(replica: Replica, event: WholeEvent) -> None:
    if replica.vector() != event.ledger.vector():
        raise RuntimeError("the new kiosk does not hold what the registry holds")
    cards = sum(1 for _ in replica.all_cards())
    if cards != event.people:
        raise RuntimeError(f"the new kiosk holds {cards} name cards of {event.people}")
