"""How the demo stands at one moment: what doors have answered, what the registry counts, and what is true."""

import msgspec

from access.event.definition import Names


class GateState(msgspec.Struct, frozen=True, kw_only=True):
    """One kiosk. `answers` are its own, by verdict and then reason; `backlog` counts entries that it has and the
    registry lacks (None: the registry does not answer)."""

    gate: str
    venue: str
    screen: str
    answers: dict[str, dict[str, int]]
    backlog: int | None


class VenueState(msgspec.Struct, frozen=True, kw_only=True):
    """One venue as the registry counts it: `inside` now and distinct `people` let in today, and how old the oldest
    word of a kiosk there is; beside it the truth. None: the registry does not answer, or was never told."""

    venue: str
    name: Names
    link: str
    inside: int | None
    people: int | None
    age_s: float | None
    truly_inside: int
    truly_let_in: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the table shows. `as_of` is the registry's time (None: it does not answer)."""

    seconds: int
    as_of: str | None
    dashboard: str
    data: str
    venues: list[VenueState]
    gates: list[GateState]

    @property
    def drained(self) -> bool:
        """Whether the registry has everything that any kiosk has written."""
        return all(gate.backlog == 0 for gate in self.gates)


class VenueResult(msgspec.Struct, frozen=True, kw_only=True):
    """People let in at a venue, and inside at the end: as simulated and as counted. `checked` False: real people came
    too, before a real camera, so that nobody knows the truth."""

    venue: str
    let_in: int
    counted: int
    inside: int
    counted_inside: int
    checked: bool = True

    @property
    def equal(self) -> bool:
        same = (self.let_in, self.inside) == (self.counted, self.counted_inside)
        return same or not self.checked


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The demo's last word. `differences` name gates that did not answer as they had to: gate, reason, simulated,
    counted."""

    equal: bool
    drained: bool
    data: str
    venues: list[VenueResult]
    differences: list[tuple[str, str, int, int]]
