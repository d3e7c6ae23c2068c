"""The rules that led to a door's answer in a rehearsal."""

from access.event.definition import Direction
from access.rules.explain import Step, explain
from access.rules.phrases import phrase
from kiosk.door.door import Door

REPEAT = [Step(1, "repeat", spoke=True, phrase=phrase("repeat"))]


def steps_of(door: Door, text: str, direction: Direction) -> list[Step]:
    """The rules that a door is about to ask of a code, with what it knows now. Nothing is recorded."""
    found = door.assess(door.identify(text, direction), door.read_clock())
    return explain(found.subject.presented, found.facts, door.programme, found.now.span)


def explanation_lines(steps: list[Step]) -> list[str]:
    """A line for each rule: its number and name, the decision after it if it applied, and why."""
    lines = []
    for step in steps:
        number = "  " if step.rule is None else f"{step.rule:2}"
        verdict = step.answer.verdict if step.spoke and step.answer is not None else ""
        lines.append(f"  {number} {step.name:<14} {verdict:<13} {step.why}")
    return lines
