"""The plan: each line of people over several drawn mornings, the servers that it needs, and what a failure does.

A person whose badge is printed on site goes to the print stations of the venue first and then to their gate; each gate
and each venue's print stations have one common line.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Literal

from access.event.definition import Event
from access.event.programme import Programme
from jianmen.rehearse.plan.crowd import Crowd
from jianmen.rehearse.plan.curve import FORUM_CURVE, ArrivalCurve
from jianmen.rehearse.plan.queue import Outage, Served, percentile, serve

MORNINGS = 5
"""Mornings drawn; a wish is met if it is met on each of them."""

GRID_MIN = 10
NARROWER_MIN = (5, 2, 1)
"""Distance of the minutes among which the worst one for a failure is sought first; then the distances of those around
the worst so far."""

Kind = Literal["gate", "print"]
Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is assumed and what is wished for. `scan_s` and `printing_s` are the shortest and the longest time that a
    person takes, all between being equally likely; `printed` is the share of people whose badge is printed on site.
    `kiosks` and `stations` None: as many as the wish needs."""

    curve: ArrivalCurve = FORUM_CURVE
    scan_s: Range = (5.0, 15.0)
    printing_s: Range = (20.0, 30.0)
    printed: float = 0.1
    wait_s: float = 180.0
    kiosks: int | None = None
    stations: int | None = None
    fails: bool = False
    repair_s: float = 600.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Demand:
    """The people of one line on one morning: when each comes and how long each takes, in seconds."""

    arrivals_s: Sequence[float]
    services_s: Sequence[float]

    def served(self, servers: int, outage: Outage | None = None) -> Served:
        return serve(self.arrivals_s, self.services_s, servers, outage)


@dataclass(frozen=True)
class Failure:
    """One server fails at the worst minute. `needed` is how many keep the wish even so."""

    at_s: float
    mornings: Sequence[Served]
    needed: int


@dataclass(frozen=True)
class Line:
    """One line of people. `needed` is how many servers keep the wish, `servers` how many it is shown with."""

    name: str
    kind: Kind
    people: int
    servers: int
    needed: int
    mornings: Sequence[Served]
    failure: Failure | None


def plan(event: Event, crowd: Crowd, wishes: Wishes) -> list[Line]:
    """The lines at the print stations of each venue, then those at the gates, in the order of the event file."""
    programme = Programme(event)
    draws = [_Draw(programme, crowd, wishes, morning) for morning in range(MORNINGS)]
    lines = []
    for venue in event.venues:
        demands = [draw.at_print_stations(venue.id) for draw in draws]
        if any(demand.arrivals_s for demand in demands):
            line = _line(venue.id, "print", demands, wishes)
            lines.append(line)
            for draw, served in zip(draws, line.mornings, strict=True):
                draw.printed(venue.id, served)
    gates = [gate.id for gate in event.gates if gate.id in crowd]
    return lines + [
        _line(gate, "gate", [draw.at_gate(gate) for draw in draws], wishes) for gate in gates
    ]


class _Draw:
    """One morning as it may come: the same seed gives the same morning, whatever number of kiosks it meets."""

    def __init__(self, programme: Programme, crowd: Crowd, wishes: Wishes, morning: int) -> None:
        self._wishes = wishes
        self._seed = f"{wishes.seed} {morning}"
        self._to_print: dict[str, list[tuple[float, str]]] = {}
        self._at_gate: dict[str, list[float]] = {}
        for gate, people in crowd.items():
            random = self._random(gate)
            arrivals = wishes.curve.draw(people, random)
            venue = programme.gates[gate].area
            share = wishes.printed if venue in programme.venues else 0.0
            to_print = self._to_print.setdefault(venue, [])
            at_gate = self._at_gate[gate] = []
            for at_s in arrivals:
                if random.random() < share:
                    to_print.append((at_s, gate))
                else:
                    at_gate.append(at_s)
        for waiting in self._to_print.values():
            waiting.sort()

    def at_print_stations(self, venue: str) -> Demand:
        arrivals = [at_s for at_s, _ in self._to_print.get(venue, ())]
        return self._demand(f"print {venue}", arrivals, self._wishes.printing_s)

    def printed(self, venue: str, served: Served) -> None:
        """Those who have their badge go on to their gate."""
        for left_s, (_, gate) in zip(served.left_s, self._to_print[venue], strict=True):
            self._at_gate[gate].append(left_s)

    def at_gate(self, gate: str) -> Demand:
        return self._demand(f"scan {gate}", sorted(self._at_gate[gate]), self._wishes.scan_s)

    def _demand(self, what: str, arrivals: list[float], takes_s: Range) -> Demand:
        random = self._random(what)
        return Demand(arrivals, [random.uniform(*takes_s) for _ in arrivals])

    def _random(self, what: str) -> Random:
        return Random(f"{self._seed} {what}")  # noqa: S311 - made-up people, not secrets


