"""A camera that sees the pictures put into a folder, one after the other.

It gets pictures and never texts, so a kiosk with this camera decodes like any other. A picture
is put there by renaming (`hardware.files.picture_file.write_whole`), shown with the shake of a hand and the
noise of a sensor, and deleted once it has been shown; in between the camera sees the empty room.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from hardware.cameras.badge_scene import draw_empty_scene
from hardware.files.picture_file import read_gray, reduced
from hardware.ports.camera import CameraSettings, Frame, Gray
from hardware.ports.errors import CameraLost, PictureError

SHAKE_PX = 3
"""A hand holding a badge still moves it by about this much from frame to frame."""

NOISE = 3.0
"""Standard deviation, in shades, of what changes between two frames of the same picture."""

REJECTED = "rejected"
"""The folder in the spool where files that are no pictures are put aside."""


class SimulatedCamera:
    """Shows the pictures of a spool folder, in the order of their names.

    A picture is shown for `show_ms`, then an empty scene for `gap_ms`. A file that is no picture is
    moved to `rejected/` and reported as a `PictureError` by that `read`; the next one goes on. The
    camera is lost (`CameraLost`) while the folder does not exist.
    """

    def __init__(self, settings: CameraSettings) -> None:
        self._settings = settings
        self._spool = Path(settings.path)
        self._require_spool()
        self._rng = np.random.default_rng(settings.seed)
        self._size = (settings.width, settings.height)
        self._empty = self._fitted(draw_empty_scene(seed=settings.seed, size=self._size))
        self._noise = _noise_tile(self._rng, self._size)
        self._shown: Path | None = None
        self._scene = self._empty
        self._change_at = 0.0
        self._due = time.monotonic()

    def read(self) -> Frame:
        """The next frame, when it is due. See the class for what it raises."""
        self._require_spool()
        self._due = max(self._due + 1 / self._settings.frames_per_s, time.monotonic())
        time.sleep(max(0.0, self._due - time.monotonic()))
        if self._due >= self._change_at:
            try:
                self._change_scene()
            except OSError as error:
                raise CameraLost(
                    f"the simulated camera cannot use {self._spool}: {error}; it needs to read and"
                    " remove the pictures there"
                ) from error
        return Frame(self._shot(), int(self._due * 1000))

    def close(self) -> None:
        """Stop showing. The picture in view stays in the spool and is shown again next time."""
        self._shown = None
        self._scene = self._empty

    def _require_spool(self) -> None:
        if not self._spool.is_dir():
            raise CameraLost(f"the simulated camera's folder {self._spool} does not exist")

    def _change_scene(self) -> None:
        if self._shown is not None:
            self._shown.unlink(missing_ok=True)
            self._shown = None
            self._scene = self._empty
            self._change_at = self._due + self._settings.gap_ms / 1000
            return
        path = next(self._waiting(), None)
        if path is None:
            return
        try:
            self._scene = self._fitted(read_gray(path))
        except PictureError:
            self._put_aside(path)
            raise
        self._shown = path
        self._change_at = self._due + self._settings.show_ms / 1000

    def _waiting(self) -> Iterator[Path]:
        names = (path for path in self._spool.iterdir() if not path.name.startswith("."))
        return iter(sorted(path for path in names if path.name != REJECTED))

    def _put_aside(self, path: Path) -> None:
        rejected = self._spool / REJECTED
        rejected.mkdir(exist_ok=True)
        path.replace(rejected / f"{time.time_ns()}-{path.name}")

    def _fitted(self, gray: Gray) -> Gray:
        """Centred in a frame of the camera's size, with room at the edges for the shake."""
        width, height = self._size
        scale = min(1.0, width / gray.shape[1], height / gray.shape[0])
        if scale < 1:
            gray = reduced(gray, scale)[:height, :width]
        top = (height - gray.shape[0]) // 2
        left = (width - gray.shape[1]) // 2
        edges = (
            top + SHAKE_PX,
            height - gray.shape[0] - top + SHAKE_PX,
            left + SHAKE_PX,
            width - gray.shape[1] - left + SHAKE_PX,
        )
        return np.asarray(cv2.copyMakeBorder(gray, *edges, cv2.BORDER_REPLICATE), dtype=np.uint8)

    def _shot(self) -> Gray:
        width, height = self._size
        x, y = self._rng.integers(0, 2 * SHAKE_PX + 1, 2) if self._shown else (SHAKE_PX, SHAKE_PX)
        view = self._scene[y : y + height, x : x + width]
        brighter, darker = (
            self._noise[n : n + height, :width] for n in self._rng.integers(0, 64, 2)
        )
        return np.asarray(cv2.subtract(cv2.add(view, brighter), darker), dtype=np.uint8)


def _noise_tile(rng: np.random.Generator, size: tuple[int, int]) -> Gray:
    """Noise drawn once; each frame takes two pieces of it, one added and one taken away."""
    width, height = size
    drawn = np.abs(rng.normal(0, NOISE / np.sqrt(2), (height + 64, width)))
    return np.asarray(drawn, dtype=np.uint8)
