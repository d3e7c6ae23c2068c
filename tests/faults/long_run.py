"""Four event days in fast motion with real processes, and everything that breaks meanwhile.

A registry, and at each of two venues a door in and a door out, each kiosk with its carrier. All machines' clocks run so
many times as fast (`fast_clock`). From 8 to 20 o'clock people come and go; at any hour plugs are pulled, links cut,
clocks set wrong, logs put aside, and once a day a disk is full. The kiosks of the first venue and their carriers are
never killed, nor is the registry after the first half day: what leaks would grow there for days.

What happened is read from what the doors have recorded, and followed by a model that knows nothing of folds.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from access.badge.credential import read
from access.log.entry import Scan
from access.log.log_entry import LogEntry, read_entry
from jianmen.testing.processes import Program, Programs
from jianmen.testing.tcp_proxy import TcpProxy
from jianmen.testing.waiting import until
from sync.store.journal import JournalReader
from tests.faults.fast_clock import FastTime
from tests.faults.growth import Watched
from tests.faults.machines import Kiosk, Registry

HOUR_MS = 3_600_000
BEGINS_H = 7
"""The hour of the day at which everything starts."""

OPENS_H, CLOSES_H, COUNTED_H = 8, 20, 22
"""When people come, when nobody comes any more, and when the day is counted."""

DAYS = 4
HOURS = 24 * (DAYS - 1) + COUNTED_H - BEGINS_H
GATES = {
    "east-in": ("east", "in"),
    "east-out": ("east", "out"),
    "west-in": ("west", "in"),
    "west-out": ("west", "out"),
}
SPARED = "east"
"""The venue whose kiosks are never killed."""

REGISTRY_SPARED_H = 13.0
OUTSIDE = ""
LOOK_S = 0.05
PACE_S = 0.6
"""Seconds of life between two people at a door, on average."""

RESTS_S = 1.0
"""Nobody goes from door to door faster than this: clocks are known to some milliseconds of life."""

PATIENCE_S = 5.0
"""Who is not answered by then holds the badge up again: the door was dead, or its disk full."""

RESTART_S = 2.0
"""A service manager starts a dead process again after so long."""


class FastPrograms(Programs):
    """The programs of one machine, whose clock runs fast."""

    def __init__(self, logs: Path, clock: Path) -> None:
        super().__init__(logs)
        self._clock = clock

    def jianmen(self, name: str, *arguments: str, netns: str | None = None) -> Program:
        import sys

        fast = [sys.executable, "-m", "tests.faults.fast_clock", str(self._clock)]
        return self.start(name, [*fast, *arguments], netns)


@dataclass
class Truth:
    """Where everybody is, and what the doors of each venue did today."""

    venue_of: dict[bytes, str] = field(default_factory=dict)
    let_in: dict[str, set[bytes]] = field(default_factory=lambda: {"east": set(), "west": set()})
    entries: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    closed: list[LogEntry] = field(default_factory=list)
    """Answers that opened nothing: there should be none."""

    def happened(self, venue: str, entry: LogEntry, body: Scan) -> None:
        assert body.badge is not None
        self.reasons[body.reason] += 1
        if body.verdict not in ("admit", "admit_flagged"):
            self.closed.append(entry)
        elif body.direction == "in":
            self.venue_of[body.badge] = venue
            self.let_in[venue].add(body.badge)
            self.entries[venue] += 1
        else:
            self.exits[venue] += 1
            if self.venue_of.get(body.badge) == venue:
                self.venue_of[body.badge] = OUTSIDE

    def day_ends(self) -> None:
        """Everybody is out, and the counts of the day begin anew."""
        self.venue_of.clear()
        self.entries.clear()
        self.exits.clear()
        for people in self.let_in.values():
            people.clear()

    def counts(self) -> dict[str, tuple[int, int, int, int]]:
        """Inside, people, entries and exits of each venue today."""
        inside = Counter(self.venue_of.values())
        return {
            venue: (inside[venue], len(people), self.entries[venue], self.exits[venue])
            for venue, people in self.let_in.items()
        }


class Answers:
    """What a door records, in order, whatever becomes of the door."""

    def __init__(self, path: Path) -> None:
        self._journal = JournalReader.at(path)
        self._log = ""
        self._seq = 0
        self.entries = 0

    def new(self) -> Iterator[LogEntry]:
        """Entries since the last call."""
        logs = self._journal.logs()
        for log in logs[logs.index(self._log) if self._log in logs else 0 :]:
            if log != self._log:
                self._log, self._seq = log, 0
            for digest, raw in self._journal.raws(log, self._seq, 1000):
                self._seq += 1
                self.entries += 1
                yield read_entry(log, digest, raw)

    def close(self) -> None:
        self._journal.close()


@dataclass
class Shown:
    """A badge held up before a door, since when."""

    text: str
    badge: bytes
    since_s: float


class Site:
    """One kiosk: its machine, its link to the registry, and who stands before its door."""

    def __init__(self, kiosk: Kiosk, gate: str, link: TcpProxy, clock: Path) -> None:
        self.kiosk, self.gate, self.link, self.clock = kiosk, gate, link, clock
        self.venue, self.way = GATES[gate]
        self.door: Program | None = None
        self.carrier: Program | None = None
        self.answers: Answers | None = None
        self.shown: Shown | None = None
        self.next_s = 0.0

    @property
    def is_spared(self) -> bool:
        return self.venue == SPARED

    @property
    def programs(self) -> list[Program]:
        return [one for one in (self.door, self.carrier) if one is not None]

    def start(self) -> None:
        """Start what does not run."""
        if self.carrier is None or not self.carrier.alive:
            self.carrier = self.kiosk.carry()
        if self.door is None or not self.door.alive:
            self.door = self.kiosk.run(wait=False)

    def ready(self) -> bool:
        status = self.kiosk.status()
        return status.get("state") == "working" and bool(status["clock"]["sure"])

    def hold_up(self, text: str, now_s: float) -> None:
        badge = read(text)
        assert badge is not None
        self.shown = Shown(text, badge.badge, now_s)
        self.kiosk.scan([text])

    def recorded(self) -> list[LogEntry]:
        """What the door has recorded since the last look."""
        if self.answers is None:
            try:
                self.answers = Answers(self.kiosk.data / "journal.db")
            except sqlite3.OperationalError:
                return []
        return list(self.answers.new())

    def close(self) -> None:
        if self.answers is not None:
            self.answers.close()
        self.link.close()


@dataclass
class LongRun:
    """The run. `restarting` are programs on their way up again."""

    registry: Registry
    sites: Sequence[Site]
    time: FastTime
    random: Random
    logs: Path
    watched: Watched = field(default_factory=Watched)
    truth: Truth = field(default_factory=Truth)
    happened: Counter[str] = field(default_factory=Counter)
    due: list[tuple[float, str, Site | None]] = field(default_factory=list)
    """What happens by itself: at which hour, what, where."""
    filler: Path | None = None

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(
            1
        )  # it lives to the end: programs die with the thread that started them
        self._starting: list[Future[None]] = []
        self._gone_s: dict[bytes, float] = {}

    # Time.

    @property
    def hour(self) -> float:
        """Hours since the midnight before the start."""
        return BEGINS_H + self.time.passed_ms / HOUR_MS

    @property
    def is_open(self) -> bool:
        return OPENS_H <= self.hour % 24 < CLOSES_H

    # The run.

    def start(self) -> None:
        """Everything runs, and every door is ready."""
        for site in self.sites:
            site.start()
        for site in self.sites:
            until(site.ready, f"{site.gate} to be ready")

    def until(self, hour: float) -> None:
        """Let time pass until an hour, with whatever happens."""
        sampled = int(self.hour)
        while self.hour < hour:
            self._things_happen()
            self._people_come()
            if int(self.hour) > sampled:
                sampled = int(self.hour)
                self._sample()
                self._plan_an_hour()
            for future in [one for one in self._starting if one.done()]:
                self._starting.remove(future)
                future.result()
            time.sleep(LOOK_S)

    def _people_come(self) -> None:
        now_s = time.monotonic()
        for site in self.sites:
            self._record(site, now_s)
            if site.shown is not None:
                if now_s - site.shown.since_s > PATIENCE_S:
                    self.happened["held up again"] += 1
                    site.hold_up(site.shown.text, now_s)
            elif self.is_open and now_s >= site.next_s:
                text = self._somebody(site, now_s)
                if text is not None:
                    site.hold_up(text, now_s)

    def _record(self, site: Site, now_s: float) -> None:
        for entry in site.recorded():
            body = entry.body
            if not isinstance(body, Scan):
                continue
            self.truth.happened(site.venue, entry, body)
            if site.shown is not None and site.shown.badge == body.badge:
                self._gone_s[site.shown.badge] = now_s
                site.shown = None
                site.next_s = now_s + self.random.expovariate(1 / PACE_S)

    def _somebody(self, site: Site, now_s: float) -> str | None:
        """Who is outside comes in, now and then somebody who is in already; who is inside goes out."""
        busy = {one.shown.badge for one in self.sites if one.shown is not None}
        again = site.way == "out" or self.random.random() < 0.05
        wanted = site.venue if again else OUTSIDE
        for text in self.random.sample(self.registry.texts, 40):
            code = read(text)
            assert code is not None
            rested = now_s - self._gone_s.get(code.badge, 0.0) > RESTS_S
            here = self.truth.venue_of.get(code.badge, OUTSIDE) == wanted
            if here and rested and code.badge not in busy:
                return text
        return None

    # What happens.

    def _plan_an_hour(self) -> None:
        """One thing goes wrong in the next hour, and on each day a disk is full at noon."""
        hour = self.hour
        kinds = (
            "kill door",
            "kill carrier",
            "cut",
            "cut",
            "set clock",
            "put logs aside",
            "kill registry",
        )
        kind = self.random.choice(kinds)
        mortal = [site for site in self.sites if not site.is_spared]
        site: Site | None = self.random.choice(mortal if kind.startswith("kill") else self.sites)
        if kind == "kill registry":
            if hour > REGISTRY_SPARED_H:
                return
            site = None
        self.due.append((hour + self.random.random(), kind, site))
        if int(hour) % 24 == 12:
            [small] = [one for one in self.sites if one.gate == "east-out"]
            self.due.append((hour + 0.3, "fill disk", small))
            self.due.append((hour + 0.8, "empty disk", small))

    def _things_happen(self) -> None:
        hour = self.hour
        for one in [one for one in self.due if one[0] <= hour]:
            self.due.remove(one)
            self._happen(one[1], one[2])

    def _happen(self, kind: str, site: Site | None) -> None:
        self.happened[kind] += 1
        later = self.hour + self.random.uniform(0.1, 2)
        match kind:
            case "kill registry":
                assert self.registry.program is not None
                self.registry.program.kill()
                self._again(lambda: self.registry.serve("--trust-clock", wait=False))
            case "kill door" if site is not None and site.door is not None:
                site.door.kill()
                self._again(site.start)
            case "kill carrier" if site is not None and site.carrier is not None:
                site.carrier.kill()
                self._again(site.start)
            case "cut" if site is not None:
                site.link.cut()
                self.due.append((later, "heal", site))
            case "heal" if site is not None:
                site.link.heal()
            case "set clock" if site is not None:
                wrong_ms = self.random.choice((-HOUR_MS, HOUR_MS, 24 * HOUR_MS, -(10**11), 0))
                self.time.set_wrong(site.clock, wrong_ms)
            case "put logs aside":
                self._put_logs_aside()
            case "fill disk" if site is not None:
                self._fill(site.kiosk.data)
            case "empty disk" if self.filler is not None:
                self.filler.unlink()
                self.filler = None

    def _again(self, start: object) -> None:
        """A service manager starts it again."""

        def work() -> None:
            time.sleep(RESTART_S)
            start()  # type: ignore[operator]

        self._starting.append(self._pool.submit(work))

    def _put_logs_aside(self) -> None:
        """As logrotate's copytruncate does: the file stays open, and begins anew."""
        for log in self.logs.glob("*.log"):
            log.with_suffix(".log.1").write_bytes(log.read_bytes())
            with log.open("r+b") as file:
                file.truncate(0)

    def _fill(self, folder: Path) -> None:
        """Take all the room there is."""
        self.filler = folder / "filler"
        with self.filler.open("wb", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2

    # Looking.

    def _sample(self) -> None:
        """Look at everything, and say so: a run of hours can be followed. Nobody ends by themselves."""
        for program in (one for site in self.sites if site.is_spared for one in site.programs):
            program.check()
        hour, watched = self.hour, self.watched
        entries = {site.gate: site.answers.entries if site.answers else 0 for site in self.sites}
        total = sum(entries.values())
        if self.registry.program is not None and self.registry.program.alive:
            self.registry.answers()  # as a dashboard asks: else a whole day is folded at once in the evening
            watched.look_at_program("registry", self.registry.program, hour, total)
        watched.look_at_files("registry", self.registry.data, hour, total)
        for site in self.sites:
            for name, program in (("door", site.door), ("carrier", site.carrier)):
                if program is not None and program.alive:
                    watched.look_at_program(f"{site.gate} {name}", program, hour, total)
            watched.look_at_files(site.gate, site.kiosk.data, hour, total + entries[site.gate])
        print(f"{hour:5.1f} h, {total} entries: {watched.newest()}", flush=True)

    # How a day ends.

    def settle(self) -> None:
        """Everything is joined again and runs; nobody stands at a door; the registry has what every door wrote."""
        for one in [one for one in self.due if one[1] in ("heal", "empty disk")]:
            self.due.remove(one)
            self._happen(one[1], one[2])
        for site in self.sites:
            site.link.heal()
        while self._starting:
            self._starting.pop(0).result()
        until(lambda: not any(site.shown for site in self._looked()), "the last to be answered")
        until(self._all_arrived, "all entries to arrive at the registry", 180)

    def _looked(self) -> Sequence[Site]:
        self._people_come()
        return self.sites

    def _all_arrived(self) -> bool:
        there = set(self.registry.marks())
        return all(set(site.kiosk.marks()) <= there for site in self.sites)

    def counted(self) -> dict[str, tuple[int, int, int, int]]:
        """What the registry counts today, as `Truth.counts`."""
        found = self.registry.headcount()
        return {
            venue: tuple(found[venue][what] for what in ("inside", "people", "entries", "exits"))  # type: ignore[misc]
            for venue in self.truth.let_in
        }

    def close(self) -> None:
        self._pool.shutdown(wait=True)
        for site in self.sites:
            site.close()
        with suppress(OSError):
            if self.filler is not None:
                self.filler.unlink()
