"""Time repair: what the true time of an entry was, given all clock data in the logs.

Order within a log is its numbers. Between logs it is corrected time. A boot of a kernel has one steady clock
(CLOCK_BOOTTIME), so for each boot there is an offset: true time = mono + offset. The best `clock` entry of the boot
gives it; a boot without any is bracketed by its neighbours in the device's chain of logs. Everything here is an
offset interval [lo, hi]; the sort value of an entry is the middle of its interval, or the lower end where the
interval is open to the end of the event.

The boots of a device follow each other: each began after the last entry of the one before. Their sources may contradict
that. So the boots are fitted in one rank after the other, the best first, and within a rank the earlier first; each
as near to its own line as those fitted before leave room for. A worse earlier boot is thereby pulled down to a
better later one, a worse later one pushed up, and nothing ever moves a better one. Boots without a source share the
room between their neighbours.

The wall-clock times in the registry's logs are used as they are: it writes only while its clock is synchronised, and
never backwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from access.log.chain import device_of
from access.log.entry import Boot, Clock, ClockSource, Span

RANK: dict[ClockSource, int] = {"registry": 1, "supervisor": 2, "kernel": 3, "neighbour": 4}
"""Precedence of the sources of trusted time, the best first."""

UNKNOWN = 9
"""The rank of a boot without any trusted time."""

DRIFT_PPM = 200
"""How far an uncorrected oscillator may drift: sources that differ by less over their distance in time agree. Pi
crystals are some 50 ppm off; the rest is margin."""

FAR_MS = 2**60
"""Beyond any time (ms) that a clock can show, in either direction."""

Statement = TypeVar("Statement", Clock, int)


@dataclass(frozen=True, slots=True)
class Line:
    """The clock of one boot: the true time of an entry lies in [mono + lo, mono + hi].

    `order` is the offset by which its entries are sorted. `open_end` is set for a boot that knows no upper bound but
    the end of the event. `rank` is that of its best source (UNKNOWN: none); `disagree`: sources of that rank
    contradict each other.
    """

    lo: int
    hi: int
    order: int
    rank: int
    disagree: bool = False
    open_end: int | None = None

    @property
    def sure(self) -> bool:
        return self.rank != UNKNOWN and not self.disagree

    def span(self, mono_ms: int) -> Span:
        """The interval of an instant of this boot."""
        lo = mono_ms + self.lo
        if self.open_end is not None:
            return Span(lo, max(lo, self.open_end))
        return Span(lo, mono_ms + self.hi)

    def sorts_at(self, mono_ms: int) -> int:
        """The instant by which an entry of this boot is ordered among all logs."""
        return mono_ms + self.order


@dataclass(slots=True)
class _Log:
    """The clock data of one log, each with the number of the first entry that has it. `boot` is the kernel's boot id,
    None until the log's first entry is known."""

    boot: str | None = None
    previous: str = ""
    clocks: dict[Clock, int] = field(default_factory=dict)
    floors: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class BootClock:
    """One boot of one device: its trusted times, its last instant, the offsets that it is not below, and the names of
    the boots before it."""

    clocks: set[Clock] = field(default_factory=set)
    last_mono: int = 0
    floors: set[int] = field(default_factory=set)
    before: set[str] = field(default_factory=set)
    logs: list[str] = field(default_factory=list)


