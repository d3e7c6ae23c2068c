"""The camera of a door, by its settings. Apart from the other parts: it is started first, and loads while they do."""

import dataclasses
from typing import Any, TypeVar

from config.settings import KioskSettings
from hardware.ports.camera import CameraSettings
from hardware.ports.decoder import DecoderSettings
from hardware.reader.reader import Reader
from kiosk.runtime.badge_form import looks_like_badge

Settings = TypeVar("Settings")


def open_reader(settings: KioskSettings) -> Reader:
    """The camera and decoder that the settings name, in their own process."""
    return Reader(camera_settings(settings), decoder_settings(settings), looks_like_badge)


def camera_settings(settings: KioskSettings) -> CameraSettings:
    return section_as(CameraSettings, settings.camera)


def decoder_settings(settings: KioskSettings) -> DecoderSettings:
    return section_as(DecoderSettings, settings.decoder)


def section_as(kind: type[Settings], section: object) -> Settings:
    """A section of the settings file as the hardware's own settings: the fields have the same names."""
    values: dict[str, Any] = {
        field.name: getattr(section, field.name)
        for field in dataclasses.fields(kind)  # type: ignore[arg-type]
        if field.name != "pins"
    }
    return kind(**values)
