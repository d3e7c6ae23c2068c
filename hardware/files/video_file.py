"""Video files, frame by frame, in shades of grey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2

from hardware.files.picture_file import require_file, to_gray
from hardware.ports.camera import Gray
from hardware.ports.errors import PictureError

VIDEO_SUFFIXES = frozenset(
    [
        ".mp4",
        ".m4v",
        ".mov",
        ".avi",
        ".mkv",
        ".webm",
        ".mpg",
        ".mpeg",
        ".ts",
        ".mts",
        ".3gp",
        ".ogv",
        ".wmv",
        ".mjpeg",
        ".mjpg",
        ".h264",
    ]
)
"""What a folder is searched for; a file named outright may have any name."""


def video_frames(path: Path) -> Iterator[Gray]:
    """Every frame that can be read, in order; a video that is cut short simply ends earlier.

    Raises `PictureError` at the first step when there is no such file, or no frame in it.
    """
    require_file(path)
    capture = cv2.VideoCapture(str(path))
    shown = 0
    try:
        while True:
            good, picture = capture.read()
            if not good:
                break
            shown += 1
            yield to_gray(picture)
    finally:
        capture.release()
    if not shown:
        raise PictureError(path, "not a video this program can read", "give an MP4 or AVI file")
