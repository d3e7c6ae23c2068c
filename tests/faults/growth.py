"""What grows while machines run for days: memory, open files and threads of processes, and sizes of files."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from jianmen.testing.processes import Program

KIB = 1024


@dataclass(frozen=True)
class Sample:
    """One look: at which hour, how many entries doors had written by then, and the figure. `of` is the process id, or
    0 for a file: a figure is compared with those of the same process alone."""

    hour: float
    entries: int
    figure: float
    of: int = 0


@dataclass
class Series:
    """The samples of one figure, oldest first."""

    samples: list[Sample] = field(default_factory=list)

    def since_start(self, from_hour: float) -> list[Sample]:
        """Those of the process that runs at the end, from an hour on."""
        last = self.samples[-1].of
        return [one for one in self.samples if one.of == last and one.hour >= from_hour]


@dataclass(frozen=True)
class Growth:
    """How a figure went from the end of a first hour to the end: its medians there, the hours and entries in between,
    and the slope of the line through all samples (least squares, per hour)."""

    first: float
    last: float
    hours: float
    entries: int
    slope: float

    @property
    def grown(self) -> float:
        return self.last - self.first

    @property
    def each_entry(self) -> float:
        return self.grown / self.entries if self.entries else 0.0


AT_AN_END = 5
"""So many samples make up the figure at an end: their median."""


def growth(samples: Sequence[Sample]) -> Growth | None:
    """None where there are too few samples to compare two ends."""
    if len(samples) < 2 * AT_AN_END:
        return None
    first, last = samples[:AT_AN_END], samples[-AT_AN_END:]
    hours = [one.hour for one in samples]
    slope, _ = statistics.linear_regression(hours, [one.figure for one in samples])
    return Growth(
        statistics.median(one.figure for one in first),
        statistics.median(one.figure for one in last),
        statistics.median(one.hour for one in last) - statistics.median(one.hour for one in first),
        last[AT_AN_END // 2].entries - first[AT_AN_END // 2].entries,
        slope,
    )


class Watched:
    """Everything that is looked at, by (whose, what)."""

    def __init__(self) -> None:
        self.series: dict[tuple[str, str], Series] = {}

    def look_at_program(self, whose: str, program: Program, hour: float, entries: int) -> None:
        """Memory of its own (KiB), open files and threads of a program with all its processes."""
        totals = {"memory": 0.0, "open files": 0.0, "threads": 0.0}
        for pid in program.group():
            with suppress(OSError):  # gone meanwhile
                for what, figure in _of_process(pid).items():
                    totals[what] += figure
        for what, figure in totals.items():
            self._note(whose, what, Sample(hour, entries, figure, program.pid))

    def look_at_files(self, whose: str, folder: Path, hour: float, entries: int) -> None:
        """Databases (KiB) and their write-ahead logs, of a folder; `entries` are those in it."""
        for what, pattern in (("databases", "*.db"), ("write-ahead logs", "*.db-wal")):
            figure = _kib(folder.glob(pattern))
            self._note(whose, what, Sample(hour, entries, figure))

    def newest(self) -> dict[str, float]:
        """The last look, for people who follow a run."""
        return {
            f"{whose} {what}": round(series.samples[-1].figure)
            for (whose, what), series in self.series.items()
            if what in ("memory", "open files", "threads") or whose == "registry"
        }

    def _note(self, whose: str, what: str, sample: Sample) -> None:
        self.series.setdefault((whose, what), Series()).samples.append(sample)


def _of_process(pid: int) -> dict[str, float]:
    status = Path(f"/proc/{pid}/status").read_text()
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {
        "memory": float(lines["RssAnon"].split()[0]),
        "open files": float(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())),
        "threads": float(lines["Threads"]),
    }


def _kib(files: Iterable[Path]) -> float:
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size
    return total / KIB
