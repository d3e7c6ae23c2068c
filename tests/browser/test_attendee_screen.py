"""The attendee screen in a real browser: readable in three languages, and honest when the door is gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from access.event.programme import Programme
from access.log.entry import EntryRef, Span
from access.rules.decide import Decision, Next, Presented
from access.state.facts import Moment
from config.event_file import load
from hardware.ports.signals import SignalSettings
from hardware.signals.simulated import SimulatedSignals
from hardware.system.clock import SimulatedClock
from hardware.system.power import SimulatedPower
from hardware.system.systemd import Notifier
from kiosk.door.door import Answer
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from kiosk.screen.attendee_screen import Screen, answer_screen, notice, title
from kiosk.screen.name_on_card import Person
from sync.store.journal import Journal
from sync.wire.device_key import DeviceKey

CHROMIUM = shutil.which("chromium")
SIZES = [(1080, 1920), (800, 480)]
PROGRAMME = Programme(load(Path("config/events/smarthk.toml")))
SEMINAR = PROGRAMME.sessions["industrialisation"]
NOW = SEMINAR.doors_open_ms - 3_600_000
AHEAD = Next(
    session=SEMINAR.id,
    area=SEMINAR.area,
    at_ms=SEMINAR.doors_open_ms,
    standby_ms=SEMINAR.standby_ms,
    help_desk=True,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests here; starting it takes longer than any of them."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield started
        started.close()


@pytest.fixture
def service(tmp_path) -> DoorService:
    parts = Parts(
        SimulatedClock(),
        SimulatedPower(),
        Notifier({}),
        lambda: SimulatedSignals(SignalSettings()),
        None,
        None,
    )
    home = Home(
        tmp_path,
        lambda: Journal(tmp_path / "journal.db", DeviceKey.new()),
        lambda: None,
        begin=lambda: False,
        prepare=lambda event_state, device: None,
    )
    return DoorService(home, parts, "zh-Hans")


@pytest.fixture
def server(service) -> Iterator[PageServer]:
    server = PageServer(create_app(service, sounds=True), "127.0.0.1", 0)
    server.start()
    yield server
    service.board.close()
    server.close()


@pytest.fixture
def page(browser, server):
    opened = browser.new_page()
    opened.goto(server.url)
    yield opened
    opened.close()


def screens(service: DoorService) -> list[Screen]:
    """Every look the screen can have, in all three languages together and in each alone."""
    order = service.order
    gate = PROGRAMME.gates["chengdu-room-a-1"]
    decisions = [
        Decision("admit", "ok", 17),
        Decision("admit_flagged", "standby", 14),
        Decision("ask_staff", "unknown", 5, next=Next(help_desk=True)),
        Decision("refuse", "wrong_venue", 10, next=Next(venues=("meishan", "mianyang"))),
        Decision("refuse", "wrong_day", 11, next=Next(days=("2020-11-17", "2020-11-18"))),
        Decision("refuse", "not_booked", 14, next=AHEAD),
        Decision("refuse", "too_early", 13, next=AHEAD),
        Decision("refuse", "full", 16, next=Next(gates=(("chengdu-room-b-2", 2),))),
        Decision("refuse", "superseded", 8, next=Next(help_desk=True)),
        Decision("refuse", "online_only", 9, next=Next(help_desk=True)),
    ]
    people = [None, Person("J. Smith", "en"), Person("陳**", "zh-Hant"), Person("欧**", "zh-Hans")]
    head = title(PROGRAMME, gate, order)
    looks = [
        notice(what, order, head=head, staffed=True, cause=cause)
        for what, cause in (
            ("idle_in", None), ("idle_out", None), ("out_of_order", "disk_full"),
            ("not_ready", "no_event"), ("camera_lost", "camera"), ("show_one", None), ("fire", None),
            ("hold_straight", None), ("too_dark", None), ("turn_from_light", None),
        )
    ]  # fmt: skip
    return looks + [
        answer_screen(answer(decision, gate.id), PROGRAMME, person, order)
        for decision in decisions
        for person in people
    ]


def answer(decision: Decision, gate: str) -> Answer:
    return Answer(
        decision,
        Presented(gate, "in", "plain", b"badge", 1, "proven"),
        EntryRef("a" * 24, 1, bytes(32)),
        "C5-4F2K",
        Moment(Span(NOW, NOW), NOW, sure=True),
        decision.opens,
    )


def show(service: DoorService, page, screen: Screen) -> None:
    service.board.show(screen)
    page.wait_for_function(
        "said => document.querySelector('#say h1')?.textContent === said",
        arg=screen.say[0].headline,
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_screen_is_readable_and_nothing_is_cut_off(service, page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    for screen in screens(service):
        show(service, page, screen)
        left_out, smallest = page.evaluate(
            """() => {
              const say = document.getElementById("say");
              const over = Math.max(say.scrollHeight - say.clientHeight, say.scrollWidth - say.clientWidth,
                document.documentElement.scrollHeight - innerHeight);
              const sizes = [...say.querySelectorAll("section:not([hidden]) :is(h1, p)")]
                .map((one) => parseFloat(getComputedStyle(one).fontSize));
              return [over, Math.min(...sizes)];
            }"""
        )
        assert left_out <= 1, screen
        assert smallest >= 15, screen


def test_each_language_is_marked_as_what_it_is(service, page):
    show(service, page, notice("idle_in", service.order))

    languages = page.eval_on_selector_all("#say section", "all => all.map(one => one.lang)")
    assert languages == ["zh-Hans", "en", "zh-Hant-HK"]


def test_the_shape_says_what_the_colour_says(service, page):
    for screen in screens(service):
        show(service, page, screen)
        page.wait_for_function("tone => document.body.dataset.tone === tone", arg=screen.tone)
        visible = page.eval_on_selector_all(
            "[data-shape]",
            "all => all.filter(s => s.style.display === 'inline').map(s => s.dataset.shape)",
        )
        assert visible == [screen.shape]


def test_a_page_that_loses_the_door_says_so_and_comes_back_with_it(service, server, page):
    show(service, page, notice("idle_in", service.order))
    page.context.set_offline(True)
    page.evaluate("source.close()")
    page.wait_for_function("() => document.body.dataset.tone === 'fault'", timeout=30_000)
    assert page.inner_text("#say section:nth-child(2) h1") == "Out of order"

    page.context.set_offline(False)
    page.wait_for_function("() => document.body.dataset.tone === 'idle'", timeout=40_000)


def test_the_page_needs_nothing_from_elsewhere(browser, server):
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    page.wait_for_selector("#say h1")
    page.close()

    assert asked
    assert all(url.startswith((server.url, "data:")) for url in asked)
