"""Watching the demo: what the doors' journals record, what the registry counts, and the truth, side by side."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from access.event.definition import Names
from access.event.programme import Programme
from jianmen.demo.ground_truth import GroundTruth
from jianmen.demo.kiosks import KioskSite
from jianmen.demo.registry_client import RegistryClient, SilentError, seconds_between
from jianmen.testing.journal_tail import JournalTail
from jianmen.testing.tcp_proxy import TcpProxy
from registry.queries.shapes import AreaCount, Headcount


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
    report of a kiosk there is; beside it the truth. None: the registry does not answer, or has heard of none."""

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
    """The demo's result. `differences` name gates that did not answer as they had to: gate, reason, simulated,
    counted."""

    equal: bool
    drained: bool
    data: str
    venues: list[VenueResult]
    differences: list[tuple[str, str, int, int]]


LET_IN = "let in"
REFUSALS = frozenset({
    "not_a_badge", "other_event", "forged", "unknown", "revoked", "superseded", "online_only", "wrong_venue",
    "wrong_day", "not_entitled", "too_early", "too_late", "no_session", "not_booked", "already_inside", "full",
})  # fmt: skip
"""Reasons that open no entrance. Which of the others a door gives may depend on what it knows while it is cut off."""


class Watch:
    """For one thread."""

    def __init__(
        self,
        programme: Programme,
        sites: Sequence[KioskSite],
        links: Mapping[str, TcpProxy],
        registry: RegistryClient,
        truth: GroundTruth,
        data: str,
    ) -> None:
        self._programme = programme
        self._sites = sites
        self._links = links
        self._registry = registry
        self._truth = truth
        self._data = data
        self._tails = {one.gate: JournalTail(one.data) for one in sites}
        self._began = time.monotonic()

    def state(self) -> State:
        """How everything stands now."""
        for tail in self._tails.values():
            tail.look()
        stored: dict[str, int] = {}
        count: Headcount | None = None
        try:
            stored = {one.gate or "": one.held for one in self._registry.kiosks().kiosks}
            count = self._registry.headcount()
        except SilentError:
            pass  # the table shows question marks
        areas = {area.id: area for area in count.areas} if count else {}
        return State(
            seconds=int(time.monotonic() - self._began),
            as_of=count.as_of if count else None,
            dashboard=self._registry.url,
            data=self._data,
            venues=[self._venue(venue, areas.get(venue)) for venue in self._programme.venues],
            gates=[self._gate(one, stored.get(one.gate) if count else None) for one in self._sites],
        )

    def _gate(self, one: KioskSite, stored: int | None) -> GateState:
        tail = self._tails[one.gate]
        answers: dict[str, dict[str, int]] = {}
        for (verdict, reason), count in tail.verdicts.items():
            answers.setdefault(verdict, {})[reason] = count
        return GateState(
            gate=one.gate,
            venue=one.venue,
            screen=one.screen,
            answers=answers,
            backlog=None if stored is None else max(0, tail.entries - stored),
        )

    def _venue(self, venue: str, area: AreaCount | None) -> VenueState:
        age = None
        if area is not None and area.heard is not None:
            age = max(0.0, seconds_between(area.heard, area.as_of))
        return VenueState(
            venue=venue,
            name=self._programme.venues[venue].name,
            link="cut" if self._links[venue].is_cut else "up",
            inside=area.inside if area else None,
            people=area.people if area else None,
            age_s=age,
            truly_inside=self._truth.inside()[venue],
            truly_let_in=self._truth.let_in()[venue],
        )

    def result(self, *, drained: bool) -> Result:
        """The truth beside the registry's count, at the end. Raises SilentError."""
        areas = {area.id: area for area in self._registry.headcount().areas}
        let_in, inside = self._truth.let_in(), self._truth.inside()
        real = {one.venue for one in self._sites if one.camera is not None}
        venues = [
            VenueResult(
                venue=venue,
                let_in=let_in[venue],
                counted=areas[venue].people,
                inside=inside[venue],
                counted_inside=areas[venue].inside,
                checked=venue not in real,
            )
            for venue in self._programme.venues
        ]
        return Result(
            equal=all(one.equal for one in venues),
            drained=drained,
            data=self._data,
            venues=venues,
            differences=self._differences(),
        )

    def _differences(self) -> list[tuple[str, str, int, int]]:
        counted = {gate.id: _tally(gate.reasons) for gate in self._registry.gates().gates}
        answered = {gate: _tally(reasons) for gate, reasons in self._truth.answers_given().items()}
        return [
            (gate, reason, answered[gate].get(reason, 0), counted.get(gate, {}).get(reason, 0))
            for gate in answered
            for reason in sorted(answered[gate].keys() | counted.get(gate, {}).keys())
            if answered[gate].get(reason, 0) != counted.get(gate, {}).get(reason, 0)
        ]

    def close(self) -> None:
        """Safe to repeat."""
        for tail in self._tails.values():
            tail.close()


def _tally(reasons: Mapping[Any, int]) -> dict[str, int]:
    """Presentations by reason, those that were let in under whichever reason together."""
    found: dict[str, int] = {}
    for reason, count in reasons.items():
        name = reason if reason in REFUSALS else LET_IN
        found[name] = found.get(name, 0) + count
    return found
