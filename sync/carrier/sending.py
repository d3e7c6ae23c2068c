"""A message to another device and its answer, which can be waited for in the background."""

import threading
from collections.abc import Callable
from typing import NamedTuple


class Answer(NamedTuple):
    """The bytes of an answer, and when the message was sent and this came (ms of a steady clock)."""

    raw: bytes
    asked_ms: int
    answered_ms: int


class SentAhead:
    """A message sent in a thread of its own."""

    def __init__(self, send: Callable[[], Answer]) -> None:
        self._send = send
        self._answer: Answer | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="sent ahead", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer = self._send()
        except Exception as error:  # noqa: BLE001 - raised where the answer is wanted
            self._error = error

    def wait(self) -> None:
        """Wait until the answer is there, or the message has failed."""
        self._thread.join()

    def result(self) -> Answer:
        """Wait for the answer. Raises what the sending raised."""
        self.wait()
        if self._answer is None:
            raise self._error or RuntimeError("nothing was sent")
        return self._answer
