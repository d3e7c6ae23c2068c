"""The staff page for paired phones. The carrier passes their requests on from the venue's network, over a socket file.

Nothing but the staff page is served here: no attendee screen, no preview, no gate to give. What a phone's camera reads
is sent as text and answered by the door like any code; no light or lock of the kiosk moves for it, since whoever stands
before the kiosk is somebody else.
"""

import hmac
import secrets
from typing import Any, cast

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as BaseResponse

from access.event.definition import Language
from config.languages import known
from kiosk.door.staff_actions import StaffError
from kiosk.pages.phones.pairing import NotPairedError, Phones
from kiosk.pages.print_routes import prints_here
from kiosk.pages.staff_routes import COOKIE as STAFF_COOKIE
from kiosk.pages.staff_routes import staff_pages
from kiosk.pages.staff_session import StaffSessions
from kiosk.pages.staff_view import answer_json
from kiosk.runtime.scan_loop import ScanLoop
from web.texts import in_every_language

COOKIE = "__Host-jianmen_phone"
MOST_TEXT = 4296
"""Characters: the most a QR code holds."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_phone_app(phones: Phones, first: Language) -> Flask:
    """The pages for paired phones. `first` is the kiosk's own language."""
    app = Flask("kiosk.pages.app")
    token = secrets.token_urlsafe(16)
    room = cast("StaffSessions", LocalProxy(lambda: phones.room(request.cookies.get(COOKIE, ""))))
    app.config.update(MAX_CONTENT_LENGTH=16 * 1024)
    app.jinja_env.globals.update(token=token, sounds=True, phone=True)
    _guard(app, phones, token)

    @app.get("/p/<code>")
    def pair(code: str) -> BaseResponse:
        phone = phones.pair(code)
        answer = redirect("/staff")
        answer.set_cookie(COOKIE, phone.token, secure=True, httponly=True, samesite="Strict")
        return answer

    @app.get("/")
    def home() -> BaseResponse:
        return redirect("/staff")

    @app.get("/manifest.json")
    def manifest() -> Response:
        return jsonify(
            name="Jianmen", short_name="Jianmen", start_url="/staff", display="standalone"
        )

    @app.post("/staff/scan")
    def scan() -> Response:
        """Answer a code that the phone's camera has read."""
        room.session(request.cookies.get(STAFF_COOKIE, ""))
        asked = request.get_json(silent=True)
        text = asked.get("code") if isinstance(asked, dict) else None
        if not isinstance(text, str) or not 0 < len(text) <= MOST_TEXT:
            raise StaffError("bad_code")
        return jsonify(room.do(lambda loop: _scanned(loop, text)))

    @app.errorhandler(StaffError)
    def refused(error: StaffError) -> tuple[Response, int]:
        return jsonify({"why": error.why}), 409

    @app.errorhandler(NotPairedError)
    def not_paired(_: NotPairedError) -> tuple[str, int]:
        shown = in_every_language("phone")
        return render_template("phone.html", page_texts=shown), 401

    app.register_blueprint(staff_pages(room, first))
    app.jinja_env.globals.update(languages=known())
    return app


def _scanned(loop: ScanLoop, text: str) -> dict[str, Any]:
    """Runs in the scan loop."""
    if prints_here(loop):
        raise StaffError("prints")
    answer = loop.door.present(text, loop.presenter.direction, "scanner")
    if not answer.repeat and answer.case is None:
        loop.recent.add(answer, text)
    return answer_json(answer, loop.door.programme)


def _guard(app: Flask, phones: Phones, token: str) -> None:
    @app.before_request
    def paired_alone() -> None:
        if request.path.startswith(("/static/", "/p/")) or request.path == "/manifest.json":
            return
        phones.room(request.cookies.get(COOKIE, ""))
        if request.path.startswith("/staff/gate"):
            abort(404)
        if request.method not in ("GET", "HEAD"):
            given = request.headers.get("X-Jianmen-Token", "")
            if not hmac.compare_digest(given.encode(), token.encode()):
                abort(403, "reload the page, and try again")
        if request.path == "/staff/card" and not _has_code():
            raise StaffError("no_card")  # the kiosk's own camera is for the people before it

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if not request.path.startswith("/static/"):
            response.headers["Cache-Control"] = "no-store"
        return response


def _has_code() -> bool:
    asked = request.get_json(silent=True)
    return isinstance(asked, dict) and bool(asked.get("code"))
