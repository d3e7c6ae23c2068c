"""Which encoding undeclared bytes are in: UTF-8, UTF-16, or one of the three that Chinese programs still write.

Spreadsheets save lists in them, and badge makers put them into QR codes without saying so. Almost any bytes can be
decoded as GB18030 and many as Big5, so what decides is whether the outcome looks like Chinese: the share of its
characters that are common ones (`likeness`). Two characters are enough in most cases, since bytes of one encoding read
as another give rare characters.
"""

import codecs
from typing import Literal, NamedTuple

from access.text.common_characters import COMMON_CHARACTERS

Encoding = Literal["utf-8", "utf-16", "gb18030", "big5hkscs", "big5"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "gb18030", "big5hkscs", "big5")
"""The encodings that are read; no others are looked up, whatever name is asked for."""

_CHINESE: tuple[Encoding, ...] = ("gb18030", "big5hkscs", "big5")

LIKELY = 0.5
"""A likeness from here on is believed."""

SAMPLE = 200_000
"""Bytes from which a file's encoding is judged; all of them must be valid in it."""

_CODECS = {"big5": "cp950"}
"""Big5 as Windows writes it: the plain codec lacks a few characters of it."""

_OTHERS = {
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf16": "utf-16",
    "utf-16-le": "utf-16",
    "utf-16-be": "utf-16",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
    "big5-hkscs": "big5hkscs",
    "cp950": "big5",
}
_PUNCTUATION = frozenset("，。、；：？！（）《》〈〉「」『』【】“”‘’…—·・－／～　〔〕％＋＆＃＊＠")


class Decoded(NamedTuple):
    """Text, and the encoding that it was in."""

    text: str
    encoding: Encoding


class UndecodableError(ValueError):
    """Bytes in none of the encodings, or not in the one asked for. `at` is the offset of the first wrong byte."""

    def __init__(self, encoding: str, at: int) -> None:
        super().__init__(f"byte {at} is not {encoding}")
        self.encoding = encoding
        self.at = at


def known_encoding(name: str) -> Encoding | None:
    """The encoding of a name as people write it (`GBK`, `utf8`); None for any other."""
    tidy = name.strip().lower().replace("_", "-")
    tidy = _OTHERS.get(tidy, tidy)
    return next((encoding for encoding in ENCODINGS if encoding == tidy), None)


def decoded_as(data: bytes, encoding: Encoding) -> str:
    """The text of bytes in a known encoding, without a byte order mark. Raises UndecodableError."""
    try:
        if encoding == "utf-16":
            return data.decode(_utf16(data) or "utf-16-le").removeprefix("\ufeff")
        return data.decode(_CODECS.get(encoding, encoding)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise UndecodableError(encoding, error.start) from None


def decoded(data: bytes) -> Decoded:
    """The text of bytes whose encoding nobody has named. Raises UndecodableError, with the first byte that is no UTF-8,
    where they look like no encoding of ours."""
    if _utf16(data) is not None:
        return Decoded(decoded_as(data, "utf-16"), "utf-16")
    try:
        return Decoded(decoded_as(data, "utf-8"), "utf-8")
    except UndecodableError as error:
        best = max(_CHINESE, key=lambda encoding: likeness(data, encoding))
        if likeness(data, best) < LIKELY:
            raise error from None
        return Decoded(decoded_as(data, best), best)


def likeness(data: bytes, encoding: Encoding) -> float:
    """How much bytes look like Chinese if read in an encoding: 0 (they cannot be, or have nothing beyond ASCII) to 1.

    The share of common characters among those beyond ASCII; a rare character of the encoding's first level counts a
    quarter, and one of private use or a control character takes a whole one away.
    """
    try:
        text = decoded_as(data, encoding)
    except UndecodableError:
        return 0.0
    beyond = [character for character in text[:SAMPLE] if not character.isascii()]
    if not beyond:
        return 0.0
    return max(0.0, sum(map(_worth, beyond)) / len(beyond))


def _worth(character: str) -> float:
    if character in COMMON_CHARACTERS or character in _PUNCTUATION:
        return 1.0
    if "\ue000" <= character <= "\uf8ff" or "\x80" <= character <= "\x9f":
        return -1.0
    return 0.25 if _is_first_level(character) else 0.0


def _is_first_level(character: str) -> bool:
    """Whether GB 2312 or Big5 count a character among the usual ones."""
    try:
        lead = character.encode("gb2312")[0]
        if 0xB0 <= lead <= 0xD7:
            return True
    except UnicodeEncodeError:
        pass
    try:
        return 0xA4 <= character.encode("big5")[0] <= 0xC6
    except UnicodeEncodeError:
        return False


def _utf16(data: bytes) -> str | None:
    """The byte order of UTF-16, by its mark or by its zeros; None: it is none."""
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    start = data[:2000]
    zeros = (start[0::2].count(0), start[1::2].count(0))
    if len(start) < 4 or max(zeros) * 4 < len(start) // 2:
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
