"""A cache of query results that every exchange needs, valid until the next write."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

Answer = TypeVar("Answer")


class Remembered:
    """Results by query. Threads may share it; results must not be changed by their users."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0
        self._answers: dict[Hashable, object] = {}

    def get(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The cached result, or that of `ask`."""
        generation, answers = self._generation, self._answers
        if question in answers:
            return cast("Answer", answers[question])
        answer = ask()
        with self._lock:
            # What was read before something was written is not kept after it.
            if generation == self._generation:
                self._answers[question] = answer
        return answer

    def forget(self, question: Hashable | None = None) -> None:
        """Drop all results, after a write; or only that of `question`, where the write can have changed no other."""
        with self._lock:
            self._generation += 1
            kept = self._answers.items() if question is not None else ()
            self._answers = {asked: answer for asked, answer in kept if asked != question}
