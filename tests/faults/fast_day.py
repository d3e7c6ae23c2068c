"""A day in fast motion, from a seed: real doors, journals, stores and exchange in one process, and the truth beside.

People do what people can do: they come in where they are not, and leave where they are. Meanwhile kiosks and venues are
cut off and joined again, lose their power, are wiped, and have wrong clocks. Whatever a door opens for happens.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from access.event.definition import Direction, Event
from jianmen.rehearse.nodes import (
    BUILT_BEFORE_MS,
    KioskNode,
    MachineClock,
    RegistryNode,
    TrueTime,
)
from registry.roster.model import Person
from tests.faults.happening import ROOM_SEATS

OUTSIDE = ""
ROOM = "east-room"
PARENT = {"east": OUTSIDE, "west": OUTSIDE, ROOM: "east"}


@dataclass
class Truth:
    """What really happened: where everybody is, and what each area's gates did."""

    area_of: dict[str, str] = field(default_factory=dict)
    let_in: dict[str, set[str]] = field(default_factory=lambda: {area: set() for area in PARENT})
    entries: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def enters(self, person: str, area: str) -> None:
        self.entries[area] += 1
        self.area_of[person] = area
        while area:
            self.let_in[area].add(person)
            area = PARENT[area]

    def leaves(self, person: str, area: str) -> None:
        self.exits[area] += 1
        self.area_of[person] = PARENT[area]

    def inside(self, area: str) -> int:
        below = {area, *(child for child, parent in PARENT.items() if parent == area)}
        return sum(area_of in below for area_of in self.area_of.values())


class FastDay:
    """One day. `gates` are area and way by gate; each gate is a kiosk."""

    def __init__(
        self, event: Event, gates: dict[str, tuple[str, str]], people: int, seed: int
    ) -> None:
        self.random = Random(seed)
        self.gates = gates
        self.true = TrueTime()
        self.truth = Truth()
        start_ms, earliest_ms = _times(event)
        self.true.ms = start_ms
        self.registry = RegistryNode(self.true, event, earliest_ms, self.random)
        service = self.registry.service
        persons = [Person(ref=f"p{n}", ticket="delegate") for n in range(people)]
        self.texts = [badge.text for badge in service.register_many(persons)]
        self.kiosks = {
            gate: KioskNode(
                gate, MachineClock(self.true, start_ms), self.registry, earliest_ms, self.random
            )
            for gate in gates
        }
        self.cut: set[str] = set()
        self.happened: Counter[str] = Counter()
        for kiosk in self.kiosks.values():
            self._talk(kiosk, self.registry)

    # What people do.

    def go_on(self, presentations: int, pause_ms: int, calm: int = 1) -> None:
        """So many people come to doors, some `pause_ms` apart on average, while everything breaks around them; the
        `calm`er the day, the less often."""
        for _ in range(presentations):
            self.true.ms += self.random.randint(1, 2 * pause_ms)
            self._someone_comes()
            roll = self.random.random() * calm
            if roll < 0.05:
                self._exchange()
            elif roll < 0.057:
                self._break_something()

    def _someone_comes(self) -> None:
        person = self.random.choice(self.texts)
        area = self.truth.area_of.get(person, OUTSIDE)
        if area == OUTSIDE:
            self._present(person, self.random.choice(("east", "west")), "in")
        elif area == "east" and self.random.random() < 0.5:
            self._present(person, ROOM, "in")
        else:
            self._present(person, area, "out")

    def _present(self, person: str, area: str, way: Direction) -> None:
        doors = [g for g, (of, ways) in self.gates.items() if of == area and ways in (way, "both")]
        kiosk = self.kiosks[self.random.choice(doors)]
        kiosk.hear()
        answer = kiosk.door.present(person, way)
        if answer.repeat:
            return
        self.truth.reasons[answer.reason] += 1
        if answer.decision.verdict == "refuse":
            self.truth.refused[area] += 1
        elif way == "in":
            self.truth.enters(person, area)
            assert self.truth.inside(ROOM) <= ROOM_SEATS
        else:
            self.truth.leaves(person, area)

    # What happens to machines.

    def _exchange(self) -> None:
        """Some kiosks talk to whomever they can reach."""
        for kiosk in self.random.sample(list(self.kiosks.values()), min(4, len(self.kiosks))):
            if "registry" not in self.cut and not self._alone(kiosk):
                self._talk(kiosk, self.registry)
            near = [
                other for other in self.kiosks.values()
                if other is not kiosk and self._joined(kiosk, other)
            ]  # fmt: skip
            if near:
                other = self.random.choice(near)
                self._talk(kiosk, other)
                kiosk.level([other.device])

    def close(self) -> None:
        """Close every machine's files."""
        for kiosk in self.kiosks.values():
            kiosk.close()
        self.registry.close()

    def _alone(self, kiosk: KioskNode) -> bool:
        return kiosk.name in self.cut or self._venue(kiosk) in self.cut

    def _joined(self, one: KioskNode, other: KioskNode) -> bool:
        """Kiosks of a venue reach each other unless one of them is cut off by itself."""
        apart = {one.name, other.name} & self.cut
        return self._venue(one) == self._venue(other) and not apart

    def _venue(self, kiosk: KioskNode) -> str:
        return self.gates[kiosk.name][0].partition("-")[0]

    def _talk(self, kiosk: KioskNode, other: RegistryNode | KioskNode) -> None:
        kiosk.talk_to(other)

    def _break_something(self) -> None:
        kiosk = self.random.choice(list(self.kiosks.values()))
        match self.random.choice(("cut", "cut", "heal", "power", "power", "clock", "clock")):
            case "cut":
                self.cut.add(self.random.choice([kiosk.name, self._venue(kiosk), "registry"]))
                self.happened["cut"] += 1
            case "heal":
                self.cut.clear()
                self.happened["heal"] += 1
            case "power" if kiosk.exact:  # a boot without any trusted time can only be bracketed
                kiosk.boot("power")
                self.happened["power"] += 1
            case "clock":
                wrong = self.random.choice((-3600_000, 3600_000, 86_400_000, -(10**12), 0))
                kiosk.set_kernel_clock(synced=False, offset_ms=wrong)
                self.happened["clock"] += 1
            case _:
                self.happened["spared"] += 1

    # How it ends.

    def settle(self) -> None:
        """Everything is joined again, and everybody talks until all is quiet: what a door hears may make it write."""
        self.cut.clear()
        for _ in range(6):
            before = self.registry.ledger.vector()
            for kiosk in self.kiosks.values():
                self._talk(kiosk, self.registry)
            if all(kiosk.replica.vector() == before for kiosk in self.kiosks.values()):
                break

    def everybody_leaves(self) -> None:
        """One after another, by any door of the area they are in."""
        for person in list(self.truth.area_of):
            while (area := self.truth.area_of[person]) != OUTSIDE:
                self.true.ms += 4000
                self._present(person, area, "out")


def _times(event: Event) -> tuple[int, int]:
    """Morning of the first day, and the build date (ms)."""
    from access.event.programme import Programme

    start_ms = Programme(event).start_ms + 4 * 3600_000
    return start_ms, start_ms - BUILT_BEFORE_MS
