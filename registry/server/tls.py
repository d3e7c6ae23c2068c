"""The registry's TLS certificate, known to kiosks by its SHA-256: for secrecy alone.

An organiser may bring one; otherwise the registry makes its own (P-256, 1950 to 9999), of which a browser warns once.
"""

from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from config.settings import RegistrySettings
from sync.store.data_folder import DataFolder
from sync.transport.tls_certificate import Certificate, certificate_at


class CertificateError(Exception):
    """A certificate that cannot be used. The text has the reason, and what to do."""


def certificate_of(settings: RegistrySettings, *, make: bool = False) -> Certificate | None:
    """The certificate to show: that of the settings, else the one in the data folder (made there if `make`), else
    None: plain HTTP. Raises CertificateError."""
    if settings.certificate is not None and settings.certificate_key is not None:
        return Certificate(
            settings.certificate, settings.certificate_key, fingerprint(settings.certificate)
        )
    if not (make or DataFolder(settings.data).certificate.exists()):
        return None
    try:
        return certificate_at(settings.data)
    except (OSError, ValueError) as error:
        raise CertificateError(
            f"{settings.data}: its certificate cannot be used ({error}); delete lan.pem and lan.key, then enrol"
            " the kiosks again"
        ) from error


def fingerprint(certificate: Path) -> str:
    """The SHA-256 of a file's first certificate, 64 hex digits. Raises CertificateError."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except OSError as error:
        raise CertificateError(f"{certificate}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CertificateError(
            f"{certificate}: is no PEM certificate; it should begin with -----BEGIN CERTIFICATE-----"
        ) from error
    return sha256(found.public_bytes(Encoding.DER)).hexdigest()
