"""A browser as a kiosk has it, and when it has painted an answer."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jianmen.testing.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZE = {"width": 800, "height": 480}
PATIENCE_MS = 60_000.0

AS_A_KIOSK = "--autoplay-policy=no-user-gesture-required"
"""Sounds as on a kiosk (systemd/jianmen-browser.service): nobody has to touch the screen first."""

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", AS_A_KIOSK]

MEGABYTE = 1e6

_PROBE = """
window.painted = [];
window.notePainted = (what) => requestAnimationFrame(() => {
  const after = new MessageChannel();
  after.port1.onmessage = () => {
    window.painted.push(performance.timeOrigin + performance.now());
    after.port1.close();
  };
  after.port2.postMessage(what);
});
document.addEventListener("DOMContentLoaded", () => {
  const say = document.getElementById("say");
  if (say) new MutationObserver(() => {
    if (document.body.dataset.state === "answer") window.notePainted();
  }).observe(say, { childList: true });
});
"""
"""Notes when an answer was painted (ms since 1970): the first task after the frame that has it."""


class NoBrowserError(Exception):
    """There is no browser that can be driven; the message says how to get one."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window. Raises NoBrowserError."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowserError(
            "This measurement drives a browser with playwright, which is not installed: run `make check` in the"
            " source tree, which installs it"
        ) from None
    chromium = _chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


def _chromium() -> str:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise NoBrowserError(
            "This measurement needs a browser: run `sudo apt-get install chromium`"
        )
    return chromium


def open_page(started: Browser, url: str) -> Page:
    """The page of a door, with the probe in it, in a context of its own."""
    page = started.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
    page.add_init_script(_PROBE)
    page.goto(url)
    return page


def painted(page: Page) -> int:
    """How many answers the page has painted so far."""
    return int(page.evaluate("window.painted.length"))


def painted_at(page: Page, number: int) -> float:
    """When answer `number` (0 is the first) was painted: milliseconds since 1970. Waits for it."""
    page.wait_for_function(
        "number => window.painted.length > number", arg=number, polling=10, timeout=PATIENCE_MS
    )
    return float(page.evaluate("number => window.painted[number]", number))


class UnwatchedPage:
    """A page of a door in a browser of its own, that nobody drives. It is looked at now and then alone: the tools that
    drive a page keep a copy of all that it receives, and with them every page grows."""

    def __init__(self, started: Browser, folder: Path, url: str) -> None:
        """`started` looks at it; `folder` is made for its profile."""
        self._looks_with = started.browser_type
        self._port_file = folder / "DevToolsActivePort"
        command = [
            _chromium(), "--headless", *ARGUMENTS, "--no-first-run", "--remote-debugging-port=0",
            f"--user-data-dir={folder}", f"--window-size={SIZE['width']},{SIZE['height']}", url,
        ]  # fmt: skip
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(self._port_file.exists, "the browser to start")
        except AssertionError:
            self.close()
            raise

    def look(self) -> tuple[float, dict[str, float]]:
        """Resident memory of the browser's largest process that runs pages (MB); and of the page heap in bytes, nodes
        and listeners, after what nobody needs any more was collected."""
        port = self._port_file.read_text().split()[0]
        looking = self._looks_with.connect_over_cdp(f"http://127.0.0.1:{port}")
        try:
            processes = looking.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
            pids = [one["id"] for one in processes["processInfo"] if one["type"] == "renderer"]
            resident = max((_resident_kb(int(pid)) for pid in pids), default=0) * 1024 / MEGABYTE
            context = looking.contexts[0]
            session = context.new_cdp_session(context.pages[0])
            session.send("Performance.enable")
            session.send("HeapProfiler.collectGarbage")
            metrics = session.send("Performance.getMetrics")["metrics"]
        finally:
            looking.close()
        found = {one["name"]: float(one["value"]) for one in metrics}
        return resident, {
            name: found[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")
        }

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def _resident_kb(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
