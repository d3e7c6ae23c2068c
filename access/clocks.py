"""Time repair: what the true time of an entry was, given everything the logs say about clocks.

Order within a log is its numbers. Between logs it is corrected time. A boot of a kernel has one steady clock
(CLOCK_BOOTTIME), so for each boot there is an offset: true time = mono + offset. The best `clock` entry of the boot
gives it; a boot without any is bracketed by its neighbours in the device's chain of logs. Everything here is an
offset interval [lo, hi]; the sort value of an entry is the middle of its interval, or the lower end where the
interval is open to the end of the event.

Constraints between the boots of a device (each began after the last entry of the one before):

- a boot with a lower-ranked source that reaches past a later, better one is moved down to it;
- any other boot that begins before the end of the earlier one is moved up to it, unless it is the better one;
- a boot without a source lies between the end of the one before and the beginning of the one after.

The registry's logs are taken at their word: it writes only while its clock is synchronised, never backwards.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from access.entry import Boot, Clock, ClockSource, Span

RANK: dict[ClockSource, int] = {"registry": 1, "supervisor": 2, "kernel": 3, "neighbour": 4}
"""Whose word counts first."""

UNKNOWN = 9
"""The rank of a boot that met no trusted time."""

DRIFT_PPM = 200
"""How far an uncorrected oscillator may stray: sources apart in time are not said to disagree for less. Pi crystals are
some 50 ppm off; the rest is margin."""

FAR_FUTURE_MS = 2**52


@dataclass(frozen=True, slots=True)
class Line:
    """The clock of one boot: the true time of an entry lies in [mono + lo, mono + hi].

    `order` is the offset by which its entries are sorted. `open_end` is set for a boot that knows no upper bound but
    the end of the event. `rank` is that of its best source (UNKNOWN: none); `disagree`: sources of that rank
    contradict each other. No entry is later than `ceiling`, where a better source says that the next boot began.
    """

    lo: int
    hi: int
    order: int
    rank: int
    disagree: bool = False
    open_end: int | None = None
    ceiling: int = FAR_FUTURE_MS

    @property
    def sure(self) -> bool:
        return self.rank != UNKNOWN and not self.disagree

    def span(self, mono_ms: int) -> Span:
        """The interval of an instant of this boot."""
        lo = min(mono_ms + self.lo, self.ceiling)
        if self.open_end is not None:
            return Span(lo, max(lo, self.open_end))
        return Span(lo, max(lo, min(mono_ms + self.hi, self.ceiling)))

    def sorts_at(self, mono_ms: int) -> int:
        """The instant by which an entry of this boot is ordered among all logs."""
        return min(mono_ms + self.order, self.ceiling)


@dataclass(slots=True)
class _Log:
    """What one log says of its clock. `boot` is the kernel's boot id, unknown until the first entry is held."""

    boot: str | None = None
    previous: str | None = None
    clocks: set[Clock] = field(default_factory=set)
    floor: int | None = None


