"""The staff screen of a staffed gate: what staff ask of the door, as JSON, and the page that asks.

Every action runs in the scan loop, signed off with the card that unlocked the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from access.badge.credential import human_code, read_human_code, read_unchecked_code
from access.event.definition import Direction, Language
from access.log.receipt import gate_code
from access.rules.decide import Decision
from config.languages import languages
from kiosk.door.recent_answers import Recent
from kiosk.door.staff_actions import StaffActions, StaffError
from kiosk.pages.print_routes import (
    badge_name,
    print_badge,
    print_rows,
    printed_already,
    prints_here,
    typed_badge,
)
from kiosk.pages.setup.gate_routes import gate_is_all
from kiosk.pages.staff_session import StaffSession, StaffSessions
from kiosk.pages.staff_view import about, answer_json, area_in_all_languages, may_let_in
from kiosk.runtime.scan_loop import ScanLoop
from kiosk.runtime.setting_up import JOINED
from web.texts import in_every_language

if TYPE_CHECKING:
    from kiosk.pages.staff_names import Found

COOKIE = "jianmen_staff"

WHYS: Mapping[str, str] = {
    "known to staff": "known_to_staff",
    "organiser's word": "organisers_word",
    "speaker or guest": "speaker_or_guest",
    "badge does not read": "badge_does_not_read",
    "came out for a moment": "came_out_for_a_moment",
    "mistake": "mistake",
}
"""Reasons for letting somebody in: what the log keeps, and the key of its text."""

UNDO_WHYS: Mapping[str, str] = {
    "wrong person": "wrong_person",
    "did not go in": "did_not_go_in",
    "scanned by mistake": "scanned_by_mistake",
}
"""Reasons for taking an answer back, likewise."""

StaffAction = Callable[[ScanLoop, StaffSession, dict[str, Any]], dict[str, Any]]


def staff_pages(room: StaffSessions, first: Language) -> Blueprint:
    """The routes below /staff. `first` is the kiosk's own language."""
    pages = Blueprint("staff", __name__, url_prefix="/staff")

    @pages.get("")
    def page() -> str | BaseResponse:
        if _asks_for_gate(room):
            return redirect(url_for("gate.page"))
        page_texts = msgspec.json.encode(_texts()).decode()
        return render_template("staff.html", page_texts=page_texts, first=first, all=languages())

    _add_unlocking(pages, room)
    _add_search(pages, room)

    @pages.get("/state")
    def state() -> Response:
        session = _session(room, touch=False)
        shown = room.do(lambda loop: _state(loop, session))
        for answer in shown["answers"]:
            if "name" not in answer:
                answer.update(_named(room, session, bytes.fromhex(answer["badge"])))
        return jsonify({**shown, "roles": sorted(session.roles)})

    @pages.post("/<name>")
    def act(name: str) -> Response:
        if name not in ACTIONS:
            abort(404)
        session = _session(room)
        if session.desk_key is None and name not in AT_SELF_SERVICE:
            raise StaffError("self_service")
        asked = _json()
        return jsonify(room.do(lambda loop: _act(loop, session, name, asked)))

    @pages.errorhandler(StaffError)
    def refused(error: StaffError) -> tuple[Response, int]:
        return jsonify({"why": error.why}), 409

    return pages


def _texts() -> dict[str, dict[str, dict[Language, str]]]:
    """The page's texts in every language, by part and key; reasons by what the log keeps of them."""
    notices = in_every_language("notice")
    texts, undo_texts = in_every_language("staff.why"), in_every_language("staff.undo_why")
    return {
        "labels": in_every_language("staff.label"),
        "reasons": in_every_language("staff.reason"),
        "print_reasons": in_every_language("staff.print_reason"),
        "whys": {why: texts[key] for why, key in WHYS.items()},
        "undo_whys": {why: undo_texts[key] for why, key in UNDO_WHYS.items()},
        "print_whys": in_every_language("staff.print_why"),
        "network": {key: notices[key] for key in dict.fromkeys(JOINED.values())},
        "errors": {**in_every_language("staff.reason"), **in_every_language("staff.error")},
    }


