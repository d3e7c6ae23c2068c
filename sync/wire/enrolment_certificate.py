"""A warrant: the registry's signed word that a kiosk is enrolled, carried by the kiosk itself.

A device is believed as soon as the registry's log names it. Where that log has not come by yet (a neighbour without an
uplink, a registry whose database was put back from a backup) the kiosk shows its warrant instead. It only introduces:
whatever the registry's log says of the kiosk, then or later, outweighs it.
"""

from access.log.chain import fingerprint
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
"""Keeps a warrant's signature from meaning anything else."""


def certificate_for(kiosk: Kiosk, registry: DeviceKey) -> bytes:
    """The registry's word on a kiosk, as bytes."""
    body = pack(kiosk)
    warrant = pack(EnrolmentCertificate(body, registry.sign(CONTEXT + body)))
    if len(warrant) > MAX_CERTIFICATE_BYTES:
        raise ValueError(f"a warrant of {len(warrant)} bytes; {MAX_CERTIFICATE_BYTES} is the most")
    return warrant


def certified_kiosk(raw: bytes, device: str, registry_public: bytes) -> Kiosk:
    """A device as its warrant names it. Raises MessageError for another's, or one that the registry has not signed."""
    warrant = read(EnrolmentCertificate, raw)
    if not verifies(registry_public, warrant.signature, CONTEXT + warrant.kiosk):
        raise NotSignedError("its warrant is not signed by this event's registry")
    kiosk = read(Kiosk, warrant.kiosk)
    if kiosk.device != device or fingerprint(kiosk.public) != device:
        raise MessageError("its warrant is another device's")
    return kiosk
