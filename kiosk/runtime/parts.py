"""The parts of a door that its settings name."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from access.badge.credential import read
from access.log.clock_reading import ClockReading
from config.settings import KioskSettings
from hardware.ports.camera import CameraSettings
from hardware.ports.printer import Printer, PrinterSettings
from hardware.ports.scanner import Scanner, ScannerSettings
from hardware.ports.signals import Pins, Signals, SignalSettings
from hardware.reader.factory import DecoderSettings, open_printer, open_scanner, open_signals
from hardware.reader.reader import Reader
from hardware.system.clock import Clock, SystemClock, SystemReading
from hardware.system.power import PowerSensors, SystemPower
from hardware.system.systemd import Notifier
from printing import layout as layouts

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class BadgePrinter:
    """A printer, and the file of the layout of its badges."""

    printer: Printer
    layout: Path


@dataclass(frozen=True)
class Parts:
    """What a door is made of. Camera and scanner are opened last, and before that at a kiosk that is not enrolled
    yet."""

    clock: Clock
    power: PowerSensors
    notifier: Notifier
    open_signals: Callable[[], Signals]
    open_camera: Callable[[], Reader] | None
    open_scanner: Callable[[], Scanner] | None
    open_printer: Callable[[], BadgePrinter] | None = None


def looks_like_badge(text: str) -> bool:
    """Whether a code has the form of a badge: of several in view it goes first."""
    return read(text) is not None


def parts_of(settings: KioskSettings) -> Parts:
    """The parts that the settings name. Raises HardwareError where this machine cannot be a kiosk, ConfigError for a
    layout of badges that cannot be used."""
    camera, scanner = settings.camera, settings.scanner
    if settings.printer.adapter is not None:
        layouts.find(settings.printer.layout)
    return Parts(
        clock=SystemClock(),
        power=SystemPower(settings.data),
        notifier=Notifier(),
        open_signals=lambda: open_signals(signal_settings(settings)),
        open_camera=(lambda: open_reader(settings)) if camera.adapter is not None else None,
        open_scanner=(lambda: open_scanner(_as(ScannerSettings, scanner)))
        if scanner.adapter is not None
        else None,
        open_printer=(lambda: open_badge_printer(settings))
        if settings.printer.adapter is not None
        else None,
    )


def open_badge_printer(settings: KioskSettings) -> BadgePrinter:
    """The printer that the settings name, with the paper of its layout. Raises ConfigError for a layout that cannot be
    used."""
    chosen = settings.printer
    layout = layouts.find(chosen.layout)
    width_mm, height_mm = layout.sheet.page_mm or layout.sheet.card_mm
    printer = open_printer(
        PrinterSettings(
            adapter=chosen.adapter or "",
            address=chosen.address or "",
            path=chosen.path or str(settings.data / "printed"),
            width_mm=width_mm,
            height_mm=height_mm,
        )
    )
    return BadgePrinter(printer, layouts.path_of(chosen.layout))


def open_reader(settings: KioskSettings) -> Reader:
    """The camera and decoder that the settings name, in their own process."""
    return Reader(camera_settings(settings), decoder_settings(settings), looks_like_badge)


def camera_settings(settings: KioskSettings) -> CameraSettings:
    return _as(CameraSettings, settings.camera)


def decoder_settings(settings: KioskSettings) -> DecoderSettings:
    return _as(DecoderSettings, settings.decoder)


def signal_settings(settings: KioskSettings) -> SignalSettings:
    """Raises SignalSettingsError for settings that would harm a door."""
    return dataclasses.replace(
        _as(SignalSettings, settings.signals), pins=_as(Pins, settings.signals.pins)
    )


def log_reading(reading: SystemReading) -> ClockReading:
    """The machine's clocks as a log entry has them."""
    return ClockReading(reading.mono_ms, reading.wall_ms, reading.synced)


def _as(kind: type[Settings], section: object) -> Settings:
    """A section of the settings file as the hardware's own settings: the fields have the same names."""
    values: dict[str, Any] = {
        field.name: getattr(section, field.name)
        for field in dataclasses.fields(kind)  # type: ignore[arg-type]
        if field.name != "pins"
    }
    return kind(**values)
