"""What can go wrong with hardware.

HardwareError
├── UnknownAdapter    a setting names an adapter that does not exist (also a ValueError)
├── AdapterMissing    the adapter exists, the library or program it stands on is not installed
├── DeviceLost        a device is absent or stopped answering; it may come back (also an OSError)
│   ├── CameraLost
│   └── ScannerLost
├── PicturesEnded     a finite source of pictures has shown its last one
└── PictureError      one file cannot be read as a picture; the next one may be fine
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hardware.system.errors import HardwareError


class UnknownAdapter(HardwareError, ValueError):  # noqa: N818 -- names a state
    """A setting names an adapter that does not exist; the message lists those that do."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"there is no {kind} called {name!r}; use one of: {', '.join(sorted(known))}"
        )


class AdapterMissing(HardwareError):  # noqa: N818 -- names a state
    """An adapter's library is not installed. Waiting does not heal this; installing it does."""


class DeviceLost(HardwareError, OSError):  # noqa: N818 -- names a state
    """A device is absent or stopped answering. It may come back: close it, wait, open it again."""


class CameraLost(DeviceLost):
    """The camera is absent or gives no pictures."""


class ScannerLost(DeviceLost):
    """The scanner is absent or was unplugged."""


class PicturesEnded(HardwareError):  # noqa: N818 -- names a state
    """A finite source (a video file, a list of pictures) has shown its last picture."""


class PictureError(HardwareError):
    """One file cannot be read as a picture. Says which, what is wrong, and what would be right."""

    def __init__(self, path: Path, wrong: str, right: str) -> None:
        super().__init__(f"{path}: {wrong}; {right}")
        self.path = path
