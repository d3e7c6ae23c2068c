"""What the drawing process is given and what it says, without what it draws with: whoever asks it needs no fonts."""

import msgspec

from printing.card import Card


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to print, by which layout file, into which file."""

    cards: list[Card]
    layout: str
    path: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Pages, and the numbers of the cards (0 first) of which a text had to be shortened."""

    pages: int
    shortened: list[int]
