"""Rule 1, `repeat`: a code shown again at the same gate in the same direction within seconds gets its first answer
again.

Nothing is recorded; the memory is that of the running door process and is lost with it.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

KEPT = 256
"""The number of codes remembered at most: more than a door can read within a hold-off."""


@dataclass(slots=True)
class _Seen(Generic[Answer]):
    at_ms: int
    answer: Answer


class HoldOff(Generic[Answer]):
    """The last answer to each code at one kiosk; times in ms of CLOCK_BOOTTIME, which never jumps."""

    def __init__(self, hold_off_ms: int) -> None:
        self.hold_off_ms = hold_off_ms
        self._seen: OrderedDict[Hashable, _Seen[Answer]] = OrderedDict()

    def again(self, code: Hashable, mono_ms: int) -> Answer | None:
        """Return the first answer if `code` was last seen less than `hold_off_ms` ago, else None; seeing it restarts
        the interval."""
        seen = self._seen.get(code)
        if seen is None or mono_ms - seen.at_ms >= self.hold_off_ms:
            return None
        seen.at_ms = mono_ms
        self._seen.move_to_end(code)
        return seen.answer

    def answered(self, code: Hashable, mono_ms: int, answer: Answer) -> None:
        """Store the answer just given to `code`."""
        self._seen.pop(code, None)
        self._seen[code] = _Seen(mono_ms, answer)
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)

    def clear(self) -> None:
        """Forget all answers, because staff has changed something at this gate."""
        self._seen.clear()
