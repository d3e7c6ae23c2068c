"""The screens of a kiosk that prints badges, in a real browser: readable, touched, and in every language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from access.event.programme import Programme
from config.event_file import load
from config.languages import languages
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from kiosk.screen.attendee_screen import Screen, notice, title
from kiosk.screen.print_screen import PrintScreens
from tests.browser.test_accessibility import findings

SIZES = [(1080, 1920), (800, 480), (390, 844)]
PROGRAMME = Programme(load(Path("config/events/smarthk.toml")))
GATE = "chengdu-main-1"


@pytest.fixture
def server(home: Home, parts: Parts) -> Iterator[PageServer]:
    service = DoorService(home, parts, "zh-Hans")
    server = PageServer(create_app(service, sounds=False), "127.0.0.1", 0)
    server.service = service  # type: ignore[attr-defined]
    server.start()
    yield server
    service.screen_feed.close()
    server.close()


@pytest.fixture
def page(browser, server):
    opened = browser.new_page()
    opened.goto(server.url)
    yield opened
    opened.close()


def named_screens() -> Iterator[tuple[str, Screen]]:
    order = ("zh-Hans", "en", "zh-Hant")
    screens = PrintScreens(PROGRAMME, GATE, order)
    head = title(PROGRAMME, PROGRAMME.gates[GATE], order)
    yield "idle", notice("idle_print", order, head=head, gate="C1", staffed=True)
    yield (
        "down",
        notice(
            "printer_down", order, head=head, gate="C1", staffed=True, cause="printer_paper_out"
        ),
    )
    names = {"en": "J. Smith-Featherstonehaugh", "zh-Hant": "陳**", "zh-Hans": "欧**"}
    for language in languages():
        name = names[language]
        yield f"confirm-{language}", screens.ask_who(7, name, language)
        yield f"printing-{language}", screens.printing(name, language)
        yield f"waiting-{language}", screens.waiting(name, language, "supplies_out")
        yield f"done-{language}", screens.done(name, language)
        yield f"doubt-{language}", screens.ask_came_out(8, name, language)
        yield f"not-printed-{language}", screens.not_printed(name, language)
        yield f"already-{language}", screens.already(language)
        yield f"elsewhere-{language}", screens.already(language, doubt=True)
    yield "no-name", screens.refused("no_name", ())
    yield "venue", screens.refused("wrong_venue", ("meishan", "mianyang"))
    yield "nowhere", screens.refused("wrong_venue", ())


def show(server: PageServer, page, screen: Screen) -> None:
    """Put a screen up, and wait until the page has it."""
    server.service.screen_feed.show(screen)  # type: ignore[attr-defined]
    made = json.dumps(msgspec.to_builtins(screen), ensure_ascii=False, separators=(",", ":"))
    page.wait_for_function("made => last && JSON.stringify(last) === made", arg=made)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_cut_off_and_every_button_can_be_hit(server, page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    for name, screen in named_screens():
        show(server, page, screen)
        over, lowest = page.evaluate(
            """() => {
              const box = document.getElementById("answer");
              const over = Math.max(box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth,
                document.documentElement.scrollHeight - innerHeight, document.body.scrollWidth - innerWidth);
              const buttons = [...document.querySelectorAll("#question button")].filter((one) => one.offsetHeight);
              return [over, Math.min(...buttons.map((one) => one.getBoundingClientRect().height), 1000)];
            }"""
        )
        assert over <= 1, name
        assert lowest >= (48 if width < 560 else 64), name


def test_the_answer_touched_goes_to_the_door_in_any_language(server, page):
    screen = PrintScreens(PROGRAMME, GATE, ("en", "zh-Hant", "zh-Hans")).ask_who(
        7, "陳**", "zh-Hant"
    )
    show(server, page, screen)
    assert [one.inner_text() for one in page.query_selector_all("#question button")] == [
        "是我，\u200b列印",
        "不是我",
    ]
    page.click('[data-language="en"]')
    with page.expect_request("**/answer") as asked:
        page.click("text=This is me: print")
    assert json.loads(asked.value.post_data) == {"number": 7, "action": "print"}
    assert asked.value.response().status == 204


def test_a_screen_without_a_question_has_no_buttons(server, page):
    screens = dict(named_screens())
    show(server, page, screens["confirm-en"])
    show(server, page, screens["printing-en"])
    assert not page.is_visible("#question")


def test_no_screen_of_a_kiosk_that_prints_has_a_finding(server, page):
    screens = dict(named_screens())
    for name in ("idle", "confirm-en", "doubt-zh-Hant", "waiting-zh-Hans", "done-en", "no-name"):
        show(server, page, screens[name])
        assert findings(page) == [], name
