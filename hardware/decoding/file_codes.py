"""The codes in a picture or video file."""

from __future__ import annotations

from pathlib import Path

from hardware.decoding.cascade import Cascade, installed_engines
from hardware.decoding.still import StillDecoder
from hardware.files.picture_file import SUFFIXES, read_gray
from hardware.files.video_file import VIDEO_SUFFIXES, video_frames
from hardware.ports.decoder import Code
from hardware.ports.errors import PictureError


class FileDecoder:
    """Reads files one after the other: pictures with patience, videos as a door would.

    Raises `AdapterMissing` when no QR decoder is installed.
    """

    def __init__(self) -> None:
        engines = installed_engines()
        self._still = StillDecoder(engines)
        self._cascade = Cascade(engines)

    def codes(self, path: Path) -> list[Code]:
        """All codes in a picture; the distinct payloads of a video in order of first sight.

        The name's ending says which it is; any other name is tried as both. Raises `PictureError`
        when it is neither, missing, empty, or cut short.
        """
        ending = path.suffix.lower()
        if ending in VIDEO_SUFFIXES:
            return self._in_video(path)
        try:
            return list(self._still.decode(read_gray(path)).codes)
        except PictureError as no_picture:
            if ending in SUFFIXES:
                raise
            try:
                return self._in_video(path)
            except PictureError:
                raise no_picture from None

    def _in_video(self, path: Path) -> list[Code]:
        first: dict[bytes, Code] = {}
        for gray in video_frames(path):
            for code in self._cascade.decode(gray).codes:
                first.setdefault(code.raw, code)
        return list(first.values())
