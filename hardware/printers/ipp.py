"""Printers that speak IPP: a queue of CUPS, or the printer itself.

The printer itself is the better address where it takes PDF: it knows what it printed, and no copy of a badge is left in
a spool. CUPS calls a job completed although the printer refused it, or was switched off while it printed; what tells
these from a good one is looked at here. Jobs are found by name, since their numbers are given out again.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from socket import gaierror
from typing import Any

from pyipp import IPP
from pyipp.enums import IppOperation, IppTag
from pyipp.exceptions import IPPConnectionError, IPPError, IPPResponseError
from pyipp.tags import ATTRIBUTE_TAG_MAP

from hardware.ports.printer import (
    JobState,
    PrinterSettings,
    PrinterState,
    Submission,
    Trouble,
)
from hardware.printers.media import media_for

log = logging.getLogger(__name__)

# pyipp leaves out, silently, every attribute that is not in this table, and calls the name of a medium a name.
ATTRIBUTE_TAG_MAP["print-scaling"] = IppTag.KEYWORD
ATTRIBUTE_TAG_MAP["media"] = IppTag.KEYWORD

USER = "jianmen"
PDF = "application/pdf"
ANSWER_S = 5.0
UPLOAD_S = 15.0

IDLE, PRINTING, STOPPED = 3, 4, 5
CANCELLED = 7
"""From this state of a job on it is over."""

REASONS: dict[str, Trouble] = {
    "media-empty": "paper_out",
    "media-needed": "paper_out",
    "input-tray-missing": "paper_out",
    "media-jam": "jam",
    "cover-open": "cover_open",
    "door-open": "cover_open",
    "interlock-open": "cover_open",
    "marker-supply-empty": "supplies_out",
    "toner-empty": "supplies_out",
    "paused": "stopped",
    "shutdown": "stopped",
    "offline": "away",
}
"""What stops a printer; the rest (paper low, ink low) is for whoever refills it."""

_NO_CONNECTION = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH})

FORGOT = "cups-ipp-missing-job-history"
"""CUPS has this reason of a queue from when a printer forgot a job that it was asked about, and keeps it."""

PRINTER_ATTRIBUTES = [
    "printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "queued-job-count", "printer-make-and-model",
    "document-format-supported", "media-supported", "media-ready", "cups-version",
]  # fmt: skip
JOB_ATTRIBUTES = [
    "job-id", "job-name", "job-state", "job-printer-state-message", "time-at-creation", "time-at-processing",
]  # fmt: skip


class IppPrinter:
    """One queue or printer. Each request is a connection of its own: printers drop those that are kept."""

    def __init__(self, settings: PrinterSettings) -> None:
        self._settings = settings
        self._forgot_before: dict[str, bool] = {}
        """Of jobs submitted here, whether the queue had `FORGOT` at the time."""

    def state(self) -> PrinterState:
        found = self._attributes()
        if found is None:
            return PrinterState(troubles=("away",))
        troubles = [*_troubles(found)]
        if PDF not in _listed(found.get("document-format-supported")):
            troubles.append("no_pdf")
        if self._media(found) is None:
            troubles.append("no_media")
        return PrinterState(
            troubles=tuple(dict.fromkeys(troubles)),
            busy=found.get("printer-state") == PRINTING or bool(found.get("queued-job-count")),
            name=str(found.get("printer-make-and-model", "")),
        )

    def submit(self, job: str, document: bytes) -> Submission:
        found = self._attributes()
        media = self._media(found) if found is not None else None
        if found is None or media is None:
            return "refused"
        message = {
            "operation-attributes-tag": {
                "requesting-user-name": USER,
                "job-name": job,
                "document-format": PDF,
            },
            "job-attributes-tag": {"copies": 1, "media": media, "print-scaling": "none"},
        }
        try:
            self._ask(IppOperation.VALIDATE_JOB, message)
        except IPPError as error:
            log.warning("the printer refuses a badge: %s", error)
            return "refused"
        self._forgot_before[job] = _forgot(found)
        try:
            self._ask(IppOperation.PRINT_JOB, {**message, "data": document}, UPLOAD_S)
        except IPPConnectionError as error:
            return "refused" if _never_connected(error) else "unsure"
        except IPPError as error:
            return "refused" if _is_refusal(error) else "unsure"
        return "taken"

    def job(self, job: str) -> JobState:
        try:
            jobs = [one for one in self._jobs("all") if one.get("job-name") == job]
        except IPPError:
            return "away"
        if not jobs:
            return "unknown"
        newest = max(jobs, key=lambda one: (_time(one, "time-at-creation") or 0, one["job-id"]))
        match newest.get("job-state"):
            case 3 | 4:
                return "waiting"
            case 5 | 6:
                return "printing"
            case 9:
                return self._completed(job, newest)
            case _:
                return "not_printed" if _time(newest, "time-at-processing") is None else "unknown"

    def cancel(self, job: str) -> None:
        try:
            jobs = self._jobs("not-completed", "all")
            numbers = {
                one["job-id"] for one in jobs if one.get("job-name") == job and _is_open(one)
            }
            for number in numbers:
                message = {"requesting-user-name": USER, "job-id": number}
                self._ask(IppOperation.CANCEL_JOB, {"operation-attributes-tag": message})
        except IPPError as error:
            log.warning("a job could not be cancelled: %s", error)

    def unfinished(self) -> list[str]:
        try:
            jobs = self._jobs("not-completed", "all")  # of "all", jobs that CUPS shows nowhere else
        except IPPError:
            return []
        names = (one.get("job-name") for one in jobs if _is_open(one))
        return list(dict.fromkeys(str(name) for name in names if name))

    def close(self) -> None:
        """Nothing is kept open."""

    def _completed(self, job: str, found: dict[str, Any]) -> JobState:
        """What "completed" is worth: from a printer everything, from CUPS only without signs to the contrary."""
        printer = self._attributes()
        if printer is None:
            return "away"
        if "cups-version" not in printer:
            return "printed"
        if found.get("job-printer-state-message"):
            return "unknown"
        forgot = _forgot(printer) and not self._forgot_before.get(job, False)
        return "unknown" if forgot else "printed"

    def _media(self, printer: dict[str, Any]) -> str | None:
        names = _listed(printer.get("media-ready")) + _listed(printer.get("media-supported"))
        return media_for(self._settings.width_mm, self._settings.height_mm, names)

    def _attributes(self) -> dict[str, Any] | None:
        """The printer's attributes; None: it is away."""
        asked = {"requesting-user-name": USER, "requested-attributes": PRINTER_ATTRIBUTES}
        try:
            answer = self._ask(
                IppOperation.GET_PRINTER_ATTRIBUTES, {"operation-attributes-tag": asked}
            )
        except IPPError:
            return None
        found: dict[str, Any] = next(iter(answer["printers"]), {})
        return found

    def _jobs(self, *which: str) -> list[dict[str, Any]]:
        """Our jobs. Raises IPPError."""
        found: list[dict[str, Any]] = []
        for one in which:
            asked = {
                "requesting-user-name": USER,
                "which-jobs": one,
                "my-jobs": True,
                "requested-attributes": JOB_ATTRIBUTES,
            }
            found += self._ask(IppOperation.GET_JOBS, {"operation-attributes-tag": asked})["jobs"]
        return [one for one in found if "job-id" in one]

    def _ask(
        self, operation: IppOperation, message: dict[str, Any], seconds: float = ANSWER_S
    ) -> dict[str, Any]:
        """Raises IPPError: no answer, one that cannot be read, or a refusal (with a "status-code")."""
        return asyncio.run(self._asked(operation, message, seconds))

    async def _asked(
        self, operation: IppOperation, message: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        try:
            async with (
                asyncio.timeout(seconds),
                IPP(self._settings.address, request_timeout=int(seconds)) as printer,
            ):
                return await printer.execute(operation, message)
        except IPPError:
            raise
        except Exception as error:  # a broken connection comes as whatever the library tripped over
            raise IPPConnectionError(type(error).__name__) from error


def _is_open(job: dict[str, Any]) -> bool:
    """Whether a job may still print: its state is none of cancelled, aborted and completed."""
    return bool(job.get("job-state", 0) < CANCELLED)


def _troubles(printer: dict[str, Any]) -> list[Trouble]:
    found: list[Trouble] = []
    if printer.get("printer-state") == STOPPED:
        found.append("stopped")
    if printer.get("printer-is-accepting-jobs") is False:
        found.append("refusing")
    # CUPS hears of its printer while it prints alone: at rest it repeats what it heard last.
    stale = "cups-version" in printer and printer.get("printer-state") == IDLE
    for reason in () if stale else _listed(printer.get("printer-state-reasons")):
        word, _, grade = reason.rpartition("-")
        known = REASONS.get(word if grade in ("report", "warning", "error") else reason)
        if known is not None:
            found.append(known)
        elif grade == "error" and not reason.startswith("cups-"):
            found.append("fault")
    # What keeps it stopped is more to the point than that it is.
    return found[1:] if len(found) > 1 and found[0] == "stopped" else found


def _forgot(printer: dict[str, Any]) -> bool:
    return any(
        reason.startswith(FORGOT) for reason in _listed(printer.get("printer-state-reasons"))
    )


def _listed(value: object) -> list[str]:
    """pyipp gives one value by itself, several as a list."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _time(job: dict[str, Any], name: str) -> int | None:
    """A time of a job, in s since the printer's start; None where there is none (IPP's "no-value")."""
    value = job.get(name)
    return value if isinstance(value, int) else None


def _is_refusal(error: IPPError) -> bool:
    """Whether the printer answered that it makes no job of it. An answer that cannot be read says nothing."""
    status = error.args[1].get("status-code", 0) if len(error.args) > 1 else 0
    if isinstance(error, IPPResponseError):
        return bool(400 <= status < 500)  # of HTTP
    return bool(status)


def _never_connected(error: BaseException) -> bool:
    """Whether the request certainly did not reach the printer."""
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, gaierror) or getattr(cause, "errno", None) in _NO_CONNECTION:
            return True
        cause = cause.__cause__
    return False
