"""The kiosk's pages before axe-core: no finding in any state, and everything reached by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from access.event.programme import Programme
from config.event_file import load
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from kiosk.screen.attendee_screen import notice, title
from tests.browser.test_attendee_screen import named_screens, show

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
PROGRAMME = Programme(load(Path("config/events/smarthk.toml")))


@pytest.fixture
def service(home: Home, parts: Parts) -> DoorService:
    return DoorService(home, parts, "en")


@pytest.fixture
def page(browser, service) -> Iterator:
    server = PageServer(create_app(service, sounds=False, camera_at="above"), "127.0.0.1", 0)
    server.start()
    opened = browser.new_page(viewport={"width": 800, "height": 480}, base_url=server.url)
    yield opened
    opened.close()
    service.screen_feed.close()
    server.close()


def findings(page) -> list[str]:
    """Each rule that axe-core finds broken, and where."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("path", ["/headcount", "/staff", "/staff/gate"])
def test_no_page_has_a_finding(page, path):
    page.goto(path)
    page.wait_for_selector("h1:not(:empty)")
    assert findings(page) == []


def test_no_look_of_the_attendee_screen_has_a_finding(service, page):
    """Each tone with each shape, for somebody whose language is known and for others."""
    page.goto("/")
    looks = {}
    for name, screen in named_screens(service):
        looks.setdefault((screen.tone, screen.shape, len(screen.wordings)), (name, screen))
    assert len(looks) > 20
    for name, screen in looks.values():
        show(service, page, screen)
        assert findings(page) == [], name


def test_the_menu_is_opened_and_left_by_keyboard(service, page):
    page.goto("/")
    head = title(PROGRAMME, PROGRAMME.gates["chengdu-main-1"], service.order)
    service.screen_feed.show(notice("idle_in", service.order, head=head))
    page.wait_for_selector("#title span")
    page.focus("#title")
    page.keyboard.press("Enter")
    page.wait_for_selector("#menu[open]")
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("#menu:not([open])", state="attached")


def test_nothing_moves_for_whoever_asks_for_that(service, browser, page):
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    service.screen_feed.show(notice("fire", service.order))
    page.get_by_text("Leave the building now").wait_for()
    assert page.evaluate("document.getAnimations().length") == 0
