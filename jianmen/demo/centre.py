"""The demo's centre before its doors open: the event, the registrants and their badges, and codes for the kiosks.

What happens here an organiser does with `jianmen registry init`, `import`, `revoke` and `enrol`. The demo keeps the
texts of the badges, as a print shop would, to draw them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from access.event.definition import Event
from access.log.clock_reading import ClockReading
from hardware.system.clock import SystemClock
from jianmen.demo.crowd import Guest
from jianmen.demo.people import staff_person
from registry.accounts.accounts import Accounts
from registry.roster.model import Person
from registry.service import Centre
from registry.storage.ledger import Ledger
from sync.wire.enrolment_code import EnrolmentCode
from sync.wire.messages import Point

REVOKED_SHARE = 0.03
STAFF_PIN = "60221407"
"""Of the demo's one key card. It opens nothing but the demo."""


@dataclass(frozen=True)
class Opening:
    """What the centre gave out before the doors opened. `key_card` is the text of the staff's; `roster` is how far the
    centre's log had come by then."""

    guests: list[Guest]
    key_card: str
    codes: dict[str, str]
    token: str
    password: str
    registry_log: str
    roster: Point


def prepare(
    data: Path, event: Event, people: Sequence[Person], urls: dict[str, str], random: Random
) -> Opening:
    """Begin the event in the folder `data`, register everybody, and make a one-time code for the kiosk of each gate in
    `urls`: gate -> the registry's address as seen from there."""
    clock = SystemClock()

    def read() -> ClockReading:
        now = clock.read()
        return ClockReading(now.mono_ms, now.wall_ms, now.synced)

    data.mkdir(parents=True)
    ledger = Ledger(None, data)
    try:
        centre = Centre(ledger, read)
        centre.init(event)
        guests = _register(centre, people, random)
        staff = staff_person()
        [staff_badge] = centre.register_many([staff])
        key_card = centre.staff_keys.issue(staff_badge.badge, STAFF_PIN, event)
        accounts = Accounts(ledger, lambda: read().wall_ms)
        password = secrets.token_urlsafe(9)
        accounts.set_password("admin", password)
        _, token, _ = accounts.add_token("demo", "admin")
        identity = centre.identity
        codes = {
            gate: EnrolmentCode(identity.fingerprint, centre.enrol_code(gate), url).text()
            for gate, url in urls.items()
        }
        [(log, tips)] = ledger.vector().items()
        return Opening(guests, key_card.text, codes, token, password, log, tips[0])
    finally:
        ledger.close()


def _register(centre: Centre, people: Sequence[Person], random: Random) -> list[Guest]:
    badges = centre.register_many(people)
    guests = [Guest(*pair) for pair in zip(people, badges, strict=True)]
    on_site = [guest for guest in guests if guest.person.ticket == "delegate"]
    for guest in random.sample(on_site, max(1, round(len(on_site) * REVOKED_SHARE))):
        centre.revoke(guest.badge.badge, None, "cancelled")
        guest.revoked = True
    return guests
