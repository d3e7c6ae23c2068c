"""A kiosk that prints badges: what people answer on its screen, what staff see of it and ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, abort, request

from access.badge.credential import human_code
from access.event.definition import LANGUAGES
from kiosk.door.staff_actions import StaffError
from kiosk.pages.staff_session import StaffSession
from kiosk.printing.station import Shown
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.runtime.service import DoorService
from kiosk.screen.attendee_screen import Action
from web.texts import text


class _Given(msgspec.Struct, frozen=True):
    """An answer to a question on the screen."""

    number: int
    action: Action


def print_pages(service: DoorService) -> Blueprint:
    """The route by which the attendee screen answers."""
    pages = Blueprint("print", __name__)

    @pages.post("/answer")
    def answer() -> tuple[str, int]:
        try:
            given = msgspec.json.decode(request.get_data(), type=_Given)
        except msgspec.DecodeError:
            abort(400)
        loop = service.loop
        if loop is not None:
            loop.submit(lambda: loop.answer(given.number, given.action))
        return "", 204

    return pages


def prints_here(loop: ScanLoop) -> bool:
    """Whether this kiosk stands where badges are printed."""
    return loop.door.gate.mode == "print"


def print_rows(loop: ScanLoop) -> list[dict[str, Any]]:
    """The codes held up last, in the shape of a door's answers. Names are masked: only the badge opened them."""
    station = loop.station
    return [_row(loop, one) for one in station] if station is not None else []


def _row(loop: ScanLoop, one: Shown) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.at_ms / 1000, loop.door.programme.zone)
    free = loop.station is not None and loop.station.free
    return {
        "number": one.number,
        "at": at.strftime("%H:%M:%S"),
        "name": one.masked,
        "organisation": "",
        "badge": one.badge.hex(),
        "receipt": human_code(one.badge),
        "verdict": "admit" if one.state in ("printed", "free") else "ask_staff",
        "reason": one.state,
        "opens": False,
        "says": {
            language: [text(f"staff.print_reason.{one.state}", language)] for language in LANGUAGES
        },
        "direction": "print",
        "may_let_in": False,
        "may_print": free,
        "undone": False,
    }


def print_badge(loop: ScanLoop, session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    """Print a badge whatever was printed before. Raises StaffError."""
    station, number = loop.station, asked.get("number")
    if station is None or not prints_here(loop):
        raise StaffError("printer")
    if not isinstance(number, int):
        raise StaffError("gone")
    station.print_by_staff(number, str(asked.get("why", "")), session.signs)
    return {}
