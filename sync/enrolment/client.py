"""Enrolling a kiosk: a one-time code binds its key, and the registry's answer is believed by the registry's key alone.

The code comes as text or as a QR code to be shown to the camera: `JME1:<fingerprint>:<code>:<url>`, where the
fingerprint is that of the registry's key (16 hex digits) and the code is good once; where TLS is spoken the url ends in
`#` and the SHA-256 of the certificate.
"""

import os
import re
from dataclasses import dataclass

from access.log.chain import fingerprint
from access.log.entry import pack
from sync.enrolment.record import Enrolment, EnrolmentError
from sync.transport.http_client import Link, LinkError
from sync.wire.device_key import Identity, verifies
from sync.wire.messages import NONCE_BYTES, Enrol, Enrolled, Envelope, MessageError, read

_TEXT = re.compile(
    r"JME1:(?P<registry>[0-9A-Fa-f]{16}):(?P<code>[^:\s]{1,64}):"
    r"(?P<url>https?://[^/#\s]+)/?(?:#(?P<pin>[0-9A-Fa-f]{64}))?"
)


@dataclass(frozen=True, slots=True)
class EnrolText:
    """What an enrolment code says. `registry` and `pin` are hex digits in small letters."""

    registry: str
    code: str
    url: str
    pin: str | None = None


def read_enrol_text(text: str) -> EnrolText:
    """The parts of an enrolment code. Raises EnrolmentError for any other text."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise EnrolmentError(
            "this is no enrolment code: it begins with JME1: and is made by `jianmen registry enrol`"
        )
    pin = found["pin"]
    return EnrolText(
        found["registry"].lower(), found["code"], found["url"], pin.lower() if pin else None
    )


def enrol(
    asked: EnrolText,
    identity: Identity,
    *,
    name: str = "",
    address: str = "",
    certificate: str = "",
) -> Enrolment:
    """Ask the registry to take this kiosk in. `name`, `address` and `certificate` are the kiosk's own, for its
    neighbours.

    Raises EnrolmentError where it cannot be reached, refuses, or is not the registry that the code names.
    """
    nonce = os.urandom(NONCE_BYTES)
    body = pack(Enrol(identity.public, asked.code, nonce, name, address, certificate))
    request = pack(Envelope(body, identity.fingerprint, identity.sign(body)))
    link = Link(asked.url, asked.pin)
    try:
        answer = _believed(link.post("/v1/enrol", request), asked.registry, nonce)
    except LinkError as error:
        raise EnrolmentError(f"{error}; is this kiosk on the network?") from error
    except MessageError as error:
        raise EnrolmentError(f"{asked.url} is not the registry of this code: {error}") from error
    finally:
        link.close()
    if answer.refused:
        raise EnrolmentError(answer.refused)
    return Enrolment(
        registry_url=asked.url,
        registry_public=answer.public,
        registry=asked.registry,
        event=answer.event,
        gate=answer.gate,
        certificate_pin=asked.pin,
        warrant=answer.warrant,
        definition=answer.definition,
        keys=answer.keys,
    )


def _believed(raw: bytes, registry: str, nonce: bytes) -> Enrolled:
    """The answer, if the registry that the code names has signed it for this very request. Raises MessageError."""
    envelope = read(Envelope, raw)
    answer = read(Enrolled, envelope.body)
    if fingerprint(answer.public) != registry or envelope.device != registry:
        raise MessageError("its key is another one")
    if not verifies(answer.public, envelope.signature, envelope.body):
        raise MessageError("its answer is not signed by its key")
    if answer.yours != nonce:
        raise MessageError("this answers another request")
    return answer
