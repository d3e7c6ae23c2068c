"""Builders for the tests of time repair: one device, its logs, its boots and their trusted times.

Times are in ms; a boot's steady clock starts at 0, and the first trusted time is usually `NOON`.
"""

from __future__ import annotations

from access.log.entry import Boot, Clock, ClockSource
from access.state.time_repair import BootClock, Clocks, Line, repaired

MINUTE = 60_000
HOUR = 60 * MINUTE
EARLIEST = 1_000 * HOUR
LATEST = 9_000 * HOUR
EVENT_END = 8_000 * HOUR
NOON = 2_000 * HOUR
DEVICE = "0123456789abcdef"


def log(epoch: int) -> str:
    """The id of the device's log of that epoch."""
    return f"{DEVICE}{epoch:08x}"


def trusted(
    trusted_ms: int, mono_ms: int = 0, source: ClockSource = "registry", error: int = 0
) -> Clock:
    """A trusted time at an instant of a boot, by default at its beginning and exact."""
    return Clock(source=source, trusted_ms=trusted_ms, mono_ms=mono_ms, error_ms=error)


def chain(*boots: tuple[int, list[Clock]], floors: dict[int, int] | None = None) -> list[Line]:
    """The lines of boots that followed each other, each given by its last instant and its trusted times."""
    made = {
        str(index): BootClock(
            clocks=set(clocks),
            last_mono=last,
            before={str(index - 1)} if index else set(),
            floors={floors[index]} if floors and index in floors else set(),
        )
        for index, (last, clocks) in enumerate(boots)
    }
    lines = repaired(made, EARLIEST, EVENT_END)
    return [lines[str(index)] for index in range(len(boots))]


def clocks() -> Clocks:
    """A fold without any entries."""
    return Clocks(EARLIEST, LATEST, EVENT_END)


def began(known: Clocks, epoch: int, after: int | None = None, boot: str | None = None) -> None:
    """Add the first entry of a log; `after` is the epoch of the log before it, `boot` the kernel's boot id."""
    previous = None if after is None else (log(after), 1, bytes(32))
    known.began(
        log(epoch),
        Boot(
            device=DEVICE,
            previous=previous,
            boot_id=boot or f"boot {epoch}",
            why="power",
            versions={},
        ),
    )


def trusts(known: Clocks, epoch: int, at_ms: int, error: int = 0) -> None:
    """Add a trusted time at the beginning of a log's boot."""
    known.add_trusted_time(log(epoch), 2, trusted(at_ms, error=error))
