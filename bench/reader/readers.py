"""The readers that `jianmen bench eyes` compares: the door's, and the libraries alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cv2

from hardware.decoding.zbar import ZbarDecoder
from hardware.decoding.zxing import ZxingDecoder
from hardware.ports.camera import Frame, Gray
from hardware.ports.decoder import Decoder, DecoderSettings, every_code
from hardware.ports.events import Reading
from hardware.reader.factory import make_decoder, make_live
from hardware.reader.messages import Message
from hardware.reader.process import ReaderLoop


class Reader(Protocol):
    """Whatever reads frame after frame of one camera."""

    name: str

    def read(self, gray: Gray, taken_ms: int) -> list[str]:
        """The texts read now."""


class LiveReader:
    """The door's reader as it runs in the reader process, on a machine that is `factor` times slower."""

    name = "jianmen"

    def __init__(self, factor: float = 1.0) -> None:
        self._sent: list[Message] = []

        def now() -> float:
            return time.thread_time() * factor

        decoder, joiner = make_live(DecoderSettings(), now)
        self._loop = ReaderLoop(decoder, every_code, self._sent.append, joiner, now)

    def read(self, gray: Gray, taken_ms: int) -> list[str]:
        self._sent.clear()
        self._loop.step(Frame(gray, taken_ms))
        return [message.text for message in self._sent if isinstance(message, Reading)]


class Alone:
    """One decoder on every frame, without anything before or after it."""

    def __init__(self, decoder: Decoder, name: str) -> None:
        self._decoder = decoder
        self.name = name

    def read(self, gray: Gray, taken_ms: int) -> list[str]:  # noqa: ARG002 (no decoder needs the time)
        return [code.text for code in self._decoder.decode(gray).codes]


class OpenCvReader:
    """OpenCV's own detectors."""

    def __init__(self, make: Callable[[], Any], name: str) -> None:
        self._detector = make()
        self.name = name

    def read(self, gray: Gray, taken_ms: int) -> list[str]:  # noqa: ARG002
        try:
            _, texts, _, _ = self._detector.detectAndDecodeMulti(gray)
        except (cv2.error, UnicodeDecodeError):
            return []  # it raises for payloads that are not UTF-8
        return [text for text in texts if text]


def still_reader() -> Reader:
    """The decoder of `jianmen decode`."""
    return Alone(make_decoder(DecoderSettings("still")), "jianmen decode")


def zxing() -> Reader:
    """zxing-cpp as the door uses it first: QR only."""
    return Alone(ZxingDecoder(), "zxing-cpp")


def others() -> Sequence[Callable[[], Reader]]:
    """The other libraries, each alone."""
    return (
        lambda: Alone(ZbarDecoder(rewritten=True), "pyzbar"),
        lambda: OpenCvReader(cv2.QRCodeDetector, "OpenCV"),
        lambda: OpenCvReader(cv2.QRCodeDetectorAruco, "OpenCV Aruco"),
    )
