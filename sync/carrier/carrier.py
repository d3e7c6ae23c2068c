"""The carrier: sends what the door has written to the registry and the neighbours, and fetches what they have.

A process of its own, so that no network trouble ever reaches the door. Each target (the registry, every other kiosk of
the venue) has a thread that waits on the network; all access to the replica happens under one lock. After every error
a target is asked again what it has.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from access.event.programme import Programme
from access.log.clock_reading import ClockReading
from sync.carrier.journal_copy import COMMIT_PAUSES_S, JournalFollower
from sync.carrier.peer_worker import NEIGHBOUR_PAUSES, PeerWorker
from sync.carrier.reach_log import ReachLog
from sync.carrier.retention import forget_people
from sync.carrier.time_exchange import BestTime, TimeKeeper
from sync.carrier.usb_bundles import take_waiting
from sync.enrolment.record import Enrolment
from sync.exchange.exchange import Answerer, Asker
from sync.exchange.party import Taken
from sync.store.data_folder import DataFolder
from sync.store.journal_recovery import is_damage, sound, sound_replica
from sync.store.replica import Replica
from sync.transport.discovery import Peer, peers_of
from sync.transport.http_client import NEIGHBOUR_CONNECT_S, HttpClient, HttpClientError
from sync.transport.link_events import link_events
from sync.wire.device_key import DeviceKey
from sync.wire.messages import MessageError, TimeReport

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
"""How often the journal is read without a file event (s): what the door writes is sent within this time."""

PEERS_EVERY_S = 3.0
"""How often the list of neighbours is computed again, and bundles are looked for (s)."""

WRITE_STATES_EVERY_S = 1.0
"""How often a running carrier writes target states and heads (s): the door need not read after each message."""

LEVEL_EVERY_S = 1.0

ROUNDS = 50
"""Rounds of one step at most; a first sync goes on in the next step, after a look at the journal."""


class Carrier:
    """The carrier of one kiosk."""

    def __init__(
        self,
        data: Path,
        enrolment: Enrolment,
        identity: DeviceKey,
        read_clock: Callable[[], ClockReading],
        hints: Callable[[], dict[str, str]] = dict,
    ) -> None:
        """The folder `data` has the door's journal and this carrier's replica; `hints` are addresses heard by mDNS.
        Raises sqlite3.Error or OSError."""
        self._data = data
        self._trouble = ""
        self._running = False
        self._unwritten_states: dict[str, PeerWorker] = {}
        self._read_clock = read_clock
        self._identity = identity
        self._enrolment = enrolment
        self._hints = hints
        self._lock = threading.RLock()
        self._times = TimeKeeper(enrolment.registry)
        self.time = BestTime(read_clock)
        self._reach_log = ReachLog((identity.fingerprint, enrolment.registry))
        self._news = threading.Event()
        self._levelled = 0.0
        self._changed = True
        self.reach: tuple[str, str] = ("", "")
        self.lan_hosts: frozenset[str] = frozenset()
        """Addresses of kiosks, as the registry's log has them."""
        self._replica_path = DataFolder(data).replica
        self.replica = sound_replica(
            self._replica_path,
            lambda path: Replica(path, enrolment.registry_public, enrolment.registry),
        )
        with self.replica.transaction():
            self.replica.forget_times()
        self._journal = JournalFollower(DataFolder(data).journal, self.replica, identity)
        self._not_before()
        self.answerer = Answerer(self.replica, identity, self.time.now_ms, self.time_report)
        self.answerer.warrant = enrolment.warrant
        self.registry = PeerWorker(
            "registry",
            self._asker(enrolment.registry),
            (HttpClient(enrolment.registry_url, enrolment.certificate_pin),),
            self._mono_ms,
        )
        self._recall(self.registry)
        self.peers: dict[str, PeerWorker] = {}

    def _mono_ms(self) -> int:
        return self._read_clock().mono_ms

    def _asker(self, device: str) -> Asker:
        asker = Asker(self.replica, self._identity, self.time.now_ms, self.time_report, device)
        asker.warrant = self._enrolment.warrant
        asker.history = self.answerer.history  # one for each neighbour would fill the memory
        return asker

    @property
    def device(self) -> str:
        return self._identity.fingerprint

    @property
    def targets(self) -> list[PeerWorker]:
        """The registry, and the neighbours known now."""
        return [self.registry, *self.peers.values()]

    def be_reached_at(self, address: str, certificate: str) -> None:
        """Announce where this kiosk listens on its LAN (host:port, SHA-256 of its certificate) to every peer."""
        self.reach = self.answerer.reach = self.registry.asker.reach = (address, certificate)

    # Time.

    def time_report(self) -> TimeReport | None:
        """The time to send to neighbours: the registry's as received here, else the kernel's if it is synchronised;
        None: neither is known."""
        if self.time.error_ms is not None:
            return TimeReport(self.time.now_ms(), self.time.error_ms, "registry")
        reading = self._read_clock()
        return TimeReport(reading.wall_ms, 1000, "kernel") if reading.synced else None

    def _heard(self, report: TimeReport, device: str, asked: int, answered: int) -> None:
        clock = self._times.heard(report, device, asked, answered)
        if clock is None:
            return
        if clock.source == "registry":
            self.time.trust(clock)
        with self.replica.transaction():
            self.replica.notify_door("clock", clock)

    def _not_before(self) -> None:
        """Raise the lower bound of the time to the newest head of the registry and of this kiosk."""
        for device in (self._enrolment.registry, self._identity.fingerprint):
            head = self.replica.latest_head(device)
            if head is not None:
                self.time.not_before(head.at_ms)

    # The door's log.

    def look(self) -> bool:
        """Copy what the door has written since into the replica. Return whether there was anything."""
        with self._lock:
            try:
                new = self._journal.take_over(self.time.now_ms)
            except sqlite3.DatabaseError as error:
                self._bear(error)
                return False
            self._trouble = ""
            self._changed = self._changed or new > 0
            return new > 0

    def _bear(self, error: sqlite3.DatabaseError) -> None:
        """The door is starting, or its file is damaged, or the disk is full: it is tried again. Raises the error where
        the replica is damaged: the next start makes it again."""
        if is_damage(error) and not sound(self._replica_path):
            raise error
        if str(error) != self._trouble:
            log.warning("nothing can be taken over or written now: %s", error)
        self._trouble = str(error)

    def _await_commit(self) -> None:
        """After a file event: wait for the commit that it announces. A longer one is found at the next look."""
        for pause_s in COMMIT_PAUSES_S:
            with self._lock:
                if self._journal.changed():
                    return
            if self._news.is_set():
                return
            time.sleep(pause_s)

    def _news_came(self) -> None:
        """Wake all targets: entries came in that they may lack, or that this kiosk's own journal lacks."""
        self._changed = True
        self._journal.look_again()
        self._news.set()
        self._journal.watch.poke()

    def take_bundles(self) -> None:
        """Import the bundles that wait in the data folder."""
        with self._lock:
            if take_waiting(self.replica, self._data):
                self._news_came()

    # Exchange.

    def answer(self, raw: bytes) -> bytes:
        """The answer to another kiosk's request. Raises MessageError or ChainError if it is not authentic."""
        with self._lock:
            answer, taken = self.answerer.answer(raw, self._mono_ms())
            self._not_before()
            caller = self.peers.get(taken.device)
        if caller is not None:
            caller.in_reach()
        if taken.entries:
            self._news_came()  # a kiosk with an uplink carries the logs of one without
        return answer

    def step(self, target: PeerWorker) -> bool:
        """Exchange with a target until neither side has anything new. Return False if that failed."""
        try:
            for _ in range(ROUNDS):
                if not self._round(target):
                    break
            target.succeeded()
        except (HttpClientError, MessageError) as error:
            target.failed(str(error))
        except sqlite3.DatabaseError as error:
            self._bear(error)
            target.failed(f"nothing can be written here: {error}")
        self._note_state(target)
        return not target.state.failures

    def _round(self, target: PeerWorker) -> bool:
        raw, asked_ms, answered_ms = target.next_answer(lambda: self._request(target))
        with self._lock:
            taken, again = target.asker.receive(raw, target.send_ahead)
            self._not_before()
            if taken.time is not None:
                self._heard(taken.time, target.asker.other, asked_ms, answered_ms)
            target.answered(self.time.now_ms(), answered_ms)
        self._note(target, taken)
        return again

    def _request(self, target: PeerWorker) -> bytes:
        with self._lock:
            target.asker.reach = self.reach
            return target.asker.request()

    def _note(self, target: PeerWorker, taken: Taken) -> None:
        target.state.received += taken.entries
        target.state.rejected = taken.rejected
        for why in taken.rejected.values():
            log.warning("%s: not taken: %s", target.name, why)
        if taken.entries:
            self._news_came()
            self._note_state(target)  # a first sync takes a while: show how far it has come

    def _recall(self, target: PeerWorker) -> None:
        before = self.replica.targets().get(target.name)
        if before is not None:
            target.recall(before)

    def _forget_others(self) -> None:
        """Delete the stored states of kiosks that are no neighbours any more."""
        with self._lock:
            gone = set(self.replica.targets()) - {target.name for target in self.targets}
            if gone:
                with self.replica.transaction():
                    self.replica.forget_targets(gone)

    def _note_state(self, target: PeerWorker) -> None:
        """Store the state of a target: at once, or while the carrier runs with the next `write_states`."""
        with self._lock:
            self._unwritten_states[target.name] = target
            if not self._running:
                self.write_states()

    def write_states(self) -> None:
        """Write what was only noted since the last time: states of targets, heads without entries."""
        with self._lock:
            names = {target.name for target in self.targets} & self._unwritten_states.keys()
            states = {name: asdict(self._unwritten_states[name].state) for name in names}
            self._unwritten_states.clear()
            if states or self.replica.unwritten_heads:
                with self.replica.transaction():
                    self.replica.write_heads()
                    for name, state in states.items():
                        self.replica.set_target(name, state)

    # Neighbours.

    def find_peers(self) -> None:
        """Compute the neighbours again: from the registry's log, with addresses that mDNS hints at."""
        with self._lock:
            event = self.replica.definition()
            kiosks = self.replica.devices()
        programme = Programme(event) if event is not None else None
        found = peers_of(self._identity.fingerprint, kiosks, programme, self._hints())
        self.lan_hosts = frozenset(
            kiosk.address.rpartition(":")[0] for kiosk in kiosks.values() if not kiosk.cut_off
        )
        wanted = {peer.device: peer for peer in found}
        for device, target in list(self.peers.items()):
            if device not in wanted or target.addresses != wanted[device].addresses:
                self.peers.pop(device).close()
        for device, peer in wanted.items():
            if device not in self.peers:
                self.peers[device] = self._peer_target(peer)
        self._forget_others()

    def _peer_target(self, peer: Peer) -> PeerWorker:
        links = tuple(
            HttpClient(f"https://{address}", peer.certificate, NEIGHBOUR_CONNECT_S)
            for address in peer.addresses
        )
        target = PeerWorker(
            peer.gate or peer.device,
            self._asker(peer.device),
            links,
            self._mono_ms,
            peer.addresses,
            NEIGHBOUR_PAUSES,
        )
        self._recall(target)
        return target

    def purge(self) -> None:
        """Delete the name cards once the event is over by its retention days."""
        with self._lock:
            forget_people(self.replica, self.time.now_ms())

    def level(self, now_s: float) -> None:
        """After a change: list the kiosks that can be reached for the door, which may pass them seats."""
        if not self._changed or now_s - self._levelled < LEVEL_EVERY_S:
            return
        self._changed = False
        self._levelled = now_s
        with self._lock:
            reached = self._reach_log.reached(self.replica.latest_heads(), self._mono_ms())
            if reached:
                with self.replica.transaction():
                    self.replica.notify_door("reached", reached)

    # Running.

    def run(
        self,
        stopped: Callable[[float], bool],
        alive: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        """Run until `stopped(seconds)`, which waits so long, returns True. `alive` is called at every look at the
        journal; `clock` is any that goes on (s)."""
        sought, written = -PEERS_EVERY_S, clock()
        self._running = self.replica.heads_may_wait = True
        links = link_events()
        if links is not None:
            self._journal.watch.also(links.fileno(), self._network_changed)
        try:
            while not stopped(0):
                if self._journal.wait(LOOK_EVERY_S):
                    self._await_commit()
                if self.look() or self._news.is_set():
                    self._news.clear()
                    for target in self.targets:
                        target.wake()
                now_s = clock()
                if now_s - sought >= PEERS_EVERY_S:
                    sought = now_s
                    self._try(self.find_peers)
                    for target in self.targets:
                        target.start(self.step)
                    self._try(self.take_bundles)
                    self._try(self.purge)
                if now_s - written >= WRITE_STATES_EVERY_S:
                    written = now_s
                    self._try(self.write_states)
                self._try(partial(self.level, now_s))
                alive()
        finally:
            self._running = self.replica.heads_may_wait = False
            for target in self.targets:
                target.close()
            self._try(self.write_states)
            if links is not None:
                links.close()

    def _try(self, duty: Callable[[], None]) -> None:
        """Do what is done again anyway: a full disk must not end the carrier."""
        try:
            duty()
        except sqlite3.DatabaseError as error:
            self._bear(error)

    def _network_changed(self) -> None:
        for target in self.targets:
            target.in_reach()

    def close(self) -> None:
        """Safe to repeat."""
        for target in self.targets:
            target.close()
        self._journal.close()
        self.replica.close()
