"""The attendee screen in a real browser: readable in three languages, and honest when the door is gone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from access.event.programme import Programme
from access.log.entry import EntryRef, Span
from access.rules.decide import Decision, Next, Presented
from access.state.facts import Moment
from config.event_file import load
from kiosk.door.door import Answer
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.runtime.parts import Parts
from kiosk.runtime.service import DoorService, Home
from kiosk.screen.attendee_screen import Notice, Screen, answer_screen, notice, title
from kiosk.screen.name_on_card import Person
from kiosk.screen.speech import Speech, is_installed
from kiosk.screen.viewing import viewing

SIZES = [(1080, 1920, 21.5, 2.0), (800, 480, 7.0, 0.6), (390, 844, 6.1, 0.35)]
"""Width and height in pixels, diagonal in inches, and the distance in metres from which the screen is read."""
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
MIANYANG = PROGRAMME.sessions["5g"]
TOMORROW = Next(session="5g", area=MIANYANG.area, at_ms=MIANYANG.doors_open_ms)


@pytest.fixture
def service(home: Home, parts: Parts) -> DoorService:
    return DoorService(home, parts, "zh-Hans")


@pytest.fixture
def server(service) -> Iterator[PageServer]:
    server = PageServer(create_app(service, sounds=True), "127.0.0.1", 0)
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


def named_screens(service: DoorService) -> Iterator[tuple[str, Screen]]:
    """Every look the screen can have, in all three languages together and in each alone."""
    order = service.order
    room, entrance, way_out = "chengdu-room-a-1", "chengdu-main-1", "chengdu-exit"
    answers = {
        "go-in": (Decision("admit", "ok", 17), entrance),
        "standby": (Decision("admit_flagged", "standby", 14, session=SEMINAR.id), room),
        "out": (Decision("admit", "ok", 6), way_out),
        "unknown": (Decision("ask_staff", "unknown", 5, next=Next(help_desk=True)), entrance),
        "unknown-staffed": (Decision("ask_staff", "unknown", 5, next=Next(help_desk=True)), room),
        "venue": (
            Decision("refuse", "wrong_venue", 10, next=Next(venues=("meishan", "mianyang"))),
            entrance,
        ),
        "day": (
            Decision("refuse", "wrong_day", 11, next=Next(days=("2020-11-17", "2020-11-18"))),
            entrance,
        ),
        "not-booked": (Decision("refuse", "not_booked", 14, next=AHEAD), room),
        "early": (Decision("refuse", "too_early", 13, next=TOMORROW), entrance),
        "full": (Decision("refuse", "full", 16, next=Next(gates=(("chengdu-room-b-2", 2),))), room),
        "superseded": (Decision("refuse", "superseded", 8, next=Next(help_desk=True)), entrance),
        "online": (Decision("refuse", "online_only", 9, next=Next(help_desk=True)), entrance),
        "inside": (Decision("refuse", "already_inside", 15), room),
    }
    people = {
        "all": None,
        "en": Person("J. Smith", "en"),
        "hant": Person("陳**", "zh-Hant"),
        "hans": Person("欧**", "zh-Hans"),
    }
    head = title(PROGRAMME, PROGRAMME.gates[room], order)
    for what in get_args(Notice):
        yield what, notice(what, order, head=head, gate="C5", staffed=True)
    yield (
        "fault",
        notice("out_of_order", order, head=head, gate="C5", staffed=True, cause="disk_full"),
    )
    for name, (decision, gate) in answers.items():
        for who, person in people.items():
            given = answer(decision, gate)
            yield f"{name}-{who}", answer_screen(given, PROGRAMME, person, order)
    for who, person in people.items():
        again = answer(answers["go-in"][0], entrance, repeat=True)
        yield f"again-{who}", answer_screen(again, PROGRAMME, person, order)


def screens(service: DoorService) -> list[Screen]:
    return [screen for _, screen in named_screens(service)]


def answer(decision: Decision, gate: str, *, repeat: bool = False) -> Answer:
    way = "out" if gate == "chengdu-exit" else "in"
    return Answer(
        decision,
        Presented(gate, way, "plain", b"badge", 1, "proven"),
        EntryRef("a" * 24, 1, bytes(32)),
        "C5-4F2K",
        Moment(Span(NOW, NOW), NOW, sure=True),
        decision.opens and not repeat,
        repeat,
    )


def show(service: DoorService, page, screen: Screen) -> None:
    """Put a screen up, and wait until the page has it."""
    service.screen_feed.show(screen)
    page.wait_for_function(
        "made => last && JSON.stringify(last) === made", arg=as_the_page_has_it(screen)
    )


def as_the_page_has_it(screen: Screen) -> str:
    return json.dumps(msgspec.to_builtins(screen), ensure_ascii=False, separators=(",", ":"))


def broken_words(page) -> list[str]:
    """Words of headlines and lines that stand on two lines: their rectangles have two tops. Where a text may break are
    blanks, the marks of Chinese texts, and punctuation."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("#say :is(h1, p)")].flatMap((one) => {
          const broken = [];
          const walk = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            for (const word of walk.currentNode.data.matchAll(/[^\\s\\u200b，。、；：！？·（）—\\-\\/]+/g)) {
              const range = document.createRange();
              range.setStart(walk.currentNode, word.index);
              range.setEnd(walk.currentNode, word.index + word[0].length);
              const tops = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
              if (tops.size > 1) broken.push(word[0]);
            }
          }
          return broken;
        })"""
    )
    return found


@pytest.mark.parametrize(("width", "height", "inches", "metres"), SIZES)
def test_every_screen_is_readable_and_nothing_is_cut_off_or_broken(
    service, browser, width, height, inches, metres
):
    """Letters are to be as high as 1/200 of the distance, headlines as 1/120."""
    pixel_mm = inches * 25.4 / math.hypot(width, height)
    chosen = viewing(inches, metres)
    server = PageServer(create_app(service, sounds=True, viewing=chosen), "127.0.0.1", 0)
    server.start()
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        page.goto(server.url)
        every_screen_is_readable(service, page, pixel_mm, metres)
        if width > 560:
            show(service, page, notice("idle_in", service.order, staffed=True))
            assert page.locator("#staff").bounding_box()["height"] * pixel_mm >= 12 - pixel_mm
    finally:
        page.close()
        service.screen_feed.close()
        server.close()


def test_buttons_of_a_panel_with_small_pixels_are_as_large_as_a_finger(service, browser):
    for metres in (0.5, 0.9):
        chosen = viewing(10.1, metres)
        server = PageServer(create_app(service, sounds=True, viewing=chosen), "127.0.0.1", 0)
        server.start()
        page = browser.new_page(viewport={"width": 1920, "height": 1200})
        page.goto(server.url)
        show(service, page, notice("idle_in", service.order, staffed=True))
        line = page.eval_on_selector("#say p", "one => parseFloat(getComputedStyle(one).fontSize)")
        pixel_mm = 10.1 * 25.4 / math.hypot(1920, 1200)
        assert page.locator("#staff").bounding_box()["height"] * pixel_mm >= 12 - pixel_mm
        assert line * pixel_mm >= metres * 1000 / 200
        page.close()
        server.close()
    service.screen_feed.close()


def every_screen_is_readable(service: DoorService, page, pixel_mm: float, metres: float) -> None:
    for name, screen in named_screens(service):
        show(service, page, screen)
        left_out, smallest, headline, broken = page.evaluate(
            """() => {
              const box = document.getElementById("answer");
              const over = Math.max(box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth,
                document.documentElement.scrollHeight - innerHeight, document.body.scrollWidth - innerWidth);
              const smallest = (tags) => Math.min(...[...box.querySelectorAll(tags)]
                .filter((one) => one.getClientRects().length)
                .map((one) => parseFloat(getComputedStyle(one).fontSize)));
              // What is kept together (a date, a time, a name) stands on one line: all its rectangles have one top.
              const broken = [...document.querySelectorAll("bdi")].filter((one) => {
                const range = document.createRange();
                range.selectNodeContents(one);
                return new Set([...range.getClientRects()].map((rect) => Math.round(rect.top))).size > 1;
              }).map((one) => one.textContent);
              return [over, smallest("h1, p, #facts span"), smallest("h1"), broken];
            }"""
        )
        assert broken_words(page) == [], name
        assert left_out <= 1, name
        assert smallest * pixel_mm >= metres * 1000 / 200, name
        assert headline * pixel_mm >= metres * 1000 / 120, name
        assert broken == [], name


def test_an_answer_for_the_next_person_fits_however_wide_their_name_and_the_screen(service, page):
    """The size that was right for the last person with this answer is tried first."""

    def size(name: str) -> float:
        going_in = answer(Decision("admit", "ok", 17), "chengdu-main-1")
        screen = answer_screen(going_in, PROGRAMME, Person(name, "en"), service.order)
        show(service, page, screen)
        over, shown = page.evaluate(
            """() => [over(document.getElementById("answer")),
              parseFloat(getComputedStyle(document.querySelector("#say .name")).fontSize)]"""
        )
        assert not over, name
        return float(shown)

    page.set_viewport_size({"width": 390, "height": 480})
    narrow, wide = "I" * 12, "W" * 12
    alone = size(narrow)
    assert size(wide) < alone
    assert size("J. Smith") > size(wide)

    page.set_viewport_size({"width": 1080, "height": 1920})
    assert size(narrow) > alone


def test_whoever_chooses_a_language_reads_the_same_answer_in_it(service, page):
    decision = Decision("refuse", "wrong_venue", 10, next=Next(venues=("meishan",)))
    show(
        service,
        page,
        answer_screen(
            answer(decision, "chengdu-main-1"), PROGRAMME, Person("", "en"), service.order
        ),
    )
    assert page.inner_text("#say h1") == "Your venue is Meishan"

    page.click('[data-language="zh-Hans"]')
    assert page.inner_text("#say h1").replace("\u200b", "") == "您的会场是眉山"
    assert page.inner_text("#say p:last-child") == "服务台：正门左侧"
    assert page.get_attribute('[data-language="zh-Hans"]', "aria-pressed") == "true"


@pytest.mark.parametrize(("width", "height", "inches", "metres"), SIZES)
def test_no_word_of_a_notice_breaks_in_the_language_that_was_chosen(
    service, page, width, height, inches, metres
):
    """A hint alone on the screen is as large as it can be, and whole: 请拿远一点, not 请拿远一 and 点."""
    page.set_viewport_size({"width": width, "height": height})
    head = title(PROGRAMME, PROGRAMME.gates["chengdu-room-a-1"], service.order)
    for language in service.order:
        page.evaluate("language => choose(language)", language)
        for what in get_args(Notice):
            show(service, page, notice(what, service.order, head=head, gate="C5", staffed=True))
            assert broken_words(page) == [], (language, what)


def test_headcount_and_staff_are_reached_by_holding_the_title(service, page):
    show(
        service,
        page,
        notice(
            "idle_in",
            service.order,
            head=title(PROGRAMME, PROGRAMME.gates["chengdu-main-1"], service.order),
        ),
    )
    page.click("#title")
    assert not page.is_visible("#menu")

    page.hover("#title")
    page.mouse.down()
    page.wait_for_selector("#menu[open]")
    page.mouse.up()
    assert page.inner_text('#menu [href="/headcount"]') == "场内人数"
    assert page.inner_text('#menu [href="/staff/gate"]') == "本机"


@pytest.mark.skipif(not is_installed(), reason="espeak-ng is not installed")
def test_an_answer_is_spoken_once_it_stands_and_the_next_cuts_it_short(service, browser, tmp_path):
    speech = Speech(tmp_path / "spoken")
    server = PageServer(create_app(service, sounds=True, speech=speech), "127.0.0.1", 0)
    server.start()
    page = browser.new_page()
    page.goto(server.url)
    go_in = answer(Decision("admit", "ok", 17), "chengdu-main-1")
    show(service, page, answer_screen(go_in, PROGRAMME, Person("J. Smith", "en"), service.order))
    page.wait_for_function("() => speaking && speaking.buffer.duration > 0.5")
    assert page.inner_text("#say h1") == "Please go in"

    show(service, page, notice("idle_in", service.order))
    assert page.evaluate("speaking") is None
    page.close()
    service.screen_feed.close()
    server.close()


def test_a_resting_screen_points_to_the_camera(service, browser):
    server = PageServer(create_app(service, sounds=False, camera_at="below"), "127.0.0.1", 0)
    server.start()
    page = browser.new_page(viewport={"width": 1080, "height": 1920})
    page.goto(server.url)
    show(service, page, notice("idle_in", service.order))
    assert "below this screen" in page.inner_text("#say")
    arrow, frame = (page.locator(one).bounding_box() for one in ("#camera", "main"))
    assert arrow["y"] + arrow["height"] > frame["y"] + frame["height"]

    show(
        service,
        page,
        answer_screen(
            answer(Decision("admit", "ok", 17), "chengdu-main-1"), PROGRAMME, None, service.order
        ),
    )
    assert not page.is_visible("#camera")
    page.close()
    service.screen_feed.close()
    server.close()


def test_the_badge_of_a_resting_screen_moves_and_the_browser_rests_in_between(service, page):
    show(service, page, notice("idle_in", service.order))
    lies = "document.querySelector('[data-shape=badge]').getBoundingClientRect().top"
    before = page.evaluate(lies)

    page.wait_for_function(f"before => {lies} < before", arg=before)
    page.wait_for_function("() => document.getAnimations().length === 0")


def test_each_language_is_marked_as_what_it_is(service, page):
    show(service, page, notice("idle_in", service.order))

    languages = page.eval_on_selector_all("#say section", "all => all.map(one => one.lang)")
    assert languages == ["zh-Hans-CN", "en", "zh-Hant-HK"]


def test_the_shape_says_what_the_colour_says(service, page):
    for screen in screens(service):
        show(service, page, screen)
        page.wait_for_function("tone => document.body.dataset.tone === tone", arg=screen.tone)
        visible = page.eval_on_selector_all(
            "[data-shape]",
            "all => all.filter(s => s.style.display === 'inline').map(s => s.dataset.shape)",
        )
        assert visible == [screen.shape]


def test_the_title_is_that_of_the_gate_and_the_language_that_are_shown(service, page):
    def titled(gate: str, person: Person | None) -> str:
        given = answer(Decision("admit", "ok", 17), gate)
        show(service, page, answer_screen(given, PROGRAMME, person, service.order))
        return page.inner_text("#title")

    guest = Person("J. Smith", "en")
    titles = [
        titled("chengdu-main-1", None),
        titled("chengdu-main-1", guest),
        titled("chengdu-room-a-1", guest),
    ]

    assert titles[1:] == ["SmartHK Chengdu", "SmartHK Chengdu · Room A"]
    assert titles[0] == titled("chengdu-main-1", None) != titles[1]
    show(service, page, notice("starting", service.order))
    assert page.inner_text("#title") == ""


def test_every_answer_comes_with_its_tone_once(service, page):
    page.evaluate("""() => {
        window.tones = [];
        const make = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () {
            window.tones.push(document.body.dataset.tone);
            return make.call(this);
        };
        Object.defineProperty(audio, "state", { value: "running" });  // whether this machine has a sound card or not
    }""")
    for verdict in ("admit", "refuse"):
        reason = "ok" if verdict == "admit" else "already_inside"
        given = answer(Decision(verdict, reason, 15), "chengdu-main-1")
        show(service, page, answer_screen(given, PROGRAMME, None, service.order))
        page.wait_for_function("tone => window.tones.at(-1) === tone", arg=verdict)
    show(service, page, notice("idle_in", service.order))

    assert page.evaluate("window.tones") == ["admit", "refuse"]


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
