"""The doors-open check and a paired phone's staff page, in a real browser over a real door."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from hardware.ports.door_contacts import now_ms
from hardware.ports.events import Reading
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from tests.browser.test_accessibility import findings
from tests.kiosk.conftest import (  # noqa: F401 -- fixtures
    at_work,
    make_stand,
    make_world,
    open_door,
    service_of,
)
from tests.kiosk.pages.conftest import make_desk  # noqa: F401
from tests.kiosk.pages.test_opening import make_door  # noqa: F401
from tests.kiosk.pages.test_phones import venue  # noqa: F401

SIZES = [(800, 480), (1024, 600), (1080, 1920)]
PIN = "60221407"


@pytest.fixture
def door(make_door, service_of, at_work, browser) -> Iterator[tuple]:  # noqa: F811
    """A door whose test badges were held up, and its page."""
    stand, texts, manager = make_door()
    for case in ("good", "good", "revoked", "other_venue", "too_early"):
        stand.show(texts["chengdu", case])
    stand.show(texts["meishan", "forged"])
    at_work(stand)
    server = PageServer(create_app(service_of(stand), sounds=False), "127.0.0.1", 0)
    server.start()
    page = browser.new_page(base_url=server.url)
    yield stand, manager, page
    page.close()
    stand.screen_feed.close()
    server.close()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
def test_the_check_has_no_finding_and_nothing_beside_the_screen(door, width, height, language):
    _, _, page = door
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/opening")
    page.click(f'[data-language="{language}"]')
    page.wait_for_selector("#kiosks tr")

    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(
        "[...document.querySelectorAll('main li, main td')].every((one) => one.scrollWidth <= one.clientWidth + 1)"
    )


def test_a_person_confirms_what_they_saw_and_a_supervisor_signs_off(door):
    stand, manager, page = door
    page.goto("/opening")
    page.click('[data-language="en"]')
    page.wait_for_selector("#badges [data-state]")
    states = page.eval_on_selector_all("#badges li", "all => all.map((one) => one.dataset.state)")
    assert states == ["good", "good", "good", "good", "bad", "good"]
    assert "another venue's sheet" in page.inner_text("#badges [data-state=bad]")

    page.click('[data-check="lights"] [data-answer="true"]')
    page.click('[data-check="sound"] [data-answer="false"]')
    page.click("#sign")
    page.get_by_text("Hold the supervisor's card").wait_for()
    while stand.headline != "Show the staff card":
        stand.screen_feed.after(stand.screen_feed.after("", 0)[0], 0.1)
    stand.inputs.put("camera", Reading(manager.text, b"", "test", 1.0, now_ms()))
    page.get_by_text("Signed off and recorded").wait_for()

    row = page.inner_text('#kiosks tr[data-mine="true"]')
    assert "not good" in row
    assert "Forged badge" in row
    assert "Each answer has its sound" in row
    assert "its light" not in row


def test_a_phone_is_paired_by_the_kiosks_code_and_has_no_finding(venue, browser):  # noqa: F811
    desk, _ = venue
    desk.unlock()
    url = desk.post("phone").get_json()["url"]
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("h1:not(:empty)")
    assert findings(page) == []
    page.fill("#key-code", desk.world.key_card(desk.card))
    page.click("#unlock")
    page.wait_for_selector("#pin-pad:not([hidden])")
    assert findings(page) == []
    for digit in PIN:
        page.click(f'#pin-keys [data-key="{digit}"]')
    page.click("#pin-enter")
    page.wait_for_selector("body[data-mode=open]")
    page.evaluate("code => ask('scan', { code }).then(poll)", desk.world.walk_up().text)
    page.wait_for_selector("#last:not([hidden])")

    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a.button, input")]
          .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 48)
          .map((one) => one.outerHTML)"""
    )
    assert json.dumps(small) == "[]"
    context.close()
