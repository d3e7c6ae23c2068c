"""Enrols a kiosk: a one-time code binds its key, and the registry's signature authenticates the answer."""

import os

from access.log.chain import device_id
from access.log.entry import pack
from sync.enrolment.record import Enrolment, EnrolmentError, RegistryUnreachableError
from sync.transport.http_client import HttpClient, HttpClientError
from sync.wire.device_key import DeviceKey, verifies
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import NONCE_BYTES, Enrol, Enrolled, Envelope, MessageError, read


def enrol(
    asked: EnrolmentCode,
    identity: DeviceKey,
    *,
    name: str = "",
    address: str = "",
    certificate: str = "",
) -> Enrolment:
    """Ask the registry to enrol this kiosk. `name`, `address` and `certificate` are the kiosk's own, for its
    neighbours.

    Raises EnrolmentError where it cannot be reached, refuses, or is not the registry that the code names.
    """
    nonce = os.urandom(NONCE_BYTES)
    body = pack(Enrol(identity.public, asked.code, nonce, name, address, certificate))
    request = pack(Envelope(body, identity.fingerprint, identity.sign(body)))
    link = HttpClient(asked.url, asked.pin)
    try:
        answer = _believed(link.post("/v1/enrol", request), asked.registry, nonce)
    except HttpClientError as error:
        raise RegistryUnreachableError(f"{error}; is this kiosk on the network?") from error
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
    if device_id(answer.public) != registry or envelope.device != registry:
        raise MessageError("its key is another one")
    if not verifies(answer.public, envelope.signature, envelope.body):
        raise MessageError("its answer is not signed by its key")
    if answer.yours != nonce:
        raise MessageError("this answers another request")
    return answer
