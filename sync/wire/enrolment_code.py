"""The enrolment code, shown as text or as a QR code: `JME1:<registry>:<code>:<url>`, with `#<pin>` where TLS is spoken.

FIXED. `registry` is the fingerprint of the registry's key (16 hex digits, written in capitals), `code` is good once,
`pin` is the SHA-256 of the registry's TLS certificate (64 hex digits).
"""

import re
from dataclasses import dataclass

MARK = "JME1:"
"""What every enrolment code begins with."""

_TEXT = re.compile(
    MARK + r"(?P<registry>[0-9A-Fa-f]{16}):(?P<code>[^:\s]{1,64}):"
    r"(?P<url>https?://[^/#\s]+)/?(?:#(?P<pin>[0-9A-Fa-f]{64}))?"
)


class EnrolmentCodeError(ValueError):
    """A text that is no enrolment code."""


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """The parts of an enrolment code. `registry` and `pin` are lower-case hex digits."""

    registry: str
    code: str
    url: str
    pin: str | None = None

    def text(self) -> str:
        """The code as text."""
        pin = f"#{self.pin}" if self.pin else ""
        return f"{MARK}{self.registry.upper()}:{self.code}:{self.url}{pin}"

    @classmethod
    def parse(cls, text: str) -> "EnrolmentCode":
        """Read a code as shown. Raises EnrolmentCodeError for any other text."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise EnrolmentCodeError(
                f"this is no enrolment code: it begins with {MARK} and is made by `jianmen registry enrol`"
            )
        pin = found["pin"]
        return cls(
            found["registry"].lower(), found["code"], found["url"], pin.lower() if pin else None
        )


def is_enrolment_code(text: str) -> bool:
    """Whether a text seen by a camera is meant as an enrolment code, whole or not."""
    return text.startswith(MARK)
