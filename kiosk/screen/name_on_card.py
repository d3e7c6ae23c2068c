"""Who holds up the badge: read from the name card that the badge's own secret opens, and masked for the screen."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import msgspec

from access.badge.name_card import Card, CardContent, open_with_secret
from access.event.definition import Language
from access.names.hong_kong import surname_spellings
from config.languages import ENGLISH, languages
from kiosk.door.door import Answer

TITLES = re.compile(
    r"(dr|prof|professor|mr|mrs|ms|miss|mx|sir|dame|lord|lady|ir|rev|hon|engr|datuk|dato)\.?",
    re.IGNORECASE,
)
"""Titles that some people write before their names."""

MAINLAND_SURNAMES = frozenset(
    re.findall(
        r"\w+",
        """
        bai cai cao chen cheng cui dai deng ding dong du duan fan fang feng fu gao gong gu guo han hao he hou hu huang
        jia jiang jin kong lei li liang liao lin liu long lu luo lyu ma mao meng pan peng qian qin qiu ren shao shen
        shi song su sun tan tang tao tian wan wang wei wen wu xia xiang xiao xie xiong xu xue yan yang yao ye yi yin
        yu yuan zeng zhang zhao zheng zhong zhou zhu zou
        """,
    )
)
"""The commonest surnames in pinyin."""


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
    content = card_content(cards, presented.badge, presented.issue or 0, answer.secret)
    return (
        Person(masked(content.name, content.family), _spoken(content.language))
        if content is not None
        else None
    )


def _spoken(language: Language) -> Language:
    """The person's language, or English where this kiosk has no texts in it."""
    return language if language in languages() else ENGLISH


def card_content(cards: NameCards, badge: bytes, issue: int, secret: bytes) -> CardContent | None:
    """What the name card of a badge says to whoever has its secret; None where none is stored here that it opens."""
    raw = cards(badge, issue)
    if raw is None:
        return None
    try:
        card = msgspec.msgpack.decode(raw, type=Card)
    except msgspec.DecodeError:
        return None  # a card of a newer version: the door does not need it
    return open_with_secret(card, secret)


def masked(name: str, family: str = "") -> str:
    """A name that its owner knows again and the person behind them does not: 陳**, or C. Chan.

    `family` is the family name where that is known: 歐陽**. Else it is looked for: a Latin name keeps the word in
    capitals if some are and some are not, else a first word that is a Chinese surname (Chan Tai Man), else the last
    word. A title stays before a name that is nothing else (Dr Li).
    """
    if family and family in name:
        return _with_family(name, family)
    parts = [stripped for part in name.split() if (stripped := _letters(part))]
    if not parts:
        return ""
    titles = [part for part in parts if TITLES.fullmatch(part)]
    own = [part for part in parts if part not in titles] or parts
    if _is_han(own[0][0]):
        return f"{own[0][0]}**"
    if len(own) == 1:
        before = f"{titles[0]} " if titles and titles != own else ""
        return f"{before}{own[0][0]}***"
    at = _family(own)
    given = own[1 if at == 0 else 0]
    family = own[at]
    return f"{given[0].upper()}. {family.title() if family.isupper() else family}"


def _with_family(name: str, family: str) -> str:
    """A name whose family name is known, wherever it stands in it."""
    before, _, after = name.partition(family)
    given = [one for part in f"{before} {after}".split() if (one := _letters(part))]
    own = [one for one in given if not TITLES.fullmatch(one)]
    if _is_han(family[0]):
        return f"{family}**" if own or len(family) == 1 else f"{family[0]}**"
    if not own:  # a single name, or a title and one
        return masked(name)
    if _is_han(own[0][0]):
        return f"{own[0][0]}**"
    return f"{own[0][0].upper()}. {family.title() if family.isupper() else family}"


def _family(parts: Sequence[str]) -> int:
    """Which of two or more Latin words is the family name."""
    capitals = [at for at, part in enumerate(parts) if len(part) > 1 and part.isupper()]
    if capitals and len(capitals) < len(parts):
        return capitals[0]
    surnames, lower = _chinese_surnames(), [part.casefold() for part in parts]
    first = lower[0] in surnames
    # Wang Wei, Chan Tai Man; but Lee Wong and Na Li are in the Western order.
    if first and (len(parts) > 2 or lower[-1] not in surnames or {*lower} <= MAINLAND_SURNAMES):
        return 0
    if not first and len(parts) > 3 and lower[1] in surnames:
        return 1  # Peter Chan Tai Man
    return len(parts) - 1


@cache
def _chinese_surnames() -> frozenset[str]:
    """In lower case, as they are spelled in Hong Kong and in pinyin."""
    spelled = {one.casefold() for _, spellings in surname_spellings() for one in spellings}
    return MAINLAND_SURNAMES | spelled


def _letters(part: str) -> str:
    """A word without the marks around it; nothing where it has no letter."""
    start, end = 0, len(part)
    while start < end and not part[start].isalnum():
        start += 1
    while end > start and not part[end - 1].isalnum():
        end -= 1
    return part[start:end]


def _is_han(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff" or letter >= "\U00020000"
