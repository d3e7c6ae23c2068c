"""A kiosk that prints badges: what people answer on its screen, what staff see of it and ask for."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import msgspec
from flask import Blueprint, abort, request

from access.badge.credential import human_code, read_human_code
from access.badge.name_card import (
    NONCE_BYTES,
    Card,
    CardContent,
    open_spelling,
    open_with_desk,
    seal_spelling,
)
from access.rules.badge_prints import PrintStanding, print_standing
from access.text import canonical, first_unprintable
from config.languages import languages
from kiosk.door.staff_actions import StaffError
from kiosk.pages.staff_session import StaffSession
from kiosk.printing.badge_check import Ordered, Spelling
from kiosk.printing.station import PrintStation, Shown
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.runtime.service import DoorService
from kiosk.screen.attendee_screen import Action
from web.texts import text

BADGE_BYTES = 5

MOST_NAME = 120
"""Characters of a name: more fits no badge."""


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
            language: [text(f"staff.print_reason.{one.state}", language)]
            for language in languages()
        },
        "direction": "print",
        "may_let_in": False,
        "may_print": free,
        "undone": False,
    }


def print_badge(loop: ScanLoop, session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    """Print a badge whatever was printed before, with another spelling of the name where one is given. Raises
    StaffError."""
    station = _station(loop)
    ordered, card = _ordered(loop, session, asked)
    spelling = _spelling(str(asked.get("name", "")), ordered.content, card, session)
    station.print_by_staff(ordered, str(asked.get("why", "")), session.signs, spelling)
    return {}


def badge_name(loop: ScanLoop, session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    """The name on somebody's badge: as staff spelled it last, else that of the name card. Raises StaffError."""
    _station(loop)
    ordered, card = _ordered(loop, session, asked)
    if ordered.content is None or card is None or session.desk_key is None:
        raise StaffError("no_name")
    for one in reversed(loop.door.history(card.badge).prints):
        if one.issue == card.issue and one.spelling is not None:
            spelled = open_spelling(one.spelling, card, session.desk_key)
            if spelled is not None:
                return {"name": spelled}
    return {"name": ordered.content.name}


def printed_already(loop: ScanLoop, badge: bytes) -> PrintStanding:
    """Whether the newest issue of a badge was printed at a kiosk."""
    history = loop.door.history(badge)
    newest = history.newest()
    return print_standing(history.prints, newest.issue if newest is not None else 0)


def typed_badge(asked: dict[str, Any]) -> bytes:
    """The badge of a request: by its human code or its id. Raises StaffError."""
    badge = read_human_code(str(asked.get("code", "")))
    if badge is None:
        try:
            badge = bytes.fromhex(str(asked.get("badge", "")))
        except ValueError:
            badge = b""
    if len(badge) != BADGE_BYTES:
        raise StaffError("bad_code")
    return badge


def _station(loop: ScanLoop) -> PrintStation:
    if loop.station is None or not prints_here(loop):
        raise StaffError("printer")
    return loop.station


def _ordered(
    loop: ScanLoop, session: StaffSession, asked: dict[str, Any]
) -> tuple[Ordered, Card | None]:
    """Whose badge is meant, by the `number` of a code held up or by a `badge`, and its name card. Raises StaffError."""
    number = asked.get("number")
    shown = _station(loop).shown(number) if isinstance(number, int) else None
    badge = shown.badge if shown is not None else typed_badge(asked)
    newest = loop.door.history(badge).newest()
    raw = loop.door.name_card(badge, newest.issue) if newest is not None else None
    if raw is None or session.desk_key is None:
        if shown is None:
            raise StaffError("no_name")
        return Ordered(shown.text, None), None
    card = msgspec.msgpack.decode(raw, type=Card)
    content = open_with_desk(card, session.desk_key)
    text = shown.text if shown is not None else content.code if content is not None else ""
    if not text:
        raise StaffError("no_code")
    return Ordered(text, content), card


def _spelling(
    name: str, content: CardContent | None, card: Card | None, session: StaffSession
) -> Spelling | None:
    """The name that staff typed, sealed; None: it is the one on the name card. Raises StaffError."""
    name = canonical(name)
    if not name or (content is not None and name == content.name):
        return None
    if content is None or card is None or session.desk_key is None:
        raise StaffError("no_name")
    if len(name) > MOST_NAME or first_unprintable(name) is not None:
        raise StaffError("bad_name")
    nonce = secrets.token_bytes(NONCE_BYTES)
    return Spelling(name, seal_spelling(name, card, session.desk_key, nonce))
