"""Fonts by letter, and subsets of fonts for documents.

Chinese, Japanese and Korean come from Noto Sans CJK, in the shapes of the person's region; other scripts from the Noto
Sans font of each. A document gets fonts cut down to its letters (by HarfBuzz), so that neither its size nor the memory
for making it grows with the fonts.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import uharfbuzz as hb

from access.event.definition import Language

FONT_ROOT = Path("/usr/share/fonts")
PACKAGES = "fonts-noto-cjk fonts-noto-core"

Weight = Literal["regular", "bold"]

_CJK_FACES = {"ja": 0, "ko": 1, "zh-Hans": 2, "zh-Hant": 4}
"""Faces of the collection: the same character is drawn otherwise in Chengdu (SC) and in Hong Kong (HK)."""

_OTHER_FACE = _CJK_FACES["zh-Hans"]
"""For languages that have no Chinese characters of their own."""

_SCRIPTS = (
    "", "Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Gujarati", "Gurmukhi", "Kannada",
    "Malayalam", "Sinhala", "Khmer", "Lao", "Myanmar", "Ethiopic", "Georgian", "Armenian", "Mongolian", "Symbols",
)  # fmt: skip

_SHAPED = frozenset({"Mn", "Mc", "Cf"})
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


class FontMissingError(Exception):
    """The fonts of a Debian package are not installed; the message names the package."""


@dataclass(frozen=True, eq=False)
class FontFile:
    """One face of a font file; `name` is what a document calls it. Of each there is one object."""

    name: str
    path: Path
    face: int = 0


@dataclass(frozen=True)
class Run:
    """A piece of a line in one font. `shaped`: its letters must be put together by a shaping engine."""

    font: FontFile
    text: str
    shaped: bool


class Fonts:
    """The fonts of one machine."""

    def __init__(self, root: Path = FONT_ROOT) -> None:
        """Raises FontMissingError without the Chinese fonts; those of other scripts may be absent."""
        self._root = root
        self._letters: dict[FontFile, frozenset[int]] = {}
        self._files: dict[str, FontFile] = {}
        self._candidates: dict[tuple[Language, Weight], tuple[FontFile, ...]] = {}
        self._shapers: dict[FontFile, hb.Font] = {}
        self._advances: dict[tuple[FontFile, str], float] = {}
        self._fonts: dict[tuple[str, Language, Weight], FontFile | None] = {}
        self._printable: dict[Language, set[str]] = {}
        cjk = root / "opentype" / "noto"
        for weight in ("Regular", "Bold"):
            if not (cjk / f"NotoSansCJK-{weight}.ttc").is_file():
                raise FontMissingError(
                    f"The font {cjk / f'NotoSansCJK-{weight}.ttc'} is missing. Run: sudo apt-get install {PACKAGES}"
                )

    def candidates(self, language: Language, weight: Weight) -> tuple[FontFile, ...]:
        """The fonts to look for a letter in, the best first: for English readers Latin letters come from Noto Sans."""
        found = self._candidates.get((language, weight))
        if found is None:
            found = self._candidates[language, weight] = tuple(self._present(language, weight))
        return found

    def _present(self, language: Language, weight: Weight) -> Iterator[FontFile]:
        style = weight.capitalize()
        face = _CJK_FACES.get(language, _OTHER_FACE)
        cjk = self._root / "opentype" / "noto" / f"NotoSansCJK-{style}.ttc"
        chinese = self._font(f"cjk{face}{weight}", cjk, face)
        others = [
            self._font(f"noto{script.lower()}{weight}", path)
            for script in _SCRIPTS
            if (path := self._file(script, style)) is not None
        ]
        if language == "en" and others and others[0].name == f"noto{weight}":
            yield others.pop(0)
        yield chinese
        yield from others

    def _font(self, name: str, path: Path, face: int = 0) -> FontFile:
        return self._files.setdefault(name, FontFile(name, path, face))

    def _file(self, script: str, style: str) -> Path | None:
        folder = self._root / "truetype" / "noto"
        for wanted in (style, "Regular"):
            path = folder / f"NotoSans{script}-{wanted}.ttf"
            if path.is_file():
                return path
        return None

    def letters(self, font: FontFile) -> frozenset[int]:
        """The code points that a font has."""
        found = self._letters.get(font)
        if found is None:
            found = self._letters[font] = _letters(font.path, font.face)
        return found

    def runs(self, text: str, language: Language, weight: Weight) -> list[Run]:
        """The pieces of a line, in the order in which they stand on paper from left to right.

        Letters that no font has are left out; ask `unprintable` for them.
        """
        pieces: list[tuple[FontFile, str]] = []
        for letter in text:
            font = self._font_for(letter, language, weight, pieces[-1][0] if pieces else None)
            if font is None:
                continue
            if pieces and pieces[-1][0] is font:
                pieces[-1] = (font, pieces[-1][1] + letter)
            else:
                pieces.append((font, letter))
        runs = [Run(font, piece, needs_shaping(piece)) for font, piece in pieces]
        return runs[::-1] if _is_right_to_left(text) else runs

    def _font_for(
        self, letter: str, language: Language, weight: Weight, before: FontFile | None = None
    ) -> FontFile | None:
        joins = letter == " " or (not letter.isascii() and unicodedata.category(letter) in _SHAPED)
        if joins and before is not None and ord(letter) in self.letters(before):
            return before
        key = (letter, language, weight)
        if key not in self._fonts:
            candidates = self.candidates(language, weight)
            self._fonts[key] = next(
                (font for font in candidates if ord(letter) in self.letters(font)), None
            )
        return self._fonts[key]

    def advances(self, text: str, language: Language, weight: Weight) -> Iterator[float]:
        """How far each letter moves on, in ems, for texts that need no shaping."""
        for letter in text:
            font = self._font_for(letter, language, weight)
            yield 0.0 if font is None else self._advance(font, letter)

    def width(self, text: str, language: Language, weight: Weight) -> float:
        """The width of a line in ems."""
        return sum(self.run_width(run) for run in self.runs(text, language, weight))

    def run_width(self, run: Run) -> float:
        """The width of a run in ems."""
        if not run.shaped:
            return sum(self._advance(run.font, letter) for letter in run.text)
        buffer = hb.Buffer()
        buffer.add_str(run.text)
        buffer.guess_segment_properties()
        font = self._shaper(run.font)
        hb.shape(font, buffer)
        advance = sum(position.x_advance for position in buffer.glyph_positions)
        return float(advance / font.face.upem)

    def _advance(self, font: FontFile, letter: str) -> float:
        key = (font, letter)
        found = self._advances.get(key)
        if found is None:
            shaper = self._shaper(font)
            glyph = shaper.get_nominal_glyph(ord(letter)) or 0
            found = float(shaper.get_glyph_h_advance(glyph) / shaper.face.upem)
            self._advances[key] = found
        return found

    def _shaper(self, font: FontFile) -> "hb.Font":
        found = self._shapers.get(font)
        if found is None:
            face = hb.Face(hb.Blob.from_file_path(str(font.path)), font.face)
            found = self._shapers[font] = hb.Font(face)
        return found

    def unprintable(self, text: str, language: Language) -> list[str]:
        """The letters of a text that no font here has, each once, in order."""
        printable = self._printable.setdefault(language, set())
        if printable.issuperset(text):
            return []
        missing = [
            letter
            for letter in dict.fromkeys(text)
            if self._font_for(letter, language, "bold") is None
        ]
        printable.update(letter for letter in text if letter not in missing)
        return missing

    def subset(self, font: FontFile, letters: Iterable[str]) -> bytes:
        """A font file that has these letters, and whatever shaping them needs."""
        wanted = hb.SubsetInput()
        wanted.unicode_set.update({ord(letter) for letter in letters})
        wanted.flags = hb.SubsetFlags.DESUBROUTINIZE | hb.SubsetFlags.NO_HINTING
        face = hb.Face(hb.Blob.from_file_path(str(font.path)), font.face)
        data = hb.subset(face, wanted).blob.data
        return bytes(data)


@cache
def _letters(path: Path, face: int) -> frozenset[int]:
    return frozenset(hb.Face(hb.Blob.from_file_path(str(path)), face).unicodes)


def needs_shaping(text: str) -> bool:
    """Whether letters change their form or place beside others: marks, and scripts that are written joined."""
    return not text.isascii() and any(
        unicodedata.category(letter) in _SHAPED
        or unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT
        or 0x0900 <= ord(letter) <= 0x109F
        or 0x1780 <= ord(letter) <= 0x18AF
        for letter in text
    )


def _is_right_to_left(text: str) -> bool:
    """Whether a line begins at the right: its first letter with a direction is of such a script."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction == "L":
            return False
        if direction in _RIGHT_TO_LEFT:
            return True
    return False


