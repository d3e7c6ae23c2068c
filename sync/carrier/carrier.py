"""The carrier: takes what the door has written to the registry and the neighbours, and brings back what others have.

A process of its own, so that no network trouble ever reaches the door. Each target (the registry, every other kiosk of
the venue) has a thread that waits on the network; whatever touches the replica happens under one lock. What another
side holds is asked again after every error.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from access.event.programme import Programme
from access.log.clock_reading import ClockReading
from sync.carrier.journal_copy import COMMIT_PAUSES_S, JournalFollower
from sync.carrier.peer_worker import NEIGHBOUR_PAUSES, PeerWorker
from sync.carrier.reach_log import ReachLog
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
from sync.wire.messages import MessageError, TimeWord

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
"""How often the journal is looked at without a nudge: what the door writes is on its way within this."""

PEERS_EVERY_S = 3.0
"""How often the list of neighbours is drawn up again, and bundles are looked for."""

TELL_EVERY_S = 1.0
"""How often a running carrier writes what it only noted: so that the door beside it need not look at each message."""

LEVEL_EVERY_S = 1.0
DAY_MS = 86_400_000

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
        """`data` holds the door's journal and this carrier's replica; `hints` are addresses heard by mDNS. Raises
        sqlite3.Error or OSError."""
        self._data = data
        self._trouble = ""
        self._running = False
        self._untold: dict[str, PeerWorker] = {}
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
        self.answerer = Answerer(self.replica, identity, self.time.now_ms, self.time_word)
        self.answerer.warrant = enrolment.warrant
        self.registry = PeerWorker(
            "registry",
            self._asker(enrolment.registry),
            (HttpClient(enrolment.registry_url, enrolment.certificate_pin),),
        )
        self._recall(self.registry)
        self.peers: dict[str, PeerWorker] = {}

    def _asker(self, device: str) -> Asker:
        asker = Asker(self.replica, self._identity, self.time.now_ms, self.time_word, device)
        asker.warrant = self._enrolment.warrant
        return asker

    @property
    def device(self) -> str:
        return self._identity.fingerprint

    @property
    def targets(self) -> list[PeerWorker]:
        """The registry, and the neighbours known now."""
        return [self.registry, *self.peers.values()]

    def be_reached_at(self, address: str, certificate: str) -> None:
        """Where this kiosk listens on its LAN: told to everybody it talks to."""
        self.reach = self.answerer.reach = self.registry.asker.reach = (address, certificate)

    # Time.

    def time_word(self) -> TimeWord | None:
        """What neighbours may be told of the time: the registry's word heard here, else the kernel's own."""
        if self.time.error_ms is not None:
            return TimeWord(self.time.now_ms(), self.time.error_ms, "registry")
        reading = self._read_clock()
        return TimeWord(reading.wall_ms, 1000, "kernel") if reading.synced else None

    def _heard(self, word: TimeWord, device: str, asked: int, answered: int) -> None:
        clock = self._times.heard(word, device, asked, answered)
        if clock is None:
            return
        if clock.source == "registry":
            self.time.trust(clock)
        with self.replica.transaction():
            self.replica.tell_door("clock", clock)

    def _not_before(self) -> None:
        """It is later than what the registry, or this kiosk itself, has signed."""
        for device in (self._enrolment.registry, self._identity.fingerprint):
            word = self.replica.word(device)
            if word is not None:
                self.time.not_before(word.at_ms)

    # The door's log.

    def look(self) -> bool:
        """Take over what the door has written since; whether there was anything."""
        with self._lock:
            try:
                new = self._journal.take_over(self.time.now_ms)
            except sqlite3.DatabaseError as error:
                if is_damage(error) and not sound(self._replica_path):
                    raise  # the next start makes it again
                # The door is starting, or finds its file damaged; or the disk is full.
                if str(error) != self._trouble:
                    log.warning("the journal cannot be taken over now: %s", error)
                self._trouble = str(error)
                return False
            self._trouble = ""
            self._changed = self._changed or new > 0
            return new > 0

    def _await_commit(self) -> None:
        """After a nudge: wait for the commit that it announces, which is there once the card has it. One that takes
        longer is found at the next look."""
        for pause_s in COMMIT_PAUSES_S:
            with self._lock:
                if self._journal.changed():
                    return
            if self._news.is_set():
                return
            time.sleep(pause_s)

    def _news_came(self) -> None:
        """Entries came in: others may lack them, and they may be more of the own log than its journal has."""
        self._changed = True
        self._journal.look_again()
        self._news.set()
        self._journal.watch.poke()

    def take_bundles(self) -> None:
        """Take in the bundles that somebody has brought on a stick."""
        with self._lock:
            if take_waiting(self.replica, self._data):
                self._news_came()

    # Exchange.

    def answer(self, raw: bytes) -> bytes:
        """The answer to another kiosk. Raises MessageError or ChainError for one not to be believed."""
        with self._lock:
            answer, taken = self.answerer.answer(raw, self._read_clock().mono_ms)
            self._not_before()
            caller = self.peers.get(taken.device)
        if caller is not None:
            caller.in_reach()
        if taken.entries:
            self._news_came()  # a kiosk with an uplink carries the logs of one without
        return answer

    def step(self, target: PeerWorker) -> bool:
        """Exchange with a target until it is quiet. False, with the reason in its state, where that failed."""
        try:
            for _ in range(ROUNDS):
                if not self._round(target):
                    break
        except (HttpClientError, MessageError) as error:
            target.failed(str(error))
            self._tell(target)
            return False
        target.succeeded()
        self._tell(target)
        return True

    def _round(self, target: PeerWorker) -> bool:
        with self._lock:
            target.asker.reach = self.reach
            request = target.asker.request()
        asked = self._read_clock().mono_ms
        raw = target.post("/v1/exchange", request)
        answered = self._read_clock().mono_ms
        with self._lock:
            taken, again = target.asker.receive(raw)
            self._not_before()
            if taken.time is not None:
                self._heard(taken.time, target.asker.other, asked, answered)
            target.answered(self.time.now_ms(), answered)
        self._note(target, taken)
        return again

    def _note(self, target: PeerWorker, taken: Taken) -> None:
        target.state.received += taken.entries
        target.state.rejected = taken.rejected
        for why in taken.rejected.values():
            log.warning("%s: not taken: %s", target.name, why)
        if taken.entries:
            self._news_came()
            self._tell(target)  # a first sync takes a while: show how far it has come

    def _recall(self, target: PeerWorker) -> None:
        before = self.replica.targets().get(target.name)
        if before is not None:
            target.recall(before)

    def _forget_others(self) -> None:
        """Of a kiosk that is no neighbour any more nothing is said."""
        with self._lock:
            told = set(self.replica.targets()) - {target.name for target in self.targets}
            if told:
                with self.replica.transaction():
                    self.replica.forget_targets(told)

    def _tell(self, target: PeerWorker) -> None:
        """Say in the replica how things stand with a target: at once, or soon while the carrier runs."""
        with self._lock:
            self._untold[target.name] = target
            if not self._running:
                self.tell()

    def tell(self) -> None:
        """Write what was only noted since the last time: states of targets, heads without entries."""
        with self._lock:
            names = {target.name for target in self.targets}
            states = {
                name: asdict(one.state) for name, one in self._untold.items() if name in names
            }
            self._untold.clear()
            if states or self.replica.unwritten_heads:
                with self.replica.transaction():
                    self.replica.write_heads()
                    for name, state in states.items():
                        self.replica.set_target(name, state)

    # Neighbours.

    def find_peers(self) -> None:
        """Draw up the neighbours again: from the registry's log, with what mDNS hints at."""
        with self._lock:
            event = self.replica.definition()
            kiosks = self.replica.devices()
        programme = Programme(event) if event is not None else None
        found = peers_of(self._identity.fingerprint, kiosks, programme, self._hints())
        self.lan_hosts = frozenset(
            kiosk.address.rpartition(":")[0] for kiosk in kiosks.values() if not kiosk.cut_off
        )
        wanted = {peer.device: peer for peer in found}
        for device in [
            d
            for d, t in self.peers.items()
            if d not in wanted or t.addresses != wanted[d].addresses
        ]:
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
            peer.addresses,
            NEIGHBOUR_PAUSES,
        )
        self._recall(target)
        return target

    def purge(self) -> None:
        """Delete every name card once the event is over by its retention days. The logs name nobody. What was deleted
        before is emptied out of the file's write-ahead log."""
        with self._lock:
            self.replica.scrub()
            event = self.replica.definition()
            if event is None or not self.replica.has_cards():
                return
            over_ms = Programme(event).end_ms + event.policy.retention_days * DAY_MS
            if self.time.now_ms() > over_ms:
                self.replica.forget_cards()
                log.warning(
                    "the event is over by %d days: all name cards are deleted",
                    event.policy.retention_days,
                )

    def level(self, now_s: float) -> None:
        """Tell the door, when something has changed, which kiosks can be reached: it may pass seats to them."""
        if not self._changed or now_s - self._levelled < LEVEL_EVERY_S:
            return
        self._changed = False
        self._levelled = now_s
        with self._lock:
            reached = self._reach_log.reached(self.replica.words(), self._read_clock().mono_ms)
            if reached:
                with self.replica.transaction():
                    self.replica.tell_door("reached", reached)

    # Running.

    def run(
        self,
        stopped: Callable[[float], bool],
        alive: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        """Carry until `stopped(seconds)`, which waits so long, says so. `alive` is called at every look at the journal;
        `clock` is any that goes on (s)."""
        sought, told = -PEERS_EVERY_S, clock()
        self._running = self.replica.heads_may_wait = True
        links = link_events()
        if links is not None:
            self._journal.watch.also(links.fileno(), self._network_changed)
        try:
            while not stopped(0):
                if self._journal.watch.wait(LOOK_EVERY_S):
                    self._await_commit()
                if self.look() or self._news.is_set():
                    self._news.clear()
                    for target in self.targets:
                        target.wake()
                now_s = clock()
                if now_s - sought >= PEERS_EVERY_S:
                    sought = now_s
                    self.find_peers()
                    self.take_bundles()
                    self.purge()
                    for target in self.targets:
                        target.start(self.step)
                if now_s - told >= TELL_EVERY_S:
                    told = now_s
                    self.tell()
                self.level(now_s)
                alive()
        finally:
            self._running = self.replica.heads_may_wait = False
            for target in self.targets:
                target.close()
            self.tell()
            if links is not None:
                links.close()

    def _network_changed(self) -> None:
        for target in self.targets:
            target.in_reach()

    def close(self) -> None:
        """Safe to repeat."""
        for target in self.targets:
            target.close()
        self._journal.close()
        self.replica.close()
