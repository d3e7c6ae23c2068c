"""What the drawing process is given and what it says, without what it draws with: whoever asks it needs no fonts."""

from typing import Literal

import msgspec

from printing.card import Card


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to print, by which layout file, into which file. `pictures`: a ZIP file with a picture of each card instead
    of a PDF; `names` are what to call them, without the ending."""

    cards: list[Card]
    layout: str
    path: str
    pictures: Literal["", "svg", "png"] = ""
    names: list[str] = []


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """Pages, and the numbers of the cards (0 first) of which a text had to be shortened, and of those with a letter
    that no font has; `unnamed`: in the name."""

    pages: int
    shortened: list[int]
    unprintable: list[int] = []
    unnamed: list[int] = []
