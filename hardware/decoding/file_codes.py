"""The codes in a picture, a document of several pages, or a video file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hardware.decoding.cascade import Cascade, installed_engines
from hardware.decoding.still import StillDecoder
from hardware.decoding.zxing import ZxingDecoder
from hardware.files.pages import DOCUMENT_SUFFIXES, read_pages
from hardware.files.picture_file import SUFFIXES
from hardware.files.video_file import VIDEO_SUFFIXES, video_frames
from hardware.ports.decoder import SYMBOLS, Code, Symbol
from hardware.ports.errors import AdapterMissing, PictureError


class FoundCode(NamedTuple):
    """A code in a file, and on which of several pages (from 1; None where the file has one picture)."""

    code: Code
    page: int | None = None


class FileCodes(NamedTuple):
    """What is in a file."""

    codes: list[FoundCode]
    other: Symbol | None = None
    """A kind of code that was not looked for, where none of those that were is seen, not even an unreadable one."""


class FileDecoder:
    """Reads files one after the other: pictures with patience, videos as a door would.

    `symbols` are read besides QR codes. Raises `AdapterMissing` when no QR decoder is installed.
    """

    def __init__(self, symbols: Sequence[Symbol] = ()) -> None:
        engines = installed_engines(symbols)
        others = [symbol for symbol in SYMBOLS if symbol not in symbols]
        try:
            self._others = ZxingDecoder(inverted=False, symbols=others) if others else None
        except AdapterMissing:
            self._others = None  # pyzbar reads here alone
        self._still = StillDecoder(engines)
        self._cascade = Cascade(engines)

    def codes(self, path: Path) -> FileCodes:
        """All codes in a picture or on all pages of a TIFF or PDF file; the distinct payloads of a video
        in order of first sight.

        The name's ending decides which it is; any other name is tried as both. Raises `PictureError`
        when it is neither, missing, empty, or cut short.
        """
        ending = path.suffix.lower()
        if ending in VIDEO_SUFFIXES:
            return self._in_video(path)
        try:
            return self._on_pages(path)
        except PictureError as no_picture:
            if ending in SUFFIXES | DOCUMENT_SUFFIXES:
                raise
            try:
                return self._in_video(path)
            except PictureError:
                raise no_picture from None

    def _on_pages(self, path: Path) -> FileCodes:
        pages: list[tuple[Code, ...]] = []
        other: Symbol | None = None
        seen = False
        for gray in read_pages(path):
            sight = self._still.decode(gray)
            pages.append(sight.codes)
            seen = seen or bool(sight.codes or sight.unreadable)
            if other is None and self._others is not None and not seen:
                other = next(iter(self._others.symbols_in(gray)), None)
        several = len(pages) > 1
        codes = [
            FoundCode(code, number if several else None)
            for number, codes in enumerate(pages, 1)
            for code in codes
        ]
        return FileCodes(codes, None if seen else other)

    def _in_video(self, path: Path) -> FileCodes:
        first: dict[bytes, FoundCode] = {}
        for gray in video_frames(path):
            for code in self._cascade.decode(gray).codes:
                first.setdefault(code.raw, FoundCode(code))
        return FileCodes(list(first.values()))