class Clocks:
    """The clocks of all devices, as a fold: any order and any repetition of the same entries give the same lines."""

    def __init__(self, earliest_ms: int, latest_ms: int, event_end_ms: int) -> None:
        """Trusted times outside [earliest, latest] are refused; `event_end_ms` bounds a boot that knows nothing."""
        self.earliest_ms = earliest_ms
        self.latest_ms = latest_ms
        self.event_end_ms = event_end_ms
        self.version = 0
        """Grows whenever a line may have changed."""
        self._logs: dict[str, _Log] = {}
        self._of_device: dict[str, list[str]] = {}
        self._last_mono: dict[str, int] = {}
        self._followed: set[str] = set()
        self._lines: dict[str, Line] = {}
        self._stale: set[str] = set()

    def bound(self, latest_ms: int, event_end_ms: int) -> None:
        """Take the bounds from a (newer) event definition."""
        if (latest_ms, event_end_ms) != (self.latest_ms, self.event_end_ms):
            self.latest_ms, self.event_end_ms = latest_ms, event_end_ms
            self._stale.update(self._of_device)
            self.version += 1

    def saw(self, log: str, mono_ms: int) -> None:
        """An entry of this log exists at this instant of its boot."""
        if mono_ms > self._last_mono.get(log, -1):
            self._last_mono[log] = mono_ms
            if log in self._followed:
                self._changed(log)

    def began(self, log: str, boot: Boot) -> None:
        """The first entry of a log: which kernel boot it belongs to, and which log came before."""
        known = self._log(log)
        if known.boot is not None:
            return
        known.boot = boot.boot_id
        if boot.previous is not None and boot.previous[0][:16] == log[:16]:
            known.previous = boot.previous[0]
            self._followed.add(known.previous)
        self._changed(log)

    def told(self, log: str, clock: Clock) -> None:
        """A trusted time was met. Times outside the plausible window are kept, and ignored."""
        known = self._log(log)
        if clock not in known.clocks:
            known.clocks.add(clock)
            self._changed(log)

    def not_before(self, log: str, mono_ms: int, at_ms: int) -> None:
        """A kiosk that knew no trusted time recorded that this instant was not before `at_ms`."""
        known = self._log(log)
        if known.floor is None or at_ms - mono_ms > known.floor:
            known.floor = at_ms - mono_ms
            self._changed(log)

    def line(self, log: str) -> Line:
        """The clock of the boot that this log belongs to."""
        if self._stale:
            self._repair()
        line = self._lines.get(log)
        if line is None:  # a log of which nothing is held yet: at some time of the event
            lo = self.earliest_ms
            line = Line(lo, lo, lo, UNKNOWN, open_end=self.event_end_ms)
        return line

    def _log(self, log: str) -> _Log:
        known = self._logs.get(log)
        if known is None:
            known = self._logs[log] = _Log()
            self._of_device.setdefault(log[:16], []).append(log)
        return known

    def _changed(self, log: str) -> None:
        self.version += 1
        self._log(log)
        self._stale.add(log[:16])

    def _plausible(self, clock: Clock) -> bool:
        return self.earliest_ms <= clock.trusted_ms <= self.latest_ms

    def _repair(self) -> None:
        stale, self._stale = self._stale, set()
        for device in stale:
            boots: dict[str, BootClock] = {}
            for log in sorted(self._of_device[device]):
                known = self._logs[log]
                name = known.boot if known.boot is not None else f"log {log}"
                boot = boots.setdefault(name, BootClock())
                boot.logs.append(log)
                boot.clocks |= {clock for clock in known.clocks if self._plausible(clock)}
                boot.last_mono = max(boot.last_mono, self._last_mono.get(log, 0))
                if known.floor is not None:
                    boot.floor = max(known.floor, boot.floor or known.floor)
            names = {log: name for name, boot in boots.items() for log in boot.logs}
            for log, name in names.items():
                previous = names.get(self._logs[log].previous or "", name)
                if previous != name:
                    boots[name].before.add(previous)
                    boots[previous].after.add(name)
            for name, line in repaired(boots, self.earliest_ms, self.event_end_ms).items():
                for log in boots[name].logs:
                    self._lines[log] = line


@dataclass(slots=True)
class BootClock:
    """One boot of one device: its trusted times, its last instant, and its neighbours by name."""

    clocks: set[Clock] = field(default_factory=set)
    last_mono: int = 0
    floor: int | None = None
    before: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)
    logs: list[str] = field(default_factory=list)


