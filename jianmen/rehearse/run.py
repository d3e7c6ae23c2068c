"""Carrying out the steps of a scenario, one outcome each."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from access.log.entry import EntryRef, Passage
from access.rules.decide import Decision
from access.rules.explain import Step
from access.state.conflicts import Conflict
from jianmen.rehearse import steps
from jianmen.rehearse.checks import REGISTRY, person_of
from jianmen.rehearse.explaining import REPEAT, steps_of
from jianmen.rehearse.scenario import Planned, Scenario, ScenarioError
from jianmen.rehearse.steps import AnyStep
from jianmen.rehearse.world import World
from jianmen.testing.tampering import tampered
from kiosk.door.door import Answer
from kiosk.door.staff_actions import StaffError
from registry.roster.model import Person

CHANGES = (
    steps.Cut, steps.Heal, steps.Sync, steps.SetClock, steps.Restart, steps.Wipe,
    steps.Spare, steps.GiveGate, steps.Clone,
)  # fmt: skip
"""Steps that change links or machines, before and after which every node hears all it can."""


@dataclass
class Outcome:
    """The result of a step; `failed` is what was expected and what was got, `why` what each rule made of it."""

    line: int
    result: dict[str, Any]
    failed: str | None = None
    why: list[Step] = field(default_factory=list)


class Rehearsal:
    """A scenario under way. As a context manager it closes its world at the end."""

    def __init__(
        self, scenario: Scenario, *, explain: bool = False, world: type[World] = World
    ) -> None:
        """`explain`: find out, too, why each presentation is answered as it is."""
        self._scenario = scenario
        self._explain = explain
        self._why: list[Step] = []
        start_ms = scenario.steps[0].at_ms - 1 if scenario.steps else 0
        self.world = world(scenario.event, start_ms)
        self._registering: list[Person] = []
        self._texts: dict[tuple[str, int], str] = {}
        self._badges: dict[str, bytes] = {}
        self._refs: dict[bytes, str] = {}
        self._issues: dict[str, int] = {}
        self._count: Counter[str] = Counter()
        self._entries: dict[str, Answer] = {}
        self._names: dict[EntryRef, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.world.close()

    def run(self) -> Iterator[Outcome]:
        """The outcomes, step by step. Raises ScenarioError, naming the line, for a step that cannot be carried out."""
        first = True
        for planned in self._scenario.steps:
            if first:
                self.world.true.ms = planned.at_ms
                self.world.sync_all()
                first = False
            try:
                result = self._carry_out(planned)
            except ScenarioError as error:
                raise ScenarioError(
                    f"{self._scenario.path}: line {planned.line}: {error}"
                ) from error
            why, self._why = self._why, []
            yield Outcome(planned.line, result, unmet(planned.step.expect, result), why)

    def _carry_out(self, planned: Planned) -> dict[str, Any]:
        step, world = planned.step, self.world
        self._all_there(step)
        if isinstance(step, steps.Register):
            world.true.ms = planned.at_ms
            return self._register(step)
        self._register_waiting()
        everywhere = isinstance(step, CHANGES)
        if everywhere and not planned.moved:
            world.sync_all()  # after the step before, at its time
        world.time_passes(planned.at_ms)
        if everywhere:
            if planned.moved:
                world.sync_all()
            result = self._change_world(step)
            world.sync_all()
            return result
        return self._ask(step)

    def _ask(self, step: AnyStep) -> dict[str, Any]:
        match step:
            case steps.Present():
                return self._present(step)
            case steps.Reissue() | steps.Revoke():
                return self._change_badge(step)
            case steps.Override():
                return self._override(step)
            case steps.Void():
                return self._void(step)
            case steps.Passed() | steps.NotPassed():
                return self._turnstile(step)
            case steps.Recount() | steps.SetTime():
                return self._at_the_desk(step)
            case steps.CutOff():
                self.world.cut_off(step.gate)
                return {}
            case steps.ChangeEvent():
                self.world.define(self._scenario.changed[step.file])
                return {}
            case steps.AskHeadcount():
                return self._headcount(step.node)
            case steps.AskConflicts():
                return self._report()
        raise TypeError(f"no such step: {step}")

    # Badges.

    def _register(self, step: steps.Register) -> dict[str, Any]:
        """Take a registration; those that follow one another are carried out together, before anything else is."""
        self._registering.append(person_of(step))
        self._issues[step.ref] = 1
        return {"ref": step.ref, "issue": 1}

    def _register_waiting(self) -> None:
        if not self._registering:
            return
        people, self._registering = self._registering, []
        for issued in self.world.registry.service.register_many(people):
            self._badges[issued.ref] = issued.badge
            self._refs[issued.badge] = issued.ref
            self._texts[issued.ref, 1] = issued.text
        self.world.registry_wrote = True

    def _change_badge(self, step: steps.Reissue | steps.Revoke) -> dict[str, Any]:
        ref, _, number = step.ref.partition("#")
        service = self.world.registry.service
        badge = self._badges[ref]
        self.world.registry_wrote = True
        if isinstance(step, steps.Reissue):
            issued = service.reissue(badge)
            self._issues[ref] = issued.issue
            self._texts[ref, issued.issue] = issued.text
            return {"ref": ref, "issue": self._issues[ref]}
        issue = self._issue(ref, number) if number else None
        service.revoke(badge, issue, step.why)
        return {"ref": ref, "issue": issue} if issue else {"ref": ref}

    def _issue(self, ref: str, number: str) -> int:
        return int(number) if number else self._issues[ref]

    def _text(self, ref: str, tamper: str | None = None) -> str:
        """The text of a badge's code, as printed or as somebody has altered it."""
        name, _, number = ref.partition("#")
        text = self._texts[name, self._issue(name, number)]
        return text if tamper is None else tampered(text, tamper)

    # Doors.

    def _present(self, step: steps.Present) -> dict[str, Any]:
        self.world.ready(step.gate)
        kiosk = self.world.kiosks[step.gate]
        text = step.code if step.code is not None else self._text(step.badge or "", step.tamper)
        gate = kiosk.door.gate
        direction = step.direction or ("in" if gate.lets_in else "out")
        if self._explain:
            self._why = steps_of(kiosk.door, text, direction)
        answer = kiosk.door.present(text, direction)
        if self._explain and answer.repeat:
            self._why = REPEAT
        return self._outcome(step.gate, answer)

    def _override(self, step: steps.Override) -> dict[str, Any]:
        self.world.ready(step.gate)
        kiosk = self.world.kiosks[step.gate]
        answer = kiosk.staff.let_in(self._text(step.badge), self._text(step.staff), step.why)
        return self._outcome(step.gate, answer)

    def _outcome(self, gate: str, answer: Answer) -> dict[str, Any]:
        if not answer.repeat:
            self._count[gate] += 1
            name = f"{gate}/{self._count[gate]}"
            self._entries[name] = answer
            self._names[answer.entry] = name
            self.world.wrote(gate, answer.presented.badge, seat=answer.decision.seat)
        decision = answer.decision
        return {
            "verdict": decision.verdict,
            "reason": answer.reason,
            "opens": answer.opens,
            "entry": self._names[answer.entry],
            "session": decision.session,
        }

    def _void(self, step: steps.Void) -> dict[str, Any]:
        self.world.ready(step.gate)
        answer = self._made(step.entry)
        kiosk = self.world.kiosks[step.gate]
        refusal = kiosk.staff.take_back(
            answer.entry, answer.presented.badge, self._text(step.staff), step.why
        )
        if refusal is not None:
            return _refused(refusal)
        self.world.wrote(step.gate, answer.presented.badge)
        return {}

    def _made(self, entry: str) -> Answer:
        answer = self._entries.get(entry)
        if answer is None:
            raise ScenarioError(f'entry "{entry}" has not been made yet; entries are <gate>/<n>')
        return answer

    def _turnstile(self, step: steps.Passed | steps.NotPassed) -> dict[str, Any]:
        """The turnstile reports to its kiosk whether somebody went through after it was opened."""
        self.world.ready(step.gate)
        answer = self._made(step.entry)
        if not answer.opens:
            raise ScenarioError(f'entry "{step.entry}" opened nothing, so no turnstile tells of it')
        kind = "passed" if isinstance(step, steps.Passed) else "not_passed"
        badge = answer.presented.badge
        self.world.kiosks[step.gate].door.record(kind, Passage(entry=answer.entry, badge=badge))
        self.world.wrote(step.gate, badge)
        return {}

    def _at_the_desk(self, step: steps.Recount | steps.SetTime) -> dict[str, Any]:
        """Staff counts an area by eye, or a supervisor sets the kiosk's time by a watch that is `off_s` wrong."""
        self.world.ready(step.gate)
        desk, staff = self.world.kiosks[step.gate].staff, self._text(step.staff)
        if isinstance(step, steps.Recount):
            refusal = desk.recount(step.area, step.inside, staff, step.why)
        else:
            refusal = desk.set_time(self.world.true.ms + round(step.off_s * 1000), staff)
        if refusal is not None:
            return _refused(refusal)
        self.world.wrote(step.gate, None)
        return {}

    # Links and machines.

    def _change_world(self, step: AnyStep) -> dict[str, Any]:
        world = self.world
        match step:
            case steps.Cut(nodes=nodes, groups=groups):
                world.links.cut(nodes or [])
                world.links.group(groups or [])
            case steps.Heal():
                world.heal(step.nodes)
            case steps.SetClock():
                offset = None if step.offset_s is None else round(step.offset_s * 1000)
                world.kiosks[step.gate].set_kernel_clock(synced=step.trusted, offset_ms=offset)
            case steps.Restart():
                world.kiosks[step.gate].clock.synced = False
                world.kiosks[step.gate].boot("power")
            case steps.Wipe():
                world.kiosks[step.gate].clock.synced = False
                world.wipe(step.gate)
            case steps.Spare():
                world.add_spare(step.kiosk)
            case steps.Clone():
                world.clone(step.gate, step.kiosk)
            case steps.GiveGate():
                return self._give_gate(step)
        return {}

    def _all_there(self, step: AnyStep) -> None:
        """Raises ScenarioError for a gate at which no kiosk stands, and for a spare kiosk by its old name."""
        match step:
            case steps.Cut() | steps.Heal():
                grouped = step.groups or () if isinstance(step, steps.Cut) else ()
                named = [*(step.nodes or ()), *(node for nodes in grouped for node in nodes)]
            case steps.GiveGate():
                named = [step.kiosk]
            case steps.AskHeadcount():
                named = [step.node]
            case _:
                named = [getattr(step, "gate", REGISTRY)]
        for name in named:
            if name != REGISTRY and name not in self.world.kiosks:
                raise ScenarioError(
                    f'no kiosk goes by "{name}" now: a new gate needs a spare one ("give_gate"), and a spare one'
                    " goes by the name of the gate that it was given"
                )

    def _give_gate(self, step: steps.GiveGate) -> dict[str, Any]:
        try:
            self.world.give_gate(step.kiosk, step.gate, self._text(step.staff), beside=step.beside)
        except StaffError as error:
            return {"verdict": "refuse", "reason": error.why, "opens": False}
        return {}

    # Questions.

    def _headcount(self, name: str) -> dict[str, Any]:
        if name == REGISTRY:
            self.world.notify_registry()
            counts = self.world.registry.service.headcount(self.world.true.ms)
        else:
            self.world.ready(name)
            counts = self.world.kiosks[name].headcount()
        return {
            "areas": {
                area: {
                    "inside": count.inside,
                    "people": count.people,
                    "entries": count.entries,
                    "exits": count.exits,
                    "refused": count.refused,
                }
                for area, count in counts.items()
            }
        }

    def _report(self) -> dict[str, Any]:
        self.world.notify_registry()
        lines = self.world.registry.service.conflicts()
        return {"conflicts": [self._line(line) for line in lines]}

    def _line(self, line: Conflict) -> dict[str, Any]:
        found: dict[str, Any] = {
            "kind": line.kind,
            "reason": line.reason,
            "badge": self._refs.get(line.badge) if line.badge is not None else None,
            "gate": line.gate,
            "entry": self._names.get(line.entry),
        }
        if line.gates is not None:
            found["gates"] = list(line.gates)
        return found


def _refused(decision: Decision) -> dict[str, Any]:
    return {"verdict": decision.verdict, "reason": decision.reason, "opens": False}


def unmet(expected: Any, got: Any, where: str = "") -> str | None:
    """What an outcome lacks of what was expected of it, or None: objects by the keys named, lists item by item."""
    if expected is None and not where:
        return None
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, value in expected.items():
            if key not in got:
                return f"{where or 'outcome'} has no {key!r}, expected {value!r}"
            wrong = unmet(value, got[key], f"{where}.{key}" if where else key)
            if wrong:
                return wrong
        return None
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{where}: expected {len(expected)} items, got {len(got)}: {got!r}"
        for index, (want, have) in enumerate(zip(expected, got, strict=True)):
            wrong = unmet(want, have, f"{where}[{index}]")
            if wrong:
                return wrong
        return None
    if type(expected) is type(got) and expected == got:
        return None
    return f"{where}: expected {expected!r}, got {got!r}"
