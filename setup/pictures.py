"""The README's pictures, taken anew of a running demo: what people see at the doors, and the dashboard while a venue is
cut off. `make pictures`; look at them before they are committed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from config.languages import languages
from web.texts import text

DOCS = Path(__file__).parents[1] / "docs"
JIANMEN = Path(sys.executable).with_name("jianmen")
DOOR = {"width": 800, "height": 480}
DASHBOARD = {"width": 1280, "height": 800}
COLUMNS = 3
GAP = 12
COLOURS = 128
PATIENCE_S = 240.0
SILENT_S = 75.0
"""How long the cut venue is not heard from when the dashboard is taken."""

IDLE = {text("notice.idle_in", language) for language in languages()}
PRINTED = {text("attendee.print.done", language) for language in languages()}

Screen = dict[str, Any]


def _admits(screen: Screen, language: str) -> bool:
    """Whether somebody who reads this language alone is let in."""
    languages = [one["language"] for one in screen["say"]]
    return screen["tone"] == "admit" and languages == [language] and not screen["out"]


def _printed(screen: Screen) -> bool:
    return screen["say"][0]["headline"] in PRINTED


WANTED: dict[str, Callable[[Screen], bool]] = {
    "show your badge": lambda one: one["say"][0]["headline"] in IDLE and len(one["say"]) > 1,
    "go in": lambda one: _admits(one, "en") and not _printed(one),
    "go in, 繁體": lambda one: _admits(one, "zh-Hant") and not _printed(one),
    "refused": lambda one: one["tone"] == "refuse" and len(one["say"]) == 1,
    "nobody knows the badge": lambda one: one["tone"] in ("ask", "refuse") and len(one["say"]) > 1,
    "take your badge": _printed,
}


class Demo:
    """`jianmen demo`, the newest state that it has printed, and the addresses of its kiosks' screens."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.state: dict[str, Any] | None = None
        self.screens: list[str] = []
        command = [JIANMEN, "demo", "--json", "--print", "--people", "400", "--seed", "7"]
        self._process = subprocess.Popen(
            [*command, "--data", data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for read in (self._read_states, self._read_messages):
            threading.Thread(target=read, daemon=True).start()

    def _read_messages(self) -> None:
        for line in self._process.stderr or ():
            if line.startswith("Screen"):
                self.screens.append(line.split()[1])

    def _read_states(self) -> None:
        for line in self._process.stdout or ():
            self.state = json.loads(line).get("state", self.state)

    def until(self, what: str, seen: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not seen():
            if self._process.poll() is not None or time.monotonic() > ends:
                sys.exit(f"the demo never came to {what}")
            time.sleep(0.1)

    def cut(self, venue: str) -> None:
        command = [JIANMEN, "demo", "control", "--data", self.data, "cut", venue]
        subprocess.run(command, check=True, capture_output=True)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def _browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("there is no chromium here: setup/debian installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def _at_doors(demo: Demo, pages: list[Page]) -> dict[str, Image.Image]:
    """A picture of each screen that is wanted, as soon as a door shows it."""
    taken: dict[str, Image.Image] = {}

    def look() -> bool:
        for page in pages:
            screen = page.evaluate("last")
            for name, fits in WANTED.items():
                if name not in taken and screen and fits(screen):
                    page.wait_for_timeout(300)  # the preview, the sizes
                    picture = page.screenshot()
                    if page.evaluate("last") == screen:
                        taken[name] = Image.open(BytesIO(picture))
        return len(taken) == len(WANTED)

    try:
        demo.until("every screen", look)
    except SystemExit:
        print(f"missing: {', '.join(WANTED.keys() - taken.keys())}", file=sys.stderr)
        raise
    return {name: taken[name] for name in WANTED}


def _sheet(pictures: list[Image.Image]) -> Image.Image:
    """The pictures side by side, at two thirds of their size."""
    small = [one.resize((one.width * 2 // 3, one.height * 2 // 3)) for one in pictures]
    width, height = small[0].size
    rows = -(-len(small) // COLUMNS)
    size = (COLUMNS * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for number, one in enumerate(small):
        row, column = divmod(number, COLUMNS)
        sheet.paste(one, (column * (width + GAP), row * (height + GAP)))
    return sheet


def _keep(picture: Image.Image, name: str) -> None:
    picture.convert("RGB").quantize(COLOURS).save(DOCS / name, optimize=True)
    print(DOCS / name)


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder, _browser() as browser:
        demo = Demo(Path(folder, "demo"))
        try:
            demo.until("its doors", lambda: demo.state is not None)
            state = demo.state or {}
            pages = []
            for screen in demo.screens:
                page = browser.new_page(viewport=DOOR)
                page.goto(screen)
                pages.append(page)
            _keep(_sheet(list(_at_doors(demo, pages).values())), "doors.png")
            for page in pages:
                page.close()
            demo.cut("meishan")
            cut_at = time.monotonic()
            demo.until("a silent venue", lambda: time.monotonic() - cut_at > SILENT_S)
            page = browser.new_page(viewport=DASHBOARD, locale="en-GB")
            page.goto(state["dashboard"])
            page.wait_for_selector("#venues > *")
            page.wait_for_timeout(3000)
            _keep(Image.open(BytesIO(page.screenshot())), "dashboard.png")
        finally:
            demo.close()


if __name__ == "__main__":
    main()
