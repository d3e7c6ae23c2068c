"""The page on which a supervisor gives a spare kiosk a gate, another one, or takes it back."""

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, render_template, request

from access.event.definition import Gate, Language
from access.log.receipt import gate_code
from config.languages import languages
from kiosk.door.door import Door
from kiosk.door.gate_assignment import Choice, GateAssignment
from kiosk.door.readiness import incomplete
from kiosk.door.staff_actions import StaffError
from kiosk.pages.setup.gate_session import GateSessions
from kiosk.pages.staff_session import StaffSessions
from kiosk.pages.status import gate_by
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.screen.attendee_screen import area_name
from web.texts import in_every_language

COOKIE = "jianmen_gate"
PATH = "/staff/gate"


def gate_is_all(door: Door) -> bool:
    """Whether the staff screen has nothing to offer here but a gate: at a kiosk without one, or at a self-service gate
    that a supervisor gave."""
    gate = door.gate_id
    known = door.programme.gate_or_none(gate) if gate is not None else None
    return known is None or (known.mode == "self" and door.assigned is None)


def gate_pages(staff: StaffSessions, first: Language) -> Blueprint:
    """The routes below /staff/gate. `first` is the kiosk's own language."""
    pages = Blueprint("gate", __name__, url_prefix=PATH)
    room = GateSessions(staff)

    @pages.get("")
    def page() -> str:
        page_texts = {
            "labels": in_every_language("gate"),
            "errors": in_every_language("staff.error"),
        }
        return render_template(
            "gate.html", page_texts=msgspec.json.encode(page_texts).decode(), first=first
        )

    @pages.get("/state")
    def state() -> Response:
        return jsonify(room.do(lambda loop: _state(loop.door)))

    @pages.post("/card")
    def card() -> Response:
        answer = jsonify({})
        visit = room.admit()
        answer.set_cookie(COOKIE, visit.token, httponly=True, samesite="Strict", path=PATH)
        return answer

    @pages.get("/choices")
    def choices() -> Response:
        _card(room)
        return jsonify(room.do(lambda loop: _choices(loop.door)))

    @pages.post("/give")
    def give() -> Response:
        text, asked = _card(room), _json()
        gate, beside = str(asked.get("gate", "")), asked.get("beside") is True
        return done(lambda desk: desk.give(gate, text, beside=beside))

    @pages.post("/take-back")
    def take_back() -> Response:
        text = _card(room)
        return done(lambda desk: desk.take_back(text))

    def done(action: Callable[[GateAssignment], None]) -> Response:
        """The card signs off one action."""
        now = room.do(lambda loop: _changed(loop, action))
        room.leave()
        return jsonify(now)

    @pages.post("/leave")
    def leave() -> Response:
        room.leave()
        return jsonify({})

    @pages.errorhandler(StaffError)
    def refused(error: StaffError) -> tuple[Response, int]:
        return jsonify({"why": error.why}), 409

    return pages


def _card(room: GateSessions) -> str:
    return room.card(request.cookies.get(COOKIE, ""))


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    return asked if isinstance(asked, dict) else {}


# All run in the scan loop.


def _changed(loop: ScanLoop, action: Callable[[GateAssignment], None]) -> dict[str, Any]:
    """Record the action, apply it to the door, return the new state."""
    action(GateAssignment(loop.door))
    loop.gate_changed()
    return _state(loop.door)


def _state(door: Door) -> dict[str, Any]:
    """What anybody may see: this kiosk's gate, and who assigned it."""
    gate = door.gate_id
    known = door.programme.gate_or_none(gate) if door.has_event and gate is not None else None
    return {
        "event": door.has_event,
        "incomplete": incomplete(door),
        "by": gate_by(door),
        "gate": gate_code(door.programme, known.id) if known is not None else None,
        "place": _where(door, known) if known is not None else None,
    }


def _choices(door: Door) -> list[dict[str, Any]]:
    """The gates of each venue, in file order."""
    gates: dict[str, list[dict[str, Any]]] = {}
    for choice in GateAssignment(door).choices():
        gates.setdefault(door.programme.venue_of(choice.gate.area), []).append(
            _choice(door, choice)
        )
    return [{"name": _named(door, venue), "gates": found} for venue, found in gates.items()]


def _choice(door: Door, choice: Choice) -> dict[str, Any]:
    gate = choice.gate
    return {
        "id": gate.id,
        "code": gate_code(door.programme, gate.id),
        "area": _named(door, gate.area),
        "place": _where(door, gate),
        "direction": gate.direction,
        "mode": gate.mode,
        "seats": gate.lets_in and door.programme.area_tree[gate.area].capacity is not None,
        "mine": door.gate_id == gate.id,
        "others": choice.others,
        "taken": choice.taken,
        "silent_s": choice.silent_ms // 1000 if choice.silent_ms is not None else None,
    }


def _where(door: Door, gate: Gate) -> dict[Language, str]:
    """Venue and area: rooms of two cities may have the same name."""
    venue = door.programme.venue_of(gate.area)
    areas = [venue] if gate.area == venue else [venue, gate.area]
    return {
        language: " · ".join(area_name(door.programme, area, language) for area in areas)
        for language in languages()
    }


def _named(door: Door, area: str) -> dict[Language, str]:
    return {language: area_name(door.programme, area, language) for language in languages()}
