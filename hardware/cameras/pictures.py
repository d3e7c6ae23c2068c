"""A camera that shows a picture, the pictures of a folder, or a video file, once, and ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from hardware.files.picture_file import SUFFIXES, read_gray
from hardware.files.video_file import VIDEO_SUFFIXES, video_frames
from hardware.ports.camera import CameraSettings, Frame, Gray
from hardware.ports.errors import CameraLost, PicturesEnded


class PictureCamera:
    """Shows what is at `settings.path`, one frame for each picture, in the order of the names.

    `read` raises `PictureError` for a file that is no picture (read on), and `PicturesEnded` after the
    last one. Raises `CameraLost` when the path does not exist.
    """

    def __init__(self, settings: CameraSettings) -> None:
        path = Path(settings.path)
        if not path.exists():
            raise CameraLost(f"there is no picture, video or folder at {path}")
        self._pause = 1 / settings.frames_per_s
        self._due = time.monotonic()
        self._files = iter(pictures_below(path))
        self._video: Iterator[Gray] = iter(())

    def read(self) -> Frame:
        """The next frame, when it is due at the settings' frame rate."""
        gray = next(self._video, None)
        while gray is None:
            path = next(self._files, None)
            if path is None:
                raise PicturesEnded("the pictures have come to an end")
            if path.suffix.lower() in VIDEO_SUFFIXES:
                self._video = video_frames(path)
                gray = next(self._video, None)
            else:
                gray = read_gray(path)
        self._due = max(self._due + self._pause, time.monotonic())
        time.sleep(max(0.0, self._due - time.monotonic()))
        return Frame(gray, int(self._due * 1000))

    def close(self) -> None:
        """Close the files; remaining pictures are not shown."""
        self._files = iter(())
        self._video = iter(())


def pictures_below(path: Path, also: frozenset[str] = frozenset()) -> list[Path]:
    """The file itself, or every picture and video below a folder, by name. May be empty.

    `also`: further endings that count.
    """
    if not path.is_dir():
        return [path]
    known = SUFFIXES | VIDEO_SUFFIXES | also
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in known)
