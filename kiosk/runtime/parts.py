"""The parts of a door that its settings name."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from access.badge.credential import read
from access.log.clock_reading import ClockReading
from config.settings import KioskSettings
from hardware.ports.camera import CameraSettings
from hardware.ports.scanner import Scanner, ScannerSettings
from hardware.ports.signals import Pins, Signals, SignalSettings
from hardware.reader.factory import DecoderSettings, open_scanner, open_signals
from hardware.reader.reader import Reader
from hardware.system.clock import Clock, SystemClock, SystemReading
from hardware.system.power import PowerSensors, SystemPower
from hardware.system.systemd import Notifier

Settings = TypeVar("Settings")


@dataclass(frozen=True)
class Parts:
    """What a door is made of. Camera and scanner are opened last, and only once the kiosk is enrolled."""

    clock: Clock
    power: PowerSensors
    notifier: Notifier
    open_signals: Callable[[], Signals]
    open_camera: Callable[[], Reader] | None
    open_scanner: Callable[[], Scanner] | None


def looks_like_badge(text: str) -> bool:
    """Whether a code has the form of a badge: of several in view it goes first."""
    return read(text) is not None


def parts_of(settings: KioskSettings) -> Parts:
    """The parts that the settings name. Raises HardwareError where this machine cannot be a kiosk."""
    camera, scanner = settings.camera, settings.scanner
    return Parts(
        clock=SystemClock(),
        power=SystemPower(settings.data),
        notifier=Notifier(),
        open_signals=lambda: open_signals(signal_settings(settings)),
        open_camera=(lambda: open_reader(settings)) if camera.adapter is not None else None,
        open_scanner=(lambda: open_scanner(_as(ScannerSettings, scanner)))
        if scanner.adapter is not None
        else None,
    )


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
