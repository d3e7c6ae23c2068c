"""What people do: who comes to a gate next, and what the door must say to them.

Each doing finds somebody whom it fits and says what they hold up. Where nobody fits, nobody comes.
"""

from collections.abc import Callable, Mapping
from random import Random

from access.event.definition import Direction, Gate, Session
from access.rules.decide import Reason
from jianmen.demo.crowd import Crowd, Guest, Visit
from jianmen.demo.forgeries import Forger

EDGE_MS = 60_000
"""Around the minute at which a rule changes its answer nobody comes whose answer it is."""


class Doings:
    """The script of one gate."""

    def __init__(self, crowd: Crowd, gate: Gate) -> None:
        self._crowd = crowd
        self._gate = gate
        self._programme = crowd.programme
        self._dice: Random = crowd.dice(gate.id)
        self._forger = Forger(self._dice)
        self._venue = self._programme.venue_of(gate.area)

    def next_visit(self, direction: Direction) -> Visit | None:
        """Whoever comes next; None: nobody just now."""
        if direction == "out":
            return self._leave()
        plan = ENTRANCE if self._gate.area == self._venue else ROOM
        doing = self._dice.choices([*plan], [*plan.values()])[0]
        return doing(self)

    def _leave(self) -> Visit | None:
        """Who sits in a room comes out by its own door before they leave the venue."""
        guest = self._take(lambda one: one.place == self._gate.area)
        return None if guest is None else self._visit(guest, "ok", direction="out")

    # At an entrance.

    def arrive(self) -> Visit | None:
        def is_new(one: Guest) -> bool:
            return one.place is None and not one.been_to and one.may_enter(self._venue)

        guest = self._take(lambda one: one.at_once and is_new(one)) or self._take(is_new)
        return self.come_again() if guest is None else self._visit(guest, "ok")

    def come_again(self) -> Visit | None:
        """Back from outside, or once more at the entrance although already in."""
        guest = self._take(
            lambda one: self._venue in one.been_to and one.place in (None, self._venue)
        )
        if guest is None:
            return None
        return self._visit(guest, "ok" if guest.place is None else "reentry")

    def mistake_the_venue(self) -> Visit | None:
        guest = self._take(
            lambda one: (
                one.place is None
                and one.person.ticket != "online"
                and not one.may_enter(self._venue)
            )
        )
        return self._refused(guest, "wrong_venue")

    def come_with_an_online_ticket(self) -> Visit | None:
        return self._refused(self._take(lambda one: one.person.ticket == "online"), "online_only")

    def come_with_a_revoked_badge(self) -> Visit | None:
        return self._refused(self._take(lambda _: True, revoked=True), "revoked")

    def hold_up_a_forged_badge(self) -> Visit | None:
        guest = self._crowd.anybody(self._gate.id)
        return self._strange(self._forger.altered(guest.badge.text), guest.error, "forged")

    def hold_up_another_events_badge(self) -> Visit | None:
        return self._strange(self._forger.of_other_event(), "m", "other_event")

    def hold_up_an_unknown_badge(self) -> Visit | None:
        return self._strange(self._forger.unknown(), "q", "unknown")

    def hold_up_the_lunch_menu(self) -> Visit | None:
        return self._strange(self._forger.no_badge(), "m", "not_a_badge")

    # At a seminar room.

    def come_to_the_seminar(self) -> Visit | None:
        session = self._open_session()
        if session is None:
            return None
        guest = self._take(
            lambda one: one.place == self._venue and session.id in one.person.sessions
        )
        return None if guest is None else self._visit(guest, "ok")

    def come_without_booking(self) -> Visit | None:
        """Refused at first; ten minutes into the seminar there may be seats left."""
        session = self._open_session()
        if session is None or session.booking != "required":
            return None
        standby_ms, now = session.standby_ms, self._crowd.now_ms()
        if standby_ms is not None and abs(now - standby_ms) < EDGE_MS:
            return None
        guest = self._take(
            lambda one: (
                one.place == self._venue
                and one.person.ticket == "delegate"
                and session.id not in one.person.sessions
            )
        )
        if standby_ms is None or now < standby_ms:
            return self._refused(guest, "not_booked")
        return None if guest is None else self._visit(guest, "standby")

    def come_with_a_ticket_for_elsewhere(self) -> Visit | None:
        guest = self._take(lambda one: one.place == self._venue and one.person.ticket == "media")
        return self._refused(guest, "not_entitled")

    def pass_a_badge_back(self) -> Visit | None:
        """Somebody inside has lent their badge to a friend outside."""
        if self._open_session() is None:
            return None
        return self._refused(self._take(lambda one: one.place == self._gate.area), "already_inside")

    def _open_session(self) -> Session | None:
        """The session whose doors are open now, and for a while yet."""
        now = self._crowd.now_ms()
        for session in self._programme.sessions_in(self._gate.area):
            if session.doors_open_ms + EDGE_MS < now < session.doors_close_ms - EDGE_MS:
                return session
        return None

    # Putting it down.

    def _take(self, wanted: Callable[[Guest], bool], *, revoked: bool = False) -> Guest | None:
        return self._crowd.take(self._gate.id, wanted, revoked=revoked)

    def _visit(
        self, guest: Guest, reason: Reason, *, direction: Direction = "in", opens: bool = True
    ) -> Visit:
        text, ref = guest.badge.text, guest.person.ref
        return Visit(self._gate.id, direction, text, guest.error, reason, opens, ref)

    def _refused(self, guest: Guest | None, reason: Reason) -> Visit | None:
        return None if guest is None else self._visit(guest, reason, opens=False)

    def _strange(self, text: str, error: str, reason: Reason) -> Visit:
        return Visit(self._gate.id, "in", text, error, reason, opens=False)


Plan = Mapping[Callable[[Doings], Visit | None], int]

ENTRANCE: Plan = {
    Doings.arrive: 74,
    Doings.come_again: 6,
    Doings.mistake_the_venue: 6,
    Doings.hold_up_a_forged_badge: 3,
    Doings.come_with_a_revoked_badge: 3,
    Doings.come_with_an_online_ticket: 2,
    Doings.hold_up_another_events_badge: 2,
    Doings.hold_up_an_unknown_badge: 2,
    Doings.hold_up_the_lunch_menu: 2,
}
"""What comes to an entrance, by weight."""

ROOM: Plan = {
    Doings.come_to_the_seminar: 78,
    Doings.come_without_booking: 12,
    Doings.come_with_a_ticket_for_elsewhere: 5,
    Doings.pass_a_badge_back: 5,
}
"""What comes to a seminar room, by weight."""
