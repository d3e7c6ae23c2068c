"""A printer without paper: badges become files in a folder, and faults are put into it by writing a file.

`fault` in the folder holds the words for what is wrong now (`hardware.ports.printer.Trouble`); an empty or missing one
means that all is well. A badge comes out as JOB.pdf, and as JOB.png where poppler's `pdftoppm` is installed.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import get_args

from hardware.ports.errors import DeviceLost
from hardware.ports.printer import (
    JobState,
    PrinterSettings,
    PrinterState,
    Submission,
    Trouble,
)

FAULT = "fault"
PICTURE_DPI = 200
DRAWING_S = 20.0
REFUSING: frozenset[Trouble] = frozenset({"away", "refusing", "no_pdf", "no_media"})
"""With these nothing is taken; with the others a job is taken and waits."""


class SimulatedPrinter:
    """Prints a job when it is asked about and nothing is wrong."""

    def __init__(self, settings: PrinterSettings) -> None:
        self._folder = Path(settings.path)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._taken: dict[str, bytes] = {}
        self._ended: dict[str, JobState] = {}

    def state(self) -> PrinterState:
        troubles = self._troubles()
        if "away" in troubles:
            return PrinterState(troubles=("away",))
        return PrinterState(troubles, busy=bool(self._taken), name="Simulated Printer")

    def submit(self, job: str, document: bytes) -> Submission:
        if REFUSING.intersection(self._troubles()):
            return "refused"
        self._taken[job] = document
        return "taken"

    def job(self, job: str) -> JobState:
        troubles = self._troubles()
        if "away" in troubles:
            return "away"
        if job in self._taken and not troubles:
            self._print(job, self._taken.pop(job))
            self._ended[job] = "printed"
        if job in self._taken:
            return "printing"
        return self._ended.get(job, "unknown")

    def cancel(self, job: str) -> None:
        if self._taken.pop(job, None) is not None:
            self._ended[job] = "unknown"

    def unfinished(self) -> list[str]:
        return [] if "away" in self._troubles() else list(self._taken)

    def close(self) -> None:
        """Nothing to give back."""

    def restart(self) -> None:
        """Switch it off and on: its jobs are forgotten."""
        self._taken.clear()
        self._ended.clear()

    def _troubles(self) -> tuple[Trouble, ...]:
        try:
            words = (self._folder / FAULT).read_text(encoding="ascii").split()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise DeviceLost(str(error)) from error
        return tuple(word for word in get_args(Trouble) if word in words)

    def _print(self, job: str, document: bytes) -> None:
        path = self._folder / f"{job}.pdf"
        path.write_bytes(document)
        if shutil.which("pdftoppm"):
            command = ["pdftoppm", "-r", str(PICTURE_DPI), "-png", "-singlefile"]
            subprocess.run(
                [*command, str(path), str(path.with_suffix(""))],
                timeout=DRAWING_S,
                check=False,
                capture_output=True,
            )
