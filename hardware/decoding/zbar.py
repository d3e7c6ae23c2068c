"""pyzbar over the C library zbar: the second opinion, better at steep tilt and scratches."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hardware.files.picture_file import reduced
from hardware.ports.decoder import Code, Corners, Sight, payload_text
from hardware.ports.errors import AdapterMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ZbarDecoder:
    """QR only, at full size and, if nothing is read there, at `half` size: zbar misses large noisy codes at full size
    that it reads at half.

    zbar guesses a character set and rewrites bytes that are not ASCII, so such payloads are dropped
    here unless `rewritten` allows them: the text of a badge must be exact.

    Raises `AdapterMissing` when pyzbar or the system library libzbar0 is not installed.
    """

    name = "pyzbar"

    def __init__(self, *, rewritten: bool = False, half: bool = True) -> None:
        try:
            from pyzbar import pyzbar
        except ImportError as error:  # pyzbar raises it for the missing C library too
            raise AdapterMissing(
                "the decoder pyzbar cannot be used; install the package pyzbar and the system"
                " library libzbar0"
            ) from error
        self._pyzbar = pyzbar
        self._rewritten = rewritten
        self._scales = (1, 2) if half else (1,)

    def decode(self, gray: NDArray[np.uint8]) -> Sight:
        """Codes read at the first size at which there are any."""
        began = time.perf_counter()
        for scale in self._scales:
            found = self._decode(gray if scale == 1 else reduced(gray, 1 / scale))
            ms = (time.perf_counter() - began) * 1000
            codes = []
            for symbol in found:
                raw = bytes(symbol.data)
                if raw and (self._rewritten or raw.isascii()):
                    corners = _corners(symbol, scale)
                    codes.append(Code(payload_text(raw), raw, self.name, corners, ms))
            if codes:
                return Sight(tuple(codes))
        return Sight()

    def _decode(self, gray: NDArray[np.uint8]) -> list[Any]:
        try:
            found: list[Any] = self._pyzbar.decode(gray, symbols=[self._pyzbar.ZBarSymbol.QRCODE])
        except (ValueError, UnicodeError, self._pyzbar.PyZbarError):
            # pyzbar raises ValueError on any structured-append code in view (its issue 139).
            return []
        return found


def _corners(symbol: Any, scale: int) -> Corners:
    points = [(float(point.x * scale), float(point.y * scale)) for point in symbol.polygon]
    if len(points) == 4:
        # zbar goes round the other way: top left, bottom left, bottom right, top right.
        return (points[0], points[3], points[2], points[1])
    box = symbol.rect
    left, top = float(box.left * scale), float(box.top * scale)
    right, bottom = left + box.width * scale, top + box.height * scale
    return ((left, top), (right, top), (right, bottom), (left, bottom))