_NOT_FIRST = "，。、）」』·・ -"
"""What begins no line."""


def break_points(text: str) -> tuple[list[int], list[int]]:
    """Where a line may be broken: (between words, anywhere that the script allows).

    Between words is after blanks, hyphens and the dot in a name; Chinese, Japanese and Korean characters may be parted
    from each other too, except from the punctuation that belongs to them.
    """
    words, anywhere = [], []
    for index in range(1, len(text)):
        before, after = text[index - 1], text[index]
        if before in " -·・/":
            words.append(index)
            anywhere.append(index)
        elif is_wide(before) and is_wide(after):
            if after not in _NOT_FIRST and before not in "（「『":
                anywhere.append(index)
        elif is_wide(before) != is_wide(after) and after not in " ·・" and not _is_mark(after):
            anywhere.append(index)
    return words, anywhere


def letter_breaks(text: str) -> list[int]:
    """Where a word that is longer than a line may be broken: before any letter that does not change its form or place
    beside others."""
    if needs_shaping(text):
        return []
    return [index for index in range(1, len(text)) if text[index] not in _NOT_FIRST]


def is_wide(letter: str) -> bool:
    """Whether it is a Chinese, Japanese or Korean character, or punctuation of their width."""
    return unicodedata.east_asian_width(letter) in "WF"


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter) in _SHAPED
