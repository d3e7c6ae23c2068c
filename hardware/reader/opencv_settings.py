"""What OpenCV reads from the environment, once, while it is being loaded.

A process that wants these must have them before its first `import cv2`; the camera's reader process
is started with them.
"""

from __future__ import annotations

from collections.abc import Mapping

OPENCV_SETTINGS: Mapping[str, str] = {
    # A small file can promise a picture larger than the machine's memory: 134 million pixels is more
    # than cameras give, and half a gigabyte in colour.
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(2**27),
    # Seconds a quiet USB camera is waited for; the default of 10 is longer than the reader's heartbeat.
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "2",
    # We report a broken file ourselves, once, with its name.
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
}