class Clocks:
    """The clocks of all devices, as a fold: any order and any repetition of the same entries give the same lines."""

    def __init__(self, earliest_ms: int, latest_ms: int, event_end_ms: int) -> None:
        """Trusted times outside [earliest, latest] are refused; `event_end_ms` bounds a boot that knows nothing."""
        self.earliest_ms = earliest_ms
        self.latest_ms = latest_ms
        self.event_end_ms = event_end_ms
        self._version = 0
        self._logs: dict[str, _Log] = {}
        self._of_device: dict[str, list[str]] = {}
        self._last_mono: dict[str, int] = {}
        self._neighbours: set[str] = set()
        self._believed: dict[str, Mapping[str, int]] = {}
        self._lines: dict[str, Line] = {}
        self._stale: set[str] = set()
        self._moved: set[str] = set()

    @property
    def version(self) -> int:
        """Grows whenever a line has changed."""
        if self._stale:
            self._repair()
        return self._version

    def take_moved(self) -> set[str]:
        """The logs whose entries have other times, or are believed or not any more, since the last call."""
        if self._stale:
            self._repair()
        moved, self._moved = self._moved, set()
        return moved

    def bound(self, latest_ms: int, event_end_ms: int) -> None:
        """Take the bounds from a (newer) event definition."""
        if (latest_ms, event_end_ms) != (self.latest_ms, self.event_end_ms):
            self.latest_ms, self.event_end_ms = latest_ms, event_end_ms
            self._stale.update(self._of_device)
            self._version += 1

    def cut_off(self, device: str, believed: Mapping[str, int] | None) -> None:
        """Ignore what the logs of a cut-off device contain after these entry numbers (None: believe everything
        again)."""
        if believed == self._believed.get(device):
            return
        self._moved.update(log for log in self._last_mono if device_of(log) == device)
        if believed is None:
            self._believed.pop(device, None)
        else:
            self._believed[device] = believed
        if device in self._of_device:
            self._stale.add(device)

    def observe(self, log: str, mono_ms: int) -> None:
        """Note that an entry of this log was written at this instant (CLOCK_BOOTTIME, ms) of its boot."""
        if mono_ms > self._last_mono.get(log, -1):
            self._last_mono[log] = mono_ms
            if log in self._neighbours:
                self._stale.add(device_of(log))

    def began(self, log: str, boot: Boot) -> None:
        """Add the first entry of a log: its kernel boot, and the log before it."""
        known = self._log(log)
        before = boot.previous[0] if boot.previous is not None else ""
        start = (boot.boot_id, before if device_of(before) == device_of(log) else "")
        # Of two first entries (a cloned card that drew the same number) any will do, if everybody takes the same.
        if known.boot is None or start < (known.boot, known.previous):
            known.boot, known.previous = start
            self._stale.add(device_of(log))

    def add_trusted_time(self, log: str, seq: int, clock: Clock) -> None:
        """Add a trusted time. Times outside the plausible window are stored, and ignored."""
        self._record(log, self._log(log).clocks, clock, seq)

    def not_before(self, log: str, seq: int, mono_ms: int, at_ms: int) -> None:
        """Add a lower bound: a kiosk without a trusted time recorded that this instant was not before `at_ms`."""
        self._record(log, self._log(log).floors, at_ms - mono_ms, seq)

    def observed(self, log: str) -> tuple[int, dict[int, int]]:
        """The last instant of a log (ms; -1: none), and its offsets that `not_before` has given, by offset the entry's
        number."""
        known = self._logs.get(log)
        return self._last_mono.get(log, -1), dict(known.floors) if known is not None else {}

    def line(self, log: str) -> Line:
        """The clock of the boot that this log belongs to."""
        if self._stale:
            self._repair()
        line = self._lines.get(log)
        if line is None:  # a log without any known entry: at some time of the event
            lo = self.earliest_ms
            line = Line(lo, lo, lo, UNKNOWN, open_end=self.event_end_ms)
        return line

    def _record(
        self, log: str, statements: dict[Statement, int], what: Statement, seq: int
    ) -> None:
        if seq < statements.get(what, seq + 1):
            statements[what] = seq
            self._stale.add(device_of(log))

    def _log(self, log: str) -> _Log:
        known = self._logs.get(log)
        if known is None:
            known = self._logs[log] = _Log()
            logs = self._of_device.setdefault(device_of(log), [])
            logs.append(log)
            if len(logs) > 1:
                self._neighbours.update(logs)
                self._stale.add(device_of(log))
        return known

    def _repair(self) -> None:
        stale, self._stale = self._stale, set()
        for device in stale:
            boots = self._boots(device)
            for name, line in repaired(boots, self.earliest_ms, self.event_end_ms).items():
                for log in boots[name].logs:
                    if self._lines.get(log) != line:
                        self._lines[log] = line
                        self._moved.add(log)
                        self._version += 1

    def _boots(self, device: str) -> dict[str, BootClock]:
        """The boots of a device by name, made of its logs: a program begins a log, a kernel a boot."""
        limits = self._believed.get(device)
        boots: dict[str, BootClock] = {}
        name_of: dict[str, str] = {}
        follows: dict[str, str] = {}
        for log in sorted(self._of_device[device]):
            known = self._logs[log]
            limit = FAR_MS if limits is None else limits.get(log, 0)
            name_of[log] = f"log {log}"
            if known.boot is not None and limit > 0:
                name_of[log] = known.boot
                follows[log] = known.previous
            boot = boots.setdefault(name_of[log], BootClock())
            boot.logs.append(log)
            boot.last_mono = max(boot.last_mono, self._last_mono.get(log, 0))
            boot.floors.update(floor for floor, seq in known.floors.items() if seq <= limit)
            boot.clocks.update(
                clock
                for clock, seq in known.clocks.items()
                if seq <= limit and self.earliest_ms <= clock.trusted_ms <= self.latest_ms
            )
        for log, previous in follows.items():
            earlier = name_of.get(previous, name_of[log])
            if earlier != name_of[log]:
                boots[name_of[log]].before.add(earlier)
        return boots


