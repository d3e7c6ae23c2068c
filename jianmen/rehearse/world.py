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

    Every node is in one group; nodes of a group can talk to each other. Between the steps that change links or
    machines, the exchange of a group goes through its first kiosk: a set of logs may be carried by anybody.
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
        # The registry's word is fetched often enough for any roster_stale_min to be told in time.
        self._ask_every_ms = min(60_000, event.policy.roster_stale_min * 6_000)
        self._asked_ms = start_ms
        self.registry_wrote = True
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

    def _leader(self, node: str) -> str:
        """The kiosk of a group through which the others exchange between steps that change the links."""
        return next(k for k in self.kiosks if self._group[k] == self._group[node])

    def has_registry(self, node: str) -> bool:
        """Whether the registry can be reached from a node."""
        return self._group[node] == self._group["registry"]

    # Exchange.

    def sync_all(self) -> None:
        """Run the exchange everywhere until it is quiet, and level the seats of every room."""
        for _ in range(2):
            for gate in self.kiosks:
                if self.has_registry(gate):
                    self.kiosks[gate].talk_to(self.registry)
                else:
                    self.talk(gate)
        self._asked_ms = self.true.ms
        for area in self.programme.places:
            self._level(area)

    def sync_for(self, gate: str) -> None:
        """Bring a gate that is about to decide up to date, with the seats of its area.

        What any kiosk wrote lies at its group's leader already, and the registry's news are fetched when it has any;
        the exchange of the others can wait until they are asked or decide. What this gate knows is the same.
        """
        due_ms = self._asked_ms + self._ask_every_ms
        if self.has_registry(gate) and (self.true.ms >= due_ms or self.registry_wrote):
            self.tell_registry()
        self.talk(gate)
        self._level(self.programme.gates[gate].area)

    def tell_registry(self) -> None:
        """Let the registry hear what the kiosks joined with it have written, and they what it has."""
        joined = [gate for gate in self.kiosks if self.has_registry(gate)]
        if joined:
            self.kiosks[joined[0]].talk_to(self.registry)
        self._asked_ms = self.true.ms
        self.registry_wrote = False

    def talk(self, gate: str) -> None:
        """Let a gate exchange with its group's leader."""
        leader = self.kiosks[self._leader(gate)]
        if leader.name == gate:
            return
        leader.publish()
        try:
            self.kiosks[gate].talk_to(leader)
        except MessageError:
            return  # a kiosk that the leader has not heard of yet: nobody there vouches for it
        leader.hear()

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
            for name in (gate, *(other for other in gates if other in reach)):
                self.talk(name)
        return passed