def own_word(clocks: Iterable[Clock]) -> Line | None:
    """The line that a boot's own trusted times draw, or None without any.

    The highest rank counts alone; of it the smallest error bound. Where sources of that rank contradict each other,
    the interval spans what they say.
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
    """The lines of all boots of one device, made to fit each other."""
    order = _in_order(boots)
    lines = {name: line for name in order if (line := own_word(boots[name].clocks)) is not None}
    for name in reversed(order):
        _pull_down(name, boots, lines)
    best: dict[str, int] = {}
    for name in order:
        earlier = min((best[b] for b in boots[name].before if b in best), default=UNKNOWN)
        _push_up(name, boots, lines, earlier, earliest_ms)
        best[name] = min(earlier, lines[name].rank)
    for name in reversed(order):
        _close(name, boots, lines, event_end_ms)
    for name in order:
        _sort_after(name, boots, lines)
    return lines


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


def _pull_down(name: str, boots: Mapping[str, BootClock], lines: dict[str, Line]) -> None:
    """Move a boot down so that it ends before each later boot that has a better source begins."""
    line = lines.get(name)
    if line is None:
        return
    for later, length in _descendants(name, boots):
        better = lines.get(later)
        if better is None or better.rank >= line.rank:
            continue
        # The order offset stands for the boot: bounds that merely touch are no contradiction.
        excess = line.order + length - better.order
        if excess > 0:
            line = replace(
                line, lo=line.lo - excess, hi=line.hi - excess, order=line.order - excess
            )
    lines[name] = line


def _descendants(name: str, boots: Mapping[str, BootClock]) -> Iterator[tuple[str, int]]:
    """Each later boot, and how long at least after this boot's begin it began."""
    reached: dict[str, int] = {}
    heads = [(name, 0)]
    while heads:
        here, length = heads.pop()
        for later in sorted(boots[here].after):
            total = length + boots[here].last_mono
            if later != name and reached.get(later, -1) < total and len(reached) <= len(boots):
                reached[later] = total
                heads.append((later, total))
    yield from reached.items()


def _push_up(
    name: str,
    boots: Mapping[str, BootClock],
    lines: dict[str, Line],
    earlier_rank: int,
    earliest_ms: int,
) -> None:
    """Move a boot up so that it begins after the one before it has ended, unless it has the better source."""
    boot = boots[name]
    ends = [lines[b].order + boots[b].last_mono for b in boot.before if b in lines]
    line = lines.get(name)
    if line is None:
        lo = max([*ends, boot.floor if boot.floor is not None else earliest_ms])
        lines[name] = Line(lo, lo, lo, UNKNOWN)
    elif ends and max(ends) > line.order and line.rank >= earlier_rank:
        lack = max(ends) - line.order
        lines[name] = replace(line, lo=line.lo + lack, hi=line.hi + lack, order=line.order + lack)


def _close(
    name: str, boots: Mapping[str, BootClock], lines: dict[str, Line], event_end_ms: int
) -> None:
    """Give a boot without a source its upper bound: the begin of the next one, or the end of the event."""
    line = lines[name]
    after = [lines[later] for later in boots[name].after if later in lines]
    if line.rank != UNKNOWN:
        begins = [later.order for later in after if later.rank < line.rank]
        if begins and min(begins) < line.order + boots[name].last_mono:
            lines[name] = replace(line, ceiling=min(begins))
        return
    closed = [later.hi for later in after if later.open_end is None]
    if not closed:
        lines[name] = replace(line, open_end=event_end_ms)
        return
    hi = min(closed) - boots[name].last_mono
    lo = min(line.lo, hi)
    lines[name] = replace(line, lo=lo, hi=hi, order=(lo + hi) // 2)


def _sort_after(name: str, boots: Mapping[str, BootClock], lines: dict[str, Line]) -> None:
    """Let no boot without a source sort before the end of the one before it."""
    line = lines[name]
    ends = [
        lines[earlier].sorts_at(boots[earlier].last_mono)
        for earlier in boots[name].before
        if earlier in lines
    ]
    if line.rank == UNKNOWN and ends and max(ends) > line.order:
        lines[name] = replace(line, order=max(ends), hi=max(line.hi, *ends))
