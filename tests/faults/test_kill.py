"""Plugs are pulled at random moments: whatever a door has acknowledged is there afterwards, and counted once.

Door, carrier and registry work at the same time, each in a process of its own; a seed chooses who is killed, and when.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from jianmen.testing.processes import JIANMEN, ROOT, Program, jianmen
from jianmen.testing.waiting import until
from tests.faults.machines import Kiosk, Mark, Registry

SHORT = 12
SOAK = 240


def _a_moment(random: Random, most: int = 200_000) -> None:
    """A random stretch of work between two moments that could be named."""
    sum(range(random.randint(1, most)))


@dataclass
class Chaos:
    """One kiosk, its carrier and the registry, all of which may die."""

    registry: Registry
    kiosk: Kiosk
    random: Random
    carrier: Program | None = None
    door: Program | None = None
    acknowledged: list[Mark] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)

    def run(self, rounds: int) -> None:
        for _ in range(rounds):
            self._start_what_is_down()
            self._people_come()
            victim = self.random.choice(["door", "door", "door", "carrier", "carrier", "registry"])
            _a_moment(self.random)
            self._kill(victim)
            self.killed[victim] += 1

    def _start_what_is_down(self) -> None:
        if self.registry.program is None or not self.registry.program.alive:
            self.registry.serve("--trust-clock", wait=self.random.random() < 0.5)
        if self.carrier is None or not self.carrier.alive:
            self.carrier = self.kiosk.carry()
        if self.door is None or not self.door.alive:
            self.door = self.kiosk.door_program()
            assert self.door.next_line() == "opening"
            # While it makes its tables (the first time) or opens its log.
            if not self.killed["door"] or self.random.random() < 0.4:
                _a_moment(self.random, 400_000)
                self._kill("door")
                self.killed["door"] += 1
                return self._start_what_is_down()
            assert self.door.next_line().startswith("open ")
        return None

    def _people_come(self) -> None:
        assert self.door is not None
        for text in self.random.choices(self.registry.texts, k=self.random.randint(1, 25)):
            self.door.write_line(text)
            if self.random.random() < 0.8:
                self._hear(self.door.next_line())

    def _hear(self, line: str) -> None:
        fields = line.split()
        if len(fields) == 6 and fields[4] != "repeat":
            self.acknowledged.append((fields[0], int(fields[1]), fields[2]))

    def _kill(self, victim: str) -> None:
        match victim:
            case "carrier":
                assert self.carrier is not None
                self.carrier.kill()
            case "registry":
                assert self.registry.program is not None
                self.registry.program.kill()
            case "door":
                assert self.door is not None
                self.door.process.kill()
                for line in self.door.lines():  # what it had reported by then counts as well
                    self._hear(line)
                self.door.kill()

    def settle(self) -> None:
        """Whoever is left carries on, until the registry has the whole journal."""
        self._kill("carrier")  # a new one does not wait for a registry that was away
        self._start_what_is_down()
        until(lambda: set(self.kiosk.marks()) <= set(self.registry.marks()), "all to arrive")
        self._kill("door")


def _nothing_lost_nothing_double(chaos: Chaos) -> None:
    for stored in (chaos.kiosk.marks(), chaos.registry.marks()):
        assert set(chaos.acknowledged) <= set(stored)
        numbers = Counter((log, seq) for log, seq, _ in stored)
        assert not [number for number, times in numbers.items() if times > 1]
    verified = jianmen("journal", "verify", str(chaos.kiosk.data))
    assert verified.returncode == 0, verified.stdout


def _chaos(registry: Registry, kiosk: Kiosk, rounds: int, seed: int) -> None:
    kiosk.enrol(registry)
    carrier = kiosk.carry()
    until(lambda: kiosk.has_roster_of(registry), "the roster")
    chaos = Chaos(registry, kiosk, Random(seed), carrier)
    chaos.run(rounds)
    chaos.settle()
    assert chaos.acknowledged
    assert set(chaos.killed) == {"door", "carrier", "registry"}
    _nothing_lost_nothing_double(chaos)
    assert 0 < registry.let_in() <= len(registry.texts)


def test_what_a_door_acknowledged_survives_every_plug(
    serving: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    _chaos(serving, kiosk_at("east-1"), SHORT, seed=7)


@pytest.mark.soak
def test_what_a_door_acknowledged_survives_hundreds_of_plugs(
    serving: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    _chaos(serving, kiosk_at("east-1"), SOAK, seed=11)


def _real_doors(registry: Registry, kiosk: Kiosk, rounds: int, random: Random) -> None:
    """The whole door, with its scanner and its pages: what its status named is in the journal."""
    with registry.opened() as service:
        kiosk.enrol_with(service, registry.url, registry.pin)
        kiosk.fetch(service)
    reported: list[tuple[str, int]] = []
    for _ in range(rounds):
        door = kiosk.run()
        before = kiosk.status()["seq"]
        kiosk.scan(random.sample(registry.texts, 5))
        until(lambda before=before: kiosk.status()["seq"] > before, "an entry")
        status = kiosk.status()
        reported.append((status["log"], status["seq"]))
        _a_moment(random)
        door.kill()
    stored = Counter((log, seq) for log, seq, _ in kiosk.marks())
    for log, last in reported:
        assert all(stored[log, seq] == 1 for seq in range(1, last + 1))
    assert jianmen("journal", "verify", str(kiosk.data)).returncode == 0


def test_the_door_service_is_killed_and_its_log_is_whole(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    _real_doors(registry, kiosk_at("east-1"), 2, Random(3))


@pytest.mark.soak
def test_the_door_service_is_killed_often_and_its_log_is_whole(
    registry: Registry, kiosk_at: Callable[[str], Kiosk]
) -> None:
    _real_doors(registry, kiosk_at("east-1"), 30, Random(5))


def _interrupted_beginnings(registry: Registry, folder: Path, rounds: int, random: Random) -> None:
    """`registry init` dies while it makes its tables and keys; the next one makes an event all the same."""
    password = folder / "password"
    password.write_text("long enough for this\n")
    for number in range(rounds):
        data = folder / f"begun-{number}"
        arguments = ["registry", "init", str(registry.data.parent / "event.toml")]
        arguments += ["--data", str(data), "--password-file", str(password)]
        first = subprocess.Popen([*JIANMEN, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            until(lambda data=data: (data / "registry.db").exists(), "the tables to be made")
            _a_moment(random, 3_000_000)
        finally:
            first.kill()
            first.wait()
        again = jianmen(*arguments)
        assert again.returncode == 0, again.stderr


@pytest.mark.soak
def test_a_registry_killed_often_while_it_is_made_can_be_made_again(
    registry: Registry, tmp_path: Path
) -> None:
    _interrupted_beginnings(registry, tmp_path, 20, Random(2))
