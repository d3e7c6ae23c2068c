"""From the commit of an answer to its paint, beside a bare server-sent event to a bare page."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge.credential import Claims, sign, signed_text
from access.log.clock_reading import ClockReading
from access.state.event_state import EventState
from bench.screen.browser import open_page, painted, painted_at
from bench.support.figure import Figure, median, percentile
from bench.support.logs import DAY_MS, REGISTRY, START_MS
from config.event_file import load
from hardware.ports.signals import SignalSettings
from hardware.signals.simulated import SimulatedSignals
from hardware.system.clock import SimulatedClock
from hardware.system.power import SimulatedPower
from hardware.system.systemd import Notifier
from kiosk.door.door import Door
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from kiosk.screen.presenter import Presenter
from sync.store.data_folder import DataFolder
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVENT = Path(__file__).parents[2] / "config" / "events" / "smarthk.toml"
GATE = "chengdu-main-1"
FIRST = 5
WANTED = 1.5

_PAGE = b"""<!doctype html><title>bare</title><p id="say"></p><script>
new EventSource("/events").onmessage = (event) => {
  document.getElementById("say").textContent = event.data;
  window.notePainted();
};
</script>"""


def commit_to_paint(folder: Path, started: Browser, trials: int) -> list[Figure]:
    """One line: the median times (ms) of both, which take turns in one browser."""
    with _door(folder) as (url, answer), _bare() as (bare_url, send):
        page, bare = open_page(started, url), open_page(started, bare_url)
        ours: list[float] = []
        floor: list[float] = []
        for number in range(-FIRST, trials):
            pairs = [(page, answer, ours), (bare, send, floor)]
            for shown, put_up, took in pairs if number % 2 else reversed(pairs):
                ms = _painted_ms(shown, put_up)
                if number >= 0:
                    took.append(ms)
        for one in (page, bare):
            one.context.close()
    note = (
        f"the median of {trials}, from an answer that is durable until it is painted, in all languages;"
        f" 95th percentile {percentile(ours, 95):.0f} ms (floor {percentile(floor, 95):.0f}); wanted: {WANTED};"
        f" floor: a bare server-sent event to a page that shows its text, in turns"
    )
    return [Figure("screen commit to paint", median(ours), median(floor), "ms", note)]


def _painted_ms(page: Page, put_up: Callable[[], float]) -> float:
    time.sleep(random.uniform(0.05, 0.15))  # at any moment between two frames of the screen
    before = painted(page)
    began = put_up()
    return painted_at(page, before) - began


@contextmanager
def _door(folder: Path) -> Iterator[tuple[str, Callable[[], float]]]:
    """The address of a door's screen, and what lets somebody in whom no roster has and puts it up; it returns when the
    entry was durable (ms since 1970)."""
    kiosk, signing = DeviceKey.from_seed(b"k" * 32), Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    journal = Journal(DataFolder(folder).journal, kiosk)
    event = load(EVENT)
    event_state = EventState(REGISTRY.fingerprint, START_MS - 30 * DAY_MS)
    keys = {0: signing.public_key().public_bytes_raw()}
    event_state.enrolled_with(event, keys, kiosk.fingerprint, GATE)
    begun = time.monotonic()

    def read() -> ClockReading:
        return ClockReading(int((time.monotonic() - begun) * 1000), START_MS, True)

    door = Door(journal, None, event_state, read)
    door.begin_log(read(), "bench", "bench", {})
    signals = SimulatedSignals(SignalSettings())
    parts = Parts(SimulatedClock(), SimulatedPower(), Notifier({}), lambda: signals, None, None)
    home = Home(folder, lambda: journal, lambda: None, lambda: False, lambda *_: None)
    service = DoorService(home, parts, "zh-Hans")
    presenter = Presenter(door, signals, service.screen_feed, service.order)
    server = PageServer(create_app(service, sounds=True), "127.0.0.1", 0)
    server.start()

    def answer() -> float:
        code = sign(signing, 0, event.id, random.randbytes(5), 1, Claims(0, 7, 0, 3))
        given = door.present(signed_text(code), "in")
        at = time.time() * 1000
        presenter.show_answer(given, opens=given.opens)
        return at

    try:
        yield server.url, answer
    finally:
        service.screen_feed.close()
        server.close()
        journal.close()


@contextmanager
def _bare() -> Iterator[tuple[str, Callable[[], float]]]:
    """The same of a server that can do nothing else."""
    events: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            stream = self.path == "/events"
            self.send_header("Content-Type", "text/event-stream" if stream else "text/html")
            self.end_headers()
            if not stream:
                self.wfile.write(_PAGE)
                return
            while (event := events.get()) is not None:
                self.wfile.write(b"data: " + event + b"\n\n")
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()

    def send() -> float:
        at = time.time() * 1000
        events.put(b"Please go in")
        return at

    try:
        yield f"http://127.0.0.1:{server.server_port}/", send
    finally:
        events.put(None)
        server.shutdown()
        serving.join()
        server.server_close()
