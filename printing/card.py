"""The content of one printed badge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from access.event.definition import Language

Form = Literal["plain", "signed", "foreign"]

FIELDS = (
    "event", "name", "organisation", "ticket", "venues", "days", "sessions", "code", "issue", "ref", "hint", "letter",
)  # fmt: skip
"""The fields that a layout can show. `letter` stands for the ticket in its colour band; `hint` explains how to show the
badge to a camera; others are extra fields of the list (`seat`), by their name."""

SEALED = frozenset(FIELDS) - {"ref"}
"""Those that a kiosk can print: what the badge, its name card and the event say. The others only the registry knows."""


@dataclass(frozen=True)
class Card:
    """One badge. `qr_text` is the content of its QR code; `texts` are the other fields by name, in the person's
    language; `ticket` is the ticket's id, for its colour."""

    qr_text: str = field(repr=False)
    form: Form
    language: Language
    ticket: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
