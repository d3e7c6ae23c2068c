"""A badge as a PDF page, drawn in a process of its own. Nothing of it is written to a disk."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from printing.card import Card
from printing.task import Made, Task

log = logging.getLogger(__name__)

DRAWING_S = 60.0
"""No claim about speed: a Pi that does much else may take seconds."""

MEMORY = Path("/dev/shm")  # noqa: S108 -- where the drawing process keeps cut-down fonts: memory, and gone with it


class DrawingError(Exception):
    """The badge cannot be drawn; the message says why, and names nobody."""


class LettersMissingError(DrawingError):
    """No font here has all letters of the name: nobody is given a badge with half of theirs."""

    def __init__(self) -> None:
        super().__init__(
            "no font here has all letters of the name; install fonts-noto-cjk and fonts-noto-core"
        )


def drawn(card: Card, layout: Path) -> bytes:
    """The PDF of one badge. Raises DrawingError."""
    page = os.memfd_create("badge")
    try:
        task = Task(cards=[card], layout=str(layout), path=f"/dev/fd/{page}")
        environment = {**os.environ, **({"TMPDIR": str(MEMORY)} if MEMORY.is_dir() else {})}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "printing.worker"],
                input=msgspec.msgpack.encode(task),
                capture_output=True,
                pass_fds=[page],
                env=environment,
                timeout=DRAWING_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise DrawingError("drawing took too long") from error
        if done.returncode != 0:
            words = done.stderr.decode(errors="replace").strip().splitlines()
            raise DrawingError(words[-1] if words else "the drawing process ended")
        os.lseek(page, 0, os.SEEK_SET)
        made = msgspec.json.decode(done.stdout.splitlines()[-1], type=Made)
        if made.unnamed:
            raise LettersMissingError
        if made.unprintable:
            log.warning("a badge lacks a letter that no font of this kiosk has")
        with os.fdopen(os.dup(page), "rb") as file:
            return file.read()
    finally:
        os.close(page)
