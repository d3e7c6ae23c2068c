"""All folds over a set of logs, in memory, for the registry, rehearsals and a kiosk's headcount page.

`add` only files an entry under its badge; histories are folded on demand, and cached until an entry or a
repaired clock makes them stale. So folding a million entries costs little more than reading them, in any order.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from access.event.definition import Direction
from access.event.programme import Programme
from access.log.entry import BadgeIssued, EntryRef, Override, Revoked, Scan
from access.log.log_entry import LogEntry, Order, SharedValues, read_entry
from access.log.numbered_entries import NumberedEntries
from access.log.receipt import receipt
from access.rules.opening_check import OpeningRecords, opening_badges
from access.state.badge_history import History, moved_in
from access.state.event_state import EventState
from access.state.seat_leases import SeatBook
from access.state.time_repair import FAR_MS

ABOUT_SOMEBODY = frozenset({"scan", "override", "void", "not_passed"})
"""Kinds that count even without a badge: presentations by an unknown person."""

TAKES_BACK = frozenset({"void", "not_passed"})
"""Kinds that take back another entry about the same badge."""


class LogState:
    """A grow-only set of entries and its folds. Adding an entry twice changes nothing."""

    def __init__(self, registry: str, earliest_ms: int) -> None:
        """Arguments as for `EventState`."""
        self.event_state = EventState(registry, earliest_ms)
        self.opening_records = OpeningRecords()
        self._entries: dict[bytes | None, list[LogEntry]] = {}
        self._shared = SharedValues()
        self._presented: set[bytes | None] = set()
        self._taken_back: set[bytes | None] = set()
        """Badges of which some entry takes back another."""
        self._histories: dict[bytes | None, History] = {}
        self._logs: dict[str, NumberedEntries] = {}
        self._branches: dict[tuple[str, int], dict[bytes, LogEntry]] = {}
        self._count = 0
        self._books: dict[str, SeatBook] = {}
        self._watches: list[set[bytes | None]] = []
        self._version = (-1, -1)

    def __len__(self) -> int:
        return self._count

    @property
    def programme(self) -> Programme | None:
        return self.event_state.programme

    def add(self, log: str, digest: bytes, raw: bytes) -> None:
        """Decode and fold the bytes of one entry. Raise EntryError if they are none."""
        self.file(read_entry(log, digest, raw))

    def file(self, entry: LogEntry) -> None:
        """Fold an entry already read."""
        self.file_all((entry,))

    def file_all(self, entries: Iterable[LogEntry]) -> None:
        """Fold many entries already read."""
        changed: set[bytes | None] = set()
        books = tuple(self._books.values())
        by_badge, presented, observe = self._entries, self._presented, self.event_state.observe
        share = self._shared.share
        for entry in entries:
            if not self._is_new(entry):
                continue
            self._count += 1
            body = entry.body
            badge: bytes | None
            if type(body) is Scan:  # nearly all of them; other folds take the time from it alone
                share(entry, body)
                observe(entry)
                badge = body.badge
                presented.add(badge)
            else:
                self.event_state.add(entry)
                self.opening_records.add(entry)
                badge = getattr(body, "badge", None)
                if entry.kind in ABOUT_SOMEBODY:
                    presented.add(badge)
                    if entry.kind in TAKES_BACK:
                        self._taken_back.add(badge)
                elif badge is None:
                    continue
            same = by_badge.get(badge)
            if same is None:
                by_badge[badge] = [entry]
            else:
                same.append(entry)
            changed.add(badge)
            for book in books:
                book.observe(entry)
        for badge in changed:
            self._histories.pop(badge, None)
        for watch in self._watches:
            watch |= changed

    def _is_new(self, entry: LogEntry) -> bool:
        """Whether this entry is new. A second one of the same number is a fork, and counts too."""
        known = self._logs.get(entry.log)
        if known is None:
            known = self._logs[entry.log] = NumberedEntries()
        first = known.put_first(entry)
        if first is None:
            return True
        if first.digest == entry.digest:
            return False
        branches = self._branches.setdefault((entry.log, entry.seq), {first.digest: first})
        if entry.digest in branches:
            return False
        branches[entry.digest] = entry
        return True

    def forks(self) -> list[LogEntry]:
        """Where logs fork: the first entry of every branch but the one that was written first."""
        return [
            entry
            for (log, seq), branches in sorted(self._branches.items())
            if (log, seq - 1) not in self._branches
            for entry in sorted(branches.values(), key=lambda entry: (entry.mono_ms, entry.digest))[
                1:
            ]
            if self.event_state.believed(entry)
        ]

    @property
    def badges(self) -> Iterable[bytes | None]:
        """Every badge any entry names but test badges, and None for presentations without one."""
        programme = self.event_state.programme
        if programme is None:
            return self._entries.keys()
        trials = opening_badges(programme.event)
        return (badge for badge in self._entries if badge not in trials)

    @property
    def named(self) -> int:
        """How many badges entries name, test badges and None included."""
        return len(self._entries)

    def is_registered(self, badge: bytes | None) -> bool:
        """Whether the newest issue of a badge on the roster is not revoked. Costs no history."""
        newest, revoked = 0, set()
        for entry in self._entries.get(badge, ()):
            body = entry.body
            if isinstance(body, BadgeIssued) and self._is_registrys(entry):
                newest = max(newest, body.issue)
            elif isinstance(body, Revoked) and self._is_registrys(entry):
                revoked.add(body.issue)
        return newest > 0 and None not in revoked and newest not in revoked

    def _is_registrys(self, entry: LogEntry) -> bool:
        """Whether an entry counts as the registry's word."""
        return self.event_state.is_registry(entry.log) and self.event_state.believed(entry)

    @property
    def presented(self) -> AbstractSet[bytes | None]:
        """Badges presented somewhere (None: presentations without one). On the morning of an event they are few:
        counting presentations needs no other histories."""
        return self._presented

    def watch(self) -> set[bytes | None]:
        """Return a set that collects every badge whose history may have changed since the caller last cleared it; at
        first all. It is complete after `settle`."""
        watch = set(self._entries)
        self._watches.append(watch)
        return watch

    def settle(self) -> None:
        """Drop cached histories if clocks were repaired or kiosks cut off since the last call: any of them may have
        changed."""
        version = (self.event_state.version, self.event_state.clocks.version)
        if version != self._version:
            self._version = version
            self._histories.clear()
            for watch in self._watches:
                watch.update(self._entries)

    def history(self, badge: bytes | None) -> History:
        """The folded entries of one badge (None: of presentations without one).

        Returns the same object as long as nothing has changed, so that derived values can be cached by it.
        """
        self.settle()
        history = self._histories.get(badge)
        if history is None:
            history = History(self.event_state, self._entries.get(badge, ()))
            self._histories[badge] = history
        return history

    def logs_of(self, device: str) -> list[str]:
        """The logs stored of a device, in no order."""
        return [log for log in self._logs if log.startswith(device)]

    def oldest_first(self, log: str) -> Iterator[LogEntry]:
        """The entries of a log by number, those of all its branches."""
        return self._with_branches(log, newest_first=False)

    def newest_first(self, log: str) -> Iterator[LogEntry]:
        """The entries of a log from the last number on, those of all its branches. Their times fall, but for those of a
        log that forks."""
        return self._with_branches(log, newest_first=True)

    def is_forked(self, log: str) -> bool:
        """Whether a log has branches."""
        return any(forked == log for forked, _ in self._branches)

    def _with_branches(self, log: str, *, newest_first: bool) -> Iterator[LogEntry]:
        known = self._logs.get(log)
        for first in known.by_number(newest_first=newest_first) if known is not None else ():
            yield first
            for digest, entry in self._branches.get((log, first.seq), {}).items():
                if digest != first.digest:
                    yield entry

    def move(self, entry: LogEntry) -> Direction | None:
        """The direction in which an entry moved its person; None where it did not, or was taken back."""
        body = entry.body
        if not isinstance(body, Scan | Override) or not self.event_state.believed(entry):
            return None
        direction = moved_in(body)
        if direction is not None and body.badge in self._taken_back:
            moves = self.history(body.badge).moves
            return direction if any(one.entry.digest == entry.digest for one in moves) else None
        return direction

    def registry_until(self, head: tuple[str, int] | None) -> Order | None:
        """The position in the total order up to which a device knew the registry's log if it names this entry (log,
        number) as the newest; None if that entry is not stored here."""
        if head is None:
            return Order(-FAR_MS, "", 0, b"")
        log, seq = head
        entry = self._first(log, seq)
        if entry is None or not self.event_state.is_registry(log):
            return None
        return Order(entry.wall_ms, log, seq, b"\xff" * 32)

    def entry(self, ref: EntryRef) -> LogEntry | None:
        """The entry that `ref` names, or None if it is not stored here."""
        first = self._first(ref.log, ref.seq)
        if first is None or first.digest == ref.digest:
            return first
        return self._branches.get((ref.log, ref.seq), {}).get(ref.digest)

    def _first(self, log: str, seq: int) -> LogEntry | None:
        """The entry with this number: of a fork the one that came first."""
        known = self._logs.get(log)
        return known.get(seq) if known is not None else None

    def receipt_of(self, entry: LogEntry) -> str | None:
        """The receipt that the door showed for a presentation, by the definition that it had; None for other entries,
        and where no known definition has the gate."""
        body = entry.body
        if not isinstance(body, (Scan, Override)):
            return None
        until = self.registry_until(body.roster_head)
        known = self.event_state.programme_known_to(entry.device, until) if until else None
        order = self.event_state.order(entry)
        for programme in (known, *self.event_state.nearest_first(order)):
            if programme is not None and body.gate in programme.gates:
                return receipt(programme, body.gate, entry.digest)
        return None

    def seat_book(self, area: str) -> SeatBook:
        """The seats of an area with a capacity."""
        book = self._books.get(area)
        if book is None:
            book = self._books[area] = SeatBook(area, self.event_state, self.history)
            for entries in self._entries.values():
                for entry in entries:
                    book.observe(entry)
        return book
