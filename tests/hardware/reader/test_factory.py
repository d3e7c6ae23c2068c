from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from hardware.ports.camera import CameraSettings
from hardware.ports.decoder import DecoderSettings
from hardware.ports.errors import AdapterMissing, UnknownAdapter
from hardware.ports.scanner import ScannerSettings
from hardware.ports.signals import SignalSettings
from hardware.reader.factory import make_decoder, open_camera, open_scanner, open_signals


@pytest.mark.parametrize(
    ("choose", "right"),
    [
        (lambda: open_camera(CameraSettings("webcam")), "pi, pictures, simulated, usb"),
        (lambda: make_decoder(DecoderSettings("magic")), "cascade, still, zbar, zxing"),
        (lambda: open_scanner(ScannerSettings("laser")), "keyboard, serial, simulated"),
        (lambda: open_signals(SignalSettings("smoke")), "gpio, mock, simulated"),
    ],
)
def test_a_wrong_name_lists_the_right_ones(choose: Callable[[], object], right: str) -> None:
    with pytest.raises(UnknownAdapter, match=f"use one of: {right}"):
        choose()


def test_a_pi_camera_off_a_pi_says_what_to_install() -> None:
    try:
        import picamera2
    except ImportError:
        with pytest.raises(AdapterMissing, match="apt install python3-picamera2"):
            open_camera(CameraSettings("pi"))
    else:
        pytest.skip(f"picamera2 is installed here: {picamera2}")


def test_a_door_without_a_camera_loads_no_picture_library() -> None:
    heavy = "cv2 numpy zxingcpp pyzbar gpiozero serial segno"
    code = (
        "import sys, hardware.reader.factory, hardware.reader.reader, hardware.system.clock, hardware.system.power\n"
        f"loaded = set('{heavy}'.split()) & set(sys.modules)\n"
        "assert not loaded, loaded"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_process_of_a_camera_begins_without_what_belongs_to_a_door() -> None:
    """It is the first thing that a door starts, and the last that is ready."""
    code = (
        "import sys, kiosk.runtime.badge_form, hardware.reader.process\n"
        "others = {'cryptography', 'hardware.ports.signals', 'hardware.ports.printer', 'hardware.scanners.lines'}\n"
        "assert not others & set(sys.modules), others & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
