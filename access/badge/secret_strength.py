"""How hard a secret is to find by trying: the one question asked wherever a secret protects something or gives a role.

A code is what a badge carries, a PIN what its owner keeps in mind. What they protect lies on the disks of kiosks that
stand in public, so "hard" means against somebody who has such a disk and all the time they want.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Literal

from access.badge import credential

STRONG_BITS = 80
"""A code with fewer bits than this can be found by trying."""

LEAST_PIN_DIGITS = 8
LEAST_PHRASE_LETTERS = 12
"""Of a phrase; a Chinese character counts as two letters."""

MOST_PIN_CHARACTERS = 100

PinProblem = Literal["too_short", "too_long", "common", "date"]
"""`common`: repeated, counted up or down, a pattern on the keys, or on every list of passwords that thieves try first;
`date`: somebody's birthday, or the event's."""


def is_strong(code: str) -> bool:
    """Whether nobody finds this badge's code by trying: every code of ours, and long enough ones of other systems.

    Asked before a name is sealed under a code, before it locks a key, and before it gives its owner a role.
    """
    return credential.read(code) is not None or strength_bits(code) >= STRONG_BITS


def strength_bits(code: str) -> int:
    """How many bits a code of another system can have at most, by its alphabet and length.

    Only ASCII letters and digits count: separators count nothing. What many codes share (a prefix, a
    running number) cannot be seen in one of them and is for the importer to take off first.
    """
    counted = "".join(c for c in code if c.isascii() and c.isalnum())
    return int(len(counted) * math.log2(_alphabet_size(counted)))


def _alphabet_size(code: str) -> int:
    if re.fullmatch(r"[0-9]*", code):
        return 10
    if re.fullmatch(r"[0-9a-f]*|[0-9A-F]*", code):
        return 16
    if code.isalpha():
        return 26 if code in (code.lower(), code.upper()) else 52
    return 36 if code in (code.lower(), code.upper()) else 62


def plain_pin(typed: str) -> str:
    """A PIN or phrase as it is used: however wide its letters are, whatever their case, with single blanks."""
    return " ".join(unicodedata.normalize("NFKC", typed).casefold().split())


def pin_problem(typed: str) -> PinProblem | None:
    """Why this is no PIN for a key card. None: eight digits or more, or a phrase, and nothing that is tried first."""
    pin = plain_pin(typed)
    if len(pin) > MOST_PIN_CHARACTERS:
        return "too_long"
    if re.fullmatch(r"[0-9]+", pin):
        return _digits_problem(pin)
    return _phrase_problem(pin)


def _digits_problem(pin: str) -> PinProblem | None:
    if len(pin) < LEAST_PIN_DIGITS:
        return "too_short"
    if _is_pattern(pin) or _steps(pin) or any(run in pin for run in _DIGIT_RUNS):
        return "common"
    if any(_is_date(pin[at : at + 8]) for at in range(len(pin) - 7)):
        return "date"
    return None


def _phrase_problem(phrase: str) -> PinProblem | None:
    letters = phrase.replace(" ", "")
    if sum(1 if letter.isascii() else 2 for letter in letters) < LEAST_PHRASE_LETTERS:
        return "too_short"
    rest = letters
    for word in _COMMON_WORDS:
        rest = rest.replace(word, "")
    # What is left beside "password" and "2024" is the phrase's own.
    own = re.sub(r"[\W\d_]+", "", rest)
    if _is_pattern(letters) or sum(1 if letter.isascii() else 2 for letter in own) < 6:
        return "common"
    return None


def _is_pattern(text: str) -> bool:
    """Whether a text has few different characters, repeats one block, doubles every character, or is a palindrome."""
    few = len(set(text)) < 4
    block = any(
        text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1)
    )
    pairs = text == "".join(2 * c for c in text[::2])
    return few or block or pairs or text == text[::-1]


def _steps(digits: str) -> bool:
    """Whether the digits change by one constant step (modulo 10) all the way."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return len(steps) == 1


def _is_date(digits: str) -> bool:
    """Whether eight digits are a day of this century or the last: year first, or last."""
    year_first = (digits[:4], digits[4:6], digits[6:])
    day_first = (digits[4:], digits[2:4], digits[:2])
    month_first = (digits[4:], digits[:2], digits[2:4])
    return any(_is_day(*map(int, parts)) for parts in (year_first, day_first, month_first))


def _is_day(year: int, month: int, day: int) -> bool:
    if not 1900 <= year <= 2099:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _runs(lines: Iterable[str], size: int) -> frozenset[str]:
    both = [line for forward in lines for line in (forward, forward[::-1])]
    return frozenset(line[at : at + size] for line in both for at in range(len(line) - size + 1))


_DIGIT_RUNS = _runs(("01234567890", "147258369", "123654789"), 6) | {
    "5201314", "1314520", "159357", "112233", "31415926", "27182818",
}  # fmt: skip
"""Six in a row on the keys, love in Chinese numbers, and mathematics."""

_COMMON_WORDS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t", "1qaz2wsx", "qwerty", "password", "passwort", "passw0rd",
    "letmein", "iloveyou", "welcome", "administrator", "admin", "login", "secret", "changeme", "abcdefghijkl", "abc",
    "jianmen", "staff", "supervisor", "steward", "checkin", "woaini", "mima", "密码", "我爱你",
)  # fmt: skip
"""What lists of stolen passwords begin with, and what this product puts into somebody's head."""