def own_line(clocks: Iterable[Clock]) -> Line | None:
    """Return the line given by a boot's own trusted times, or None without any.

    The highest rank counts alone; of it the smallest error bound. Where sources of that rank contradict each other,
    the interval spans all of them.
    """
    known = list(clocks)
    if not known:
        return None
    rank = min(RANK[clock.source] for clock in known)
    top = [clock for clock in known if RANK[clock.source] == rank]
    best = min(top, key=lambda c: (c.error_ms, c.mono_ms, c.trusted_ms, c.via))
    offset = best.trusted_ms - best.mono_ms
    if all(_agree(best, other) for other in top):
        return Line(offset - best.error_ms, offset + best.error_ms, offset, rank)
    lo = min(c.trusted_ms - c.mono_ms - c.error_ms for c in top)
    hi = max(c.trusted_ms - c.mono_ms + c.error_ms for c in top)
    return Line(lo, hi, (lo + hi) // 2, rank, disagree=True)


def _agree(one: Clock, other: Clock) -> bool:
    drift = abs(one.mono_ms - other.mono_ms) * DRIFT_PPM // 1_000_000
    apart = abs((one.trusted_ms - one.mono_ms) - (other.trusted_ms - other.mono_ms))
    return apart <= one.error_ms + other.error_ms + drift


def repaired(
    boots: Mapping[str, BootClock], earliest_ms: int, event_end_ms: int
) -> dict[str, Line]:
    """Return the lines of all boots of one device by name, adjusted so that the boots follow each other."""
    row = _Row(boots)
    own = {name: line for name in row.names if (line := own_line(boots[name].clocks)) is not None}
    for rank in sorted({line.rank for line in own.values()}):
        row.fit({name: line for name, line in own.items() if line.rank == rank})
    row.bracket(earliest_ms, event_end_ms)
    return row.lines


class _Row:
    """The boots of one device in the order in which they followed each other, and the lines of those fitted so far.

    A clone of a card may follow the same boot as its original: the row can fork.
    """

    def __init__(self, boots: Mapping[str, BootClock]) -> None:
        self.boots = boots
        self.names = _in_order(boots)
        self.lines: dict[str, Line] = {}
        index = {name: at for at, name in enumerate(self.names)}
        self.before = {
            name: [b for b in boots[name].before if index[b] < at] for name, at in index.items()
        }
        self.after: dict[str, list[str]] = {name: [] for name in self.names}
        for name, before in self.before.items():
            for earlier in before:
                self.after[earlier].append(name)

    def fit(self, own: Mapping[str, Line]) -> None:
        """Fit the boots of one rank in, each as near to its own line as those fitted before leave room for."""
        latest = self._latest()
        earliest: dict[str, int] = {}
        for name in self.names:
            earliest[name] = self._ends_before(name, earliest)
            line = own.get(name)
            if line is not None:
                by = max(earliest[name], min(line.order, latest[name])) - line.order
                self.lines[name] = replace(
                    line, lo=line.lo + by, hi=line.hi + by, order=line.order + by
                )

    def bracket(self, earliest_ms: int, event_end_ms: int) -> None:
        """Give each boot without a source the room between its neighbours, or until the end of the event."""
        latest = self._latest()
        without = [name for name in self.names if name not in self.lines]
        for name in without:
            floor = max(self.boots[name].floors, default=earliest_ms)
            lo = min(max(self._ends_before(name, {}), floor), latest[name])
            self.lines[name] = Line(lo, lo, lo, UNKNOWN, open_end=event_end_ms)
        for name in reversed(without):
            line = self.lines[name]
            closed = [self.lines[a] for a in self.after[name] if self.lines[a].open_end is None]
            if closed:
                last = self.boots[name].last_mono
                hi = min(later.hi for later in closed) - last
                room = min(later.order for later in closed) - last
                order = min((line.lo + hi) // 2, room)
                self.lines[name] = replace(line, hi=hi, order=order, open_end=None)
        for name in without:
            lack = self._ends_before(name, {}) - self.lines[name].order
            if lack > 0:  # beside a clone whose end is known
                line = self.lines[name]
                self.lines[name] = replace(line, order=line.order + lack, hi=line.hi + lack)

    def _begin(self, name: str, else_at: Mapping[str, int]) -> int:
        return self.lines[name].order if name in self.lines else else_at[name]

    def _ends_before(self, name: str, else_at: Mapping[str, int]) -> int:
        """When the last of the boots before this one ended: no earlier can it have begun."""
        return max(
            (self._begin(b, else_at) + self.boots[b].last_mono for b in self.before[name]),
            default=-FAR_MS,
        )

    def _latest(self) -> dict[str, int]:
        """When each boot must have begun at the latest, given those fitted after it."""
        latest: dict[str, int] = {}
        for name in reversed(self.names):
            begins = min((self._begin(a, latest) for a in self.after[name]), default=FAR_MS)
            latest[name] = begins - self.boots[name].last_mono
        return latest


def _in_order(boots: Mapping[str, BootClock]) -> list[str]:
    """Earlier boots first. Boots that name each other in a circle (a broken writer) come last, by name."""
    waiting = {name: set(boot.before) for name, boot in boots.items()}
    order: list[str] = []
    while waiting:
        ready = sorted(name for name, before in waiting.items() if not before) or [min(waiting)]
        for name in ready:
            del waiting[name]
            order.append(name)
        for before in waiting.values():
            before.difference_update(ready)
    return order
