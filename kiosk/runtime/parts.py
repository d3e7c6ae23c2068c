"""The parts of a door that its settings name."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from access.log.clock_reading import ClockReading
from config.settings import KioskSettings
from hardware.ports.printer import Printer, PrinterSettings
from hardware.ports.scanner import Scanner, ScannerSettings
from hardware.ports.signals import Pins, Signals, SignalSettings
from hardware.reader.factory import open_printer, open_scanner, open_signals
from hardware.reader.reader import Reader
from hardware.system.clock import Clock, SystemClock, SystemReading
from hardware.system.power import PowerSensors, SystemPower
from hardware.system.systemd import Notifier
from kiosk.runtime.camera import open_reader, section_as
from printing import layout as layouts


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


def parts_of(settings: KioskSettings, begun: Reader | None = None) -> Parts:
    """The parts that the settings name; `begun` is the camera, where its process was started already. Raises
    HardwareError where this machine cannot be a kiosk, ConfigError for a layout of badges that cannot be used."""
    camera, scanner = settings.camera, settings.scanner
    if settings.printer.adapter is not None:
        layouts.find(settings.printer.layout)
    return Parts(
        clock=SystemClock(),
        power=SystemPower(settings.data),
        notifier=Notifier(),
        open_signals=lambda: open_signals(signal_settings(settings)),
        open_camera=(lambda: begun or open_reader(settings))
        if camera.adapter is not None
        else None,
        open_scanner=(lambda: open_scanner(section_as(ScannerSettings, scanner)))
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


def signal_settings(settings: KioskSettings) -> SignalSettings:
    """Raises SignalSettingsError for settings that would harm a door."""
    return dataclasses.replace(
        section_as(SignalSettings, settings.signals), pins=section_as(Pins, settings.signals.pins)
    )


def log_reading(reading: SystemReading) -> ClockReading:
    """The machine's clocks as a log entry has them."""
    return ClockReading(reading.mono_ms, reading.wall_ms, reading.synced)
