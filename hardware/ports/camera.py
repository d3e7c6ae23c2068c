"""The camera port: what a frame is, and what a camera must do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Gray: TypeAlias = "NDArray[np.uint8]"
"""A picture in shades of grey: (height, width), 0 black, 255 white. Quoted, so that the door does not load numpy."""


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Which camera, and how it is to run. Every adapter reads the fields that concern it."""

    adapter: str = "usb"
    """`usb`, `pi`, `pictures` or `simulated`."""
    device: str = "0"
    """usb: a number or a path such as /dev/v4l/by-id/…; pi: the number of the camera."""
    path: str = ""
    """pictures: a picture, a video or a folder of pictures; simulated: the spool folder."""
    width: int = 1280
    height: int = 720
    frames_per_s: int = 30
    lens_position: float | None = None
    """pi: 1/metres to a fixed focus; None lets the camera focus by itself (where it can)."""
    shutter_us: int | None = None
    """pi: longest exposure; None leaves it to the camera. Motion blur decides whether a code reads."""
    show_ms: int = 900
    """simulated: how long each picture is shown to the camera."""
    gap_ms: int = 300
    """simulated: how long the scene is empty between two pictures."""
    seed: int = 0
    """simulated: background, noise and jitter."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture in shades of grey, for this process alone: it is never stored or sent."""

    gray: NDArray[np.uint8]
    """(height, width), 0 black, 255 white."""
    taken_ms: int
    """When it was taken: milliseconds of `time.monotonic`."""


class Camera(Protocol):
    """One open camera.

    Opening is the constructor's work and raises `CameraLost` if the camera is not there (try again
    later) or `AdapterMissing` if its library is not installed (trying again is no use). An adapter
    counts as open only after it has given good pictures.
    """

    def read(self) -> Frame | None:
        """Wait for the newest picture and return it.

        Must return within about two seconds where the driver lets it; None means that nothing new
        came, which may happen now and then. Must raise `CameraLost` when the device is gone: the
        caller closes this object and opens a new one after a pause. May raise `PicturesEnded` (a
        finite source is at its end) and `PictureError` (one picture is bad; read on).
        """

    def close(self) -> None:
        """Give the device back. Safe to repeat; never raises."""
