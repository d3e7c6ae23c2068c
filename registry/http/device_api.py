"""The device interface: enrolment and exchange, MessagePack over HTTP.

    POST /v1/enrol      Envelope(pack(Enrol)), signed by the device's own key -> Envelope(pack(Enrolled))
    POST /v1/exchange   Envelope(pack(Message)) -> Envelope(pack(Message))

A body must say its length and may be gzip (RFC 1952); an answer is where the other side takes it. What must not be
believed is refused with a short reason in plain text: 400 where it is no message, 403 where its sender is not known
here or the signature is wrong. At most a few bodies are in memory at once; more are asked to come again (503).
"""

import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Request, Response, request

from access.log.chain import fingerprint
from access.log.entry import pack
from registry.devices.reported_vectors import Contacts
from registry.service import Centre
from registry.storage.errors import RegistryError
from sync.exchange.exchange import Answerer, Taken
from sync.store.journal import Reading
from sync.store.log_store import UnknownWriterError
from sync.transport.http_body import COMPRESS_FROM, BodyError, packed, read_body
from sync.transport.http_client import MEDIA_TYPE
from sync.wire.device_key import verifies
from sync.wire.messages import (
    MAX_BODY_BYTES,
    Enrol,
    Enrolled,
    Envelope,
    Message,
    MessageError,
    TimeWord,
    read,
)

log = logging.getLogger(__name__)

MAX_ENROL_BYTES = 16 * 1024
BODIES_AT_ONCE = 8
"""Bodies held in memory at once, so at most 256 MiB with what they unpack to."""

CLOCK_ERROR_MS = 500
"""Beside the kernel's own bound, which is tens of ms: the time between reading the clock and sending the answer."""


def device_interface(
    centre: Centre,
    clock: Callable[[], Reading],
    contacts: Contacts,
    *,
    trust_clock: bool,
) -> Blueprint:
    """The routes. `trust_clock`: the operator vouches for this machine's clock, where the kernel cannot say (in a
    container); `contacts` is told who calls."""

    def time_word() -> TimeWord | None:
        now = clock()
        if not (now.synced or trust_clock):
            return None
        return TimeWord(now.wall_ms, CLOCK_ERROR_MS, "registry")

    answerer = _Listening(
        contacts, centre.ledger, centre.identity, lambda: clock().wall_ms, time_word
    )
    routes = Blueprint("devices", __name__, url_prefix="/v1")
    room = threading.BoundedSemaphore(BODIES_AT_ONCE)

    @routes.post("/exchange")
    def exchange() -> Response:
        if not room.acquire(timeout=1.0):
            refusal = _plain(HTTPStatus.SERVICE_UNAVAILABLE, "busy with others; come again")
            refusal.headers["Retry-After"] = "2"
            return refusal
        try:
            raw = read_body(request.environ, MAX_BODY_BYTES)
            # The wall clock: a nonce given by one machine may come back to another behind the same balancer.
            answer, taken = answerer.answer(raw, clock().wall_ms)
        finally:
            room.release()
        _note(centre, taken)
        return _packed(request, answer)

    @routes.post("/enrol")
    def enrol() -> Response:
        envelope, asked = read_enrol(read_body(request.environ, MAX_ENROL_BYTES))
        try:
            said = centre.enrol(asked)
        except RegistryError as error:
            said = Enrolled(centre.identity.public, asked.nonce, refused=str(error))
        log.info("enrol %s: %s", envelope.device, said.refused or f"gate {said.gate}")
        body = pack(said)
        identity = centre.identity
        return _packed(request, pack(Envelope(body, identity.fingerprint, identity.sign(body))))

    @routes.errorhandler(MessageError)
    def not_believed(error: MessageError) -> Response:
        strange = isinstance(error, UnknownWriterError) or "not signed" in str(error)
        return _plain(HTTPStatus.FORBIDDEN if strange else HTTPStatus.BAD_REQUEST, str(error))

    @routes.errorhandler(BodyError)
    def not_taken(error: BodyError) -> Response:
        return _plain(error.status, str(error))

    return routes


class _Listening(Answerer):
    """Answers, and notes what each device says of its own logs."""

    def __init__(self, contacts: Contacts, *party: Any) -> None:
        super().__init__(*party)
        self._contacts = contacts

    def unseal(self, raw: bytes) -> tuple[str, Message]:
        device, message = super().unseal(raw)
        self._contacts.heard(device, message.have)
        return device, message


def read_enrol(raw: bytes) -> tuple[Envelope, Enrol]:
    """The request of a device that nobody knows yet: signed by the key that it brings. Raises MessageError."""
    envelope = read(Envelope, raw)
    asked = read(Enrol, envelope.body)
    if fingerprint(asked.public) != envelope.device or not verifies(
        asked.public, envelope.signature, envelope.body
    ):
        raise MessageError("the request is not signed by the key that it brings")
    return envelope, asked


def _packed(asked: Request, body: bytes) -> Response:
    answer = Response(body, mimetype=MEDIA_TYPE)
    if len(body) >= COMPRESS_FROM and asked.accept_encodings["gzip"] > 0:
        answer.set_data(packed(body))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _note(centre: Centre, taken: Taken) -> None:
    """What a message is good for beside the logs."""
    for why in taken.rejected.values():
        log.warning("%s: not taken: %s", taken.device, why)
    if taken.level:
        centre.reached_at(taken.device, *taken.reach)


def _plain(status: HTTPStatus, why: str) -> Response:
    return Response(f"{why}\n", status, mimetype="text/plain")
