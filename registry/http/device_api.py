"""The registry's side of the device interface: it enrols kiosks and exchanges logs with them.

Requests are received, and refusals answered, by `sync.transport.endpoint`.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from access.log.chain import device_id
from access.log.clock_reading import ClockReading
from access.log.entry import pack
from registry.accounts.throttle import Throttle, enrol_limits
from registry.accounts.trail import Trail
from registry.devices.enrolment import REFUSED
from registry.devices.reported_vectors import ReportedVectors
from registry.service import RegistryService
from registry.storage.database import OUTAGES
from registry.storage.errors import RegistryError
from sync.exchange.exchange import Answerer
from sync.exchange.party import Taken
from sync.transport.endpoint import ENROL, EXCHANGE, Endpoint, Route, StartResponse
from sync.wire.device_key import verifies
from sync.wire.messages import (
    MAX_BODY_BYTES,
    Enrol,
    Enrolled,
    Envelope,
    Message,
    NotSignedError,
    TimeReport,
    read,
)

log = logging.getLogger(__name__)

MAX_ENROL_BYTES = 16 * 1024
BODIES_AT_ONCE = 8
"""Bodies in memory at once, so at most 256 MiB with what they unpack to."""

CLOCK_ERROR_MS = 500
"""Beside the kernel's own bound, which is tens of ms: the time between reading the clock and sending the answer."""


def device_interface(
    service: RegistryService,
    clock: Callable[[], ClockReading],
    reported_vectors: ReportedVectors,
    throttle: Throttle,
    trail: Trail,
    *,
    trust_clock: bool,
) -> Endpoint:
    """The endpoint. `trust_clock`: the operator vouches for this machine's clock, where the kernel cannot say (in a
    container); `reported_vectors` gets what each caller has, and `trail` enrolments that were refused."""

    def time_report() -> TimeReport | None:
        now = clock()
        if not (now.synced or trust_clock):
            return None
        return TimeReport(now.wall_ms, CLOCK_ERROR_MS, "registry")

    answerer = _Listening(
        reported_vectors, service.ledger, service.identity, lambda: clock().wall_ms, time_report
    )

    def exchange(raw: bytes) -> bytes:
        # The wall clock: a nonce given by one machine may come back to another behind the same balancer.
        _caller.set("")
        answer, taken = answerer.answer(raw, clock().wall_ms)
        _note(service, taken)
        reported_vectors.share(_caller.get())
        return answer

    def enrol(raw: bytes) -> bytes:
        envelope, asked = read_enrol(raw)
        enrolled = _counted(service, throttle, trail, envelope.device, asked)
        log.info("enrol %s: %s", envelope.device, enrolled.refused or f"gate {enrolled.gate}")
        body = pack(enrolled)
        identity = service.identity
        return pack(Envelope(body, identity.fingerprint, identity.sign(body)))

    routes = {EXCHANGE: Route(exchange, MAX_BODY_BYTES), ENROL: Route(enrol, MAX_ENROL_BYTES)}
    return _Devices(routes, BODIES_AT_ONCE, OUTAGES)


def _counted(
    service: RegistryService, throttle: Throttle, trail: Trail, device: str, asked: Enrol
) -> Enrolled:
    """The answer to an attempt to enrol, which counts for the network that it comes from."""
    address = _address.get()
    limits = enrol_limits(address, service.open_handle(asked.code))
    if throttle.attempt(limits):
        return _too_many(service, throttle, asked, address)
    try:
        enrolled = service.enrol(asked)
    except RegistryError as error:
        enrolled = Enrolled(service.identity.public, asked.nonce, refused=str(error))
    if not enrolled.refused:
        throttle.worked(limits)
        return enrolled
    trail.note(address, "enrol_refused", {"device": device})
    if enrolled.refused == REFUSED and throttle.wait_s(enrol_limits(address)):
        # Who has tried too many codes must not learn which beginnings are those of open ones.
        return _too_many(service, throttle, asked, address)
    return enrolled


def _too_many(service: RegistryService, throttle: Throttle, asked: Enrol, address: str) -> Enrolled:
    wait_s = max(1, throttle.wait_s(enrol_limits(address)))
    why = f"Too many wrong codes from this network; try again in {wait_s} s."
    return Enrolled(service.identity.public, asked.nonce, refused=why)


_address: ContextVar[str] = ContextVar("_address", default="")
"""Who sends the request that this thread answers."""

_caller: ContextVar[str] = ContextVar("_caller", default="")
"""The device whose message this thread answers, once it is known to be authentic."""


class _Devices(Endpoint):
    """Notes who asks, for those routes that count it."""

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        _address.set(str(environ.get("REMOTE_ADDR", "")))
        return super().__call__(environ, start_response)


class _Listening(Answerer):
    """Answers, and notes how far each device's own logs go."""

    def __init__(self, reported_vectors: ReportedVectors, *party: Any) -> None:
        super().__init__(*party)
        self._reported_vectors = reported_vectors

    def called(self, device: str, message: Message) -> None:
        _caller.set(device)
        self._reported_vectors.heard(device, message.have, message.digest)


def read_enrol(raw: bytes) -> tuple[Envelope, Enrol]:
    """The enrolment request of a new device: signed by the key that it brings.

    Raises MessageError, NotSignedError where another key has signed it.
    """
    envelope = read(Envelope, raw)
    asked = read(Enrol, envelope.body)
    if device_id(asked.public) != envelope.device or not verifies(
        asked.public, envelope.signature, envelope.body
    ):
        raise NotSignedError("the request is not signed by the key that it brings")
    return envelope, asked


def _note(service: RegistryService, taken: Taken) -> None:
    """Log what was not stored of a message, and record where the kiosk listens."""
    for why in taken.rejected.values():
        log.warning("%s: not taken: %s", taken.device, why)
    if taken.level:
        service.reached_at(taken.device, *taken.reach)
