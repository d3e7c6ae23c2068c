"""The headcount page of a kiosk: numbers without names, each beside its age."""

import msgspec
from flask import Blueprint, Response, abort, jsonify, render_template

from kiosk.door.venue_headcount import SharedCount, as_json
from kiosk.runtime.service import DoorService
from web.texts import in_every_language


def headcount_pages(service: DoorService) -> Blueprint:
    """The routes /headcount and /headcount.json."""
    pages = Blueprint("headcount", __name__)
    counts = SharedCount(service.data, service.earliest_ms)

    @pages.get("/headcount")
    def page() -> str:
        page_texts = msgspec.json.encode(in_every_language("headcount")).decode()
        return render_template("headcount.html", page_texts=page_texts, first=service.order[0])

    @pages.get("/headcount.json")
    def numbers() -> Response:
        registry = service.registry
        tally = counts.tally(registry, service.read_clock()) if registry is not None else None
        if tally is None:
            abort(503, "no event definition has come yet")
        return jsonify(as_json(tally))

    @pages.after_app_request
    def tidy(response: Response) -> Response:
        # The attendee screen asks for its stream twice a minute: nothing else need remember to do this.
        counts.tidy()
        return response

    return pages
