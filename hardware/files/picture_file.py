"""Picture files: read completely or refused with a reason, and written atomically."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.ports.camera import Gray
from hardware.ports.errors import PictureError

SUFFIXES = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".bmp",
        ".dib",
        ".webp",
        ".tif",
        ".tiff",
        ".gif",
        ".jp2",
        ".pgm",
        ".ppm",
        ".pbm",
        ".pnm",
        ".avif",
    ]
)
"""What a folder is searched for; a file named outright may have any name."""

MAX_BYTES = 256 * 2**20
"""No camera's still picture comes near; a larger file is not a picture or not meant for us."""


LIGHT = 200
"""Mean shade of what shows of a transparent picture from which it is made for a dark page."""


def read_gray(path: Path) -> Gray:
    """The picture as (height, width) shades of gray, as it lies in the file (EXIF turning ignored).

    16-bit and floating-point pictures are brought to 8 bits, palettes are resolved, and what is
    transparent is white (black under a picture that is white where it shows). Raises `PictureError` for
    a file that is missing, unreadable, empty, cut short, too large, or no picture.
    """
    data = _contents(path)
    _refuse_cut_short(path, data)
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise PictureError(path, "damaged or far too large", "give a smaller picture") from error
    if picture is None:
        raise PictureError(path, "not a picture this program can read", "give a PNG or JPEG file")
    return to_gray(picture)


def to_gray(picture: NDArray[Any]) -> Gray:
    """Any picture array as 8-bit gray: (height, width), or (height, width, 1 to 4) in BGR order."""
    eight = _eight_bit(picture)
    if eight.ndim == 2:
        return eight
    channels = eight.shape[2]
    if channels < 3:
        gray = np.ascontiguousarray(eight[:, :, 0])
    else:
        code = cv2.COLOR_BGR2GRAY if channels == 3 else cv2.COLOR_BGRA2GRAY
        gray = np.asarray(cv2.cvtColor(eight, code), dtype=np.uint8)
    if channels in (2, 4):
        return _on_paper(gray, np.ascontiguousarray(eight[:, :, -1]))
    return gray


def _on_paper(gray: Gray, alpha: Gray) -> Gray:
    """The picture on white, or on black where it is almost all white where it shows (a code made for dark pages)."""
    if alpha.min() == 255:
        return gray
    shown = cv2.multiply(gray, alpha, scale=1 / 255)
    if cv2.sumElems(shown)[0] * 255 > LIGHT * cv2.sumElems(alpha)[0]:
        return np.asarray(shown, dtype=np.uint8)
    return np.asarray(cv2.add(shown, cv2.bitwise_not(alpha)), dtype=np.uint8)


def _eight_bit(picture: NDArray[Any]) -> Gray:
    if picture.dtype == np.uint8:
        return np.asarray(picture, dtype=np.uint8)
    if picture.dtype == np.uint16:
        return np.asarray(picture >> 8, dtype=np.uint8)
    # No fixed range: stretch what is there from black to white.
    finite = np.nan_to_num(picture.astype(np.float64))
    low, high = float(finite.min()), float(finite.max())
    return np.asarray((finite - low) * (255 / max(high - low, 1e-9)), dtype=np.uint8)


def write_whole(path: Path, gray: Gray) -> Path:
    """Write a picture (format by the name's ending) so that it appears at `path` all at once.

    It is written beside its target under a name that starts with a dot, then renamed.
    """
    done, data = cv2.imencode(path.suffix, gray)
    if not done:
        raise PictureError(path, "cannot be written in this format", "name it .png or .jpg")
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(data.tobytes())
    unfinished.replace(path)
    return path


def require_file(path: Path) -> int:
    """The size of a file in bytes. Raises `PictureError` where there is no file to read."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise PictureError(path, "no such file", "check the name") from None
    except (OSError, ValueError) as error:
        raise PictureError(path, f"cannot be opened ({error})", "check name and rights") from None
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(path, "this is no ordinary file", "give a picture file")
    if status.st_size == 0:
        raise PictureError(path, "the file is empty", "give a picture file")
    return status.st_size


def _contents(path: Path) -> bytes:
    if require_file(path) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise PictureError(path, f"larger than {limit} MiB", "give a smaller picture")
    try:
        return path.read_bytes()
    except OSError as error:
        raise PictureError(path, f"cannot be read ({error.strerror})", "check its rights") from None


def _refuse_cut_short(path: Path, data: bytes) -> None:
    """Decoders fill in what is missing; a truncated picture must not count as searched."""
    if data.startswith(b"\x89PNG"):
        whole = b"IEND" in data[-64:]
    elif data.startswith(b"\xff\xd8\xff"):
        whole = data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    elif data.startswith(b"RIFF"):
        whole = len(data) >= int.from_bytes(data[4:8], "little")
    elif data.startswith(b"BM"):
        whole = len(data) >= int.from_bytes(data[2:6], "little")
    else:
        return
    if not whole:
        raise PictureError(path, "the picture is cut short", "copy or take it again")


def reduced(gray: Gray, scale: float) -> Gray:
    """Return the picture scaled by `scale` (below 1), by area averaging."""
    height, width = gray.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
