"""Settings of a kiosk and of the registry: the shipped ones, under a file, under the command line.

To add a key, add a field to its struct here and, unless it may be left out, its value to
`data/default.toml`. Settings are read once and never change; what changes lives in a database.
"""

import errno
import ipaddress
import os
import pwd
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, inspect
from msgspec.structs import FieldInfo

from access.event.definition import Symbol
from config import document as toml
from config.document import ROOT, Document, Location
from config.errors import ConfigError, Mistake
from config.languages import KnownLanguage
from config.shape import by_type

DEFAULTS = Path(__file__).parent / "data" / "default.toml"
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
_SECTIONS = ("kiosk", "registry")
_MASK = "••••"

Port = Annotated[int, Meta(ge=0, le=65535)]
Pin = Annotated[int, Meta(ge=0, le=27)]
Secret = Annotated[str, Meta(extra={"secret": True})]
Address = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^/\s]+/?$",
        description='an address such as "https://registry.example:8743"',
    ),
]
PrinterAddress = Annotated[
    str,
    Meta(
        pattern=r"^ipps?://[^/\s]+/\S+$",
        description='an address such as "ipp://localhost/printers/badges"',
    ),
]
Fingerprint = Annotated[
    str,
    Meta(pattern="^[0-9a-f]{64}$", description="64 hex digits in small letters, in quotes"),
]


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that can be printed: secrets are masked."""

    def __repr__(self) -> str:
        fields = msgspec.structs.fields(self)
        shown = [f"{field.name}={self._shown(field)}" for field in fields]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, field: FieldInfo) -> str:
        value = getattr(self, field.name)
        return _MASK if value is not None and _is_secret(field) else repr(value)


S = TypeVar("S", bound=_Settings)


class Pages(_Settings, frozen=True, kw_only=True):
    """Where the door serves its screens, to the browser of its own machine. `camera_at`: on which side of the screen
    the camera is; None: people are not shown where. `preview`: the resting screen shows what the camera sees.
    `speech`: the answer's few words are spoken, by espeak-ng. `phones_port`: where phones of the staff reach the staff
    page, by TLS on the LAN; 0: they do not."""

    host: str
    port: Port
    preview: bool
    phones_port: Port
    speech: bool
    camera_at: Literal["above", "below", "left", "right"] | None = None


class ScreenSize(_Settings, frozen=True, kw_only=True):
    """How large the screen is, by its diagonal, and from how far it is read. `inches` None: letters are as large as
    there is room for; `metres` None: as people stand before a screen of that size."""

    inches: Annotated[float, Meta(ge=3, le=100)] | None = None
    metres: Annotated[float, Meta(ge=0.2, le=10)] | None = None


class RegistryLink(_Settings, frozen=True, kw_only=True):
    """Where the registry is, and the SHA-256 of the one TLS certificate that it may show."""

    url: Address | None = None
    fingerprint: Fingerprint | None = None


class Camera(_Settings, frozen=True, kw_only=True):
    """The camera, or None for a kiosk with a scanner only. The fields are `hardware.ports.camera`'s."""

    adapter: Literal["usb", "pi", "pictures", "simulated"] | None = None
    device: str
    path: str = ""
    width: int
    height: int
    frames_per_s: int
    lens_position: float | None = None
    shutter_us: int | None = None
    show_ms: int
    gap_ms: int
    seed: int


class Decoder(_Settings, frozen=True, kw_only=True):
    """The decoder of its pictures. The fields are `hardware.ports.decoder`'s."""

    adapter: Literal["cascade", "still", "zxing", "zbar"]
    budget_ms: float
    join_frames: Annotated[int, Meta(ge=0, le=9)]
    symbols: tuple[Symbol, ...] = ()


class Scanner(_Settings, frozen=True, kw_only=True):
    """A hand or counter scanner, or None. The fields are `hardware.ports.scanner`'s."""

    adapter: Literal["serial", "keyboard", "simulated"] | None = None
    device: str = ""
    baud: int
    prefix: str = ""
    suffix: str = ""


class Pins(_Settings, frozen=True, kw_only=True):
    """BCM numbers; None: not connected."""

    green: Pin | None = None
    amber: Pin | None = None
    red: Pin | None = None
    buzzer: Pin | None = None
    relay: Pin | None = None
    passed: Pin | None = None
    door: Pin | None = None
    fire: Pin | None = None


class Signals(_Settings, frozen=True, kw_only=True):
    """Lights, buzzer and relay. The fields are `hardware.ports.signals`'."""

    adapter: Literal["gpio", "mock", "simulated"]
    pins: Pins
    pulse_ms: int
    pass_s: float


class Printer(_Settings, frozen=True, kw_only=True):
    """The badge printer, or None. `layout` is a shipped layout or a file, of the size of the paper that is in it. The
    other fields are `hardware.ports.printer`'s."""

    adapter: Literal["ipp", "simulated"] | None = None
    address: PrinterAddress | None = None
    path: str = ""
    layout: str


class KioskSettings(_Settings, frozen=True, kw_only=True):
    """One kiosk: its door process and its carrier. `gate` None: the registry assigns one."""

    data: Path
    gate: str | None = None
    language: KnownLanguage
    lan_port: Port
    lan_host: str | None = None
    mdns: bool
    pages: Pages
    screen: ScreenSize
    registry: RegistryLink
    camera: Camera
    decoder: Decoder
    scanner: Scanner
    signals: Signals
    printer: Printer