def _add_unlocking(pages: Blueprint, room: StaffSessions) -> None:
    @pages.post("/card")
    def card() -> Response:
        typed = _text("code")
        if typed:
            take = room.type_card if _json().get("typed") is True else room.take_card
            take(typed)
        else:
            room.wait_for_card()
        return jsonify({})

    @pages.post("/unlock")
    def unlock() -> Response:
        session = room.unlock(_text("pin"))
        answer = jsonify({"roles": sorted(session.roles), "outdated": session.outdated})
        answer.set_cookie(COOKIE, session.token, httponly=True, samesite="Strict", path="/staff")
        return answer

    @pages.post("/lock")
    def lock() -> Response:
        room.lock()
        return jsonify({})


def _add_search(pages: Blueprint, room: StaffSessions) -> None:
    @pages.post("/search")
    def search() -> Response:
        results = room.search(_session(room), _text("query"))
        badges = [one.badge for one in results.found]
        known = room.do(lambda loop: [_known(loop, badge) for badge in badges])
        people = [{**_found(one), **more} for one, more in zip(results.found, known, strict=True)]
        return jsonify({"people": people, "total": results.total, "near": results.near})

    @pages.post("/code")
    def code() -> Response:
        """Whose badge a typed code is; `sure`: its check character was there, and is right."""
        session = _session(room)
        badge, sure = _typed_code(_text("code"))
        known = room.do(lambda loop: _known(loop, badge))
        who = {"badge": badge.hex(), "code": human_code(badge), "sure": sure}
        return jsonify({**who, **_named(room, session, badge), **known})

    @pages.post("/badge-name")
    def name_on_badge() -> Response:
        """The name on somebody's badge, to be corrected."""
        session, asked = _session(room), _json()
        return jsonify(room.do(lambda loop: badge_name(loop, session, asked)))


def _asks_for_gate(room: StaffSessions) -> bool:
    """Whether all that staff can do at this kiosk is to give it a gate, or another one."""
    try:
        return room.do(lambda loop: gate_is_all(loop.door))
    except StaffError:
        return False  # not open yet: the staff screen shows that


def _session(room: StaffSessions, *, touch: bool = True) -> StaffSession:
    return room.session(request.cookies.get(COOKIE, ""), touch=touch)


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    return asked if isinstance(asked, dict) else {}


def _text(key: str) -> str:
    value = _json().get(key, "")
    return value if isinstance(value, str) else ""


# Reading.


def _found(one: Found) -> dict[str, str]:
    return {
        "badge": one.badge.hex(),
        "name": one.content.name,
        "organisation": one.content.organisation,
        "code": human_code(one.badge),
    }


def _named(room: StaffSessions, session: StaffSession, badge: bytes) -> dict[str, str]:
    """The name and the organisation of whoever has a badge, where they may be read."""
    name = room.name_of(session, badge or None)
    content = session.names.content(badge) if session.names is not None else None
    return {"name": name, "organisation": content.organisation if content is not None else ""}


def _typed_code(typed: str) -> tuple[bytes, bool]:
    """The badge of a code, and whether its check character vouches for it. Raises StaffError where it is mistyped."""
    badge = read_human_code(typed)
    if badge is not None:
        return badge, True
    badge = read_unchecked_code(typed)
    if badge is None:
        raise StaffError("bad_code")
    return badge, False


def _known(loop: ScanLoop, badge: bytes) -> dict[str, Any]:
    """What the door knows of somebody who was looked for."""
    printed = printed_already(loop, badge) if prints_here(loop) else None
    return {**about(loop.door, badge), "printed": printed}


def _state(loop: ScanLoop, session: StaffSession) -> dict[str, Any]:
    """What the page shows while staff mode is open. Names are added where they may be read."""
    door = loop.door
    gate, programme = door.gate, door.programme
    now = door.now()
    seats = door.seats()
    by_gate = seats.by_gate(now.at_ms) if seats is not None else {}
    local = datetime.fromtimestamp(now.span.lo / 1000, programme.zone)
    newest = next(iter(loop.recent), None)
    areas = [area for area in programme.area_tree if gate.area in programme.above[area]]
    return {
        "gate": gate_code(programme, gate.id),
        "place": area_in_all_languages(programme, gate.area),
        "direction": loop.presenter.direction,
        "switch": gate.direction == "both",
        "leads_in": gate.lets_in,
        "seats": by_gate.pop(gate.id, None),
        "seats_elsewhere": {gate_code(programme, g): n for g, n in by_gate.items() if n > 0},
        "areas": [
            {"id": area, "name": area_in_all_languages(programme, area)}
            for area in [gate.area, *(a for a in areas if a != gate.area)]
        ],
        "days": sorted({*programme.event.days, local.date().isoformat()}),
        "time": local.strftime("%Y-%m-%d %H:%M:%S"),
        "sure": now.sure,
        "broken": loop.presenter.broken,
        "answers": [_recent(loop, session, one) for one in loop.recent],
        "last": about(door, newest.answer.presented.badge) if newest is not None else None,
        "prints": False,
        **(
            {"prints": True, "answers": print_rows(loop), "last": None} if prints_here(loop) else {}
        ),
    }


