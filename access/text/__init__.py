"""One canonical form of text for everything that people, files, scanners and cameras bring in.

Two texts that look the same to a reader should be the same text to the program. Three strengths, each a fixed point of
itself: `canonical_code` for the codes of other systems, which keep whatever distinguishes two codes;
`canonical` for names and other text that is shown and printed; `half_width` for fields with a format of their own
(refs, dates, ids, column titles). Search folds much further: see `access.names`.
"""

import re
import unicodedata

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_OTHER_INVISIBLE = "\u00ad\u180e\u2061-\u2064\u206a-\u206f\ufff9-\ufffb\U000e0000-\U000e007f"
"""Soft hyphen, Mongolian vowel separator, invisible operators, deprecated controls, annotation marks, tags."""

_NOT_IN_CODES = re.compile(f"[{_ZERO_WIDTH}{_DIRECTION}]")
_NOT_IN_TEXT = re.compile(f"[\u200b\u2060\ufeff{_DIRECTION}{_OTHER_INVISIBLE}]")

_JOINERS = "\u200c\u200d"
_JOINED = "\u0600-\u07ff\u0860-\u0dff\u1000-\u109f\u1780-\u18af\ua840-\ua87f"
"""Arabic, Syriac, the scripts of India and Sri Lanka, Myanmar, Khmer, Mongolian: a joiner between two of their letters
changes the shape of a name (the Sinhala Śrī, the Persian ʿAlī-Rezā); anywhere else it means nothing."""

_REPEATED_JOINER = re.compile(f"([{_JOINERS}])[{_JOINERS}]+")
_STRAY_JOINER = re.compile(f"(?<![{_JOINED}])[{_JOINERS}]|[{_JOINERS}](?![{_JOINED}])")

_BLANK = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_BLANKS = re.compile(f"[{_BLANK}]")
_ENDS = re.compile(rf"\A[\t-\r \u0085\u2028\u2029{_BLANK}]+|[\t-\r \u0085\u2028\u2029{_BLANK}]+\Z")
"""Blanks and line breaks. Not the separators U+001C to U+001F, which `str.strip` takes too: GS1 codes may hold them."""

_PRIVATE_HAN = (
    "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱"
    "䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻"
)
_NO_LONGER_PRIVATE = {
    **{0xE815 + n: character for n, character in enumerate(_PRIVATE_HAN)},
    0xE7C7: "\u1e3f",
    0xE7C8: "\u01f9",
}
"""What Windows code page 936 and GB 18030-2000 kept in Unicode's private use area, before Unicode had the characters:
bytes FE50 to FEA0, A8BC and A8BF, as GB 18030-2022 (and glibc's iconv) read them. Old lists have 䶮 as U+E863."""


_PLAIN = re.compile("[!-~\u4e00-\u9fff]([ -~\u4e00-\u9fff]*[!-~\u4e00-\u9fff])?")
"""Most texts: nothing is to be done to them."""


def canonical_code(text: str) -> str:
    """The code of another system: NFC, no blanks at the ends, no zero-width characters or direction marks."""
    if not text or _PLAIN.fullmatch(text):
        return text
    return _ENDS.sub("", unicodedata.normalize("NFC", _NOT_IN_CODES.sub("", text)))


def canonical(text: str) -> str:
    """Text that is shown and printed: NFC, without invisible characters and blanks at the ends.

    Other blanks (no-break, ideographic) become plain ones, old private-use characters what they stand for. Joiners stay
    where they shape a name. Line breaks, tabs and control characters inside stay: see `first_unprintable`.
    """
    if _PLAIN.fullmatch(text):
        return text
    visible = _NOT_IN_TEXT.sub("", text)
    joined = _STRAY_JOINER.sub("", _REPEATED_JOINER.sub(r"\1", visible))
    composed = unicodedata.normalize("NFC", joined.translate(_NO_LONGER_PRIVATE))
    return _ENDS.sub("", _BLANKS.sub(" ", composed))


_WIDE_TO_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDE_LETTERS = {code: narrow for code, narrow in _WIDE_TO_NARROW.items() if chr(narrow).isalnum()}


def half_width(text: str) -> str:
    """`canonical`, and full-width letters, digits and punctuation (Ａ１：) as their ASCII forms."""
    if _PLAIN.fullmatch(text):
        return text
    return canonical(canonical(text).translate(_WIDE_TO_NARROW))


def plain_letters(text: str) -> str:
    """The text with full-width letters and digits (Ａｎｎ) as their ASCII forms; its punctuation stays."""
    if _PLAIN.fullmatch(text):
        return text
    return text.translate(_WIDE_LETTERS)


def first_unprintable(text: str) -> tuple[int, str] | None:
    """Return the index (from 0) and name ("U+0007", "U+200B ZERO WIDTH SPACE") of the first character that cannot be
    printed.

    A joiner that `canonical` leaves can be. None: everything can.
    """
    for index, character in enumerate(text):
        if character.isprintable():
            continue
        if character in _JOINERS and not _STRAY_JOINER.search(text[max(0, index - 1) : index + 2]):
            continue
        name = unicodedata.name(character, "")
        return index, f"U+{ord(character):04X} {name}".rstrip()
    return None
