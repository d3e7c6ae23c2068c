"""The machines of a rehearsal, and the exchange among them.

By the rules of a rehearsal the exchange runs between all nodes that are joined, before and after every step. Most of it
changes nothing that anybody asks for, so it waits until a node is asked or decides. What must not wait: a kiosk
whose clock is unsure or wrong learns from when it hears something; and seats are levelled after each step
that moves somebody, since what gates pass on depends on what they have just then.
"""

from bisect import bisect_right
from collections.abc import Sequence
from random import Random

from access.event.definition import Event
from access.event.programme import Programme
from jianmen.rehearse.links import Links
from jianmen.rehearse.nodes import (
    BUILT_BEFORE_MS,
    KioskNode,
    MachineClock,
    RegistryNode,
    TrueTime,
)

REGISTRY = "registry"

LEVELLINGS = 50
"""Rounds of levelling at most; halving differences settles a room of 300 gates in far fewer."""


class World:
    """The registry, a kiosk at each gate, and what lies between them."""

    def __init__(self, event: Event, start_ms: int, seed: int = 0) -> None:
        random = Random(seed)  # noqa: S311 - a rehearsal must come out the same each time
        self.true = TrueTime(start_ms)
        self.programme = Programme(event)
        earliest_ms = self.programme.start_ms - BUILT_BEFORE_MS
        self.registry = RegistryNode(self.true, event, earliest_ms, random)
        self._earliest_ms, self._random = earliest_ms, random
        self.kiosks: dict[str, KioskNode] = {}
        """The kiosk at each gate, and by their own names spare ones and copies of cards."""
        for gate in event.gates:
            clock = MachineClock(self.true)
            self.kiosks[gate.id] = KioskNode(gate.id, clock, self.registry, earliest_ms, random)
        self.links = Links([REGISTRY, *self.kiosks])
        self.registry_wrote = True
        # The registry's head is fetched often enough for any roster_stale_min to be noticed in time.
        self._ask_every_ms = min(60_000, event.policy.roster_stale_min * 6_000)
        self._asked_ms = start_ms
        self._freshest: dict[str, str] = {}
        """Of each group the kiosk that has everything its members wrote; none: all of them have."""
        self._unsure: set[str] = set()
        """Groups of several nodes in which a kiosk's clock is unsure or wrong."""
        self._seated: dict[bytes, set[str]] = {}
        """The areas in which a badge was ever let in on a seat."""
        self._levelled_ms = start_ms
        self._cut_off: set[str] = set()
        """Gates whose kiosk the registry has cut off."""
        self._clearings = _clearings(self.programme)

    def define(self, event: Event) -> None:
        """Put a changed definition in force. Kiosks stand where they stood; at a gate that is new stands none."""
        self.registry.service.update_event(event)
        self.registry_wrote = True
        self.programme = Programme(event)
        self._clearings = _clearings(self.programme)
        self.sync_all()

    def cut_off(self, gate: str) -> None:
        """Cut a kiosk off: the registry believes no later entry of it, and no node talks to it until it is wiped."""
        self.sync_all()
        self.registry.service.cut_off(self.kiosks[gate].device)
        self.registry_wrote = True
        self._cut_off.add(gate)
        self.links.cut(self._cut_off)
        self.sync_all()

    def add_spare(self, name: str) -> None:
        """Enrol a kiosk without a gate, switch it on, and join it with everyone."""
        clock = MachineClock(self.true)
        self.kiosks[name] = KioskNode(
            name, clock, self.registry, self._earliest_ms, self._random, spare=True
        )
        self.registry_wrote = True
        self.links.add(name)

    def give_gate(self, name: str, gate: str, card: str, *, beside: bool) -> None:
        """A supervisor puts a spare kiosk at a gate, instead of the one that stood there; its links stay its own.
        Raises StaffError where the card or the gate is refused."""
        spare = self.kiosks[name]
        spare.assignment.give(gate, card, beside=beside)
        spare.name = spare.gate = gate
        self.kiosks[gate].close()
        self.kiosks[gate] = spare
        del self.kiosks[name]
        self.links.rename(name, gate)
        self._cut_off.discard(gate)

    def clone(self, gate: str, name: str) -> None:
        """Run a copy of a kiosk's card in another machine, with the same links."""
        self.kiosks[name] = self.kiosks[gate].clone(name)
        self.links.add(name, beside=gate)

    def heal(self, nodes: Sequence[str] | None) -> None:
        """Join these (None: everyone) again, except whom the registry cut off."""
        self.links.heal(nodes)
        self.links.cut(self._cut_off)

    # Time and steps.

    def time_passes(self, at_ms: int) -> None:
        """Move the true time on, and run the exchange then."""
        self.true.ms = at_ms
        cleared = self._clears_after(self._levelled_ms) <= at_ms
        self._levelled_ms = at_ms
        for group, nodes in self.links.groups().items():
            if group in self._unsure:
                self._exchange(nodes)
            elif cleared:
                self._level_all(nodes)

    def _clears_after(self, at_ms: int) -> int:
        """The next instant at which time alone makes people leave."""
        day_ends_ms = self.programme.day_end_ms(self.programme.day_of(at_ms))
        index = bisect_right(self._clearings, at_ms)
        return min([day_ends_ms, *self._clearings[index : index + 1]])

    def ready(self, gate: str) -> None:
        """Bring a gate up to date that is about to decide, or is asked."""
        self._catch_up(gate)
        if self.links.together(gate, REGISTRY) and (
            self.registry_wrote or self.true.ms - self._asked_ms >= self._ask_every_ms
        ):
            self._ask_registry(gate)

    def wrote(self, gate: str, badge: bytes | None, *, seat: bool = False) -> None:
        """Note that a gate has recorded something of a badge (`seat`: let in on a seat of it), and run the exchange."""
        group = self.links.group_of(gate)
        self._freshest[group] = gate
        nodes = self.links.groups()[group]
        if group in self._unsure:
            self._exchange(nodes)
            return
        area = self.kiosks[gate].door.gate.area
        touched = {area}
        if badge is not None:
            touched |= self._seated.get(badge, set())
            if seat:
                self._seated.setdefault(badge, set()).add(area)
        for area in self.programme.area_tree:
            if area in touched:
                self._level(area, nodes)

    def close(self) -> None:
        """Close the files of every machine. Safe to repeat."""
        for kiosk in self.kiosks.values():
            kiosk.close()
        self.registry.close()

    def wipe(self, gate: str) -> None:
        """Replace a kiosk's storage and key, and enrol it again."""
        self._cut_off.discard(gate)
        self.kiosks[gate].enrol()

    def notify_registry(self) -> None:
        """Let the registry hear what the kiosks joined with it have written."""
        group = self.links.group_of(REGISTRY)
        kiosks = [node for node in self.links.groups()[group] if node != REGISTRY]
        if kiosks:
            self._ask_registry(self._freshest.get(group, kiosks[0]))

    def _ask_registry(self, gate: str) -> None:
        self.registry.vouch()
        self.kiosks[gate].talk_to(self.registry)
        self._asked_ms = self.true.ms
        self.registry_wrote = False
        self._freshest[self.links.group_of(gate)] = gate

    # Exchange.

    def sync_all(self) -> None:
        """Run the exchange everywhere until it is quiet, and level the seats of every room."""
        self._unsure.clear()
        for nodes in self.links.groups().values():
            self._exchange(nodes)

    def _exchange(self, nodes: Sequence[str]) -> None:
        """Run the exchange of a group until it is quiet."""
        if len(nodes) < 2:
            return
        self._spread(nodes)
        self._pass_time_on(nodes)
        if self._level_all(nodes):
            self._spread(nodes)
        if not all(self.kiosks[node].exact for node in nodes if node != REGISTRY):
            self._unsure.add(self.links.group_of(nodes[0]))

    def _spread(self, nodes: Sequence[str]) -> None:
        """Give every node of a group what any of them has, by way of the first: the registry, where it is there."""
        hub = self.registry if REGISTRY in nodes else self.kiosks[nodes[0]]
        others = [self.kiosks[node] for node in nodes if node not in (REGISTRY, hub.name)]
        if hub is self.registry:
            self.registry.vouch()
            self._asked_ms = self.true.ms
            self.registry_wrote = False
        for _ in range(2):
            for kiosk in others:
                kiosk.talk_to(hub)
        self._freshest.pop(self.links.group_of(nodes[0]), None)

    def _pass_time_on(self, nodes: Sequence[str]) -> None:
        """Let the kiosks of a group that have no better source receive their neighbours' times."""
        kiosks = [self.kiosks[node] for node in nodes if node != REGISTRY]
        tellers = [kiosk for kiosk in kiosks if kiosk.time_report() is not None]
        for kiosk in kiosks:
            for teller in tellers if kiosk.wants_time else ():
                if teller is not kiosk:
                    kiosk.talk_to(teller)

    def _catch_up(self, gate: str) -> None:
        """Let a gate hear all that its group has written."""
        freshest = self._freshest.get(self.links.group_of(gate), gate)
        if freshest != gate:
            self.kiosks[gate].talk_to(self.kiosks[freshest])

    # Seats.

    def _level_all(self, nodes: Sequence[str]) -> bool:
        passed = [self._level(area, nodes) for area in self.programme.area_tree]
        return any(passed)

    def _level(self, area: str, nodes: Sequence[str]) -> bool:
        """Let the gates of an area that are joined pass seats on, in file order, each seeing the ones before, until
        none does; whether any were passed."""
        gates = [gate for gate in self.programme.entry_gates(area) if gate in nodes]
        if self.programme.area_tree[area].capacity is None or len(gates) < 2 or self._even(gates):
            return False
        any_passed = False
        for _ in range(LEVELLINGS):
            passed = [gate for gate in gates if self._level_one(gate, gates)]
            if not passed:
                break
            any_passed = True
        return any_passed

    def _level_one(self, gate: str, gates: Sequence[str]) -> bool:
        self._catch_up(gate)
        reached = [self.kiosks[other].device for other in gates if other != gate]
        passed = self.kiosks[gate].level(reached)
        if passed:
            self._freshest[self.links.group_of(gate)] = gate
        return passed

    def _even(self, gates: Sequence[str]) -> bool:
        """Whether nobody would pass anything on. Kiosks with the right time and the same logs all think the same, so
        one is asked for all."""
        if not all(self.kiosks[gate].exact for gate in gates):
            return False
        freshest = self._freshest.get(self.links.group_of(gates[0]), gates[0])
        asked = freshest if freshest in gates else gates[0]
        self._catch_up(asked)
        free = [self.kiosks[asked].seats_by_gate().get(gate) for gate in gates]
        known = [count for count in free if count is not None]
        return max(known, default=0) - min(known, default=0) < 2


def _clearings(programme: Programme) -> list[int]:
    """The instants (ms) at which areas are cleared after sessions, in order."""
    return sorted(
        clears_ms
        for session in programme.event.sessions
        if (clears_ms := programme.clears_at(session.area, session.id)) is not None
    )
