"""Something that one process asks another to do, which may do more: the door reaches no network and changes none.

Two files in a folder that both may write: what is asked, and the answer. Either is taken once. Only the folder's group
can read them, and what is asked is gone as soon as it is taken, since it may hold a password.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

LARGEST = 4096
"""Bytes of a file; any code that is held to a camera is shorter."""


class Errand:
    """One errand at a time, by its name. The asker calls `ask` and `answer`, the doer `take` and `say`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._asked = folder / f"{name}.asked"
        self._answer = folder / f"{name}.answer"

    def ask(self, text: str) -> None:
        """Have it done; an answer that was not taken yet is dropped. Raises OSError where there is no folder."""
        self._answer.unlink(missing_ok=True)
        _put(self._asked, text)

    def answer(self) -> str | None:
        """The answer, once it is there."""
        return _taken(self._answer)

    def take(self) -> str | None:
        """What is asked, if anything is."""
        return _taken(self._asked)

    def say(self, word: str) -> None:
        """Answer what was taken. Raises OSError."""
        _put(self._answer, word)


def _put(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}")
    part.unlink(missing_ok=True)  # of one that was ended midway
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o640)
        file.write(text)
    part.replace(path)


def _taken(path: Path) -> str | None:
    """A file's text; the file is deleted. None for none, and for what is no small file with text."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        content = None  # a link, or another's file: nothing that an errand leaves
    else:
        with os.fdopen(descriptor, "rb") as file:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            content = file.read(LARGEST + 1) if regular else None
    with contextlib.suppress(OSError):
        path.unlink()
    if content is None or len(content) > LARGEST:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
