r"""The code by which phones join a wireless network: `WIFI:T:WPA;S:name;P:password;H:true;;`.

The convention is ZXing's: fields in any order, each ended by a semicolon; a backslash stands before every `\`, `;`,
`,`, `"` and `:` of a value; quotation marks around a whole value say that it is text and no hexadecimal number (they
are put around a name that could be one).
"""

import re
from dataclasses import dataclass, field
from typing import Literal

MARK = "WIFI:"
"""What every such code begins with."""

Security = Literal["wpa", "sae", "open"]
"""WPA with a password (versions 1 to 3 as the network has it), WPA3 alone, or no protection."""

Fault = Literal["no_name", "password", "unsupported", "damaged"]
"""Why a code is of no use: it names no network, its password cannot be one, its kind of protection is one that no kiosk
joins (WEP, or accounts), or it is no such code at all."""

LONGEST_NAME = 32
"""Bytes of a network's name."""

LONGEST_PASSWORD = 128
"""Bytes of a WPA3 password; a WPA one has 8 to 63 printable ASCII characters, or is a key of 64 hexadecimal digits."""

_FIELD = re.compile(r"(?P<key>[A-Za-z0-9]+):(?P<value>(?:[^\\;]|\\.)*);", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^\\"]|\\.)*"', re.DOTALL)
_SPECIAL = re.compile(r'([\\;,":])')
_HEX = re.compile(r"[0-9A-Fa-f]+")
_WPA_PASSWORD = re.compile(r"[ -~]{8,63}|[0-9A-Fa-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_KINDS: dict[str, Security] = {
    "wpa": "wpa",
    "wpa2": "wpa",
    "wpa/wpa2": "wpa",
    "wpa2/wpa3": "wpa",
    "wpa3": "sae",
    "sae": "sae",
    "nopass": "open",
}
_WPA3_ALONE = 1
"""Bit of the field R: the network has no older WPA."""


class WifiCodeError(ValueError):
    """A text by which no network can be joined. `fault` says why; nothing of the text is repeated."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class WifiCode:
    """A network and what it asks for. Raises WifiCodeError for what can be none."""

    name: str
    password: str = field(default="", repr=False)
    security: Security = "wpa"
    hidden: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.name.encode()) <= LONGEST_NAME or _CONTROL.search(self.name):
            raise WifiCodeError("no_name")
        if self.security == "open":
            good = self.password == ""
        elif self.security == "wpa":
            good = _WPA_PASSWORD.fullmatch(self.password) is not None
        else:
            good = 0 < len(self.password.encode()) <= LONGEST_PASSWORD
        if not good or _CONTROL.search(self.password):
            raise WifiCodeError("password")

    def text(self) -> str:
        """The code as text."""
        kind = {"wpa": "WPA", "sae": "SAE", "open": "nopass"}[self.security]
        name = _escaped(self.name)
        fields = [f"T:{kind}", f'S:"{name}"' if _HEX.fullmatch(name) else f"S:{name}"]
        if self.security != "open":
            fields.append(f"P:{_escaped(self.password)}")
        if self.hidden:
            fields.append("H:true")
        return f"{MARK}{';'.join(fields)};;"

    @classmethod
    def parse(cls, text: str) -> "WifiCode":
        """Read a code as shown; the first of two fields of one name counts. Raises WifiCodeError."""
        fields = _fields(text)
        kind = fields.get("T", "").strip().lower()
        if not kind:
            kind = "wpa" if fields.get("P") else "nopass"
        if kind not in _KINDS:
            raise WifiCodeError("unsupported")
        security = _KINDS[kind]
        if security == "wpa" and _only_wpa3(fields.get("R", "")):
            security = "sae"
        password = "" if security == "open" else fields.get("P", "")
        hidden = fields.get("H", "").strip().lower() == "true"
        return cls(fields.get("S", ""), password, security, hidden)


def is_wifi_code(text: str) -> bool:
    """Whether a text seen by a camera is meant as such a code, whole or not."""
    return text[: len(MARK)].upper() == MARK


def _fields(text: str) -> dict[str, str]:
    """The values by field. Raises WifiCodeError."""
    rest = text.strip()
    if not is_wifi_code(rest):
        raise WifiCodeError("damaged")
    rest = rest[len(MARK) :]
    if not rest.endswith(";"):
        rest += ";"  # some writers leave out what closes the last field
    found: dict[str, str] = {}
    while rest.strip(" ;"):
        one = _FIELD.match(rest)
        if one is None:
            raise WifiCodeError("damaged")
        found.setdefault(one["key"].upper(), _meant(one["value"]))
        rest = rest[one.end() :]
    return found


def _meant(value: str) -> str:
    if _QUOTED.fullmatch(value):
        value = value[1:-1]
    return _ESCAPED.sub(r"\1", value)


def _escaped(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", value)


def _only_wpa3(flags: str) -> bool:
    return _HEX.fullmatch(flags) is not None and bool(int(flags, 16) & _WPA3_ALONE)
