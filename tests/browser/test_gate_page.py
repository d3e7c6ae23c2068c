"""The page on which a supervisor gives a spare kiosk a gate: a real browser at a real door with a real scanner pipe."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access.badge.credential import Claims, sign, signed_text
from access.log.entry import GateGiven
from config.event_file import load, moved_to
from hardware.ports.scanner import ScannerSettings
from hardware.ports.signals import SignalSettings
from hardware.reader.factory import open_scanner
from hardware.signals.simulated import SimulatedSignals
from hardware.system.clock import SimulatedClock
from hardware.system.power import SimulatedPower
from hardware.system.systemd import Notifier
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from sync.store.journal import Journal, JournalReader
from sync.wire.device_key import DeviceKey

EVENT = moved_to(load(Path("config/events/smarthk.toml")), datetime.now(UTC).date())
PATIENCE_S = 20.0
SIZES = [(1080, 1920), (800, 480)]


@dataclass
class Spare:
    """A kiosk enrolled without a gate, at work, and whoever holds cards to its scanner."""

    data: Path
    url: str
    registry: DeviceKey
    service: DoorService
    scanner: int

    def show(self, card: str) -> None:
        """Hold a card to the scanner, once the kiosk asks for it."""
        feed, seen = self.service.screen_feed, ""
        while feed.screen.wordings[0].headline != "Show the staff card":
            found = feed.after(seen, PATIENCE_S)
            assert found is not None
            seen = found[0]
        os.write(self.scanner, f"{card}\n".encode())

    def card(self, ticket: str) -> str:
        """A genuine signed card, of which no roster has come here."""
        number = [one.id for one in EVENT.tickets].index(ticket)
        claims = Claims(number, 0b111, 0, 0b11)
        badge = sign(self.registry.key, 0, EVENT.id, secrets.token_bytes(5), 1, claims)
        return signed_text(badge)

    def gates_given(self) -> list[str]:
        reader = JournalReader.at(self.data / "journal.db")
        try:
            return [h.body.gate for h in reader.everything() if isinstance(h.body, GateGiven)]
        finally:
            reader.close()


@pytest.fixture
def spare(tmp_path) -> Iterator[Spare]:
    registry, device = DeviceKey.new(), DeviceKey.new()
    pipe = tmp_path / "scanner"
    os.mkfifo(pipe)
    writing = os.open(pipe, os.O_RDWR)
    parts = Parts(
        SimulatedClock(synced=True),
        SimulatedPower(),
        Notifier({}),
        lambda: SimulatedSignals(SignalSettings()),
        None,
        lambda: open_scanner(ScannerSettings("simulated", str(pipe))),
    )
    home = Home(
        tmp_path,
        lambda: Journal(tmp_path / "journal.db", device),
        lambda: registry.fingerprint,
        begin=lambda: False,
        prepare=lambda event_state, own: event_state.enrolled_with(
            EVENT, {0: registry.public}, own, None
        ),
        earliest_ms=0,
    )
    service = DoorService(home, parts, "en")
    server = PageServer(create_app(service, sounds=False), "127.0.0.1", 0)
    server.start()
    door = threading.Thread(target=service.run)
    door.start()
    yield Spare(tmp_path, server.url, registry, service, writing)
    service.stop()
    door.join()
    server.close()
    os.close(writing)


@pytest.fixture
def page(browser) -> Iterator:
    opened = browser.new_page()
    yield opened
    opened.close()


def come_to_the_gates(spare, page) -> None:
    """From the attendee screen to the list of gates."""
    page.goto(spare.url)
    page.get_by_text("This kiosk has no gate yet").wait_for()
    page.click("#staff")
    page.click("#ask-card")
    page.wait_for_selector("#show-card:not([hidden])")


def test_from_the_spare_screen_to_a_door_at_work_with_a_card_and_three_touches(spare, page):
    come_to_the_gates(spare, page)
    spare.show(spare.card("staff"))
    page.wait_for_selector("#choose:not([hidden])")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for language in ("en", "zh-Hant", "zh-Hans"):
            page.click(f'[data-language="{language}"]')
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (width, language)
    page.click('[data-language="en"]')
    headings = page.eval_on_selector_all("#venues h2", "all => all.map(one => one.textContent)")
    assert headings == ["Chengdu", "Meishan", "Mianyang"]

    page.click("text=meishan-room-1")
    assert page.inner_text("#which") == "M9 · Meishan · Seminar Room"
    assert page.is_visible("#seats")
    assert not page.is_visible("#beside")
    assert spare.gates_given() == []
    page.click("#confirm")
    page.wait_for_selector("#message.good")
    assert page.inner_text("#message") == "This kiosk is now gate M9"
    assert spare.gates_given() == ["meishan-room-1"]

    page.click("text=Back to the screen")
    page.get_by_text("Hold your badge to the scanner").wait_for()


def test_a_card_that_may_not_is_told_why_in_the_language_of_the_page(spare, page):
    come_to_the_gates(spare, page)
    page.click('[data-language="zh-Hant"]')
    spare.show(spare.card("delegate"))
    page.wait_for_selector("#message:not(:empty)")
    assert page.inner_text("#message") == "這不是有效的職員證"
    assert page.is_visible("#ask-card")
    assert spare.gates_given() == []
