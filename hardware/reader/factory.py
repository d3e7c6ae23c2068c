"""Picks adapters by the name in their settings. A wrong name lists the right ones.

Each adapter is imported when it is asked for, so that a door without a camera loads no picture
library, a laptop needs no vendor's library, and the camera's process is there sooner.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from hardware.ports.camera import Camera, CameraSettings
from hardware.ports.decoder import Decoder, DecoderSettings
from hardware.ports.errors import UnknownAdapter

if TYPE_CHECKING:
    from hardware.decoding.joining import Joiner
    from hardware.ports.printer import Printer, PrinterSettings
    from hardware.ports.scanner import Scanner, ScannerSettings
    from hardware.ports.signals import Signals, SignalSettings

Settings = TypeVar("Settings")
Port = TypeVar("Port")


def _usb_camera(settings: CameraSettings) -> Camera:
    from hardware.cameras.usb import UsbCamera

    return UsbCamera(settings)


def _pi_camera(settings: CameraSettings) -> Camera:
    from hardware.cameras.pi import PiCamera

    return PiCamera(settings)


def _picture_camera(settings: CameraSettings) -> Camera:
    from hardware.cameras.pictures import PictureCamera

    return PictureCamera(settings)


def _simulated_camera(settings: CameraSettings) -> Camera:
    from hardware.cameras.simulated import SimulatedCamera

    return SimulatedCamera(settings)


CAMERAS: Mapping[str, Callable[[CameraSettings], Camera]] = {
    "usb": _usb_camera,
    "pi": _pi_camera,
    "pictures": _picture_camera,
    "simulated": _simulated_camera,
}


def open_camera(settings: CameraSettings) -> Camera:
    """The camera that `settings.adapter` names, open.

    Raises `UnknownAdapter`, `AdapterMissing`, or `CameraLost` when it is not there now.
    """
    return _named("camera", settings.adapter, CAMERAS)(settings)


def _cascade(settings: DecoderSettings) -> Decoder:
    from hardware.decoding.cascade import Cascade, installed_engines

    return Cascade(installed_engines(settings.symbols), settings.budget_ms)


def _still(settings: DecoderSettings) -> Decoder:
    from hardware.decoding.cascade import installed_engines
    from hardware.decoding.still import StillDecoder

    return StillDecoder(installed_engines(settings.symbols))


def _zxing(_settings: DecoderSettings) -> Decoder:
    from hardware.decoding.zxing import ZxingDecoder

    return ZxingDecoder()


def _zbar(_settings: DecoderSettings) -> Decoder:
    from hardware.decoding.zbar import ZbarDecoder

    return ZbarDecoder()


DECODERS: Mapping[str, Callable[[DecoderSettings], Decoder]] = {
    "cascade": _cascade,
    "still": _still,
    "zxing": _zxing,
    "zbar": _zbar,
}


LIVE_SECOND_LOOK_EVERY = 4
"""Before a camera the next frame is soon there: of frames that show nothing only so many get a second
look, which costs a fifth of the first."""

LIVE_SELDOM = 3
"""Likewise for codes with light and dark swapped (phones in dark mode), and for what lies outside of the textured parts
of a frame: they are read two frames later at most, and all others sooner."""


def make_live(
    settings: DecoderSettings, now: Callable[[], float] = time.perf_counter
) -> tuple[Decoder, Joiner | None]:
    """The decoder for the frames of a camera, and what joins them (None: turned off or not to be had).

    Raises `UnknownAdapter` or `AdapterMissing`.
    """
    if settings.adapter != "cascade":
        return make_decoder(settings), None
    from hardware.decoding.cascade import Cascade, installed_engines
    from hardware.decoding.joining import LEAST_FRAMES, Joiner
    from hardware.decoding.zxing import ZxingDecoder

    engines = installed_engines(settings.symbols)
    cascade = Cascade(engines, settings.budget_ms, now, LIVE_SECOND_LOOK_EVERY, LIVE_SELDOM)
    if settings.join_frames < LEAST_FRAMES or not isinstance(engines.first, ZxingDecoder):
        return cascade, None
    return cascade, Joiner(engines.first, settings.join_frames, settings.budget_ms, now)


def make_decoder(settings: DecoderSettings) -> Decoder:
    """The decoder that `settings.adapter` names. Raises `UnknownAdapter` or `AdapterMissing`."""
    return _named("decoder", settings.adapter, DECODERS)(settings)


def _gpio_signals(settings: SignalSettings) -> Signals:
    from hardware.signals.gpio import GpioSignals, lgpio_factory

    return GpioSignals(settings, lgpio_factory())


def _mock_signals(settings: SignalSettings) -> Signals:
    from hardware.signals.gpio import GpioSignals, mock_factory

    return GpioSignals(settings, mock_factory())


def _simulated_signals(settings: SignalSettings) -> Signals:
    from hardware.signals.simulated import SimulatedSignals

    return SimulatedSignals(settings)


SIGNALS: Mapping[str, Callable[[SignalSettings], Signals]] = {
    "gpio": _gpio_signals,
    "mock": _mock_signals,
    "simulated": _simulated_signals,
}


def open_signals(settings: SignalSettings) -> Signals:
    """The signals that `settings.adapter` names.

    Raises `UnknownAdapter`, `AdapterMissing`, or `HardwareError` when the pins are not to be had.
    """
    return _named("signals adapter", settings.adapter, SIGNALS)(settings)


def _ipp_printer(settings: PrinterSettings) -> Printer:
    from hardware.printers.ipp import IppPrinter

    return IppPrinter(settings)


def _simulated_printer(settings: PrinterSettings) -> Printer:
    from hardware.printers.simulated import SimulatedPrinter

    return SimulatedPrinter(settings)


PRINTERS: Mapping[str, Callable[[PrinterSettings], Printer]] = {
    "ipp": _ipp_printer,
    "simulated": _simulated_printer,
}


def open_printer(settings: PrinterSettings) -> Printer:
    """The printer that `settings.adapter` names, whether it is there or not. Raises `UnknownAdapter`."""
    return _named("printer", settings.adapter, PRINTERS)(settings)


def _serial_scanner(settings: ScannerSettings) -> Scanner:
    from hardware.scanners.lines import LineScanner
    from hardware.scanners.serial_port import SerialDevice

    return LineScanner(SerialDevice(settings), settings.prefix, settings.suffix)


def _keyboard_scanner(settings: ScannerSettings) -> Scanner:
    from hardware.scanners.keyboard import KeyboardDevice
    from hardware.scanners.lines import LineScanner

    return LineScanner(KeyboardDevice(settings), settings.prefix, settings.suffix)


def _simulated_scanner(settings: ScannerSettings) -> Scanner:
    from hardware.scanners.lines import LineScanner
    from hardware.scanners.simulated import SimulatedDevice

    return LineScanner(SimulatedDevice(settings), settings.prefix, settings.suffix)


SCANNERS: Mapping[str, Callable[[ScannerSettings], Scanner]] = {
    "serial": _serial_scanner,
    "keyboard": _keyboard_scanner,
    "simulated": _simulated_scanner,
}


def open_scanner(settings: ScannerSettings) -> Scanner:
    """The scanner that `settings.adapter` names, which may be plugged in later.

    Raises `UnknownAdapter` or `AdapterMissing`.
    """
    return _named("scanner", settings.adapter, SCANNERS)(settings)


def _named(
    kind: str, name: str, known: Mapping[str, Callable[[Settings], Port]]
) -> Callable[[Settings], Port]:
    try:
        return known[name]
    except KeyError:
        raise UnknownAdapter(kind, name, known) from None
