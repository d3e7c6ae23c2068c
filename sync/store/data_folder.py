"""The files of a kiosk's data folder, and of a registry's where they are the same, by name. The names are FIXED."""

from dataclasses import dataclass
from pathlib import Path

ENROLMENT_ERRAND = "enrolment"
"""Of the files in a data folder by which a door hands an enrolment code on to its carrier."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The paths of a data folder."""

    path: Path

    @property
    def journal(self) -> Path:
        """The logs that this kiosk's door writes (SQLite)."""
        return self.path / "journal.db"

    @property
    def replica(self) -> Path:
        """All logs that the carrier knows (SQLite)."""
        return self.path / "replica.db"

    @property
    def device_key(self) -> Path:
        """The seed of the device's Ed25519 key, 32 bytes."""
        return self.path / "device.key"

    @property
    def retired_keys(self) -> list[Path]:
        """Keys that the device had before: what it wrote with them is still signed with them."""
        return sorted(self.path.glob("device.key.retired-*"))

    def next_retired_key(self) -> Path:
        """Where the present key goes when it is retired."""
        return self.path / f"device.key.retired-{len(self.retired_keys) + 1}"

    @property
    def enrolment(self) -> Path:
        """At which registry the kiosk is enrolled (JSON)."""
        return self.path / "enrolment.json"

    @property
    def certificate(self) -> Path:
        """The TLS certificate of its server (PEM)."""
        return self.path / "lan.pem"

    @property
    def certificate_key(self) -> Path:
        """The private key of the certificate (PEM)."""
        return self.path / "lan.key"

    @property
    def spoken(self) -> Path:
        """The folder of phrases that the door has made to be spoken (WAV); can be thrown away."""
        return self.path / "spoken"

    @property
    def phones_socket(self) -> Path:
        """The socket file on which the door serves its staff page to the carrier, for phones."""
        return self.path / "phones.sock"

    @property
    def phones_reach(self) -> Path:
        """Where phones reach this kiosk, as its carrier has written it (JSON)."""
        return self.path / "phones.json"

    @property
    def carrier_lock(self) -> Path:
        """Locked by the one process that writes the replica."""
        return self.path / "carrier.lock"

    @property
    def bundles(self) -> Path:
        """The folder of bundles that wait for the carrier."""
        return self.path / "bundles"