def _recent(loop: ScanLoop, session: StaffSession, one: Recent) -> dict[str, Any]:
    programme = loop.door.programme
    answer = one.answer
    at = datetime.fromtimestamp(answer.moment.span.lo / 1000, programme.zone)
    return {
        **answer_json(answer, programme),
        "number": one.number,
        "at": at.strftime("%H:%M:%S"),
        "direction": answer.presented.direction,
        "badge": (answer.presented.badge or b"").hex(),
        "may_let_in": may_let_in(loop.door, answer, session.roles),
        "undone": one.number in loop.recent.undone,
    }


# Actions. All run in the scan loop.


def _act(loop: ScanLoop, session: StaffSession, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    if prints_here(loop) and name not in ("print", "time"):
        raise StaffError("prints")  # nobody goes in or out here
    return ACTIONS[name](loop, session, asked)


def _turn(loop: ScanLoop, _session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    direction: Direction = "out" if asked.get("direction") == "out" else "in"
    loop.turn(direction)
    return {}


def _ask(loop: ScanLoop, _session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    """Present somebody found by name, or by the code on their badge."""
    badge = typed_badge(asked)
    answer = loop.door.present_by_hand(badge, loop.presenter.direction)
    loop.staff_answered(answer, badge)
    return answer_json(answer, loop.door.programme)


def _let_in(loop: ScanLoop, session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    one = _recent_named(loop, asked)
    if not loop.door.gate.lets_in:
        raise StaffError("lead_out")
    answer = StaffActions(loop.door).let_in(one.who, session.signs, _why(asked), one.answer.entry)
    loop.staff_answered(answer, one.who)
    return answer_json(answer, loop.door.programme)


def _undo(loop: ScanLoop, session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    one = _recent_named(loop, asked)
    badge = one.answer.presented.badge
    desk = StaffActions(loop.door)
    _allowed(desk.take_back(one.answer.entry, badge, session.signs, _why(asked)))
    loop.recent.undone.add(one.number)
    return {}


def _recount(loop: ScanLoop, session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    area, inside = asked.get("area"), asked.get("inside")
    if area not in loop.door.programme.area_tree or not isinstance(inside, int):
        raise StaffError("failed")
    if not 0 <= inside <= 1_000_000:
        raise StaffError("failed")
    _allowed(StaffActions(loop.door).recount(str(area), inside, session.signs, "counted by eye"))
    return {}


def _set_time(loop: ScanLoop, session: StaffSession, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        local = datetime.fromisoformat(str(asked.get("time", "")))
    except ValueError as error:
        raise StaffError("bad_time") from error
    wall = local.replace(tzinfo=loop.door.programme.zone)
    wall_ms = int(wall.timestamp() * 1000)
    if not loop.door.is_plausible(wall_ms):
        raise StaffError("bad_time")
    if StaffActions(loop.door).set_time(wall_ms, session.signs) is not None:
        raise StaffError("supervisor")
    return {}


def _recent_named(loop: ScanLoop, asked: dict[str, Any]) -> Recent:
    number = asked.get("number")
    one = loop.recent.get(number) if isinstance(number, int) else None
    if one is None:
        raise StaffError("gone")
    return one


def _why(asked: dict[str, Any]) -> str:
    why = str(asked.get("why", ""))
    return why if why in WHYS or why in UNDO_WHYS else "other"


def _allowed(refusal: Decision | None) -> None:
    if refusal is not None:
        raise StaffError("not_staff")


ACTIONS: dict[str, StaffAction] = {
    "direction": _turn,
    "ask": _ask,
    "let-in": _let_in,
    "undo": _undo,
    "recount": _recount,
    "time": _set_time,
    "print": print_badge,
}
"""What may be asked, by the last part of the address."""

AT_SELF_SERVICE = frozenset({"ask", "let-in", "undo", "print"})
"""What a supervisor may do at a gate where nobody else is meant to read the screen."""
