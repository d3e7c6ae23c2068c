"""Badges held up to a camera: pictures in a simulated camera's spool, and files to print or show to a real one."""

from collections.abc import Callable, Sequence
from pathlib import Path

import segno

from hardware.cameras.badge_scene import draw_badge_scene
from hardware.decoding.cascade import Cascade, installed_engines
from hardware.files.picture_file import write_whole
from hardware.ports.camera import Gray
from hardware.ports.errors import PictureError
from jianmen.demo.ground_truth import Guest

SIZE = (960, 540)
"""Pixels of the simulated cameras: all of them run on one machine."""

TRIES = 8


class CameraFeed:
    """Holds badges up before one camera, each time a little otherwise, as well as people do who have been shown how."""

    def __init__(self, spool: Path, seed: int) -> None:
        self._spool = spool
        self._seed = seed * 100_003
        self._count = 0
        self._look = Cascade(installed_engines())

    def draw(self, text: str, error: str) -> Gray:
        """A picture that can be read: tilted, blurred and noisy, drawn again where it is too hard."""
        for _ in range(TRIES):
            self._seed += 1
            picture = draw_badge_scene(text, seed=self._seed, size=SIZE, error=error)
            if any(code.text == text for code in self._look.decode(picture).codes):
                return picture
        raise PictureError(
            self._spool, "a badge could not be drawn so that it can be read", "report this"
        )

    def hold_up(self, picture: Gray) -> None:
        """Show it once."""
        self._count += 1
        write_whole(self._spool / f"{self._count:06}.pgm", picture)

    @property
    def down(self) -> bool:
        """Whether nothing is held up any more."""
        return not any(self._spool.glob("[0-9]*"))


SCALE = 12
"""Pixels of a module: large enough for any screen."""

QUIET_ZONE = 4


def set_aside(guests: Sequence[Guest], venue: str, folder: Path) -> list[Guest]:
    """Draw some badges into `folder`, named by what a door of `venue` answers; returns the other guests, who are
    free to be simulated."""
    kinds: dict[str, Callable[[Guest], bool]] = {
        "welcome": lambda one: one.may_enter(venue) and not one.revoked,
        "another-venue": lambda one: one.person.ticket == "delegate" and not one.may_enter(venue),
        "revoked": lambda one: one.revoked,
        "online-only": lambda one: one.person.ticket == "online" and not one.revoked,
    }
    folder.mkdir()
    left = list(guests)
    for name, fits in kinds.items():
        guest = next((one for one in left if fits(one)), None)
        if guest is not None:
            left.remove(guest)
            code = segno.make(guest.badge.text, error=guest.error, micro=False, boost_error=False)
            code.save(str(folder / f"{name}.png"), scale=SCALE, border=QUIET_ZONE)
    return left
