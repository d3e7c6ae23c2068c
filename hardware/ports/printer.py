"""The printer port: one document at a time, known by our own name for the job.

A printer cannot always say what came out on paper: it may lose its power with the page half out, forget its jobs, or
give their numbers to others. So every answer about a job that the printer may have begun and did not finish is
`unknown`, and no adapter prints anything again by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Trouble = Literal[
    "away", "stopped", "refusing", "paper_out", "cover_open", "jam", "supplies_out", "fault", "no_pdf", "no_media",
]  # fmt: skip
"""Why a printer cannot print now. `no_pdf` and `no_media` are mistakes of its set-up: documents or the size of paper
that it does not take."""

JobState = Literal["waiting", "printing", "printed", "not_printed", "unknown", "away"]
"""Of one job: not begun; begun; on paper; certainly not on paper; perhaps on paper; the printer does not answer."""

Submission = Literal["taken", "refused", "unsure"]
"""The printer has the job; it certainly does not; the connection broke on the way."""


@dataclass(frozen=True, slots=True)
class PrinterSettings:
    """Which printer, and the paper that is in it."""

    adapter: str = "ipp"
    """`ipp` or `simulated`."""
    address: str = ""
    """ipp: "ipp://localhost/printers/badges" for a queue of CUPS, "ipp://printer.example/ipp/print" for a printer."""
    path: str = ""
    """simulated: the folder into which badges are printed."""
    width_mm: float = 62.0
    height_mm: float = 100.0


@dataclass(frozen=True, slots=True)
class PrinterState:
    """How a printer is. `busy`: it prints, or has something before it that is not ours to wait for long."""

    troubles: tuple[Trouble, ...] = ()
    busy: bool = False
    name: str = ""
    """Make and model, as far as the printer says."""

    @property
    def ready(self) -> bool:
        return not self.troubles


class Printer(Protocol):
    """One printer, which may come and go. No method raises for a printer that is away; each answers within seconds."""

    def state(self) -> PrinterState:
        """How the printer is now."""

    def submit(self, job: str, document: bytes) -> Submission:
        """Give the printer one PDF page of the paper's size, once. `job` names it from here on and says nothing about
        a person."""

    def job(self, job: str) -> JobState:
        """What became of a job of that name. One that the printer does not know (any more) is `unknown`."""

    def cancel(self, job: str) -> None:
        """Ask the printer to drop a job. A page that was begun may come out all the same."""

    def unfinished(self) -> list[str]:
        """The names of our jobs that may still print; none of a printer that is away."""

    def close(self) -> None:
        """Give the printer back. Safe to repeat; never raises."""
