"""Enrolment certificates ("warrants" in the protocol): the registry's signature that a kiosk is enrolled, carried by
the kiosk.

A device is accepted as soon as the registry's log names it. Where that log has not arrived yet (a neighbour without an
uplink, a registry whose database was restored from a backup) the kiosk shows its certificate instead. It only
introduces the kiosk: whatever the registry's log says of it, then or later, takes precedence.
"""

from access.log.chain import device_id
from access.log.entry import Kiosk, pack
from sync.wire.device_key import DeviceKey, verifies
from sync.wire.messages import (
    MAX_CERTIFICATE_BYTES,
    EnrolmentCertificate,
    MessageError,
    NotSignedError,
    read,
)

CONTEXT = b"jianmen warrant 1"
"""Prefix of the signed bytes, so that the signature is valid for nothing else."""


def certificate_for(kiosk: Kiosk, registry: DeviceKey) -> bytes:
    """A kiosk's enrolment certificate, packed and signed. Raises ValueError for one that is too long."""
    body = pack(kiosk)
    warrant = pack(EnrolmentCertificate(body, registry.sign(CONTEXT + body)))
    if len(warrant) > MAX_CERTIFICATE_BYTES:
        raise ValueError(f"a warrant of {len(warrant)} bytes; {MAX_CERTIFICATE_BYTES} is the most")
    return warrant


def certified_kiosk(raw: bytes, device: str, registry_public: bytes) -> Kiosk:
    """The kiosk that an enrolment certificate names. Raises MessageError for another device's, NotSignedError for one
    that the registry has not signed."""
    warrant = read(EnrolmentCertificate, raw)
    if not verifies(registry_public, warrant.signature, CONTEXT + warrant.kiosk):
        raise NotSignedError("its warrant is not signed by this event's registry")
    kiosk = read(Kiosk, warrant.kiosk)
    if kiosk.device != device or device_id(kiosk.public) != device:
        raise MessageError("its warrant is another device's")
    return kiosk
