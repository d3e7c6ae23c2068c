"""A supervisor gives a kiosk its gate: so a spare kiosk replaces a broken one where the registry cannot be reached.

The supervisor's card, and not their PIN: no name becomes readable here, and the desk key stays wrapped.
"""

from dataclasses import dataclass

from access.badge.credential import human_code
from access.badge.key_card import read_key_card
from access.event.definition import Gate
from access.log.entry import Alarm, GateGiven, Void
from access.rules.overrides import roles, ticket_roles
from kiosk.door.door import Door
from kiosk.door.readiness import lacks_roster
from kiosk.door.staff_actions import StaffActions, StaffError

IN_TOUCH_MS = 30_000
"""A kiosk heard of within this works, as far as can be known here; in touch, each is heard every few seconds."""


@dataclass(frozen=True)
class Choice:
    """A gate that may be given. `others`: whether other kiosks stand at it; `silent_ms`: for how long nothing has been
    heard of any of them (None: nothing ever was)."""

    gate: Gate
    others: bool
    silent_ms: int | None

    @property
    def taken(self) -> bool:
        """Whether a kiosk works there: a second one must be meant."""
        return self.silent_ms is not None and self.silent_ms <= IN_TOUCH_MS


class GateAssignment:
    """A supervisor at one kiosk, known by the text of their card. Runs in the scan loop's thread.

    Methods raise StaffError where the card or the action is refused, NotReadyError without an event definition, and
    sqlite3.Error where nothing can be recorded.
    """

    def __init__(self, door: Door) -> None:
        self._door = door

    def supervisor(self, text: str) -> tuple[bytes, int]:
        """Badge id and issue of a supervisor's card. A staff card that is copied or retired raises an alarm as well."""
        door = self._door
        if read_key_card(text) is not None:
            raise StaffError(
                "badge_needed"
            )  # its PIN would have to prove it, and is not asked here
        card, badge, issue = StaffActions(door).card(text)
        staff_roles = roles(card, door.programme)
        if "supervisor" in staff_roles and badge is not None and issue is not None:
            return badge, issue
        if not card.strong and "supervisor" in ticket_roles(card, door.programme):
            raise StaffError("weak_code")
        if card.claims is None:
            raise StaffError("no_roster" if lacks_roster(door) else "card_unknown")
        if not card.retired and card.proof == "proven":
            raise StaffError("supervisor" if staff_roles else "not_staff")
        if badge is not None and ticket_roles(card, door.programme):
            what = "revoked or replaced" if card.retired else "not genuine"
            detail = f"a staff card that is {what}: {human_code(badge)}"
            door.record("alarm", Alarm(what="gate_refused", detail=detail))
        raise StaffError("card_retired" if card.retired else "card_forged")

    def choices(self) -> list[Choice]:
        """Every gate of the event, in file order."""
        door = self._door
        now_ms = door.now().at_ms
        standing = door.others_at_gates()
        found = []
        for gate in door.programme.gates.values():
            heard = standing.get(gate.id, [])
            newest = max((at_ms for at_ms in heard if at_ms is not None), default=None)
            silent = None if newest is None else max(0, now_ms - newest)
            found.append(Choice(gate, bool(heard), silent))
        return found

    def give(self, gate: str, card: str, *, beside: bool) -> None:
        """Put this kiosk at a gate; `beside`: even where another one works. The entry is durable when this returns."""
        door = self._door
        staff, _ = self.supervisor(card)
        self._may_change()
        choice = next((one for one in self.choices() if one.gate.id == gate), None)
        if choice is None:
            raise StaffError("failed")
        if choice.taken and not beside:
            raise StaffError("gate_taken")
        if door.gate_id != gate:
            door.record("gate", GateGiven(gate=gate, staff=staff))

    def take_back(self, card: str) -> None:
        """Leave this kiosk without a gate, as it was before a supervisor gave it any."""
        door = self._door
        staff, issue = self.supervisor(card)
        self._may_change()
        voids = [
            Void(entry=grant, badge=None, staff=staff, staff_issue=issue, why="gate taken back")
            for grant in door.gate_grants
        ]
        door.record_many([("void", void) for void in voids])

    def _may_change(self) -> None:
        if self._door.assigned is not None:
            raise StaffError("gate_assigned")
