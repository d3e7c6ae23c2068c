"""The last answers of this door, for the staff beside it. Kept in memory alone."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from kiosk.door.door import Answer

KEPT = 30


@dataclass(frozen=True, slots=True)
class Recent:
    """One answer; `who` is the text of its code (or the badge id that staff gave), for an override."""

    number: int
    answer: Answer
    who: str | bytes = field(repr=False)


class RecentAnswers:
    """Newest first. Numbers are of this run of the door alone."""

    def __init__(self) -> None:
        self._answers: deque[Recent] = deque(maxlen=KEPT)
        self._number = 0
        self.reasons: Counter[str] = Counter()
        """Answers by reason since this start."""
        self.undone: set[int] = set()
        """Numbers of answers that staff has taken back."""

    def add(self, answer: Answer, who: str | bytes) -> None:
        self._number += 1
        self.reasons[answer.decision.reason] += 1
        self._answers.appendleft(Recent(self._number, answer, who))

    def __iter__(self) -> Iterator[Recent]:
        return iter(self._answers)

    def get(self, number: int) -> Recent | None:
        """The answer of that number, if it is still remembered."""
        return next((one for one in self._answers if one.number == number), None)
