"""zxing-cpp: the first decoder. Fast, exact about bytes, and reports the corners of an unreadable code."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hardware.ports.decoder import Code, Corners, Sight, Symbol, covers, payload_text
from hardware.ports.errors import AdapterMissing

if TYPE_CHECKING:
    from numpy.typing import NDArray

ECI = re.compile("5D(?: [0-9A-F]{2}){2} 5C(?: 3[0-9]){6}")
"""In zxing-cpp's text mode HexECI: a symbology identifier, then a backslash and six digits."""

MIDDLE = 128
"""Shade below which a module that zxing-cpp draws is dark."""


class ZxingDecoder:
    """QR model 2 only, or only the `symbols` that are named; rotated, enlarged and inverted ones too.

    With `histogram` the picture is split at one brightness for the whole picture instead of a local
    one: a third of the time, and it reads some codes that the local one misses. Without `inverted` codes
    with light and dark swapped are left out, which saves two fifths of the time.

    Raises `AdapterMissing` when zxing-cpp is not installed.
    """

    name = "zxing-cpp"

    def __init__(
        self, *, histogram: bool = False, inverted: bool = True, symbols: Sequence[Symbol] = ()
    ) -> None:
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
            "try_invert": inverted,
            "return_errors": not symbols,  # which are not searched for: a stripe pattern is no code
        }
        self._kinds = {_format(zxingcpp, symbol): symbol for symbol in symbols}
        if symbols:
            self._options["formats"] = list(self._kinds)
            self.name = "zxing-cpp other symbols"
        self._with_eci = zxingcpp.TextMode.HexECI
        if histogram:
            self._options["binarizer"] = zxingcpp.Binarizer.GlobalHistogram
            self.name = "zxing-cpp histogram"

    def decode(self, gray: NDArray[np.uint8]) -> Sight:
        """Codes read, and the corners of codes that were found and could not be read."""
        began = time.perf_counter()
        found = self._found(gray)
        ms = (time.perf_counter() - began) * 1000
        codes: list[Code] = []
        unreadable: list[Corners] = []
        modules: list[int] = []
        for barcode in found:
            corners = _corners(barcode.position)
            if (code := self._code(gray, barcode, ms)) is not None:
                codes.append(code)
            elif not barcode.valid and not any(covers(known, corners) for known in unreadable):
                unreadable.append(corners)
                modules.append(_modules(barcode).shape[0])
        return Sight(tuple(codes), tuple(unreadable), tuple(modules))

    def symbols_in(self, gray: NDArray[np.uint8]) -> list[Symbol]:
        """Which of the `symbols` are in the picture; where there are several, in the order found."""
        return [symbol for one in self._found(gray) if (symbol := self._kinds.get(one.format))]

    def decode_with_modules(self, gray: NDArray[np.uint8]) -> list[tuple[Code, NDArray[np.bool_]]]:
        """Codes read, each with its modules: (n, n), True where dark, without a quiet zone."""
        began = time.perf_counter()
        read = []
        for barcode in self._found(gray):
            code = self._code(gray, barcode, (time.perf_counter() - began) * 1000)
            if code is not None:
                read.append((code, _modules(barcode)))
        return read

    def _found(self, gray: NDArray[np.uint8], **changed: Any) -> list[Any]:
        try:
            found: list[Any] = self._read(gray, **{**self._options, **changed})
        except (ValueError, RuntimeError, UnicodeError):
            # A picture no decoder can take is a picture without a code, not the end of the loop.
            return []
        return found

    def _code(self, gray: NDArray[np.uint8], barcode: Any, ms: float) -> Code | None:
        raw = bytes(barcode.bytes)
        if not barcode.valid or not raw:
            return None
        declared = None if _is_utf8(raw) or not self._declares(gray, raw) else barcode.text
        text = payload_text(raw, declared, barcode.text)
        return Code(text, raw, self.name, _corners(barcode.position), ms)

    def _declares(self, gray: NDArray[np.uint8], raw: bytes) -> bool:
        """Whether the code with these bytes declares their character set (an ECI).

        zxing-cpp reports it in one text mode only, so the picture is read once more; few codes need it.
        """
        found = self._found(gray, text_mode=self._with_eci)
        return any(bytes(one.bytes) == raw and ECI.match(one.text) is not None for one in found)


def _modules(barcode: Any) -> NDArray[np.bool_]:
    """(n, n): the modules of a code, read or not, True where dark; n is 0 where it is not known."""
    try:
        return np.asarray(np.asarray(barcode.to_image(add_quiet_zones=False)) < MIDDLE)
    except (ValueError, RuntimeError):  # what zxing-cpp has of an unreadable code may be nothing
        return np.zeros((0, 0), bool)


def _format(library: Any, symbol: Symbol) -> Any:
    formats = library.BarcodeFormat
    return {
        "aztec": formats.Aztec,
        "data_matrix": formats.DataMatrix,
        "pdf417": formats.PDF417,
        "code_128": formats.Code128,
    }[symbol]


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _corners(position: Any) -> Corners:
    a, b = position.top_left, position.top_right
    c, d = position.bottom_right, position.bottom_left
    return ((a.x, a.y), (b.x, b.y), (c.x, c.y), (d.x, d.y))
