"""All folds over a set of logs, for the registry, rehearsals and a kiosk's headcount page.

`add` only notes which badge an entry names; histories are folded on demand, and cached until an entry or a
repaired clock makes them stale. So folding a million entries costs little more than reading them, in any order.
The entries are in memory, or in a store that is asked for those of a badge or a log (`access.state.kept.entries`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from access.event.definition import Direction
from access.event.programme import Programme
from access.log.entry import EntryRef, Override, SamePerson, Scan, Void
from access.log.log_entry import LogEntry, Order, read_entry
from access.log.receipt import receipt
from access.rules.opening_check import OpeningRecords, opening_badges
from access.state.badge_history import OPENED, History, moved_in
from access.state.event_state import EventState
from access.state.kept.entries import Badge, Entries, KeptEntries
from access.state.kept.history_cache import HistoryCache
from access.state.kept.latest_entries import LatestEntries
from access.state.kept.saved_logs import SavedLogs, saved_logs, take_logs
from access.state.seat_leases import SeatBook
from access.state.time_repair import FAR_MS

ABOUT_SOMEBODY = frozenset({"scan", "override", "void", "not_passed"})
"""Kinds that count even without a badge: presentations by an unknown person."""

MOVERS = (Scan, Override)
"""Bodies of mere presentations."""

TAKES_BACK = frozenset({"void", "not_passed"})
"""Kinds that take back another entry about the same badge."""


class SavedState(msgspec.Struct, frozen=True, array_like=True):
    """What a `LogState` knows of entries that name a badge, without them: how many entries it has, badges presented,
    those of which an entry takes back another, and by area (empty: not named) those let in on a seat."""

    count: int
    presented: list[Badge]
    taken_back: list[Badge]
    seated: dict[str, list[bytes]]
    logs: SavedLogs


class LogState:
    """A grow-only set of entries and its folds. Adding an entry twice changes nothing."""

    def __init__(self, registry: str, earliest_ms: int, entries: Entries | None = None) -> None:
        """`registry` and `earliest_ms` as for `EventState`; `entries`: where they are, by default in memory."""
        self.event_state = EventState(registry, earliest_ms)
        self.opening_records = OpeningRecords()
        self._entries: Entries = KeptEntries() if entries is None else entries
        self._presented: set[Badge] = set()
        self._taken_back: set[Badge] = set()
        """Badges of which some entry takes back another."""
        self._takings = 0
        self._seated: dict[str, set[bytes]] = {}
        self._histories = HistoryCache()
        self._count = 0
        self._books: dict[str, SeatBook] = {}
        self._watches: list[set[Badge]] = []
        self._latest: list[LatestEntries] = []
        self._definitions = -1
        self._walls: dict[tuple[str, int], int] = {}

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
        changed: dict[Badge, LogEntry | None] = {}
        """A badge's new entry; None: it has several, or one that is no mere presentation."""
        books = tuple(self._books.values())
        put, name = self._entries.put, self._entries.name
        presented, observe = self._presented, self.event_state.observe
        taken_back = self._taken_back
        for entry in entries:
            if not put(entry):
                continue
            self._count += 1
            body = entry.body
            badge: Badge
            if type(body) is Scan:  # nearly all of them; other folds take the time from it alone
                observe(entry)
                badge = body.badge
                presented.add(badge)
                if body.seat and badge is not None and body.verdict in OPENED:
                    self._seated.setdefault(body.area or "", set()).add(badge)
            else:
                self.event_state.add(entry)
                self.opening_records.add(entry)
                badge = getattr(body, "badge", None)
                if entry.kind in ABOUT_SOMEBODY:
                    presented.add(badge)
                    if entry.kind in TAKES_BACK:
                        taken_back.add(badge)
                        self._takings += 1
                elif badge is None:
                    if isinstance(body, SamePerson):
                        changed |= dict.fromkeys(self.event_state.persons.badges(body.after))
                    continue
            name(badge, entry)
            alone = type(body) in MOVERS and badge not in changed and badge not in taken_back
            changed[badge] = entry if alone else None
            for book in books:
                book.observe(entry)
        if self.event_state.persons:
            changed |= dict.fromkeys(self._of_several(changed.keys()))
        for latest in self._latest:
            latest.add(changed)
        self._forget(changed)

    def _changed(self, badges: AbstractSet[Badge]) -> None:
        if self.event_state.persons:
            badges = badges | self._of_several(badges)
        for latest in self._latest:
            latest.update(badges)
        self._forget(badges)

    def _forget(self, badges: Collection[Badge]) -> None:
        for badge in badges:
            self._histories.drop(badge)
        for watch in self._watches:
            watch.update(badges)

    def _of_several(self, badges: AbstractSet[Badge]) -> set[Badge]:
        """All badges of the persons who have had several: what one of them did is told of the last one."""
        found: set[Badge] = set()
        persons = self.event_state.persons
        for badge in badges:
            if badge is None or not persons.has_several(badge):
                continue
            same = persons.badges(badge)
            found |= same
            for noted in (self._presented, self._taken_back):
                if not noted.isdisjoint(same):
                    noted |= same
        return found

    def saved(self) -> SavedState:
        """What `restore` needs beside the entries that name no badge."""
        return SavedState(
            self._count,
            list(self._presented),
            list(self._taken_back),
            {area: list(badges) for area, badges in self._seated.items()},
            saved_logs(self.event_state),
        )

    def restore(self, saved: SavedState) -> None:
        """Go on from what another one saved. All entries that it had and that name no badge are filed here, and no
        others."""
        self._count = saved.count
        self._presented.update(saved.presented)
        self._taken_back.update(saved.taken_back)
        for area, badges in saved.seated.items():
            self._seated.setdefault(area, set()).update(badges)
        take_logs(self.event_state, saved.logs)
        self.settle()

    def forks(self) -> list[LogEntry]:
        """Where logs fork: the first entry of every branch but the one that was written first."""
        found: list[LogEntry] = []
        for log in sorted(self._entries.forked()):
            numbers = set(self._entries.branchings(log))
            for seq in sorted(seq for seq in numbers if seq - 1 not in numbers):
                branches = self._entries.numbered(log, seq)
                found += sorted(branches, key=lambda entry: (entry.mono_ms, entry.digest))[1:]
        return [entry for entry in found if self.event_state.believed(entry)]

    @property
    def badges(self) -> Iterable[Badge]:
        """Every badge any entry names but test badges, and None for presentations without one."""
        programme = self.event_state.programme
        if programme is None:
            return self._entries.badges()
        trials = opening_badges(programme.event)
        return (badge for badge in self._entries.badges() if badge not in trials)

    @property
    def presented(self) -> AbstractSet[Badge]:
        """Badges presented somewhere (None: presentations without one). On the morning of an event they are few:
        counting presentations needs no other histories."""
        return self._presented

    def watch(self) -> set[Badge]:
        """Return a set that collects every badge whose history may have changed since the caller last cleared it; at
        first all that were presented. It is complete after `settle`."""
        watch = set(self._presented)
        self._watches.append(watch)
        return watch

    def latest_entries(self) -> LatestEntries:
        """As `watch`, with the entries of badges that have one new one."""
        latest = LatestEntries(self._presented)
        self._latest.append(latest)
        return latest

    def unwatch(self, watch: set[Badge]) -> None:
        """The set need not be kept any more."""
        self._watches = [one for one in self._watches if one is not watch]

    def settle(self) -> None:
        """Note whose history has changed because the event was defined anew, clocks were repaired, or kiosks cut off
        since the last call."""
        moved = self.event_state.clocks.take_moved()
        if self._definitions != self.event_state.definitions_version:
            self._definitions = self.event_state.definitions_version
            self._histories.clear()
            for latest in self._latest:
                latest.update(self._presented)
            for watch in self._watches:
                watch |= self._presented
        else:
            for log in moved:
                self._changed(set(self._entries.badges_in(log)))

    def history(self, badge: Badge) -> History:
        """The folded entries of one badge (None: of presentations without one), and where its person went with
        others."""
        if badge is not None and self.event_state.persons.current(badge) != badge:
            [(_, entries)] = self._entries.of_badges((badge,))
            return self._of_person(badge, entries)
        [(_, history)] = self.histories((badge,))
        return history

    def _of_person(self, badge: bytes, entries: Sequence[LogEntry]) -> History:
        """The history of a badge with those of its person's other badges."""
        others = self.event_state.persons.others(badge)
        found = dict(self._entries.of_badges(others))
        return History(self.event_state, entries).joined(
            {other: History(self.event_state, found[other]) for other in others}
        )

    def histories(self, badges: Iterable[Badge]) -> Iterator[tuple[Badge, History]]:
        """Each of the badges with its history, in no order: cheaper than to ask for one after the other. Persons who
        have had several badges went where they went under the last of them, and nowhere under the others: so each
        counts once."""
        self.settle()
        unknown: list[Badge] = []
        for badge in badges:
            history = self._histories.get(badge)
            if history is None:
                unknown.append(badge)
            else:
                yield badge, history
        for badge, entries in self._entries.of_badges(unknown):
            history = self._counted(badge, entries)
            self._histories.put(badge, history, len(entries))
            yield badge, history

    def _counted(self, badge: Badge, entries: Sequence[LogEntry]) -> History:
        event_state = self.event_state
        if badge is None or not event_state.persons.has_several(badge):
            return History(event_state, entries)
        if event_state.persons.current(badge) == badge:
            return self._of_person(badge, entries)
        return History(event_state, [one for one in entries if event_state.is_registry(one.log)])

    def roster_histories(self, badges: Collection[Badge]) -> Iterator[tuple[Badge, History]]:
        """Each of the badges with what the registry wrote of it: issues and revocations, and nothing from the doors."""
        for badge, entries in self._entries.of_badges(badges, self.event_state.registry):
            yield badge, History(self.event_state, entries)

    def logs_of(self, device: str) -> list[str]:
        """The logs stored of a device, in no order."""
        return self._entries.logs_of(device)

    def oldest_first(self, log: str) -> Iterator[LogEntry]:
        """The entries of a log by number, those of all its branches."""
        return self._entries.by_number(log, newest_first=False)

    def newest_first(self, log: str) -> Iterator[LogEntry]:
        """The entries of a log from the last number on, those of all its branches. Their times fall, but for those of a
        log that forks."""
        return self._entries.by_number(log, newest_first=True)

    def is_forked(self, log: str) -> bool:
        """Whether a log has branches."""
        return log in self._entries.forked()

    def state_of(self, device: str) -> tuple[int, ...]:
        """Numbers that differ where another answer to `move`, or another time, may be due for an entry of a device."""
        logs = self._entries.logs_of(device)
        stored = sum(self.event_state.last_seq[log] for log in logs)
        branches = self._count if any(map(self.is_forked, logs)) else 0
        clocks = self.event_state.clocks.version
        return stored, branches, self._takings, self.event_state.version, clocks

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
        if not self.event_state.is_registry(log):
            return None
        wall_ms = self._walls.get(head)
        if wall_ms is None:  # many entries name the same head
            branches = self._entries.numbered(log, seq)
            if not branches:
                return None
            wall_ms = self._walls[head] = branches[0].wall_ms
        return Order(wall_ms, log, seq, b"\xff" * 32)

    def with_taken_back(self) -> list[Badge]:
        """The badges of which an entry was taken back or a passage not made."""
        return list(self._taken_back)

    def taken_back(self, badges: Collection[Badge]) -> set[EntryRef]:
        """The entries of these badges that staff have taken back (void)."""
        return {
            entry.body.entry
            for _, entries in self._entries.of_badges(badges)
            for entry in entries
            if isinstance(entry.body, Void)
        }

    def entry(self, ref: EntryRef) -> LogEntry | None:
        """The entry that `ref` names, or None if it is not stored here."""
        branches = self._entries.numbered(ref.log, ref.seq)
        return next((one for one in branches if one.digest == ref.digest), None)

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
            for named, badges in self._seated.items():
                book.let_in(badges, here=named in ("", area))
        return book
