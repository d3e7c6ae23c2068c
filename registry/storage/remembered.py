"""What every exchange asks of the database, remembered while nothing is written."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

Answer = TypeVar("Answer")


class Remembered:
    """Answers by question. Threads may share it; whoever uses an answer must not change it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0
        self._answers: dict[Hashable, object] = {}

    def get(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The remembered answer, or what `ask` finds now."""
        generation, answers = self._generation, self._answers
        if question in answers:
            return cast("Answer", answers[question])
        answer = ask()
        with self._lock:
            # What was read before something was written is not kept after it.
            if generation == self._generation:
                self._answers[question] = answer
        return answer

    def forget(self) -> None:
        """Something was written."""
        with self._lock:
            self._generation += 1
            self._answers = {}
