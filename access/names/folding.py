"""One folded form for both sides of a search: case, width, accents and regional characters make no difference.

A fold means "may be the same name", never "is the same person": 余 and 餘, 范 and 範, 沈 and 瀋 fall together.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from access.names.tables import folding
from access.text import canonical

HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Chinese characters, as the inside of a regular expression's brackets; of folded text."""

_BEFORE = str.maketrans({"ŀ": "l", "ŉ": "n"} | dict.fromkeys("'’ʼʻ`‘´ʹ′"))
"""Characters that decomposition would split into letter and dot, and apostrophes."""

_LETTERS = {
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ɖ": "d",
    "ɗ": "d",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
    "ı": "i",
    "ħ": "h",
    "ŧ": "t",
    "ŋ": "ng",
    "ĸ": "k",
    "ƙ": "k",
    "ə": "a",
    "ɓ": "b",
    "ƒ": "f",
    "ƴ": "y",
    "ɔ": "o",
    "ɛ": "e",
}
"""Latin letters that Unicode does not decompose."""

_IGNORED = dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
"""Variation selectors."""

_APOSTROPHE = re.compile("['’ʼʻ`‘´ʹ′]")
_WORD = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_HAN_RUN = re.compile(f"[{HAN}]+")
_HAN_WORD = re.compile(f"[{HAN}]")
_COMMON_HAN = re.compile("[\u4e00-\u9fff]*")

JOINED = 5
"""Number of words of a text that people may write as one word."""


@lru_cache(maxsize=1)
def _after() -> dict[int, str | None]:
    same = {ord(other): group[0] for group in folding.TABLE.splitlines() for other in group[1:]}
    return _IGNORED | str.maketrans(_LETTERS) | same


def fold(text: str) -> str:
    """Return a text in the form that a search compares. Apostrophes are gone; other punctuation and blanks are still
    there."""
    if text.isascii():
        return text.casefold().replace("'", "").replace("`", "")
    if _COMMON_HAN.fullmatch(text):
        return text.translate(_after())
    plain = canonical(text).casefold().translate(_BEFORE)
    decomposed = unicodedata.normalize("NFKD", plain)
    letters = "".join(one for one in decomposed if not unicodedata.combining(one))
    return unicodedata.normalize("NFC", letters.translate(_after()))


def words(text: str) -> list[str]:
    """The folded words of a text: runs of Chinese characters, and of letters and digits of any other script."""
    return _WORD.findall(fold(text))


def is_han(word: str) -> bool:
    """Whether a word of `words` is of Chinese characters."""
    return _HAN_WORD.match(word) is not None


@dataclass(frozen=True)
class Folded:
    """The search terms of one text."""

    letters: list[str]
    """Its words that are not Chinese, and several of them written as one, whichever comes first."""
    han_parts: list[str]
    """The parts of its Chinese name: 阿依古丽·买买提 has two, 陳 大文 and 陳大文 Peter have one."""

    @classmethod
    def of(cls, text: str) -> "Folded":
        """Fold a text."""
        folded = fold(text)
        letters = _with_joined([word for word in _WORD.findall(folded) if not is_han(word)])
        if _APOSTROPHE.search(text):
            parted = words(_APOSTROPHE.sub(" ", text))
            letters += _with_joined([word for word in parted if not is_han(word)])
        return cls(letters, _han_parts(folded))


def _with_joined(letters: list[str]) -> list[str]:
    count = len(letters)
    if count <= 1:
        return letters
    if count > JOINED:
        return [*letters, "".join(letters)]
    return letters + ["".join(letters[n:] + letters[:n]) for n in range(count)]


def _han_parts(folded: str) -> list[str]:
    parts: list[str] = []
    end = -1
    for found in _HAN_RUN.finditer(folded):
        if parts and not folded[end : found.start()].strip():
            parts[-1] += found[0]
        else:
            parts.append(found[0])
        end = found.end()
    return parts
