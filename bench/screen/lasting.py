"""What a door and its page need: resident memory with everything in use, and whether it grows with answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.screen.browser import PATIENCE_MS, UnwatchedPage, open_page, painted, painted_at
from bench.screen.build_kiosk import BuildKiosk, address, screens, until_working
from bench.support.figure import Figure, median
from jianmen.testing.processes import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MEGABYTE = 1e6
WARMED_UP = 0.2
"""Part of the answers after which growth is measured."""

PEOPLE = 900
"""Nobody comes back within the seconds in which an answer would only be repeated."""

BADGES = 6
SAMPLES, SAMPLE_S = 20, 0.5
WANTED_MB = 155


def growth(folder: Path, started: Browser, answers: int) -> list[Figure]:
    """Three lines: resident memory of door and page, and open files, after all answers; floor: after some of them."""
    kiosk = BuildKiosk(folder / "kiosk", people=PEOPLE)
    door = kiosk.start()
    try:
        url = address(door)
        until_working(url)
        page = UnwatchedPage(started, folder / "browser", url)
        try:
            shown = screens(url)
            first = max(1, int(answers * WARMED_UP))
            _answer(kiosk, shown, range(first))
            before, (page_before, scripts) = _of(door), page.look()
            _answer(kiosk, shown, range(first, answers))
            after, (page_after, scripts_after) = _of(door), page.look()
        finally:
            page.close()
    finally:
        door.kill()
    since = f"after {answers:,} answers, each of another badge in turn; floor: after {first:,}"
    heap = ", ".join(
        f"{name} {scripts[name]:,.0f} → {scripts_after[name]:,.0f}" for name in scripts
    )
    return [
        Figure("screen growth of the door", after[0], before[0], "MB", f"resident, {since}"),
        Figure("screen growth of its page", page_after, page_before, "MB", f"resident, {since}; {heap}"),
        Figure("screen growth of open files", after[1], before[1], "files", f"of the door, {since}"),
    ]  # fmt: skip


def _answer(kiosk: BuildKiosk, shown: Iterator[dict[str, object]], numbers: range) -> None:
    """One badge after the other, each after the answer to the last."""
    last: object = ""
    for number in numbers:
        kiosk.scan(kiosk.codes[number % len(kiosk.codes)])
        last = next(screen["receipt"] for screen in shown if screen["receipt"] not in ("", last))


def _of(door: Program) -> tuple[float, float]:
    """Resident memory of the door's own process (MB), and its open files."""
    files = len(list(Path(f"/proc/{door.pid}/fd").iterdir()))
    return door.resident_kb() * 1024 / MEGABYTE, float(files)


def together(folder: Path, started: Browser, against: Path | None) -> list[Figure]:
    """One line: door, reader and pages together with preview and print station at work; floor: the other build's door
    and reader, which has neither."""
    ours = _at_a_print_station(folder, started)
    floor = None if against is None else _at_a_door(folder, started, against)
    beside = (
        "" if against is None else f"; floor: the build in {against.name}, at a door with a page"
    )
    note = (
        f"resident (RSS) of all processes of `jianmen kiosk run`, the median of {SAMPLES} looks, after {BADGES} badges"
        f" were printed, with an open page that shows what the camera sees; while"
        f" one is drawn there is a process more; wanted: at most {WANTED_MB} MB{beside}"
    )
    return [Figure("screen memory together", ours, floor, "MB", note)]


def _at_a_print_station(folder: Path, started: Browser) -> float:
    kiosk = BuildKiosk(folder / "station", prints=True)
    door = kiosk.start()
    try:
        url = address(door)
        until_working(url)
        page = open_page(started, url)
        for number in range(BADGES):
            _printed(kiosk, page, number)
        page.wait_for_selector("#preview:not([hidden])", timeout=PATIENCE_MS)
        return _resident_mb(door)
    finally:
        door.kill()


def _printed(kiosk: BuildKiosk, page: Page, number: int) -> None:
    """Somebody takes a badge."""
    kiosk.hold_up(kiosk.picture(number))
    page.wait_for_selector("#question:not([hidden]) button.first", timeout=PATIENCE_MS)
    page.click("#question button.first")
    badges = kiosk.folder / "badges"
    page.wait_for_function("() => document.body.dataset.tone === 'admit'", timeout=PATIENCE_MS)
    if len(list(badges.glob("*.pdf"))) != number + 1:
        raise RuntimeError(f"{number + 1} badges were asked for, and others came out in {badges}")
    page.wait_for_function("() => document.body.dataset.tone === 'idle'", timeout=PATIENCE_MS)


def _at_a_door(folder: Path, started: Browser, build: Path) -> float:
    kiosk = BuildKiosk(folder / "door", build)
    door = kiosk.start()
    try:
        url = address(door)
        until_working(url)
        page = open_page(started, url)
        for number in range(BADGES):
            before = painted(page)
            kiosk.hold_up(kiosk.picture(number))
            painted_at(page, before)
            kiosk.until_down()
        return _resident_mb(door)
    finally:
        door.kill()


def _resident_mb(door: Program) -> float:
    found = []
    for _ in range(SAMPLES):
        time.sleep(SAMPLE_S)
        found.append(door.resident_together_kb() * 1024 / MEGABYTE)
    return median(found)
