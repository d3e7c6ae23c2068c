"""The pages of a kiosk, for the browser of its own machine: the attendee screen and its stream, status and health.

A page reads what the scan loop has put up and submits to it whatever is to be recorded. Requests are answered for this
machine's own names alone, and what changes something needs the token that only our own pages carry, so that no other
page open in the browser can speak for the staff.
"""

import hmac
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any
from urllib.parse import urlsplit

import msgspec
from flask import Flask, Response, abort, jsonify, render_template, request

from config.languages import known
from kiosk.pages.attendee.preview_routes import preview_pages
from kiosk.pages.attendee.speech_routes import speech_pages
from kiosk.pages.headcount_routes import headcount_pages
from kiosk.pages.opening.routes import opening_pages
from kiosk.pages.phones.pairing import Phones
from kiosk.pages.phones.show import phone_pages
from kiosk.pages.print_routes import print_pages
from kiosk.pages.setup.gate_routes import gate_pages
from kiosk.pages.setup.network_routes import network_pages
from kiosk.pages.staff_routes import staff_pages
from kiosk.pages.staff_session import StaffSessions
from kiosk.pages.status import status, waiting_status
from kiosk.runtime.service import DoorService
from kiosk.screen.attendee_screen import notice
from kiosk.screen.screen_feed import ScreenFeed
from kiosk.screen.speech import Speech
from kiosk.screen.viewing import Viewing
from sync.store.data_folder import DataFolder
from web import texts

OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

STREAMS = 8
"""Streams at a time: each occupies a thread of the server, which has twice as many."""

STREAM_S = 30.0
"""A stream ends after this and the browser asks again, so that no thread is lost to a browser that is gone."""

BEAT_S = 4.0
"""The page takes three silences of this length for a door that is gone."""

SILENT_S = 10.0
"""A scan loop without a step for so long is not well."""

LOOP_S = 5.0
"""How long a page waits for the scan loop to do what it asked."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app(
    service: DoorService,
    *,
    sounds: bool,
    camera_at: str = "",
    viewing: Viewing | None = None,
    preview: bool = False,
    phones: Phones | None = None,
    speech: Speech | None = None,
) -> Flask:
    """The pages of a door. `sounds`: the page makes the tones, for want of a buzzer. `camera_at`: on which side of the
    screen the camera is (above, below, left, right; empty: not to be pointed at). `viewing`: the screen's size, if
    it is known. `preview`: the resting screen shows what the camera sees. `phones`: phones can be paired. `speech`:
    what speaks the answers, if anything does."""
    app = Flask(__name__)
    token = secrets.token_urlsafe(16)
    _guard(app, token)
    streams = threading.BoundedSemaphore(STREAMS)

    @app.get("/")
    def attendee() -> str:
        return render_template(
            "attendee.html",
            lost=msgspec.json.encode(notice("no_contact", service.order)).decode(),
            beat_ms=int(BEAT_S * 1000),
            first=service.order[0],
            camera_at=camera_at,
            viewing=viewing,
            preview=preview,
            speech=speech is not None,
            page_texts=_page_texts(),
        )

    @app.get("/events")
    def events() -> Response:
        if not streams.acquire(blocking=False):
            abort(503, "too many screens watch this door already")
        seen = request.headers.get("Last-Event-ID", "")
        response = Response(stream(service.screen_feed, seen), mimetype="text/event-stream")
        response.call_on_close(streams.release)
        return response

    @app.post("/read-again")
    def read_again() -> tuple[str, int]:
        loop = service.loop
        if loop is not None:
            loop.submit(loop.presenter.read_again)
        return "", 204

    @app.get("/status.json")
    def status_page() -> Response:
        return jsonify(door_status(service))

    @app.get("/healthz")
    def health() -> tuple[str, int]:
        return _health(service)

    _add_other_pages(app, service, phones, speech, preview=preview)
    app.jinja_env.globals.update(token=token, sounds=sounds, languages=known())
    return app


def _page_texts() -> str:
    """The texts of the attendee screen's own script."""
    shown = {part: texts.in_every_language(part) for part in ("menu", "camera")}
    return msgspec.json.encode(shown).decode()


def _add_other_pages(
    app: Flask,
    service: DoorService,
    phones: Phones | None,
    speech: Speech | None,
    *,
    preview: bool,
) -> None:
    room = StaffSessions(lambda: service.loop, service.replica_path)
    if preview:
        app.register_blueprint(preview_pages(service))
    if speech is not None:
        app.register_blueprint(speech_pages(service, speech))
    app.register_blueprint(headcount_pages(service))
    if phones is not None:
        reach = DataFolder(service.data).phones_reach
        app.register_blueprint(phone_pages(room, phones, reach))
    app.jinja_env.globals.update(phones=phones is not None)
    app.register_blueprint(staff_pages(room, service.order[0]))
    if service.network is not None:
        app.register_blueprint(network_pages(room, service.network))
    app.jinja_env.globals.update(networks=service.network is not None)
    app.register_blueprint(opening_pages(room, service.order[0]))
    app.register_blueprint(gate_pages(room, service.order[0]))
    app.register_blueprint(print_pages(service))


def _health(service: DoorService) -> tuple[str, int]:
    """Whether the door works, as text and as HTTP status."""
    loop = service.loop
    if loop is None:
        return "not open yet\n", 503
    if loop.silent_s > SILENT_S:
        return f"the scan loop has been silent for {loop.silent_s:.0f} s\n", 503
    if loop.presenter.broken is not None:
        return f"out of order: {loop.presenter.broken}\n", 503
    return "ok\n", 200


def door_status(service: DoorService) -> dict[str, Any]:
    """The status, whatever state the door is in."""
    loop = service.loop
    if loop is None:
        return waiting_status(service.screen_feed.screen)
    try:
        return loop.submit(lambda: status(loop)).result(LOOP_S)
    except (TimeoutError, CancelledError):
        return {"state": "silent", "silent_s": round(loop.silent_s, 1)}


def stream(screen_feed: ScreenFeed, seen: str) -> Iterator[str]:
    """Server-sent events: every screen as it is put up, and beats between them, until the stream's time is up."""
    yield "retry: 500\n\n"
    ends = time.monotonic() + STREAM_S
    patience = 0.0  # send something at once: the page must not wait to learn that the door is there
    while time.monotonic() < ends and not screen_feed.closed:
        changed = screen_feed.after(seen, patience)
        patience = BEAT_S
        if changed is None:
            yield "event: beat\ndata:\n\n"
            continue
        seen, screen = changed
        yield f"id: {seen}\ndata: {msgspec.json.encode(screen).decode()}\n\n"


def _guard(app: Flask, token: str) -> None:
    @app.before_request
    def ours_alone() -> None:
        if urlsplit(f"//{request.host}").hostname not in OWN_NAMES:
            abort(403, "these pages are for this machine's own browser")
        if request.method not in ("GET", "HEAD"):
            given = request.headers.get("X-Jianmen-Token", "")
            if not hmac.compare_digest(given.encode(), token.encode()):
                abort(403, "reload the page, and try again")

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not request.path.startswith("/static/"):
            response.headers["Cache-Control"] = "no-store"
        return response
