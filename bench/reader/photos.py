"""Photographs with known texts, and `jianmen decode` over them by this build and by another one, in turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.support.figure import Figure, median
from hardware.files.picture_file import SUFFIXES

OURS = Path(sys.executable).with_name("jianmen")
TURNS = 5
"""How often each build decodes all photographs; the median counts."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph and the text of its code; None: there is none in it."""

    path: Path
    text: str | None


def photos_below(folder: Path) -> list[Photo]:
    """The photographs below a folder: the text of each stands in a .txt file beside it.

    A picture without such a file has no code in it and must read as nothing.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            known = path.with_suffix(".txt")
            found.append(
                Photo(path, known.read_bytes().decode("utf-8") if known.exists() else None)
            )
    return found


def decoded_by_builds(folder: Path, against: Path, turns: int = TURNS) -> Iterator[Figure]:
    """Two lines: CPU time, and photographs not read; `against` is a checkout with its own `.venv`."""
    folder, builds = folder.absolute(), (OURS, against.absolute() / ".venv" / "bin" / "jianmen")
    photos = photos_below(folder)
    spent: list[list[float]] = [[], []]
    read = [0, 0]
    for turn in range(turns):
        for index in (0, 1) if turn % 2 else (1, 0):
            cpu_s, texts = _decode(builds[index], folder)
            spent[index].append(cpu_s)
            read[index] = sum(photo.text in texts.get(photo.path, ()) for photo in photos)
    known = sum(photo.text is not None for photo in photos)
    ours, theirs = map(median, spent)
    beside = f"; floor: the build in {against.name}"
    note = (
        f"CPU time of the process `jianmen decode` over {len(photos)} photographs, the median of {turns}"
        f" in turns; wanted: 1{beside}"
    )
    yield Figure("eyes decode process", ours, theirs, "s", note)
    note = f"photographs that it did not read, of {known} ({read[0]} read){beside} ({read[1]} read)"
    missed = (known - read[0], known - read[1])
    yield Figure("eyes decode process missed", *missed, "photographs", note)


def _decode(program: Path, folder: Path) -> tuple[float, dict[Path, list[str]]]:
    """CPU seconds of the process, and the texts in each file. Raises RuntimeError if it fails."""
    command = [str(program), "decode", str(folder)]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    files = map(json.loads, printed.splitlines())
    texts = {Path(file["path"]): [one["text"] for one in file["payloads"]] for file in files}
    return used.ru_utime + used.ru_stime, texts
