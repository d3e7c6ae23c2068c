"""All folds over a set of logs, in memory: what the registry, a rehearsal and a kiosk's headcount page ask.

`add` only files an entry under its badge; histories are folded when somebody asks, and kept until an entry or a
repaired clock makes them stale. So folding a million entries costs little more than reading them, in any order.
"""

from collections.abc import Iterable

from access.event.programme import Programme
from access.log.entry import EntryRef, Override, Scan
from access.log.receipt import receipt
from access.state.badge_history import History
from access.state.event_state import Background, Held, Order, hold
from access.state.seat_leases import SeatBook
from access.state.time_repair import FAR_MS

ABOUT_SOMEBODY = frozenset({"scan", "override", "void", "not_passed"})
"""Kinds that count where they name no badge too: nobody knows who it was."""


class Knowledge:
    """A grow-only set of entries and its folds. Adding an entry twice changes nothing."""

    def __init__(self, registry: str, earliest_ms: int) -> None:
        """As of `Background`."""
        self.background = Background(registry, earliest_ms)
        self._entries: dict[bytes | None, list[Held]] = {}
        self._histories: dict[bytes | None, History] = {}
        self._logs: dict[str, dict[int, Held]] = {}
        self._branches: dict[tuple[str, int], dict[bytes, Held]] = {}
        self._held = 0
        self._books: dict[str, SeatBook] = {}
        self._watches: list[set[bytes | None]] = []
        self._version = (-1, -1)

    def __len__(self) -> int:
        return self._held

    @property
    def programme(self) -> Programme | None:
        return self.background.programme

    def add(self, log: str, digest: bytes, raw: bytes) -> None:
        """Fold the bytes of one entry. Raises EntryError where they are no entry."""
        self.file(hold(log, digest, raw))

    def file(self, held: Held) -> None:
        """Fold an entry already read."""
        if not self._is_new(held):
            return
        self._held += 1
        self.background.add(held)
        badge: bytes | None = getattr(held.body, "badge", None)
        if badge is not None or held.kind in ABOUT_SOMEBODY:
            entries = self._entries.get(badge)
            if entries is None:
                self._entries[badge] = [held]
            else:
                entries.append(held)
            self._histories.pop(badge, None)
            for watch in self._watches:
                watch.add(badge)
            for book in self._books.values():
                book.saw(held)

    def _is_new(self, held: Held) -> bool:
        """Whether this entry was not held before. A second one of the same number is a fork, and counts too."""
        known = self._logs.get(held.log)
        if known is None:
            known = self._logs[held.log] = {}
        first = known.get(held.seq)
        if first is None:
            known[held.seq] = held
            return True
        if first.digest == held.digest:
            return False
        branches = self._branches.setdefault((held.log, held.seq), {first.digest: first})
        if held.digest in branches:
            return False
        branches[held.digest] = held
        return True

    def forks(self) -> list[Held]:
        """Where logs fork: the first entry of every branch but the one that was written first."""
        return [
            held
            for (log, seq), branches in sorted(self._branches.items())
            if (log, seq - 1) not in self._branches
            for held in sorted(branches.values(), key=lambda held: (held.mono_ms, held.digest))[1:]
            if self.background.believed(held)
        ]

    @property
    def badges(self) -> Iterable[bytes | None]:
        """Every badge any entry names, and None for presentations without one."""
        return self._entries.keys()

    def watch(self) -> set[bytes | None]:
        """A set of every badge whose history may have changed since its owner last emptied it: at first all. It is
        complete after `settle`."""
        watch = set(self._entries)
        self._watches.append(watch)
        return watch

    def settle(self) -> None:
        """Notice that clocks were repaired, or kiosks cut off: any history may read otherwise then."""
        version = (self.background.version, self.background.clocks.version)
        if version != self._version:
            self._version = version
            self._histories.clear()
            for watch in self._watches:
                watch.update(self._entries)

    def history(self, badge: bytes | None) -> History:
        """The folded entries of one badge (None: of presentations without one).

        The same object is given as long as nothing has changed it, so what is derived from it can be kept by it.
        """
        self.settle()
        history = self._histories.get(badge)
        if history is None:
            history = History(self.background, self._entries.get(badge, ()))
            self._histories[badge] = history
        return history

    def registry_until(self, head: tuple[str, int] | None) -> Order | None:
        """The place in the order up to which somebody knew the registry's log who names this entry (log, number) as the
        newest: None where it is not held, so nobody can tell."""
        if head is None:
            return Order(-FAR_MS, "", 0, b"")
        log, seq = head
        entry = self._logs.get(log, {}).get(seq)
        if entry is None or not self.background.is_registry(log):
            return None
        return Order(entry.wall_ms, log, seq, b"\xff" * 32)

    def entry(self, ref: EntryRef) -> Held | None:
        """The entry of that name, or None where it is not held."""
        first = self._logs.get(ref.log, {}).get(ref.seq)
        if first is None or first.digest == ref.digest:
            return first
        return self._branches.get((ref.log, ref.seq), {}).get(ref.digest)

    def receipt_of(self, held: Held) -> str | None:
        """The receipt that the door showed for a presentation, by the definition that it had; None for other entries,
        and where no definition held knows the gate."""
        body = held.body
        if not isinstance(body, (Scan, Override)):
            return None
        until = self.registry_until(body.roster_head)
        known = self.background.programme_known_to(held.device, until) if until else None
        order = self.background.order(held)
        for programme in (known, *self.background.nearest_first(order)):
            if programme is not None and body.gate in programme.gates:
                return receipt(programme, body.gate, held.digest)
        return None

    def seat_book(self, area: str) -> SeatBook:
        """The seats of an area with a capacity."""
        book = self._books.get(area)
        if book is None:
            book = self._books[area] = SeatBook(area, self.background, self.history)
            for entries in self._entries.values():
                for held in entries:
                    book.saw(held)
        return book
