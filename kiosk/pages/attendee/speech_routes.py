"""The words of the answer that stands on the screen, as sound for the attendee screen."""

from flask import Blueprint, Response, abort, request

from kiosk.runtime.service import DoorService
from kiosk.screen.speech import Speech


def speech_pages(service: DoorService, speech: Speech) -> Blueprint:
    pages = Blueprint("speech", __name__)

    @pages.post("/spoken")
    def spoken() -> Response:
        """Of what stands there now, and nothing else: a page cannot have anything said."""
        language = request.args.get("language", "")
        screen = service.screen_feed.screen
        parts = [one for one in (*screen.each, *screen.wordings) if one.language == language]
        if not parts:
            abort(404)
        wav = speech.spoken(parts[0].spoken, language)
        return Response(status=204) if wav is None else Response(wav, mimetype="audio/wav")

    return pages