def _line(name: str, kind: Kind, demands: Sequence[Demand], wishes: Wishes) -> Line:
    needed = _fewest(1, lambda servers: _kept(demands, servers, None, wishes.wait_s))
    wanted = wishes.kiosks if kind == "gate" else wishes.stations
    servers = needed if wanted is None else wanted
    mornings = [demand.served(servers) for demand in demands]
    people = round(sum(len(demand.arrivals_s) for demand in demands) / len(demands))
    failure = _failure(demands, servers, needed, wishes) if wishes.fails else None
    return Line(name, kind, people, servers, needed, mornings, failure)


def _fewest(least: int, kept: Callable[[int], bool]) -> int:
    """The smallest number from `least` on that keeps a wish; more servers never keep it worse."""
    most = least
    while not kept(most):
        least, most = most + 1, most * 2
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if kept(middle) else (middle + 1, most)
    return least


def _kept(demands: Sequence[Demand], servers: int, outage: Outage | None, wait_s: float) -> bool:
    """Whether 95 in 100 wait no longer than wished, on each morning."""
    return all(
        percentile(sorted(demand.served(servers, outage).waits_s()), 95) <= wait_s
        for demand in demands
    )


def _failure(demands: Sequence[Demand], servers: int, needed: int, wishes: Wishes) -> Failure:
    worst = _worst(demands[0], servers, wishes)

    def kept_even_so(number: int) -> bool:
        outage = _worst(demands[0], number, wishes)
        return _kept(demands, number, outage, wishes.wait_s)

    mornings = [demand.served(servers, worst) for demand in demands]
    return Failure(worst.from_s, mornings, _fewest(needed, kept_even_so))


def _worst(demand: Demand, servers: int, wishes: Wishes) -> Outage:
    """The failure, beginning on a minute, that makes the people of a morning wait longest: 95 in 100 of them first,
    all of them together where that is equal."""

    def cost(minute: int) -> tuple[float, float]:
        waits = demand.served(servers, _from(minute, wishes)).waits_s()
        return percentile(sorted(waits), 95), sum(waits)

    first, last = int(wishes.curve.opens_min), ceil(wishes.curve.ends_min)
    costs = {minute: cost(minute) for minute in range(first, last + 1, GRID_MIN)}
    for distance in NARROWER_MIN:
        about = max(costs, key=costs.__getitem__)
        for minute in (about - distance, about + distance):
            if minute not in costs and first <= minute <= last:
                costs[minute] = cost(minute)
    return _from(max(costs, key=costs.__getitem__), wishes)


def _from(minute: int, wishes: Wishes) -> Outage:
    return Outage(minute * 60.0, minute * 60.0 + wishes.repair_s)


def crowded(line: Line) -> tuple[int, float]:
    """The longest line of people on the worst of its mornings, and when (seconds)."""
    return max(served.longest() for served in line.mornings)


def waits(
    mornings: Sequence[Served], from_s: float = 0.0, until_s: float = float("inf")
) -> list[float]:
    """How long each waited who came within a time, on all mornings together, in order of length."""
    return sorted(
        wait
        for served in mornings
        for came, wait in zip(served.arrived_s, served.waits_s(), strict=True)
        if from_s <= came < until_s
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of the morning: people who came, people waiting at its end (both a morning, on average), and the waits
    of those who came, in seconds."""

    from_s: float
    until_s: float
    came: float
    waiting: float
    wait_50_s: float
    wait_95_s: float


STEPS_MIN = (15, 30, 60, 120, 240, 480)
MOST_STEPS = 16


def over_the_morning(line: Line, curve: ArrivalCurve) -> list[Step]:
    """The morning in equal steps, from the opening until nobody waits any more."""
    last_s = max((served.began_s[-1] for served in line.mornings if served.began_s), default=0.0)
    first_min = curve.opens_min
    span_min = max(last_s / 60, curve.ends_min) - first_min
    step_min = next(
        (s for s in STEPS_MIN if span_min <= s * MOST_STEPS), ceil(span_min / MOST_STEPS)
    )
    steps = []
    for number in range(ceil(span_min / step_min)):
        from_s = (first_min + number * step_min) * 60
        until_s = from_s + step_min * 60
        came = waits(line.mornings, from_s, until_s)
        waiting = sum(served.waiting_at(until_s) for served in line.mornings) / len(line.mornings)
        steps.append(
            Step(
                from_s, until_s, len(came) / len(line.mornings), waiting,
                percentile(came, 50), percentile(came, 95),
            )
        )  # fmt: skip
    return steps


def servers_by_kind(lines: Sequence[Line]) -> Mapping[Kind, int]:
    """How many kiosks and print stations the lines are shown with."""
    return {
        kind: sum(line.servers for line in lines if line.kind == kind) for kind in ("gate", "print")
    }
