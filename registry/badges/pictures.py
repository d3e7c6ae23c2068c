"""What pictures of badges are called that are sent to people: nobody's file has the name of somebody else's ref.

A file has its person's ref as its name; what a file name cannot hold is written as in a URL (`A/1` is `A%2F1`), so the
name can be read back. Of refs that a file system may take for one name (Windows and macOS know no case) capitals and
letters beyond ASCII are written that way too: `P1` and `p1` are `%501` and `p1`.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

from registry.queries.table_files import FORMULA, Table, csv_bytes
from registry.roster.model import Label

MANIFEST = "badges.csv"
"""The file beside the pictures that says which is whose."""

_FORBIDDEN = frozenset('<>:"/\\|?*%')
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_NOT_FIRST = (*FORMULA, ".", "~", " ")
"""A file that begins so is hidden, or an option of a command, or guarded in the manifest."""

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, with any ending
(https://learn.microsoft.com/windows/win32/fileio/naming-a-file)."""

_MOST_BYTES = 200
"""Of a name without its ending: file systems take 255, some archivers less."""


def file_names(refs: Sequence[str]) -> list[str]:
    """What to call each person's picture, without the ending."""
    names = [_encoded(ref, _everywhere) for ref in refs]
    times = Counter(map(_as_one, names))
    return [
        _short(_encoded(ref, _nowhere_mistaken) if times[_as_one(name)] > 1 else name, ref)
        for ref, name in zip(refs, names, strict=True)
    ]


def manifest(labels: Sequence[Label], files: Sequence[str]) -> bytes:
    """The CSV file that says which picture is whose, and where it is to be sent, as far as a list has said so."""
    rows = [
        [file, label.badge.ref, label.name, label.extra.get("mail", "")]
        for label, file in zip(labels, files, strict=True)
    ]
    return csv_bytes(Table("badges", ("file", "ref", "name", "mail"), rows))


def _everywhere(character: str) -> bool:
    """Whether a file may have this letter in its name."""
    return character not in _FORBIDDEN and character.isprintable()


def _nowhere_mistaken(character: str) -> bool:
    """Whether no file system takes this letter for another one."""
    return character in _PLAIN


def _encoded(ref: str, stays: Callable[[str], bool]) -> str:
    name = "".join(one if stays(one) else _as_in_url(one) for one in ref)
    if name.startswith(_NOT_FIRST) or _DEVICE.match(name):
        name = _as_in_url(name[0]) + name[1:]
    return name


def _as_in_url(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def _as_one(name: str) -> str:
    """The same for names that some file system takes for one."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def _short(name: str, ref: str) -> str:
    """A name that file systems take. "%-" is in no other name."""
    if len(name.encode()) <= _MOST_BYTES:
        return name
    return f"%-{hashlib.sha256(ref.encode()).hexdigest()[:32]}"
