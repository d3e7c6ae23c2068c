"""What came of the test badges at this door: which were held up, and whether each got the right answer."""

from dataclasses import dataclass
from typing import Literal

from access.rules.opening_check import CASES, Case, expected
from kiosk.door.door import Answer, Door

State = Literal["good", "bad", "not_done"]
Check = Case | Literal["twice"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one test badge; `receipt` names its entry."""

    state: State
    reason: str = ""
    receipt: str = ""


OTHER_SHEET = "other_sheet"
"""The reason given where a test badge of another venue's sheet is held up."""


class OpeningTrial:
    """Since this start of the door. Belongs to the scan loop's thread."""

    def __init__(self) -> None:
        self._outcomes: dict[Check, Outcome] = {}

    def note(self, door: Door, answer: Answer) -> None:
        """A test badge was answered."""
        case = answer.case
        trial = door.opening_badge(answer.presented.badge)
        if case is None or trial is None:
            return
        if trial.venue != door.programme.venue_of(door.gate.area):
            self._outcomes[case] = Outcome("bad", OTHER_SHEET, answer.receipt)
            return
        if answer.repeat:
            if case == "good":
                self._outcomes["twice"] = Outcome(
                    "bad" if answer.opens else "good", "repeat", answer.receipt
                )
            return
        right = expected(door.programme, door.gate, case)
        decision = answer.decision
        met = right is None or right.met(decision.verdict, decision.reason)
        self._outcomes[case] = Outcome("good" if met else "bad", decision.reason, answer.receipt)

    def outcomes(self, door: Door) -> dict[Check, Outcome]:
        """Of every test badge that says something at this door, and of holding up the good one again at once."""
        if door.gate.mode == "print":
            return {}  # nobody is let in there: it prints
        several = len(door.programme.venues) > 1
        cases: list[Check] = [
            case
            for case in CASES
            if expected(door.programme, door.gate, case) is not None
            and (case != "other_venue" or several)
        ]
        if door.gate.lets_in:
            cases.append("twice")
        return {case: self._outcomes.get(case, Outcome("not_done")) for case in cases}

    def forget(self) -> None:
        """Begin again: the door stands somewhere else, or the check was signed off."""
        self._outcomes.clear()
