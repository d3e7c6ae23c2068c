"""A device's own key: it signs the heads of its logs and every message of an exchange."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from access.log.chain import Head, device_id, sign_head
from sync.durable_file import sync_folder


@dataclass(frozen=True)
class DeviceKey:
    """An Ed25519 key and the names that follow from it."""

    key: Ed25519PrivateKey
    public: bytes
    fingerprint: str

    @classmethod
    def of(cls, key: Ed25519PrivateKey) -> "DeviceKey":
        public = key.public_key().public_bytes_raw()
        return cls(key, public, device_id(public))

    @classmethod
    def new(cls) -> "DeviceKey":
        return cls.of(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> "DeviceKey":
        """The identity of a 32 byte seed."""
        return cls.of(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def at(cls, path: Path) -> "DeviceKey":
        """The key stored in a file of 32 bytes (mode 0640: door and carrier share a group), made if need be.

        Raises ValueError for a file of another length, OSError where it can be neither read nor made.
        """
        try:
            seed = path.read_bytes()
        except FileNotFoundError:
            return cls._make(path)
        if len(seed) != 32:
            raise ValueError(f"{path}: a device key has 32 bytes, this file has {len(seed)}")
        return cls.from_seed(seed)

    @classmethod
    def _make(cls, path: Path) -> "DeviceKey":
        identity = cls.new()
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), 0o640)
                file.write(identity.key.private_bytes_raw())
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(part)
        except FileExistsError:
            return cls.at(path)  # another process of this device was quicker
        finally:
            part.unlink()
        sync_folder(path.parent)
        return identity

    @classmethod
    def replace(cls, path: Path, new: "DeviceKey", retired: Path) -> None:
        """Replace the key in a file with a new one; the old one is kept as `retired`. After a power cut at any point a
        key is there. Raises OSError."""
        part = path.with_name(f".{path.name}.new")
        part.unlink(missing_ok=True)
        cls._write(part, new)
        if path.exists():
            retired.hardlink_to(path)
        part.replace(path)
        sync_folder(path.parent)

    @staticmethod
    def _write(path: Path, identity: "DeviceKey") -> None:
        with path.open("xb") as file:
            os.fchmod(file.fileno(), 0o640)
            file.write(identity.key.private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def head(self, log: str, seq: int, digest: bytes, at_ms: int) -> Head:
        return sign_head(self.key, log, seq, digest, at_ms)


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a device's key signed the message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
