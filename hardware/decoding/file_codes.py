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


class FileDecoder:
    """Reads files one after the other: pictures with patience, videos as a door would.

    `symbols` are read besides QR codes. Raises `AdapterMissing` when no QR decoder is installed.
    """

    def __init__(self, symbols: Sequence[Symbol] = ()) -> None:
        engines = installed_engines(symbols)
        self._symbols = tuple(symbols)
        self._still = StillDecoder(engines)
        self._cascade = Cascade(engines)

    def codes(self, path: Path) -> list[FoundCode]:
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

    def other_symbol(self, path: Path) -> Symbol | None:
        """A kind of code in a picture or document that was not looked for, if there is one; the first page with one
        counts. Raises `PictureError` as `codes` does."""
        if path.suffix.lower() in VIDEO_SUFFIXES:
            return None
        others = [symbol for symbol in SYMBOLS if symbol not in self._symbols]
        try:
            readers = [(symbol, ZxingDecoder(symbols=(symbol,))) for symbol in others]
        except AdapterMissing:
            return None  # pyzbar reads here alone
        for gray in read_pages(path):
            for symbol, reader in readers:
                if reader.decode(gray).codes:
                    return symbol
        return None

    def _on_pages(self, path: Path) -> list[FoundCode]:
        pages = [self._still.decode(gray).codes for gray in read_pages(path)]
        return [
            FoundCode(code, number if len(pages) > 1 else None)
            for number, codes in enumerate(pages, 1)
            for code in codes
        ]

    def _in_video(self, path: Path) -> list[FoundCode]:
        first: dict[bytes, FoundCode] = {}
        for gray in video_frames(path):
            for code in self._cascade.decode(gray).codes:
                first.setdefault(code.raw, FoundCode(code))
        return list(first.values())
