"""Who holds up the badge: read from the name card that the badge's own secret opens, and masked for the screen."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from access.badge.name_card import Card, CardContent, open_with_secret
from access.event.definition import Language
from kiosk.door.door import Answer


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the screen speaks to, and in which language."""

    masked: str = field(repr=False)
    language: Language


NameCards = Callable[[bytes, int], bytes | None]
"""The sealed name card of a badge's issue, if it is stored here (`Door.name_card`)."""


def person_of(answer: Answer, cards: NameCards) -> Person | None:
    """The person, or None where the badge opens no card that is stored here."""
    presented = answer.presented
    if answer.secret is None or presented.badge is None:
        return None
    content = _opened(cards, presented.badge, presented.issue or 0, answer.secret)
    return Person(masked(content.name), content.language) if content is not None else None


def _opened(cards: NameCards, badge: bytes, issue: int, secret: bytes) -> CardContent | None:
    raw = cards(badge, issue)
    if raw is None:
        return None
    try:
        card = msgspec.msgpack.decode(raw, type=Card)
    except msgspec.DecodeError:
        return None  # a card of a newer version: the door does not need it
    return open_with_secret(card, secret)


def masked(name: str) -> str:
    """A name that its owner knows again and the person behind them does not: 陳**, or C. Chan.

    A Latin name keeps its family name, which is the word in capitals if there is one, else the last.
    """
    words = name.split()
    if not words:
        return ""
    first = words[0]
    if _is_han(first[0]):
        return f"{first[0]}**"
    if len(words) == 1:
        return f"{first[0]}***"
    family = next((word for word in words if len(word) > 1 and word.isupper()), words[-1])
    given = next(word for word in words if word is not family)
    return f"{given[0].upper()}. {family.title() if family.isupper() else family}"


def _is_han(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff" or letter >= "\U00020000"
