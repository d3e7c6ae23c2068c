"""What a kiosk knows of the registry it is enrolled at: one small file, read by door and carrier."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from access.chain import fingerprint
from access.entry import Device, Digest

FILE = "enrolment.json"


class EnrolmentError(Exception):
    """Enrolling failed, or its file cannot be used. Says why, and what to do."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """Where the registry is and by which key it is known; `certificate_pin` is the SHA-256 of the TLS certificate it
    may show (None: plain HTTP). `gate` is what the registry said on the day of enrolment; its log has the newest word.
    """

    registry_url: Annotated[str, Meta(pattern=r"^https?://[^\s]+$")]
    registry_public: Digest
    registry: Device
    event: str
    gate: str | None = None
    certificate_pin: str | None = None


def load(data: Path) -> Enrolment | None:
    """The enrolment kept in a data folder; None: this kiosk is not enrolled.

    Raises EnrolmentError for a file that is none.
    """
    path = data / FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Enrolment)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise EnrolmentError(f"{path} cannot be used ({error}); enrol this kiosk again") from error
    if fingerprint(found.registry_public) != found.registry:
        raise EnrolmentError(f"{path} names a key that is not the registry's; enrol again")
    return found


def save(data: Path, enrolment: Enrolment) -> None:
    """Keep an enrolment: after a power cut the file is the old one or the new one, never half of one."""
    path = data / FILE
    part = path.with_name(f".{FILE}.{os.getpid()}")
    with part.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(enrolment)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(data, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
