"""The people before one door, one after the other: each holds up their badge until the door has answered."""

import logging
import threading
import time
from collections.abc import Callable
from random import Random

from access.event.definition import Direction
from jianmen.demo.crowd import Crowd, Visit
from jianmen.demo.doings import Doings
from jianmen.demo.errors import DemoError
from jianmen.demo.onlooker import Onlooker
from jianmen.demo.pictures import Hands

log = logging.getLogger(__name__)

LOOK_S = 0.1
"""How often a person looks whether the door has answered."""

PATIENCE_S = 4.0
"""Longer than a reading stays good in the door: who got no answer by then holds the badge up again."""

ATTEMPTS = 6

IN_BATCH, OUT_BATCH = 5, 3
"""At a two-way door so many go in before staff turns the switch to let so many out."""


class Doorway:
    """Runs in a thread of its own until `stop`; whoever stands before the door is answered first."""

    def __init__(
        self,
        gate: str,
        crowd: Crowd,
        hands: Hands,
        onlooker: Onlooker,
        turn: Callable[[Direction], None] | None,
        pace_s: float,
    ) -> None:
        """`turn` sets the switch of a two-way gate. `pace_s`: mean seconds between two people."""
        self.gate = gate
        self.failure: Exception | None = None
        self._crowd = crowd
        self._known = crowd.programme.gates[gate]
        self._doings = Doings(crowd, self._known)
        self._hands = hands
        self._onlooker = onlooker
        self._turn = turn
        self._pace_s = pace_s
        self._dice: Random = crowd.dice(gate)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"people at {gate}")

    def open(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Nobody comes any more. Does not wait."""
        self._stop.set()

    @property
    def empty(self) -> bool:
        """Whether nobody stands before the door any more."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Safe to repeat."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._onlooker.close()

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                if self._known.direction == "both":
                    self._let_pass("in", IN_BATCH)
                    self._let_pass("out", OUT_BATCH)
                else:
                    self._let_pass("in" if self._known.lets_in else "out", IN_BATCH)
        except Exception as error:  # the end of a thread; the demo ends with it, and says why
            log.exception("the people at %s cannot go on", self.gate)
            self.failure = error

    def _let_pass(self, direction: Direction, count: int) -> None:
        if self._turn is not None:
            self._turn(direction)
        for _ in range(count):
            if self._stop.wait(self._dice.expovariate(1 / self._pace_s)):
                return
            visit = self._doings.next_visit(direction)
            if visit is not None:
                self._present(visit)

    def _present(self, visit: Visit) -> None:
        """Raises DemoError where the door does not answer at all."""
        picture = self._hands.draw(visit.text, visit.error)
        self._onlooker.look()
        before = self._onlooker.answers
        for _ in range(ATTEMPTS):
            self._hands.hold_up(picture)
            if self._is_answered(before):
                self._crowd.answered(visit)
                return
        raise DemoError(f"{self.gate} does not answer a badge that was held up {ATTEMPTS} times")

    def _is_answered(self, before: int) -> bool:
        """Whether the door answers while the badge is held up, or soon after."""
        down_since: float | None = None
        answered = False
        while not answered or not self._hands.down:
            time.sleep(LOOK_S)
            if not answered:
                self._onlooker.look()
                answered = self._onlooker.answers > before
            if self._hands.down:
                down_since = down_since or time.monotonic()
                if not answered and time.monotonic() - down_since > PATIENCE_S:
                    return False
        return True
