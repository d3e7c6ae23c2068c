"""The generated tables: well formed, and made of the sources that are named."""

import subprocess
import sys
import unicodedata
from pathlib import Path

from access.names.folding import fold
from access.names.hong_kong import spellings, surname_spellings
from access.names.readings import LONGEST, readings
from access.names.tables import cantonese, folding, mandarin

GENERATOR = Path(__file__).parents[3] / "setup" / "name_tables.py"


def test_a_character_is_in_one_class_and_its_representative_stays_itself() -> None:
    members = "".join(folding.TABLE.split())
    assert len(members) == len(set(members)) > 5800
    for group in folding.TABLE.splitlines():
        assert fold(group) == group[0] * len(group)
        assert unicodedata.normalize("NFKD", group[0]) == group[0]


def test_every_character_of_the_basic_block_that_names_use_has_a_reading() -> None:
    for character in "王李張陳劉單區曾仇查解翟冼佘禤甯尉遲万俟阿依古丽喆堃龑䶮":
        assert any(fold(character) in line for line in mandarin.TABLE.splitlines()), character
        assert readings().number(fold(character)) < 48_000
    assert len(cantonese.TABLE.splitlines()) > 700


def test_spellings_are_letters_of_a_length_that_is_looked_up() -> None:
    spelled = {one for line in cantonese.TABLE.splitlines() for one in spellings(line.split()[0])}
    spelled |= {one for _, many in surname_spellings() for one in many}
    assert all(one.isascii() and one.isalpha() and one.islower() for one in spelled)
    assert max(map(len, spelled)) <= LONGEST
    assert {"chan", "tai", "man"} <= spelled


def test_the_tables_are_what_their_sources_make() -> None:
    done = subprocess.run(
        [sys.executable, GENERATOR, "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
