"""Limits how often the same message is sent."""

from __future__ import annotations

REMEMBERED = 32
"""How many different pieces of news are remembered: more codes than ever are in view at once."""


class Pace:
    """Lets each piece of news through once every `every_ms` milliseconds."""

    def __init__(self, every_ms: int) -> None:
        self._every_ms = every_ms
        self._sent_ms: dict[str, int] = {}

    def due(self, news: str, now_ms: int) -> bool:
        """Whether `news` may be sent at `now_ms`; if so it counts as sent."""
        sent_ms = self._sent_ms.get(news)
        if sent_ms is not None and now_ms - sent_ms < self._every_ms:
            return False
        self.note(news, now_ms)
        return True

    def note(self, news: str, now_ms: int) -> None:
        """Count `news` as sent at `now_ms`."""
        self._sent_ms.pop(news, None)
        self._sent_ms[news] = now_ms
        while len(self._sent_ms) > REMEMBERED:
            del self._sent_ms[next(iter(self._sent_ms))]
