"""Two kiosks of a venue whose uplink is dead: their doors in this process, their carriers as processes of their own.

What they exchange goes over a link that can be cut.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from access.badge.credential import Claims, Plain, plain_text, verifier
from access.log.clock_reading import ClockReading
from access.log.entry import Body, Clock, EventDefined, Key, Kiosk, pack
from access.state.event_state import EventState
from bench.support.kiosk_folder import KioskFolder
from bench.support.logs import DAY_MS, REGISTRY, badge_of_person, batches, fill, present_event
from hardware.system.clock import SystemClock
from jianmen.testing.log_writer import listing
from jianmen.testing.processes import Program
from jianmen.testing.tcp_proxy import TcpProxy
from kiosk.door.door import Door
from kiosk.door.replica_feed import ReplicaFeed
from kiosk.runtime.parts import log_reading
from sync.enrolment.record import Enrolment
from sync.store.data_folder import DataFolder
from sync.store.journal import Journal
from sync.store.replica import Replica, ReplicaReader
from sync.transport.tls_certificate import certificate_at

GATES = ("chengdu-main-1", "chengdu-main-2")
LOOK_S = 0.002
PATIENCE_S = 120.0
SECRET = bytes(11)


class Unknown(NamedTuple):
    """What a door is still to hear of."""

    door: "KioskAtDoor"
    who: "LetIn"


class LetIn(NamedTuple):
    """Somebody was let in at a door: the badge, the log of that door, and when its entry was durable (s)."""

    person: int
    log: str
    at_s: float


class KioskAtDoor:
    """One of the kiosks."""

    def __init__(self, folder: Path, gate: str) -> None:
        self.folder = KioskFolder(folder)
        self.gate = gate
        self.cable = TcpProxy(("127.0.0.1", self.folder.port))
        self.carrier: Program | None = None
        self._clock = SystemClock()

    def entry(self) -> Kiosk:
        """The entry about it in the registry's log."""
        identity, certificate = self.folder.identity, certificate_at(self.folder.folder)
        address = f"127.0.0.1:{self.cable.port}"
        return Kiosk(
            device=identity.fingerprint,
            public=identity.public,
            gate=self.gate,
            address=address,
            certificate=certificate.fingerprint,
        )

    def open(self) -> None:
        """Open the door, which has the time from its kernel."""
        self.journal = Journal(DataFolder(self.folder.folder).journal, self.folder.identity)
        self.replica = ReplicaReader.at(self.folder.replica)
        event_state = EventState(REGISTRY.fingerprint, self._read().wall_ms - DAY_MS)
        self.door = Door(self.journal, self.replica, event_state, self._read)
        now = self._read()
        self.door.begin_log(now, "bench", "bench", {})
        self.door.record(
            "clock",
            Clock(source="kernel", trusted_ms=now.wall_ms, mono_ms=now.mono_ms, error_ms=10),
            now,
        )
        self._feed = ReplicaFeed(self.door, replica=self.replica)
        self._feed.catch_up()

    def _read(self) -> ClockReading:
        return log_reading(self._clock.read())

    def carry(self) -> None:
        """Start its carrier."""
        self.carrier = self.folder.carry()

    def present(self, person: int) -> str:
        """Somebody comes to this door; the reason of its answer. Raises RuntimeError where it does not open."""
        self._feed.catch_up()
        text = plain_text(Plain(badge_of_person(person), 1, SECRET))
        answer = self.door.present(text, "in")
        if not answer.opens:
            raise RuntimeError(f"the door stays closed: {answer.reason}")
        return answer.reason

    def let_in(self, person: int) -> LetIn:
        """Somebody comes who was outside before. Raises RuntimeError where the door thinks otherwise."""
        reason = self.present(person)
        at_s = time.perf_counter()
        if reason != "ok":
            raise RuntimeError(f"the door takes a newcomer for {reason}")
        return LetIn(person, self.journal.log, at_s)

    def knows(self, who: LetIn) -> bool:
        """Whether this door would find that entry, if the badge were held up here now."""
        about = self.replica.about(badge_of_person(who.person))
        return any(log_entry.log == who.log for log_entry in about)

    def meets(self, who: LetIn) -> None:
        """Present the same badge here. Raises RuntimeError where the door does not act on what it knows."""
        reason = self.present(who.person)
        if reason != "reentry":
            raise RuntimeError(f"somebody is inside, and the next door says {reason}")

    def close(self) -> None:
        """Close the door."""
        self.replica.close()
        self.journal.close()

    def stop(self) -> None:
        """End its carrier. Safe to repeat."""
        if self.carrier is not None:
            self.carrier.kill()


@contextmanager
def venue(folder: Path, people: int) -> Iterator[tuple[KioskAtDoor, KioskAtDoor]]:
    """Both kiosks at work, in touch with each other. The registry's address takes connections and never answers."""
    here, there = kiosks = tuple(KioskAtDoor(folder / gate, gate) for gate in GATES)
    with ExitStack() as ends:
        for kiosk in kiosks:
            ends.callback(kiosk.cable.close)
        dead = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        _set_up(kiosks, people, f"http://127.0.0.1:{dead.getsockname()[1]}")
        for kiosk in kiosks:
            kiosk.open()
            ends.callback(kiosk.close)
            kiosk.carry()
            ends.callback(kiosk.stop)
        known([Unknown(there, here.let_in(0)), Unknown(here, there.let_in(1))])
        yield here, there


def known(waiting: list[Unknown]) -> list[float]:
    """Wait until each door knows; the moment at which each did (s). Then the badges are held up there.

    Raises RuntimeError where one never does, or does not act on it.
    """
    moments: dict[int, float] = {}
    until = time.perf_counter() + PATIENCE_S
    while len(moments) < len(waiting):
        for index, (door, who) in enumerate(waiting):
            if index not in moments and door.knows(who):
                moments[index] = time.perf_counter()
        if time.perf_counter() > until:
            raise RuntimeError(f"not known at the next door within {PATIENCE_S:.0f} s")
        for door, _ in waiting:
            if door.carrier is not None:
                door.carrier.check()
        time.sleep(LOOK_S)
    for door, who in waiting:
        door.meets(who)
    return [moments[index] for index in range(len(waiting))]


def _set_up(kiosks: tuple[KioskAtDoor, ...], people: int, url: str) -> None:
    """Enrol them and give them the roster."""
    log = batches(REGISTRY, _roster(kiosks, people))
    for kiosk in kiosks:
        replica = Replica(kiosk.folder.replica, REGISTRY.public, REGISTRY.fingerprint)
        fill(replica, [log])
        replica.close()
        kiosk.folder.enrolled(
            Enrolment(
                registry_url=url,
                registry_public=REGISTRY.public,
                registry=REGISTRY.fingerprint,
                event="bench",
                gate=kiosk.gate,
            )
        )


def _roster(kiosks: tuple[KioskAtDoor, ...], people: int) -> Iterator[tuple[str, Body]]:
    yield "event", EventDefined(event=msgspec.Raw(pack(present_event())))
    yield "key", Key(number=0, public=bytes(32))
    for kiosk in kiosks:
        yield "kiosk", kiosk.entry()
    for person in range(people):
        yield "badge", listing(badge_of_person(person), Claims(0, 7, 0, 3), verifier(SECRET))
