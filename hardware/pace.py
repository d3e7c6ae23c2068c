"""Keeps the same news from being told too often."""

from __future__ import annotations

REMEMBERED = 32
"""How many different pieces of news are remembered: more codes than ever are in view at once."""


class Pace:
    """Lets each piece of news through once every `every_s` seconds."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._told: dict[str, float] = {}

    def due(self, news: str, now: float) -> bool:
        """Whether `news` may be told at `now` (seconds); if so it counts as told."""
        told = self._told.get(news)
        if told is not None and now - told < self._every_s:
            return False
        self.note(news, now)
        return True

    def note(self, news: str, now: float) -> None:
        """Count `news` as told at `now`."""
        self._told.pop(news, None)
        self._told[news] = now
        while len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
