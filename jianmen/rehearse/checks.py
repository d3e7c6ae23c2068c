"""Checks that what the steps of a scenario name exists: gates, badges and their issues, tickets, entries."""

from collections import Counter
from collections.abc import Iterator

from access.event.definition import MAX_ISSUES, Event, Gate
from access.event.programme import Programme
from config.errors import instead, shown
from config.event_file import grows_from
from jianmen.rehearse import steps
from jianmen.rehearse.steps import AnyStep
from registry.roster.model import Person, mistakes

REGISTRY = "registry"


def person_of(step: steps.Register) -> Person:
    """The person whom a step registers."""
    return Person(
        ref=step.ref,
        name=step.name,
        language=step.lang,
        ticket=step.ticket,
        venues=None if step.venues is None else tuple(step.venues),
        days=None if step.days is None else tuple(step.days),
        sessions=tuple(step.sessions),
        form=step.form,
        code=step.code,
    )


class Checker:
    """Checks steps one after the other, and remembers what exists by then."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._gates: dict[str, Gate] = {gate.id: gate for gate in event.gates}
        self._areas = set(Programme(event).area_tree)
        self._forms: dict[tuple[str, int], str] = {}
        self._codes: dict[str, str] = {}
        self._spares: set[str] = set()
        self._issues: dict[str, int] = {}
        self._recorded: Counter[str] = Counter()

    def mistakes(self, step: AnyStep) -> Iterator[str]:
        """What is wrong with the next step, each as a line for people."""
        gate = self._gates.get(getattr(step, "gate", ""))
        if gate is None and hasattr(step, "gate"):
            yield self._unknown("gate", step.gate)
        match step:
            case steps.Register():
                yield from self._registration(step)
            case steps.Reissue() | steps.Revoke():
                yield from self._change(step)
            case steps.Present():
                yield from self._presentation(step, gate)
            case steps.Override():
                yield from self._override(step, gate)
            case steps.Void() | steps.Recount() | steps.SetTime():
                yield from self._at_the_desk(step)
            case steps.Passed() | steps.NotPassed():
                yield from self._passage(step)
            case steps.Spare() | steps.Clone() | steps.GiveGate():
                yield from self._kiosk(step, gate)
            case steps.Cut() | steps.Heal() | steps.AskHeadcount():
                yield from self._links(step)
        if isinstance(step, steps.Present | steps.Override):
            self._recorded[step.gate] += 1

    def changes(self, event: Event) -> Iterator[str]:
        """What is wrong with a definition put in force now. Its gates and areas are there from now on; kiosks stand
        where they stood."""
        yield from map(str, grows_from(self._event, event))
        self._event = event
        self._gates.update((gate.id, gate) for gate in event.gates)
        self._areas.update(Programme(event).area_tree)

    def _unknown(self, what: str, name: str, *, or_registry: bool = False) -> str:
        known = [*self._gates, *([REGISTRY] if or_registry else [])]
        kind = 'a gate of the event nor "registry"' if or_registry else "a gate of the event"
        subject = "neither" if or_registry else "not"
        return f'"{what}": {shown(name)} is {subject} {kind}; {instead(name, known)}'

    # Badges.

    def _registration(self, step: steps.Register) -> Iterator[str]:
        yield from mistakes(person_of(step), self._event)
        if "#" in step.ref:
            yield f'"ref": {shown(step.ref)} has a "#", which goes before the number of an issue'
        elif step.ref in self._issues:
            yield f'"ref": {shown(step.ref)} is registered already; each person has their own ref'
        if step.code is not None:
            owner = self._codes.setdefault(step.code, step.ref)
            if owner != step.ref:
                yield f'"code": {shown(step.code)} is the code of {shown(owner)}; each has their own'
        self._forms[step.ref, 1] = step.form
        self._issues[step.ref] = 1

    def _change(self, step: steps.Reissue | steps.Revoke) -> Iterator[str]:
        if isinstance(step, steps.Revoke):
            yield from self._issue("ref", step.ref)
            return
        if step.ref not in self._issues:
            yield self._nobody("ref", step.ref)
            return
        if self._issues[step.ref] == MAX_ISSUES:
            yield f'"ref": {shown(step.ref)} has had {MAX_ISSUES} badges, the most there can be'
        self._issues[step.ref] += 1
        # A badge of another system is replaced by a plain one of ours.
        signed = self._forms[step.ref, 1] == "signed"
        self._forms[step.ref, self._issues[step.ref]] = "signed" if signed else "plain"

    def _nobody(self, what: str, ref: str) -> str:
        return f'"{what}": {shown(ref)} is registered by no step before this one'

    def _issue(self, what: str, name: str) -> Iterator[str]:
        """What is wrong with the name of a badge: "ref", or "ref#1"."""
        ref, mark, number = name.partition("#")
        newest = self._issues.get(ref)
        if newest is None:
            yield self._nobody(what, ref)
        elif mark and number not in {str(issue) for issue in range(1, newest + 1)}:
            yield f'"{what}": {shown(name)} was never issued; the newest is {ref}#{newest}'

    def _form(self, name: str) -> str | None:
        """The form of a badge named "ref" or "ref#1"."""
        ref, _, number = name.partition("#")
        issue = int(number) if number.isdecimal() else self._issues.get(ref, 0)
        return self._forms.get((ref, issue))

    # Doors.

    def _presentation(self, step: steps.Present, gate: Gate | None) -> Iterator[str]:
        if (step.badge is None) == (step.code is None):
            yield 'a presentation has either "badge" or "code"'
        elif step.badge is not None:
            yield from self._issue("badge", step.badge)
            form = self._form(step.badge)
            if step.tamper == "claims" and form == "plain":
                yield '"tamper": a plain badge carries no claims; "proof" flips a bit of its secret'
            elif step.tamper is not None and form == "foreign":
                yield '"tamper": a code of another system has no parts; write any text as "code"'
        elif step.tamper is not None:
            yield '"tamper" goes with "badge"; of a "code" you can write any text'
        if gate is not None and gate.mode == "print":
            yield f'"gate": {shown(gate.id)} prints badges; nobody goes in or out there'
            return
        leads = gate.direction if gate is not None else "both"
        if leads != "both" and step.direction not in (None, leads):
            yield f'"direction": gate {shown(step.gate)} leads {leads} only'

    def _override(self, step: steps.Override, gate: Gate | None) -> Iterator[str]:
        yield from self._issue("badge", step.badge)
        yield from self._issue("staff", step.staff)
        if gate is not None and not gate.lets_in:
            yield f'"gate": {shown(gate.id)} leads nobody in; nobody can be let in there by hand'

    def _entry(self, entry: str) -> Iterator[str]:
        gate, _, number = entry.rpartition("/")
        known = self._recorded[gate]
        if gate not in self._gates or not (number.isascii() and number.isdecimal()):
            yield f'"entry": {shown(entry)} names none; an entry is <gate>/<n>, as an outcome says'
        elif number != str(int(number)) or not 1 <= int(number) <= known:
            yield f'"entry": {shown(entry)} is not made before this step; {gate} has made {known} at most'

    def _at_the_desk(self, step: steps.Void | steps.Recount | steps.SetTime) -> Iterator[str]:
        yield from self._issue("staff", step.staff)
        if isinstance(step, steps.Void):
            yield from self._entry(step.entry)
        elif isinstance(step, steps.Recount) and step.area not in self._areas:
            known = sorted(self._areas)
            yield f'"area": {shown(step.area)} is no area of the event; {instead(step.area, known)}'

    def _passage(self, step: steps.Passed | steps.NotPassed) -> Iterator[str]:
        yield from self._entry(step.entry)
        if step.entry.rpartition("/")[0] != step.gate:
            yield f'"entry": {shown(step.entry)} is not of gate {shown(step.gate)}, whose turnstile tells of it'

    # Kiosks beside those of the gates.

    def _kiosk(
        self, step: steps.Spare | steps.Clone | steps.GiveGate, gate: Gate | None
    ) -> Iterator[str]:
        if isinstance(step, steps.GiveGate):
            yield from self._issue("staff", step.staff)
            if step.kiosk not in self._spares:
                yield f'"kiosk": {shown(step.kiosk)} is no spare kiosk; {instead(step.kiosk, sorted(self._spares))}'
            if gate is not None and gate.id != step.gate:
                yield f'"gate": {shown(step.gate)} is a copy of the kiosk at {gate.id}; name that gate'
            return
        if step.kiosk == REGISTRY or step.kiosk in self._gates or step.kiosk in self._spares:
            yield f'"kiosk": {shown(step.kiosk)} is the name of another node; each has its own'
        elif isinstance(step, steps.Spare):
            self._spares.add(step.kiosk)
        elif gate is not None:
            self._gates[step.kiosk] = gate

    # Links.

    def _links(self, step: steps.Cut | steps.Heal | steps.AskHeadcount) -> Iterator[str]:
        if isinstance(step, steps.AskHeadcount):
            named = [("node", step.node)]
        else:
            named = [("nodes", node) for node in step.nodes or ()]
        if isinstance(step, steps.Cut):
            if step.nodes is None and step.groups is None:
                yield 'a cut names "nodes", each cut off from everyone, or "groups" of nodes'
            grouped = [("groups", node) for nodes in step.groups or () for node in nodes]
            for what, nodes in (("nodes", named), ("groups", grouped)):
                for node, times in Counter(node for _, node in nodes).items():
                    if times > 1:
                        yield f'"{what}": {shown(node)} is named {times} times; name it once'
            named += grouped
        for what, node in named:
            if node != REGISTRY and node not in self._gates and node not in self._spares:
                yield self._unknown(what, node, or_registry=True)
