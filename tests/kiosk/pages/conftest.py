"""Staff at the screen of a door, with a real card, PIN and journal."""

from __future__ import annotations

import threading

import pytest

from hardware.ports.door_contacts import now_ms
from hardware.ports.events import Reading
from kiosk.pages.app import create_app

PIN = "60221407"
PATIENCE_S = 20.0


class Desk:
    """A member of staff at the screen of a staffed gate."""

    pin = PIN

    def __init__(self, stand, client, card) -> None:
        self.stand = stand
        self.world = stand.world
        self.card = card
        self.client = client
        self._token = {"X-Jianmen-Token": client.application.jinja_env.globals["token"]}

    def post(self, path: str, **asked):
        return self.client.post(f"/staff/{path}", json=asked, headers=self._token)

    def why(self, path: str, **asked) -> str:
        """Why something is not done."""
        answer = self.post(path, **asked)
        assert answer.status_code == 409
        return answer.get_json()["why"]

    def state(self) -> dict:
        answer = self.client.get("/staff/state")
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def scan(self, text: str) -> None:
        """Somebody holds up a badge, and the door has answered."""
        self.stand.inputs.put("camera", Reading(text, b"", "test", 1.0, now_ms()))
        self.stand.loop.submit(lambda: None).result(PATIENCE_S)

    def show_card(self, text: str) -> None:
        """Press "unlock" and hold up a card."""
        asked = threading.Thread(target=lambda: self.post("card"))
        asked.start()
        self.wait_for_card()
        self.scan(text)
        asked.join(PATIENCE_S)

    def wait_for_card(self) -> None:
        """Until the door asks for a staff card."""
        seen = ""
        while self.stand.headline != "Show the staff card":
            found = self.stand.screen_feed.after(seen, PATIENCE_S)
            assert found is not None
            seen, _ = found

    def unlock(self, card=None, pin: str = PIN):
        self.show_card(self.world.key_card(card or self.card))
        return self.post("unlock", pin=pin)


@pytest.fixture
def make_desk(make_world, make_stand, service_of, at_work, monkeypatch):
    # What a PIN costs is proven where it is wrapped; here it only takes time.
    monkeypatch.setattr("access.badge.desk_key.SCRYPT_N", 2**4)

    def make(gate: str = "chengdu-room-b-1", at: str = "14:00", pin: str = PIN) -> Desk:
        world = make_world(gate, at)
        card = world.register("Wong Ka Yan", ticket="staff", pin=pin)
        world.deliver()
        stand = make_stand(world)
        at_work(stand)
        return Desk(stand, create_app(service_of(stand), sounds=False).test_client(), card)

    return make
