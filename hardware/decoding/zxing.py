"""zxing-cpp: the first decoder. Fast, exact about bytes, and says where an unreadable code is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hardware.ports.decoder import Code, Corners, Sight, covers, payload_text
from hardware.ports.errors import AdapterMissing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ZxingDecoder:
    """QR model 2 only, with rotation, downscaling and inverted codes.

    With `histogram` the picture is split at one brightness for the whole picture instead of a local
    one: a third of the time, and it reads some codes that the local one misses.

    Raises `AdapterMissing` when zxing-cpp is not installed.
    """

    name = "zxing-cpp"

    def __init__(self, *, histogram: bool = False) -> None:
        try:
            import zxingcpp
        except ImportError as error:
            raise AdapterMissing(
                "the decoder zxing-cpp is not installed; install the package zxing-cpp"
            ) from error
        self._read = zxingcpp.read_barcodes
        self._options: dict[str, Any] = {
            "formats": zxingcpp.BarcodeFormat.QRCodeModel2,
            "text_mode": zxingcpp.TextMode.Plain,
            "return_errors": True,
        }
        if histogram:
            self._options["binarizer"] = zxingcpp.Binarizer.GlobalHistogram
            self.name = "zxing-cpp histogram"

    def decode(self, gray: NDArray[np.uint8]) -> Sight:
        """Codes read, and the places of codes that were found and could not be read."""
        began = time.perf_counter()
        try:
            found = self._read(gray, **self._options)
        except (ValueError, RuntimeError, UnicodeError):
            # A picture no decoder can take is a picture without a code, not the end of the loop.
            return Sight()
        ms = (time.perf_counter() - began) * 1000
        codes: list[Code] = []
        unreadable: list[Corners] = []
        for barcode in found:
            corners = _corners(barcode.position)
            raw = bytes(barcode.bytes)
            if barcode.valid and raw:
                text = payload_text(raw, barcode.text)
                codes.append(Code(text, raw, self.name, corners, ms))
            elif not barcode.valid and not any(covers(known, corners) for known in unreadable):
                unreadable.append(corners)
        return Sight(tuple(codes), tuple(unreadable))


def _corners(position: Any) -> Corners:
    a, b = position.top_left, position.top_right
    c, d = position.bottom_right, position.bottom_left
    return ((a.x, a.y), (b.x, b.y), (c.x, c.y), (d.x, d.y))
