"""The TLS certificate of a kiosk or of the registry: for secrecy only.

It is known by its fingerprint, which the registry's log or the enrolment code names; so its name and dates do
not matter, and it is valid whenever a wrong clock may think it is.
"""

import datetime as dt
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sync.durable_file import write_whole
from sync.store.data_folder import DataFolder

FROM = dt.datetime(1950, 1, 1, tzinfo=dt.UTC)
UNTIL = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Certificate:
    """The files that a TLS server is given, and the SHA-256 (64 hex digits) by which others know it."""

    certificate: Path
    key: Path
    fingerprint: str


def certificate_at(data: Path) -> Certificate:
    """The certificate of a data folder (lan.pem, lan.key), made where there is none.

    Raises OSError where it can be neither read nor made, ValueError for a file without a certificate.
    """
    folder = DataFolder(data)
    chain, key = folder.certificate, folder.certificate_key
    if not (chain.exists() and key.exists()):
        _make(chain, key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
        found = ssl.PEM_cert_to_DER_cert(chain.read_text())
    except ssl.SSLError as error:
        raise ValueError(f"{chain}: {error.reason or error}") from error
    return Certificate(chain, key, sha256(found).hexdigest())


def _make(chain: Path, key: Path) -> None:
    # Loaded once in the life of a kiosk, and 3 MB of a carrier's memory.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jianmen")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_whole(key, secret, 0o640)
    write_whole(chain, made.public_bytes(serialization.Encoding.PEM), 0o640)