class RegistrySettings(_Settings, frozen=True, kw_only=True):
    """The registry. `database_url` None: SQLite in `data`; both certificate files: TLS is spoken. `public_url`: where
    kiosks and people reach it, behind a proxy that is among `trusted_proxies` (addresses and networks). `open_here`: a
    browser of this machine sees counts without logging in. `plain_http`: other machines too may come without TLS."""

    data: Path
    database_url: Secret | None = None
    host: str
    port: Port
    certificate: Path | None = None
    certificate_key: Path | None = None
    public_url: Address | None = None
    trusted_proxies: tuple[str, ...]
    open_here: bool
    plain_http: bool


def kiosk_settings(path: Path | None, overrides: Mapping[str, object]) -> KioskSettings:
    """A kiosk's settings; `overrides` by key ("camera.device"), those that are None left out.

    ConfigError with the mistakes of file and command line together.
    """
    settings = _layered(KioskSettings, "kiosk", path, overrides)
    if settings.printer.adapter == "ipp" and settings.printer.address is None:
        source = "command line" if path is None else str(path)
        right = 'set it, such as address = "ipp://localhost/printers/badges"'
        raise ConfigError([Mistake(source, "kiosk.printer", "has no address", right)])
    return settings


def registry_settings(path: Path | None, overrides: Mapping[str, object]) -> RegistrySettings:
    """The registry's settings; see `kiosk_settings`."""
    settings = _layered(RegistrySettings, "registry", path, overrides)
    if (settings.certificate is None) != (settings.certificate_key is None):
        source = "command line" if path is None else str(path)
        wrong = "only one of certificate and certificate_key is set"
        raise ConfigError([Mistake(source, "registry", wrong, "set both, or neither")])
    wrong_ones = [name for name in settings.trusted_proxies if not _is_network(name)]
    if wrong_ones:
        source = "command line" if path is None else str(path)
        wrong = f"trusted_proxies has {', '.join(map(repr, wrong_ones))}"
        right = 'should be addresses or networks, such as "127.0.0.1" or "10.1.0.0/24"'
        raise ConfigError([Mistake(source, "registry", wrong, right)])
    return settings


def _is_network(name: str) -> bool:
    try:
        ipaddress.ip_network(name)
    except ValueError:
        return False
    return True


def _layered(kind: type[S], section: str, path: Path | None, overrides: Mapping[str, object]) -> S:
    given = {key: value for key, value in overrides.items() if value is not None}
    layers = [toml.read(DEFAULTS)]
    if path is not None:
        layers.append(toml.read(path))
        layers[-1].only(ROOT, layers[-1].values, _SECTIONS)
    layers.append(Document("command line", {section: given}))
    keys = _keys(kind)
    found: dict[str, tuple[Any, Document]] = {}
    for layer in layers:
        values = _flat(layer.table(section) or {})
        layer.only(Location(section), values, keys)
        found |= {key: (value, layer) for key, value in values.items()}
    settings = _built(kind, section, "", found, layers[-1])
    mistakes = [mistake for layer in layers for mistake in layer.mistakes]
    if mistakes:
        raise ConfigError(mistakes)
    return settings


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the table's values by dotted keys such as "camera.device"."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _keys(kind: type[_Settings], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for field in msgspec.structs.fields(kind):
        if _is_table(field):
            keys += _keys(field.type, f"{prefix}{field.name}.")
        else:
            keys.append(prefix + field.name)
    return keys


def _built(
    kind: type[S],
    section: str,
    prefix: str,
    found: Mapping[str, tuple[Any, Document]],
    last: Document,
) -> S:
    """Build the struct from the values found; a wrong or missing value is noted and replaced by a stand-in."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        key = prefix + field.name
        if _is_table(field):
            values[field.name] = _built(field.type, section, f"{key}.", found, last)
            continue
        reader = by_type(field.type)
        location = Location(section, None, key)
        if key in found and not (found[key][0] == "" and not field.required):
            value, document = found[key]
            values[field.name] = reader.read(value, location, document)
        elif field.required:
            last.mistake(location, "is missing", f"should be {reader.expects}")
            values[field.name] = reader.stand_in
    return kind(**values)


def _is_table(field: FieldInfo) -> bool:
    return isinstance(field.type, type) and issubclass(field.type, _Settings)


def _is_secret(field: FieldInfo) -> bool:
    info = inspect.type_info(field.type)
    kinds = info.types if isinstance(info, inspect.UnionType) else (info,)
    return any(isinstance(one, inspect.Metadata) and bool(one.extra) for one in kinds)


def require_writable(folder: Path) -> None:
    """Make sure that `folder` exists and files can be written in it. Raise ConfigError with what to do otherwise."""
    error = _probed(folder)
    if error is not None:
        raise ConfigError([_mistake(folder, error)])


def require_permission(folder: Path) -> None:
    """Make sure that `folder` exists and this user may write in it. Raise ConfigError with what to do otherwise.

    A full, failing or read-only disk is no mistake of the settings: later writes report it.
    """
    error = _probed(folder)
    if error is not None and not (error.errno in _DISK and folder.is_dir()):
        raise ConfigError([_mistake(folder, error)])


def require_possible(folder: Path) -> None:
    """The same of a folder that may be missing, and stays so: for commands that may have been given a wrong one."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        require_permission(folder)
    finally:
        for one in missing:
            with suppress(OSError):
                one.rmdir()


def _probed(folder: Path) -> OSError | None:
    """Try to write a file; return the error, or None."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\x00")
            probe.flush()
    except OSError as error:
        return error
    return None


def _mistake(folder: Path, error: OSError) -> Mistake:
    user = _user()
    wrong = f"user {user} cannot write in this folder ({error.strerror})"
    right = f"run: sudo install -d -o {user} {folder}"
    if error.errno in _DISK:
        right = "make room on its disk, or repair the disk"
    return Mistake(str(folder), "", wrong, f"{right}, or name another folder for the data")


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
