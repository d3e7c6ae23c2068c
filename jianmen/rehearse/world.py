"""Who can talk to whom, and the exchange among them."""

from collections.abc import Iterable, Sequence
from random import Random

from access.event import Event
from access.programme import Programme
from jianmen.rehearse.nodes import (
    BUILT_BEFORE_MS,
    KioskNode,
    MachineClock,
    RegistryNode,
    TrueTime,
    event_keys,
)
from sync.messages import MessageError

EVERYONE = "everyone"

LEVELLINGS = 50
"""Rounds of levelling at most; halving differences settles a room of 300 gates in far fewer."""


class World:
    """The machines of a rehearsal and the links between them.

    Every node is in one group; nodes of a group can talk to each other. Inside a group the exchange goes through one
    of its nodes (the registry where it is there), as a set of logs may be carried by anybody.
    """

    def __init__(self, event: Event, start_ms: int, seed: int = 0) -> None:
        random = Random(seed)  # noqa: S311 - a rehearsal must come out the same each time
        self.true = TrueTime(start_ms)
        self.programme = Programme(event)
        earliest_ms = self.programme.start_ms - BUILT_BEFORE_MS
        self.registry = RegistryNode(self.true, event, earliest_ms, random)
        keys = event_keys(self.registry.centre)
        self.kiosks: dict[str, KioskNode] = {}
        for gate in event.gates:
            clock = MachineClock(self.true)
            self.kiosks[gate.id] = KioskNode(
                gate.id, clock, self.registry, event, keys, earliest_ms, random
            )
        self._group: dict[str, str] = dict.fromkeys(["registry", *self.kiosks], EVERYONE)

    # Links.

    def cut(self, nodes: Iterable[str]) -> None:
        """Cut each of these off from everyone."""
        for node in nodes:
            self._group[node] = f"{node} alone"

    def group(self, groups: Iterable[Iterable[str]]) -> None:
        """Let the nodes of each list talk inside it, and with no one else."""
        for number, nodes in enumerate(groups):
            for node in nodes:
                self._group[node] = f"group {number} at {self.true.ms}"

    def heal(self, nodes: Iterable[str] | None) -> None:
        """Join these (None: everyone) again."""
        for node in self._group if nodes is None else nodes:
            self._group[node] = EVERYONE

    def joined(self, node: str) -> list[str]:
        """The other nodes that this one can talk to."""
        return [
            other
            for other, group in self._group.items()
            if other != node and group == self._group[node]
        ]

    def _hub(self, node: str) -> str:
        """The node of a group through which its exchange goes."""
        return next(other for other, group in self._group.items() if group == self._group[node])

    # Exchange.

    def sync_all(self) -> None:
        """Run the exchange everywhere until it is quiet, and level the seats of every room."""
        self._carry(self.kiosks)
        for area in self.programme.places:
            self._level(area)

    def sync_for(self, gate: str) -> None:
        """Bring a gate that is about to decide up to date, with the seats of its area.

        What anybody wrote lies at its group's hub already, so the exchange of the others can wait until they are
        asked or decide; all that this gate can know is the same.
        """
        self.talk(gate)
        self._level(self.programme.gates[gate].area)

    def talk(self, gate: str) -> bool:
        """Let a gate exchange with its hub."""
        hub = self._hub(gate)
        if hub == gate:
            return False
        other = self.registry if hub == "registry" else self.kiosks[hub]
        if isinstance(other, KioskNode):
            other.publish()
        try:
            return self.kiosks[gate].talk_to(other)
        except MessageError:
            return False  # a kiosk that the other has not heard of yet: nobody vouches for it
        finally:
            if isinstance(other, KioskNode):
                other.hear()

    def _carry(self, gates: Iterable[str]) -> None:
        """Everybody tells the hub, then everybody hears from it."""
        for _ in range(2):
            for gate in gates:
                self.talk(gate)

    def _level(self, area: str) -> None:
        """Let the gates of an area pass seats on, in file order, each seeing the ones before, until none does."""
        gates = self.programme.entry_gates(area)
        if self.programme.places[area].capacity is None or len(gates) < 2:
            return
        for _ in range(LEVELLINGS):
            passed = [gate for gate in gates if self._level_one(gate, gates)]
            if not passed:
                return

    def _level_one(self, gate: str, gates: Sequence[str]) -> bool:
        reach = set(self.joined(gate))
        reached = [self.kiosks[other].device for other in gates if other in reach]
        if not reached:
            return False
        self.talk(gate)
        passed = self.kiosks[gate].level(reached)
        if passed:
            self._carry([gate, *(other for other in gates if other in reach)])
        return passed
