"""The live picture on the resting screen, in a real browser: there while it helps, and gone with whoever it showed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from access.event.programme import Programme
from config.event_file import load
from config.languages import languages
from hardware.cameras.badge_scene import draw_badge_scene
from hardware.ports.events import Preview
from hardware.reader.preview import preview_of
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from kiosk.screen.attendee_screen import Notice, notice, title

PROGRAMME = Programme(load(Path("config/events/smarthk.toml")))
HEAD = title(PROGRAMME, PROGRAMME.gates["chengdu-main-1"], languages())
SCENE = draw_badge_scene("J" + "A" * 28, seed=3)
CORNERS = ((500.0, 200.0), (780.0, 210.0), (770.0, 480.0), (490.0, 470.0))
SIZES = [(800, 480), (1024, 600), (1080, 1920)]
HELPFUL: tuple[Notice, ...] = (
    "idle_in", "hold_still", "come_closer", "further_away", "hold_straight", "too_dark", "turn_from_light",
    "brighter_phone",
)  # fmt: skip


class Watched(DoorService):
    """A door whose camera sees one scene, with a code in it or without."""

    outline = True

    def preview(self) -> Preview | None:
        if not self.screen_feed.screen.preview:
            return None
        now = time.monotonic_ns() // 1_000_000
        return preview_of(SCENE, CORNERS if self.outline else None, now)


@pytest.fixture
def service(home: Home, parts: Parts) -> Watched:
    return Watched(home, parts, "zh-Hans")


@pytest.fixture
def page(browser, service) -> Iterator:
    server = PageServer(
        create_app(service, sounds=False, camera_at="above", preview=True), "127.0.0.1", 0
    )
    server.start()
    opened = browser.new_page()
    opened.goto(server.url)
    yield opened
    opened.close()
    service.screen_feed.close()
    server.close()


def show(service, what: Notice) -> None:
    service.screen_feed.show(
        notice(what, service.order, head=HEAD, gate="C1", cause=None, staffed=False)
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_picture_has_room_beside_every_hint_and_covers_nothing(service, page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    for language in (None, *languages()):
        for what in HELPFUL:
            show(service, what)
            page.wait_for_selector("#preview:not([hidden])")
            page.evaluate("language => { chosen = language; render(last); }", language)
            drawn, preview, answer, frame, over = page.evaluate(
                """() => {
                  const box = (one) => {
                    const rect = one.getBoundingClientRect();
                    return [rect.left, rect.top, rect.right, rect.bottom];
                  };
                  const shapes = [...document.querySelectorAll("[data-shape]")];
                  const shape = shapes.find((one) => one.style.display === "inline");
                  const text = document.getElementById("answer");
                  const over = Math.max(text.scrollHeight - text.clientHeight, text.scrollWidth - text.clientWidth);
                  const preview = document.getElementById("preview");
                  return [box(shape), box(preview), box(text), box(document.querySelector("main")), over];
                }"""
            )
            assert over <= 1, (what, language)
            assert not overlap(preview, answer), (what, language)
            assert not overlap(preview, drawn), (what, language)
            assert inside(preview, frame), (what, language)
            assert preview[2] - preview[0] >= 120, (what, language)


def overlap(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def inside(one: list[float], frame: list[float]) -> bool:
    return one[0] >= frame[0] and one[1] >= frame[1] and one[2] <= frame[2] and one[3] <= frame[3]


def test_the_found_code_is_outlined_and_the_picture_goes_with_the_screen(service, page):
    show(service, "idle_in")
    page.wait_for_function("() => document.querySelector('#preview polygon').points.length === 4")
    service.outline = False
    page.wait_for_function("() => document.querySelector('#preview polygon').points.length === 0")

    show(service, "fire")
    page.wait_for_selector("#preview", state="hidden")
    page.wait_for_function("() => !document.querySelector('#preview img').hasAttribute('src')")
