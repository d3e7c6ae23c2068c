"""Staff at the screen of a door, with a real card, PIN and journal."""

from __future__ import annotations

import pytest

from kiosk.pages.app import create_app
from tests.kiosk.staff_at_door import StaffAtDoor

PIN = "60221407"


class Desk(StaffAtDoor):
    """A member of staff at the screen of a staffed gate."""

    path = "/staff"
    pin = PIN

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
