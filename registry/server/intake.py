"""A request while it arrives: how much of it is there, without a thread that waits for the rest. Pure."""

import re
from typing import Literal

MOST_HEAD = 16 * 1024
"""Bytes of a request line and its headers; browsers and kiosks send a few hundred."""

MOST_WAITED = 64 * 1024
"""A body up to this size is waited for in memory; only then does the request get a thread."""

State = Literal["more", "whole", "long", "bad"]
"""Of a request: more of it is to come; it is all here; its body is too long to be waited for in memory, or of a length
that nobody knows; its head is too long."""

_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*([0-9]{1,15})[ \t]*\r?$")
_UNKNOWN_LENGTH = re.compile(rb"(?im)^(?:transfer-encoding|expect|content-length)[ \t]*:")
"""Where there is a length that we cannot read the parser may read one, and wait for the body: leading zeros."""


class Intake:
    """The bytes of one request so far."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self._needs: int | None = None
        self._long = False

    def add(self, data: bytes) -> None:
        """More has arrived."""
        self.data += data

    @property
    def state(self) -> State:
        """How much of the request is here. Whether its head is valid is checked by the parser."""
        if self._needs is None and not self._read_head():
            return "bad" if len(self.data) > MOST_HEAD else "more"
        if self._long:
            return "long"
        return "whole" if len(self.data) >= (self._needs or 0) else "more"

    def _read_head(self) -> bool:
        """Look for the end of the head; whether it is there."""
        end = _END.search(self.data, 0, MOST_HEAD + 4)
        if end is None:
            return False
        head = bytes(self.data[: end.start()])
        lengths = _LENGTH.findall(head)
        body = int(lengths[0]) if lengths else 0
        self._long = body > MOST_WAITED or len(_UNKNOWN_LENGTH.findall(head)) > len(lengths)
        self._needs = end.end() + body
        return True
