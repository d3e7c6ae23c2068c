"""One line of people before several servers: a discrete-event queue, first come, first served.

Times are seconds. The recursion is that of Kiefer and Wolfowitz: each person goes to the server that is free first.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import ceil


@dataclass(frozen=True, slots=True)
class Outage:
    """One server takes nobody from `from_s` until `until_s`; whoever stands at it then is served to the end."""

    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Served:
    """What became of the people of one line: when each came, began to be served, and left; the first and second in
    order."""

    arrived_s: Sequence[float]
    began_s: Sequence[float]
    left_s: Sequence[float]

    def waits_s(self) -> list[float]:
        """How long each waited before being served, in order of arrival."""
        return [
            began - arrived for arrived, began in zip(self.arrived_s, self.began_s, strict=True)
        ]

    def waiting_at(self, at_s: float) -> int:
        """How many stand in line at an instant, those being served not counted."""
        return bisect_right(self.arrived_s, at_s) - bisect_right(self.began_s, at_s)

    def longest(self) -> tuple[int, float]:
        """The greatest number of people waiting, and when; (0, 0.0) where nobody comes."""
        best = (0, 0.0)
        begun = 0
        for number, at_s in enumerate(self.arrived_s, 1):
            while begun < len(self.began_s) and self.began_s[begun] <= at_s:
                begun += 1
            if number - begun > best[0]:
                best = (number - begun, at_s)
        return best


def serve(
    arrivals_s: Sequence[float],
    services_s: Sequence[float],
    servers: int,
    outage: Outage | None = None,
) -> Served:
    """Serve people who come at `arrivals_s` (in order) and need `services_s` each, by so many equal servers."""
    free = [(0.0, server) for server in range(servers)]
    heapify(free)
    began: list[float] = []
    left: list[float] = []
    for arrival, service in zip(arrivals_s, services_s, strict=True):
        while True:
            free_at, server = heappop(free)
            begins = max(arrival, free_at)
            if outage is None or server != 0 or not outage.from_s <= begins < outage.until_s:
                break
            heappush(free, (outage.until_s, server))
        began.append(begins)
        left.append(begins + service)
        heappush(free, (begins + service, server))
    return Served(arrivals_s, began, left)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest of these values, in order, that `percent` in a hundred do not exceed; 0.0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]
