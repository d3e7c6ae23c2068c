"""Staff at a kiosk that prints badges: what they see of it, and the badge that they print again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from access.event.definition import LANGUAGES
from hardware.ports.printer import PrinterSettings
from hardware.printers.simulated import SimulatedPrinter
from jianmen.testing.waiting import until
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.printing.runner import PrintRunner
from kiosk.printing.station import PrintStation
from printing import layout as layouts
from tests.kiosk.staff_at_door import StaffAtDoor

PIN = "60221407"
SIZES = [(800, 480), (1080, 1920), (390, 844)]


class StaffAtPrinter(StaffAtDoor):
    path = "/staff"
    person: Any
    paper: Path

    def touch(self, action: str) -> None:
        """The person answers the question on the screen."""
        number = self.stand.screen_feed.screen.question.number
        answer = self.client.post(
            "/answer", json={"number": number, "action": action}, headers=self._token
        )
        assert answer.status_code == 204

    @property
    def badges(self) -> int:
        return len(list(self.paper.glob("*.pdf")))


@pytest.fixture
def desk(
    print_world: Any, make_stand: Any, service_of: Any, at_work: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StaffAtPrinter]:  # fmt: skip
    """Somebody of the staff without any special right, and a person whose badge is printed already."""
    monkeypatch.setattr("access.badge.desk_key.SCRYPT_N", 2**4)
    card = print_world.register("Wong Ka Yan", ticket="staff", pin=PIN)
    person = print_world.register("歐陽嘉欣", "en")
    print_world.deliver()
    stand = make_stand(print_world)
    printer = SimulatedPrinter(PrinterSettings(path=str(tmp_path / "paper")))
    layout = layouts.path_of("label-62")
    runner = PrintRunner(printer, layout, stand.inputs.submit, lambda *_: b"%PDF-1.4\n")
    stand.loop.station = PrintStation(stand.door, stand.loop.presenter, runner, LANGUAGES)
    at_work(stand)
    runner.start(stand.loop.station)
    until(lambda: stand.loop.presenter.printer is None, "the printer")
    desk = StaffAtPrinter(stand, create_app(service_of(stand), sounds=False).test_client(), card)
    desk.person, desk.paper = person, tmp_path / "paper"
    desk.scan(person.text)
    desk.touch("print")
    until(lambda: desk.badges == 1 and stand.loop.presenter.free, "the badge")
    yield desk
    runner.close()


def unlock(desk: StaffAtPrinter) -> None:
    desk.show_card(desk.world.key_card(desk.card))
    assert desk.post("unlock", pin=PIN).status_code == 200


def test_what_was_printed_is_shown_with_a_masked_name(desk: StaffAtPrinter) -> None:
    unlock(desk)
    state = desk.state()
    [shown] = state["answers"]
    assert (state["prints"], shown["name"], shown["reason"]) == (True, "歐**", "printed")
    assert "陽" not in str(state)


def test_staff_print_it_again_and_the_journal_says_who_and_why(desk: StaffAtPrinter) -> None:
    unlock(desk)
    [shown] = desk.state()["answers"]
    assert desk.post("print", number=shown["number"], why="damaged").status_code == 200
    until(lambda: desk.badges == 2, "the second badge")
    until(lambda: len(desk.world.written("printed")) == 4, "its entries")
    last = desk.world.written("printed")[-1]
    assert (last.outcome, last.staff, last.why) == ("printed", desk.card.badge, "damaged")


def test_nobody_is_let_in_where_badges_are_printed(desk: StaffAtPrinter) -> None:
    assert desk.why("print", number=1) == "locked"
    unlock(desk)
    assert desk.why("ask", badge=desk.person.badge.hex()) == "prints"
    assert desk.why("let-in", number=1) == "prints"
    assert desk.why("print", number=99) == "gone"
    assert desk.world.written("scan") == []


def test_an_answer_that_is_none_is_refused(desk: StaffAtPrinter) -> None:
    for body in ({}, {"number": "x", "action": "print"}, {"number": 1, "action": "burn"}):
        assert desk.client.post("/answer", json=body, headers=desk._token).status_code == 400
    assert desk.client.post("/answer", json={"number": 1, "action": "print"}).status_code == 403


def test_on_the_page_a_badge_is_printed_again_for_a_reason(
    desk: StaffAtPrinter, browser: Any
) -> None:
    server = PageServer(desk.client.application, "127.0.0.1", 0)
    server.start()
    page = browser.new_page(viewport={"width": 800, "height": 480})
    page.goto(f"{server.url}staff")
    page.click("#unlock")
    desk.wait_for_card()
    desk.scan(desk.world.key_card(desk.card))
    page.wait_for_selector("#pin-pad:not([hidden])")
    for digit in PIN:
        page.click(f'#pin-keys [data-key="{digit}"]')
    page.click("#pin-enter")
    page.wait_for_selector("#last:not([hidden])")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.inner_text("#last b") == "歐**"
        box = page.locator("#last .deeds button").bounding_box()
        assert box["height"] >= (48 if width < 560 else 64)
        assert box["x"] + box["width"] <= width
    assert not page.is_visible('nav [data-tab="find"]')
    page.click("#last .deeds button")
    assert page.eval_on_selector_all("#whys button", "all => all.map(one => one.textContent)") == [
        "The badge is lost", "The badge is damaged", "It came out badly", "It never came out",
    ]  # fmt: skip
    page.click("#whys button >> nth=1")
    page.wait_for_selector("#message.good")
    until(lambda: desk.badges == 2, "the second badge")
    page.close()
    desk.stand.screen_feed.close()
    server.close()
