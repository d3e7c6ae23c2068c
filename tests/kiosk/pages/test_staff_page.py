"""The staff page in a real browser, at a real door with a real card."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from access.badge import crockford
from access.badge.key_card import human_key, read_key_card
from hardware.system.errand import Errand
from jianmen.testing.waiting import until
from kiosk.pages.app import create_app
from kiosk.pages.phones.serving import phones_of
from kiosk.pages.serving import PageServer
from tests.browser.test_accessibility import findings

SIZES = [(800, 480), (1080, 1920), (390, 844)]


@pytest.fixture
def desk(make_desk):
    return make_desk()


@pytest.fixture
def page(desk, service_of, browser) -> Iterator:
    """The staff page, unlocked with card and PIN, of a kiosk to which phones may be added."""
    service = service_of(desk.stand)
    app = create_app(service, sounds=False, phones=phones_of(service))
    server = PageServer(app, "127.0.0.1", 0)
    server.start()
    opened = browser.new_page(viewport={"width": 800, "height": 480})
    opened.goto(f"{server.url}staff")
    opened.click("#unlock")
    opened.wait_for_selector("#show-card:not([hidden])")
    desk.wait_for_card()
    desk.scan(desk.world.key_card(desk.card))
    opened.wait_for_selector("#pin-pad:not([hidden])")
    for digit in desk.pin:
        opened.click(f'#pin-keys [data-key="{digit}"]')
    opened.click("#pin-enter")
    opened.wait_for_selector("body[data-mode=open]")
    yield opened
    opened.close()
    desk.stand.screen_feed.close()
    server.close()


@pytest.fixture
def locked(desk, browser) -> Iterator:
    """The staff page as it is before anybody has unlocked it."""
    with locked_page(desk, browser) as opened:
        yield opened


@contextmanager
def locked_page(desk, browser) -> Iterator:
    server = PageServer(desk.client.application, "127.0.0.1", 0)
    server.start()
    opened = browser.new_page(viewport={"width": 800, "height": 480})
    opened.goto(f"{server.url}staff")
    opened.wait_for_selector("#unlock:not([hidden])")
    yield opened
    opened.close()
    desk.stand.screen_feed.close()
    server.close()


def typed_code(desk) -> str:
    """What is printed on the key card for people to type, without its hyphens."""
    card = read_key_card(desk.world.key_card(desk.card))
    assert card is not None
    return human_key(card).replace("-", "")


def test_a_key_card_is_typed_where_no_camera_reads_it(desk, locked):
    locked.click("#type-card")
    for character in typed_code(desk):
        locked.click(f'#code-keys [data-key="{character}"]')
    assert locked.inner_text("#card-code").replace(" ", "") == typed_code(desk)
    locked.click("#code-enter")
    locked.wait_for_selector("#pin-pad:not([hidden])")
    for digit in desk.pin:
        locked.click(f'#pin-keys [data-key="{digit}"]')
    locked.click("#pin-enter")
    locked.wait_for_selector("body[data-mode=open]")


def test_a_keyboard_types_code_and_pin_too(desk, locked):
    locked.click("#unlock")
    locked.wait_for_selector("#show-card:not([hidden])")
    locked.click("#type-card")
    locked.keyboard.type(typed_code(desk).lower() + "x")
    locked.keyboard.press("Enter")
    locked.wait_for_selector("#pin-pad:not([hidden])")
    locked.keyboard.type(desk.pin + "0")
    locked.keyboard.press("Backspace")
    locked.keyboard.press("Enter")
    locked.wait_for_selector("body[data-mode=open]")
    guest = desk.world.register("Jane Smith")
    desk.world.deliver()
    desk.scan(guest.text)  # no card is waited for any more: it is a badge like any other
    locked.wait_for_selector("#last:not([hidden])")


def test_a_phrase_is_typed_with_letters_on_the_screen(make_desk, browser):
    desk = make_desk(pin="river lantern boat")
    with locked_page(desk, browser) as locked:
        locked.click("#type-card")
        locked.keyboard.type(typed_code(desk))
        locked.click("#code-enter")
        locked.wait_for_selector("#pin-pad:not([hidden])")
        locked.click("#pin-letters")
        for character in "river lantern boat".replace(" ", "␣"):
            locked.click(f'#phrase-keys [data-key="{character}"]')
        assert locked.inner_text("#pin") == "•" * 18
        locked.click("#pin-enter")
        locked.wait_for_selector("body[data-mode=open]")


def test_a_wrong_code_is_said_and_can_be_put_right(desk, locked):
    locked.click("#type-card")
    locked.keyboard.type("0" * 25)
    locked.keyboard.press("Enter")
    locked.wait_for_selector("#message:not(:empty)")
    assert locked.is_visible("#code-pad")
    locked.click("#code-cancel")
    assert locked.is_visible("#unlock")


def test_a_supervisor_joins_a_wifi_by_its_code_and_reads_what_came_of_it(desk, page):
    network = Errand(desk.world.data.with_name(f"{desk.world.data.name}-network"), "network")
    page.click("nav [data-tab=clock]")
    page.click("#join-network")
    desk.wait_for_card("Show the network's code")
    page.get_by_text("Hold the Wi-Fi code to the kiosk").wait_for()
    desk.scan("WIFI:T:WPA;S:venue;P:long enough;;")
    assert until(network.take, "the code").startswith("WIFI:")
    network.say("wrong_password")

    page.get_by_text("The network's password is wrong").wait_for()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_all_keys_are_on_the_screen_and_large_enough(desk, locked, width, height):
    locked.set_viewport_size({"width": width, "height": height})
    locked.click("#type-card")
    for shown in ("#code-pad", "#pin-pad"):
        if shown == "#pin-pad":
            locked.keyboard.type(typed_code(desk))
            locked.click("#code-enter")
            locked.wait_for_selector(shown + ":not([hidden])")
            locked.click("#pin-letters")
        boxes = locked.eval_on_selector_all(
            f"{shown} button",
            """all => all.filter(one => one.offsetParent).map(one => {
                 const { left, right, top, bottom } = one.getBoundingClientRect();
                 return [left, right, top, bottom]; })""",
        )
        assert len(boxes) > 30
        for left, right, top, bottom in boxes:
            assert left >= 0
            assert right <= width
            assert top >= 0
            assert bottom <= height
            assert right - left >= 30
            assert bottom - top >= 30


def test_the_last_answer_is_large_with_its_next_step_and_undo_has_reasons_of_its_own(desk, page):
    guest = desk.world.register("唐海燕", "zh-Hans", venues=0b010)
    desk.world.deliver()
    desk.scan(guest.text)
    page.wait_for_selector("#last[data-verdict=refuse]")

    assert page.inner_text("#last b") == "唐海燕"
    assert "Your venue is Meishan" in page.inner_text("#last .reason")
    assert "Please speak to our staff here" in page.inner_text("#last")
    assert page.evaluate("document.querySelector('#last').offsetHeight > innerHeight * 0.3")

    page.click("#last .actions button")
    page.click("#whys button >> nth=0")
    page.wait_for_selector("#last[data-verdict=admit_flagged]")
    page.click("#last .actions button")
    reasons = page.eval_on_selector_all("#whys button", "all => all.map(one => one.textContent)")
    assert reasons == ["Wrong person", "Did not go in", "Scanned by mistake"]
    page.click("#whys button >> nth=0")
    page.wait_for_selector("#message.good")
    page.click('[data-language="zh-Hans"]')
    assert page.inner_text("#message") == "已撤销"


def test_what_no_role_may_do_is_not_offered(desk, page):
    guest = desk.world.register("Jane Smith")
    desk.world.deliver()
    desk.scan(desk.world.plain(guest.badge).text)
    page.wait_for_selector("#last[data-verdict=refuse]")
    assert page.inner_text("#last .actions") == ""


@pytest.mark.parametrize(("code", "typed"), [("DQACHV8M", "dqac-hv8m"), ("ABCDEFGH", "ABCDEFGH")])
def test_a_code_without_its_check_character_is_asked_back_with_the_name(desk, page, code, typed):
    badge = crockford.decode(code).to_bytes(5, "big")
    desk.world.register("唐海燕", "zh-Hans", badge=badge)
    desk.world.deliver()
    page.click('nav [data-tab="find"]')
    page.fill("#query", "0000-0000")
    page.get_by_text("No badge on the list has this code").wait_for()
    assert "Not on the roster" in page.inner_text(".person")
    page.fill("#query", typed)
    page.get_by_text("No check character").wait_for()

    assert page.inner_text(".person b") == "唐海燕"
    assert page.is_visible(".careful")
    page.click(".person button")
    page.wait_for_selector("#last:not([hidden])")
    assert page.inner_text("#last b") == "唐海燕"


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_everything_is_large_enough_to_touch_and_nothing_is_pushed_off(desk, page, width, height):
    for number in range(4):
        desk.world.register(f"Wong Siu {number}", sessions=0)
    guests = [desk.world.register(name) for name in ("Wong" + "x" * 100, "Wong Tai Man")]
    desk.world.deliver()
    for guest in (*guests, guests[0]):
        desk.scan(guest.text)
    page.set_viewport_size({"width": width, "height": height})
    least = 48 if width < 560 else 64
    for language in ("en", "zh-Hant", "zh-Hans"):
        page.click(f'[data-language="{language}"]')
        for tab in ("answers", "find", "count", "clock"):
            page.click(f'nav [data-tab="{tab}"]')
            if tab == "find":
                page.fill("#query", "wong")
                page.wait_for_selector(".person >> nth=3")
            wide, aside, low, keys = page.evaluate(
                """least => [
                  document.documentElement.scrollWidth - innerWidth,
                  [...document.querySelectorAll("button")].filter((one) => one.offsetHeight)
                    .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.textContent),
                  [...document.querySelectorAll("button, a, select, input")].filter((one) => one.offsetHeight)
                    .filter((one) => one.offsetHeight < least).map((one) => one.textContent || one.id),
                  [...document.querySelectorAll("#letter-keys button")].filter((one) => one.offsetHeight)
                    .every((one) => one.getBoundingClientRect().bottom <= innerHeight),
                ]""",
                least,
            )
            assert wide <= 0, (tab, language)
            assert aside == [], (tab, language)
            assert low == [], (tab, language)
            assert keys, (tab, language)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_part_of_the_unlocked_page_has_a_finding_and_digits_stand_as_on_a_keypad(
    desk, page, width, height
):
    page.set_viewport_size({"width": width, "height": height})
    desk.scan(desk.world.plain().text)
    for tab in ("answers", "find", "count", "clock"):
        page.click(f"nav [data-tab={tab}]")
        page.wait_for_selector(f"#{tab}")
        assert findings(page) == [], tab
    for tab, keys in (("count", "#count-keys"), ("clock", "#clock-keys")):
        page.click(f"nav [data-tab={tab}]")
        tops = [
            page.locator(f'{keys} [data-key="{digit}"]').bounding_box()["y"]
            for digit in "123456789"
        ]
        assert tops[0] == tops[1] == tops[2] < tops[3] == tops[5] < tops[6] == tops[8], tab
        last = page.locator(f"#{tab} .primary").bounding_box()
        assert last["y"] + last["height"] <= height, tab


def test_on_a_low_screen_the_venues_are_counted_first_and_nobody_counts_is_no_zero(desk, locked):
    locked.goto(f"{locked.url.rsplit('/', 1)[0]}/headcount")
    locked.wait_for_selector("tr.venue button")
    assert locked.locator("#areas tr").count() == len(desk.world.event.venues)
    table = locked.locator("#table").bounding_box()
    assert table["y"] + table["height"] <= 480

    meishan = locked.locator("tr.venue", has_text="Meishan")
    assert meishan.locator("td").all_inner_texts()[1:6] == ["–"] * 5
    meishan.locator("button").focus()
    locked.keyboard.press("Enter")
    locked.wait_for_selector("tr.room")
    assert locked.evaluate("document.activeElement.dataset.venue") == "meishan"
    assert meishan.locator("button").get_attribute("aria-expanded") == "true"
    assert findings(locked) == []
