"""The QR code with which a phone is paired, on a kiosk's own staff page."""

import json
from pathlib import Path

from flask import Blueprint, Response, jsonify, request

from kiosk.door.staff_actions import StaffError
from kiosk.pages.phones.pairing import CODE_S, Phones
from kiosk.pages.staff_routes import COOKIE
from kiosk.pages.staff_session import StaffSessions


def phone_pages(room: StaffSessions, phones: Phones, reach: Path) -> Blueprint:
    """The route with which whoever has unlocked the staff page asks for a code. `reach` is the file in which
    the carrier says where phones reach this kiosk: address and fingerprint of its certificate."""
    pages = Blueprint("phones", __name__)

    @pages.post("/staff/phone")
    def code() -> Response:
        room.session(request.cookies.get(COOKIE, ""))
        try:
            found = json.loads(reach.read_text())
            address, fingerprint = str(found["address"]), str(found["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StaffError("no_lan") from error
        import segno  # only once somebody pairs a phone: the door starts without it

        url = f"https://{address}/p/{phones.new_code()}"
        drawn = segno.make_qr(url, error="m").svg_data_uri(scale=8, border=4)
        return jsonify(url=url, picture=drawn, fingerprint=fingerprint, minutes=int(CODE_S // 60))

    @pages.errorhandler(StaffError)
    def refused(error: StaffError) -> tuple[Response, int]:
        return jsonify({"why": error.why}), 409

    return pages
