"""The check before the doors open, from the printed sheet to the centre: the test badges of the registry are cut out of
their PDF and held up before the camera of a real kiosk, a supervisor signs with a badge, and the registry sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import requests
import segno
from click.testing import CliRunner

from access.badge.credential import read
from access.event.definition import Event
from access.log.sign_offs import OpeningChecked
from access.rules.opening_check import opening_badges
from hardware.decoding.cascade import installed_engines
from hardware.decoding.still import StillDecoder
from hardware.files.pages import read_pages
from hardware.files.picture_file import read_gray, reduced, write_whole
from hardware.ports.camera import Gray
from jianmen.cli.registry.commands import registry as registry_command
from jianmen.cli.registry.options import asking
from jianmen.testing.spare_kiosk import CARD_WANTED
from jianmen.testing.waiting import until
from registry.roster.model import Person
from sync.store.journal import JournalReader
from tests.faults.machines import Kiosk, Registry

ALL_GOOD = dict.fromkeys(("good", "revoked", "other_venue", "too_early", "forged", "twice"), "good")
CODE_PX = 200
"""How wide a code is in the camera's picture: that of a badge held at arm's length."""


class Camera:
    """What is held up before a kiosk's simulated camera."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._count = 0

    def hold_up(self, *cards: Gray) -> None:
        """One after the other."""
        for card in cards:
            self._count += 1
            write_whole(self.folder / f"{self._count:03}.pgm", card)


def test_the_doors_are_tried_through_the_camera_and_the_registry_sees_the_sign_off(
    tmp_path: Path, registry: Registry, event: Event, kiosk_at: Callable[[str], Kiosk]
) -> None:
    sheet, card = tmp_path / "test-badges.pdf", tmp_path / "card.png"
    wanted = ["test-badges", str(sheet), "--data", str(registry.data), "--venue", "east"]
    printed = CliRunner().invoke(registry_command, wanted)
    assert printed.exit_code == 0, printed.output
    cards = cut_out(sheet, event)
    assert set(cards) == {("east", case) for case in ALL_GOOD if case != "twice"}
    camera = Camera(tmp_path / "camera")
    kiosk = kiosk_at("east-1")
    with kiosk.settings.open("a") as settings:  # of the camera, whose table is the last
        settings.write("show_ms = 300\ngap_ms = 100\n")
    with registry.here() as service:
        manager = service.register(Person(ref="manager", ticket="staff"))
        segno.make(manager.text, error="q", micro=False).save(str(card), scale=8, border=4)
        kiosk.enrol_with(service, registry.url, registry.pin)
        carrier = kiosk.carry()
        kiosk.run("--camera", f"simulated:{camera.folder}")
        with requests.Session() as session:
            session.trust_env = False
            page = OpeningPage(kiosk.screen, session)
            assert set(page.test_badges().values()) == {"not_done"}
            for case in ("revoked", "other_venue", "too_early", "forged"):
                camera.hold_up(cards["east", case])
            camera.hold_up(*[cards["east", "good"]] * 2)
            until(lambda: page.test_badges() == ALL_GOOD, "the right answer to every test badge")
            page.sign(lambda: camera.hold_up(read_gray(card)), kiosk)
        until(lambda: set(kiosk.marks()) <= set(registry.marks()), "the registry to hear of it")
        carrier.stop()

    signed = last_sign_off(kiosk)
    assert (signed.gate, signed.test_badges) == ("east-1", ALL_GOOD)
    assert (signed.findings["lights"], signed.findings["camera"]) == ("good", "good")
    with asking(None, registry.data) as client:
        seen = {one["gate"]: one["opening"] for one in client.get("/kiosks")["kiosks"]}["east-1"]
        counted = client.get("/headcount")["areas"]
    assert (seen["gate"], seen["not_good"]) == ("east-1", [])
    assert {area["entries"] for area in counted} == {0}, "a test badge is nobody"


def cut_out(sheet: Path, event: Event) -> dict[tuple[str, str], Gray]:
    """The codes of the sheet with what stands around them, by venue and case."""
    known = opening_badges(event)
    look = StillDecoder(installed_engines())
    cards = {}
    for page in read_pages(sheet):
        for code in look.decode(page).codes:
            badge = read(code.text)
            assert badge is not None
            one = known[badge.badge]
            (left, top), _, (right, bottom), _ = code.corners
            margin = (right - left) / 5
            rows = slice(max(0, round(top - margin)), round(bottom + margin))
            columns = slice(max(0, round(left - margin)), round(right + margin))
            cards[one.venue, one.case] = reduced(page[rows, columns], CODE_PX / (right - left))
    return cards


class OpeningPage:
    """The page /opening of a kiosk, as the manager's browser uses it."""

    def __init__(self, screen: str, session: requests.Session) -> None:
        self._screen, self._session = screen, session
        page = session.get(f"{screen}/opening", timeout=10).text
        self._token = page.partition('data-token="')[2].partition('"')[0]

    def test_badges(self) -> dict[str, str]:
        """What came of each."""
        found = self._session.get(f"{self._screen}/opening/state", timeout=10).json()
        return {case: one["state"] for case, one in found["test_badges"].items()}

    def sign(self, show_card: Callable[[], None], kiosk: Kiosk) -> None:
        """Sign off with lights and sound confirmed; `show_card` once the kiosk asks for it."""
        answers: list[requests.Response] = []

        def ask() -> None:
            seen = {"lights": True, "sound": True}
            headers = {"X-Jianmen-Token": self._token}
            url = f"{self._screen}/opening/sign"
            answers.append(self._session.post(url, json=seen, headers=headers, timeout=60))

        asked = threading.Thread(target=ask)
        asked.start()
        until(lambda: CARD_WANTED in kiosk.shows(), "the kiosk to ask for the card")
        show_card()
        asked.join()
        assert answers[0].status_code == 200, answers[0].text


def last_sign_off(kiosk: Kiosk) -> OpeningChecked:
    reader = JournalReader.at(kiosk.data / "journal.db")
    try:
        (signed,) = [e.body for e in reader.everything() if isinstance(e.body, OpeningChecked)]
    finally:
        reader.close()
    return signed
