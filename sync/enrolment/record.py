"""What a kiosk knows of the registry it is enrolled at: one small file, read by door and carrier."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from access.event.definition import Event
from access.log.chain import device_id
from access.log.entry import UNREADABLE
from access.log.fields import Device, Digest
from access.state.event_state import EventState
from sync.durable_file import write_whole
from sync.store.data_folder import DataFolder
from sync.wire.messages import Enrolled


class EnrolmentError(ValueError):
    """Enrolling failed, or its file cannot be used. Says why, and what to do."""


class RegistryUnreachableError(EnrolmentError):
    """Nobody answers where the code says that the registry is."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """Where the registry is and by which key it is known; `certificate_pin` is the SHA-256 of the one TLS certificate
    it may show (None: any that the machine's authorities vouch for). `gate` is as assigned at
    enrolment; the registry's log has the present one. `warrant` is the kiosk's enrolment certificate, for devices that
    do not know it yet; with `definition` (packed) and `keys` the door can begin before the first exchange.
    """

    registry_url: Annotated[str, Meta(pattern=r"^https?://[^/\s]+$")]
    registry_public: Digest
    registry: Device
    event: str
    gate: str | None = None
    certificate_pin: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    warrant: bytes = b""
    definition: bytes = b""
    keys: list[tuple[int, Digest]] = []

    @classmethod
    def load(cls, data: Path) -> "Enrolment":
        """The enrolment kept in a data folder.

        Raises FileNotFoundError where this kiosk is not enrolled, EnrolmentError for a file that is damaged.
        """
        path = DataFolder(data).enrolment
        try:
            found = msgspec.json.decode(path.read_bytes(), type=cls)
        except msgspec.DecodeError as error:
            raise EnrolmentError(f"{path}: {error}; enrol this kiosk again") from error
        if device_id(found.registry_public) != found.registry:
            raise EnrolmentError(f"{path} names another key than the registry's; enrol again")
        return found

    def save(self, data: Path) -> None:
        """Write it to its file. After a power cut the file is the old one or the new one, never half of one. Raises
        OSError."""
        content = msgspec.json.format(msgspec.json.encode(self)) + b"\n"
        write_whole(DataFolder(data).enrolment, content, 0o640)


def prepare(event_state: EventState, device: str, given: Enrolment | Enrolled) -> None:
    """Start an event state from what a kiosk received at enrolment, until the registry's log has more."""
    if not given.definition:
        return
    try:
        event = msgspec.msgpack.decode(given.definition, type=Event)
    except UNREADABLE:
        return  # of a newer registry: the log has what this version can read
    event_state.enrolled_with(event, dict(given.keys), device, given.gate)
