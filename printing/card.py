"""What is printed on one badge, whoever prints it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from access.event.definition import Language

Form = Literal["plain", "signed", "foreign"]

FIELDS = (
    "event", "name", "organisation", "ticket", "venues", "days", "sessions", "code", "issue", "ref", "hint", "letter",
)  # fmt: skip
"""What a layout can place. `letter` stands for the ticket in its colour band; `hint` says how to hold the badge; others
are extra fields of the list (`seat`), by their name."""


@dataclass(frozen=True)
class Card:
    """One badge. `qr_text` is what its code says; `texts` are the other fields by name, in the person's language;
    `ticket` is the ticket's id, for its colour."""

    qr_text: str = field(repr=False)
    form: Form
    language: Language
    ticket: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
