"""The page of the doors-open check at a kiosk, and its sign-off by a supervisor's card."""

from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, render_template, request

from access.event.definition import Language
from kiosk.door.staff_actions import StaffError
from kiosk.pages.opening.report import report, sign_off
from kiosk.pages.staff_session import StaffSessions
from web.texts import in_every_language


def opening_pages(staff: StaffSessions, first: Language) -> Blueprint:
    """The routes below /opening. `first` is the kiosk's own language."""
    pages = Blueprint("opening", __name__, url_prefix="/opening")

    @pages.get("")
    def page() -> str:
        words = {
            "labels": in_every_language("opening"),
            "reasons": in_every_language("staff.reason"),
            "errors": in_every_language("staff.error"),
        }
        return render_template(
            "opening.html", words=msgspec.json.encode(words).decode(), first=first
        )

    @pages.get("/state")
    def state() -> Response:
        return jsonify(staff.do(report))

    @pages.post("/sign")
    def sign() -> Response:
        """Wait for a supervisor's card, and record the check by it."""
        asked = _json()
        seen = {check: one for check, one in asked.items() if isinstance(one, bool)}
        note = str(asked.get("note", ""))
        card = staff.next_card()
        staff.do(lambda loop: sign_off(loop, card, seen, note))
        return jsonify(staff.do(report))

    @pages.errorhandler(StaffError)
    def refused(error: StaffError) -> tuple[Response, int]:
        return jsonify({"why": error.why}), 409

    return pages


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    return asked if isinstance(asked, dict) else {}
