"""Rule 1, `repeat`: the same code at the same gate in the same direction, again within seconds, is shown its first
answer. Nothing is recorded. The memory is the door's own and dies with it."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

KEPT = 256
"""Codes remembered at most: more than any door can be shown in a hold-off."""


@dataclass(slots=True)
class _Seen(Generic[Answer]):
    at_ms: int
    answer: Answer


class HoldOff(Generic[Answer]):
    """What each code was last answered at one kiosk, by a clock that never jumps (CLOCK_BOOTTIME, ms)."""

    def __init__(self, hold_off_ms: int) -> None:
        self.hold_off_ms = hold_off_ms
        self._seen: OrderedDict[Hashable, _Seen[Answer]] = OrderedDict()

    def again(self, code: Hashable, mono_ms: int) -> Answer | None:
        """The first answer, where `code` was last seen less than the hold-off ago; seeing it starts the time again."""
        seen = self._seen.get(code)
        if seen is None or mono_ms - seen.at_ms >= self.hold_off_ms:
            return None
        seen.at_ms = mono_ms
        self._seen.move_to_end(code)
        return seen.answer

    def answered(self, code: Hashable, mono_ms: int, answer: Answer) -> None:
        """Remember the answer just given to `code`."""
        self._seen[code] = _Seen(mono_ms, answer)
        self._seen.move_to_end(code)
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: staff has changed something at this gate."""
        self._seen.clear()
