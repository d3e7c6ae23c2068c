"""How a supervisor brings a kiosk that works already onto another network: by its code, held to the camera."""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Response, jsonify, request

from access.text.wifi_code import is_wifi_code
from hardware.system.errand import Errand
from kiosk.door.staff_actions import StaffError
from kiosk.pages.staff_routes import COOKIE
from kiosk.pages.staff_session import StaffSessions
from kiosk.runtime.setting_up import ANSWERED_S, said_of_network
from kiosk.screen.attendee_screen import Notice

LOOK_S = 0.5


def network_pages(room: StaffSessions, network: Errand) -> Blueprint:
    """The route below /staff/network. `network` is done by whoever may join one."""
    pages = Blueprint("network", __name__, url_prefix="/staff/network")
    one_at_a_time = threading.Lock()

    @pages.post("")
    def join() -> Response:
        """Join the network of the code that is held up next; the outcome by the key of its text."""
        session = room.session(request.cookies.get(COOKIE, ""))
        if "supervisor" not in session.roles:
            raise StaffError("supervisor")
        with one_at_a_time:
            text = room.next_card("network_code")
            if not is_wifi_code(text):
                raise StaffError("no_network_code")
            return jsonify({"outcome": _joined(network, text)})

    @pages.errorhandler(StaffError)
    def refused(error: StaffError) -> tuple[Response, int]:
        return jsonify({"why": error.why}), 409

    return pages


def _joined(network: Errand, text: str) -> Notice:
    """What the screen says of it. Waits for the answer."""
    try:
        network.ask(text)
    except (FileNotFoundError, PermissionError):  # not installed as a service
        return "wifi_no_manager"
    ends = time.monotonic() + ANSWERED_S
    while time.monotonic() < ends:
        word = network.answer()
        if word is not None:
            return said_of_network(word)
        time.sleep(LOOK_S)
    network.take()  # nobody does it now, and a password must not lie there
    return "wifi_no_manager"
