"""What the camera sees, for the attendee screen of this machine: small, grey, in no cache and in no file.

Asked for by POST, so that it needs the token of our own pages, and given to a browser of this machine alone, whatever
address the pages are served at.
"""

import base64
import ipaddress

from flask import Blueprint, Response, abort, jsonify, request

from kiosk.runtime.service import DoorService


def preview_pages(service: DoorService) -> Blueprint:
    pages = Blueprint("preview", __name__)

    @pages.post("/preview")
    def preview() -> Response:
        if not _is_own(request.remote_addr):
            abort(403, "what the camera sees is shown on this machine alone")
        seen = service.preview()
        if seen is None or str(seen.taken_ms) == request.args.get("seen"):
            return Response(status=204)
        return jsonify(
            picture=base64.b64encode(seen.picture).decode(),
            width=seen.width,
            height=seen.height,
            outline=seen.outline,
            taken_ms=seen.taken_ms,
        )

    return pages


def _is_own(address: str | None) -> bool:
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
