"""From a badge before the camera to its answer on the screen, and from the start of a door to its first answer."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.screen.browser import open_page, painted, painted_at
from bench.screen.build_kiosk import OURS, BuildKiosk, address, screens, until_working
from bench.support.figure import Figure, median, percentile
from hardware.ports.camera import CameraSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STARTS = 5
FIRST = 3
"""Badges held up before anything is measured."""

FRAME_S = 1 / CameraSettings().frames_per_s

WANTED, WANTED_START = 0.7, 0.6


class _Door(NamedTuple):
    kiosk: BuildKiosk
    page: Page


def camera_to_paint(
    folder: Path, started: Browser, builds: list[Path], trials: int
) -> list[Figure]:
    """One line: the median time (ms); the builds take turns, ours first."""
    took: list[list[float]] = [[] for _ in builds]
    with ExitStack() as ends:
        doors = []
        for number, build in enumerate(builds):
            kiosk = BuildKiosk(folder / f"kiosk{number}", build)
            program = kiosk.start()
            ends.callback(program.kill)
            url = address(program)
            until_working(url)
            page = open_page(started, url)
            ends.callback(page.context.close)
            doors.append(_Door(kiosk, page))
        # Anywhere between two frames, and evenly so: of moments drawn one by one the median of 40 waits for a frame,
        # most of the whole, would be uncertain by a sixth.
        parts = [(number + 0.5) / trials for number in range(trials)]
        random.shuffle(parts)
        for number in range(-FIRST, trials):
            turn = list(enumerate(doors))
            for which, door in turn if number % 2 else reversed(turn):
                ms = _answered_ms(door, number, parts[number % trials])
                if number >= 0:
                    took[which].append(ms)
    floor = median(took[1]) if len(took) > 1 else None
    beside = f"; floor: the build in {builds[1].name}, in turns" if len(took) > 1 else ""
    note = (
        f"the median of {trials}, from the moment at which the picture of a badge is put before the simulated camera"
        f" until its answer is painted; {FRAME_S / 2 * 1000:.1f} ms of it are the mean wait for the next of the"
        f" {CameraSettings().frames_per_s} frames a second; 95th percentile {percentile(took[0], 95):.0f} ms;"
        f" wanted: {WANTED}{beside}"
    )
    return [Figure("screen answer painted", median(took[0]), floor, "ms", note)]


def _answered_ms(door: _Door, number: int, part: float) -> float:
    """From a badge that is held up when this part of the time between two frames has passed. Each camera counts from a
    moment of its own, which does not matter where all parts are taken once."""
    hold_up = door.kiosk.ready(door.kiosk.picture(number % 1000))
    before = painted(door.page)
    time.sleep((part * FRAME_S - time.monotonic()) % FRAME_S)
    began = time.time() * 1000
    hold_up()
    at = painted_at(door.page, before)
    door.kiosk.until_down()
    return at - began


def cold_start(folder: Path, builds: list[Path], starts: int = STARTS) -> list[Figure]:
    """One line: the median time (s); the builds take turns. Somebody holds up a badge from the beginning."""
    kiosks = [BuildKiosk(folder / f"kiosk{number}", build) for number, build in enumerate(builds)]
    took: list[list[float]] = [[] for _ in kiosks]
    for number in range(starts + 1):
        turn = list(enumerate(kiosks))
        for which, kiosk in turn if number % 2 else reversed(turn):
            seconds = _first_answer_s(kiosk, number)
            if number:  # the first start of all stores bytecode
                took[which].append(seconds)
    floor = median(took[1]) if len(took) > 1 else None
    beside = f"; floor: the build in {builds[1].name}, in turns" if len(took) > 1 else ""
    note = (
        f"the median of {starts}, from the start of the door's program until it answers the badge that is held up;"
        f" wanted: {WANTED_START}{beside}"
    )
    return [Figure("screen first answer after a start", median(took[0]), floor, "s", note)]


def _first_answer_s(kiosk: BuildKiosk, number: int) -> float:
    kiosk.hold_up(kiosk.picture(number))
    began = time.perf_counter()
    door = kiosk.start()
    try:
        for screen in screens(address(door)):
            if screen["state"] == "answer":
                break
        return time.perf_counter() - began
    finally:
        kiosk.until_down()
        door.kill()  # as a pulled plug does: that one takes no time to end


def builds_of(against: Path | None) -> list[Path]:
    """Ours, and the one beside it."""
    return [OURS] if against is None else [OURS, against.absolute()]
