"""Staff at a kiosk that prints badges: what they see of it, and the badge that they print again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.languages import languages
from hardware.ports.printer import PrinterSettings
from hardware.printers.simulated import SimulatedPrinter
from jianmen.testing.waiting import until
from kiosk.pages.app import create_app
from kiosk.pages.serving import PageServer
from kiosk.printing.runner import PrintRunner
from kiosk.printing.station import PrintStation
from printing import layout as layouts
from printing.card import Card
from tests.kiosk.staff_at_door import StaffAtDoor

PIN = "60221407"
SIZES = [(800, 480), (1080, 1920), (390, 844)]


class StaffAtPrinter(StaffAtDoor):
    path = "/staff"
    person: Any
    paper: Path
    drawn: list[Card]

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
    drawn: list[Card] = []

    def draw(card: Card, _layout: Path) -> bytes:
        drawn.append(card)
        return b"%PDF-1.4\n"

    runner = PrintRunner(printer, layout, stand.inputs.submit, draw)
    stand.loop.station = PrintStation(stand.door, stand.loop.presenter, runner, languages())
    at_work(stand)
    runner.start(stand.loop.station)
    until(lambda: stand.loop.presenter.printer is None, "the printer")
    desk = StaffAtPrinter(stand, create_app(service_of(stand), sounds=False).test_client(), card)
    desk.person, desk.paper, desk.drawn = person, tmp_path / "paper", drawn
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


def test_somebody_without_a_code_is_found_by_name_and_gets_a_badge(desk: StaffAtPrinter) -> None:
    assert desk.why("badge-name", badge=desk.person.badge.hex()) == "locked"
    late = desk.world.register("Chan Tai Mna", "en")
    desk.world.deliver()
    unlock(desk)
    [found] = desk.post("search", query="chan tai").get_json()["people"]
    assert (found["name"], found["printed"], found["badge"]) == (
        "Chan Tai Mna", "free", late.badge.hex()
    )  # fmt: skip
    assert desk.post("print", badge=found["badge"], why="no_code").status_code == 200
    until(lambda: desk.badges == 2, "the badge")
    assert desk.drawn[-1].qr_text == late.text
    assert desk.drawn[-1].texts["name"] == "Chan Tai Mna"
    until(lambda: len(desk.world.written("printed")) == 4, "its entries")
    last = desk.world.written("printed")[-1]
    assert (last.badge, last.why, last.spelling) == (late.badge, "no_code", None)
    [found] = desk.post("search", query="chan tai").get_json()["people"]
    assert found["printed"] == "printed"


def test_a_misspelt_name_is_printed_as_staff_spell_it_and_stays_sealed(
    desk: StaffAtPrinter,
) -> None:
    unlock(desk)
    [shown] = desk.state()["answers"]
    which = {"number": shown["number"]}
    assert desk.post("badge-name", **which).get_json() == {"name": "歐陽嘉欣"}
    spelled = {**which, "why": "misspelt", "name": " 歐陽嘉昕 "}
    assert desk.post("print", **spelled).status_code == 200
    until(lambda: desk.badges == 2, "the badge")
    assert desk.drawn[-1].texts["name"] == "歐陽嘉昕"
    assert desk.drawn[-1].qr_text == desk.person.text
    until(lambda: len(desk.world.written("printed")) == 4, "its entries")
    begun = desk.world.written("printed")[-2]
    assert (begun.outcome, begun.why) == ("sent", "misspelt")
    assert begun.spelling is not None
    again = desk.post("badge-name", badge=desk.person.badge.hex())
    assert again.get_json() == {"name": "歐陽嘉昕"}
    assert "嘉".encode() not in (desk.world.data / "journal.db").read_bytes()


def test_no_badge_is_printed_with_a_name_that_cannot_be_or_for_nobody(desk: StaffAtPrinter) -> None:
    unlock(desk)
    person = {"badge": desk.person.badge.hex(), "why": "misspelt"}
    assert desk.why("print", **person, name="x" * 121) == "bad_name"
    assert desk.why("print", **person, name="Wong\x07") == "bad_name"
    assert desk.why("print", badge="0102030405", why="no_code") == "no_name"
    assert desk.why("print", badge="zz", why="no_code") == "bad_code"
    revoked = desk.world.register("Lost Badge", "en")
    desk.world.revoke(revoked)
    desk.world.deliver()
    assert desk.why("print", badge=revoked.badge.hex(), why="no_code") == "revoked"
    assert desk.badges == 1


def test_a_card_sealed_before_the_event_had_a_printing_gate_prints_with_the_code_alone(
    desk: StaffAtPrinter,
) -> None:
    event = desk.world.event
    gates = tuple(msgspec.structs.replace(gate, mode="self") for gate in event.gates)
    desk.world.event = msgspec.structs.replace(event, gates=gates)
    early = desk.world.register("Lau Mei", "en")
    desk.world.deliver()
    unlock(desk)
    assert desk.why("print", badge=early.badge.hex(), why="no_code") == "no_code"
    desk.scan(early.text)
    [shown, _] = desk.state()["answers"]
    which = {"number": shown["number"], "why": "misspelt", "name": "Lau Mei Yee"}
    assert desk.post("print", **which).status_code == 200
    until(lambda: desk.badges == 2, "the badge")


def test_an_answer_that_is_none_is_refused(desk: StaffAtPrinter) -> None:
    for body in ({}, {"number": "x", "action": "print"}, {"number": 1, "action": "burn"}):
        assert desk.client.post("/answer", json=body, headers=desk._token).status_code == 400
    assert desk.client.post("/answer", json={"number": 1, "action": "print"}).status_code == 403


def boxes(page: Any, selector: str) -> list[dict[str, float]]:
    """The rectangles of all visible elements, at one instant."""
    found: list[dict[str, float]] = page.eval_on_selector_all(
        selector,
        "all => all.filter(one => one.offsetParent).map(one => one.getBoundingClientRect().toJSON())",
    )
    assert found
    return found


def correct_a_name(desk: StaffAtPrinter, page: Any) -> None:
    """Somebody is found by name, and their badge printed with two more letters and a capital."""
    page.click('nav [data-tab="find"]')
    page.fill("#query", "lau mei")
    page.wait_for_selector(".person .actions button")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        [row] = boxes(page, ".person")
        for box in boxes(page, ".person .actions button"):
            assert box["right"] <= row["right"]
    page.click(".person .actions button >> nth=1")
    page.wait_for_selector("#spelling[open]")
    assert page.input_value("#name") == "Lau Mei"
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for box in boxes(page, "#spelling :is(button, input)"):
            assert box["left"] >= 0
            assert box["right"] <= width
            assert box["bottom"] <= height
    for key in "-⇧yee":
        page.click(f'#name-keys [data-key="{key}"]')
    assert page.input_value("#name") == "Lau Mei-Yee"
    page.click("#spelling-print")
    page.wait_for_selector("#message.good")


def test_on_the_page_a_badge_is_printed_again_for_a_reason(
    desk: StaffAtPrinter, browser: Any
) -> None:
    desk.world.register("Lau Mei", "en")
    desk.world.deliver()
    server = PageServer(desk.client.application, "127.0.0.1", 0)
    server.start()
    page = browser.new_page(viewport={"width": 800, "height": 480})
    try:
        print_on_the_page(desk, page, server.url)
    finally:
        page.close()
        desk.stand.screen_feed.close()
        server.close()


def print_on_the_page(desk: StaffAtPrinter, page: Any, url: str) -> None:
    page.goto(f"{url}staff")
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
        for box in boxes(page, "#last .actions button"):
            assert box["height"] >= (48 if width < 560 else 64)
            assert box["right"] <= width
    assert page.is_visible('nav [data-tab="find"]')
    assert not page.is_visible('nav [data-tab="count"]')
    page.click("#last .actions button >> nth=0")
    assert page.eval_on_selector_all("#whys button", "all => all.map(one => one.textContent)") == [
        "The badge is lost", "The badge is damaged", "It came out badly", "It never came out",
        "Came without a code", "The name is misspelt",
    ]  # fmt: skip
    page.click("#whys button >> nth=1")
    page.wait_for_selector("#message.good")
    until(lambda: desk.badges == 2, "the second badge")
    until(lambda: desk.stand.loop.presenter.free, "the printer")
    correct_a_name(desk, page)
    until(lambda: desk.badges == 3, "the third badge")
    assert desk.drawn[-1].texts["name"] == "Lau Mei-Yee"
