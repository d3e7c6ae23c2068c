"""What people do: who comes to a gate next, what they hold up, and what the door must answer.

Each step finds somebody whom it fits; where nobody fits, nobody comes. Codes that must not open a door are
altered badges, another event's, and what is no badge at all.
"""

from collections.abc import Callable, Mapping
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from access.badge import credential
from access.badge.credential import BADGE_BYTES, SECRET_BYTES, Claims, Plain
from access.event.definition import Direction, Gate, Session
from access.rules.decide import Reason
from jianmen.demo.ground_truth import GroundTruth, Guest, Visit
from jianmen.testing.tampering import tampered

EDGE_MS = 60_000
"""Around the minute at which a rule changes its answer nobody comes whose answer it is."""


class GateScript:
    """The script of one gate."""

    def __init__(self, truth: GroundTruth, gate: Gate) -> None:
        self._truth = truth
        self._gate = gate
        self._programme = truth.programme
        self._dice: Random = truth.dice(gate.id)
        self._forger = Forger(self._dice)
        self._venue = self._programme.venue_of(gate.area)

    def next_visit(self, direction: Direction) -> Visit | None:
        """The next visit; None: nobody comes just now."""
        if direction == "out":
            return self._leave()
        plan = ENTRANCE if self._gate.area == self._venue else ROOM
        step = self._dice.choices([*plan], [*plan.values()])[0]
        return step(self)

    def _leave(self) -> Visit | None:
        """Who sits in a room comes out by its own door before they leave the venue."""
        guest = self._take(lambda one: one.area == self._gate.area)
        return None if guest is None else self._visit(guest, "ok", direction="out")

    # At an entrance.

    def arrive(self) -> Visit | None:
        def is_new(one: Guest) -> bool:
            return one.area is None and not one.been_to and one.may_enter(self._venue)

        guest = self._take(lambda one: one.at_once and is_new(one)) or self._take(is_new)
        return self.come_again() if guest is None else self._visit(guest, "ok")

    def come_again(self) -> Visit | None:
        """Back from outside, or once more at the entrance although already in."""
        guest = self._take(
            lambda one: self._venue in one.been_to and one.area in (None, self._venue)
        )
        if guest is None:
            return None
        return self._visit(guest, "ok" if guest.area is None else "reentry")

    def mistake_the_venue(self) -> Visit | None:
        guest = self._take(
            lambda one: (
                one.area is None
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
        guest = self._truth.anybody(self._gate.id)
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
            lambda one: one.area == self._venue and session.id in one.person.sessions
        )
        return None if guest is None else self._visit(guest, "ok")

    def come_without_booking(self) -> Visit | None:
        """Refused at first; ten minutes into the seminar there may be seats left."""
        session = self._open_session()
        if session is None or session.booking != "required":
            return None
        standby_ms, now = session.standby_ms, self._truth.now_ms()
        if standby_ms is not None and abs(now - standby_ms) < EDGE_MS:
            return None
        guest = self._take(
            lambda one: (
                one.area == self._venue
                and one.person.ticket == "delegate"
                and session.id not in one.person.sessions
            )
        )
        if standby_ms is None or now < standby_ms:
            return self._refused(guest, "not_booked")
        return None if guest is None else self._visit(guest, "standby")

    def come_with_a_ticket_for_elsewhere(self) -> Visit | None:
        guest = self._take(lambda one: one.area == self._venue and one.person.ticket == "media")
        return self._refused(guest, "not_entitled")

    def pass_a_badge_back(self) -> Visit | None:
        """Somebody inside has lent their badge to a friend outside."""
        if self._open_session() is None:
            return None
        return self._refused(self._take(lambda one: one.area == self._gate.area), "already_inside")

    def _open_session(self) -> Session | None:
        """The session whose doors are open now, and for a while yet."""
        now = self._truth.now_ms()
        for session in self._programme.sessions_in(self._gate.area):
            if session.doors_open_ms + EDGE_MS < now < session.doors_close_ms - EDGE_MS:
                return session
        return None

    # Putting it down.

    def _take(self, wanted: Callable[[Guest], bool], *, revoked: bool = False) -> Guest | None:
        return self._truth.take(self._gate.id, wanted, revoked=revoked)

    def _visit(
        self, guest: Guest, reason: Reason, *, direction: Direction = "in", opens: bool = True
    ) -> Visit:
        text, ref = guest.badge.text, guest.person.ref
        return Visit(self._gate.id, direction, text, guest.error, reason, opens, ref)

    def _refused(self, guest: Guest | None, reason: Reason) -> Visit | None:
        return None if guest is None else self._visit(guest, reason, opens=False)

    def _strange(self, text: str, error: str, reason: Reason) -> Visit:
        return Visit(self._gate.id, "in", text, error, reason, opens=False)


Plan = Mapping[Callable[[GateScript], Visit | None], int]

ENTRANCE: Plan = {
    GateScript.arrive: 74,
    GateScript.come_again: 6,
    GateScript.mistake_the_venue: 6,
    GateScript.hold_up_a_forged_badge: 3,
    GateScript.come_with_a_revoked_badge: 3,
    GateScript.come_with_an_online_ticket: 2,
    GateScript.hold_up_another_events_badge: 2,
    GateScript.hold_up_an_unknown_badge: 2,
    GateScript.hold_up_the_lunch_menu: 2,
}
"""What comes to an entrance, by weight."""

ROOM: Plan = {
    GateScript.come_to_the_seminar: 78,
    GateScript.come_without_booking: 12,
    GateScript.come_with_a_ticket_for_elsewhere: 5,
    GateScript.pass_a_badge_back: 5,
}
"""What comes to a seminar room, by weight."""


OTHER_EVENT = "book-fair-2020"

NO_BADGES = (
    "https://menu.example/lunch?table={}",
    "WIFI:T:WPA;S:forum-guest-{};P:welcome-welcome;;",
    "今日午餐:麻婆豆腐 {} 號桌",
    "tel:+8610000000{}",
)
"""What else people carry with a QR code on it."""


class Forger:
    """Makes such codes, the same ones for the same seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))

    def altered(self, text: str) -> str:
        """A badge of ours with one bit of its secret or signature flipped."""
        return tampered(text, "proof")

    def of_other_event(self) -> str:
        """A genuine signed badge of another event."""
        badge = self._random.randbytes(BADGE_BYTES)
        claims = Claims(ticket=0, venues=1, sessions=0, days=1)
        return credential.signed_text(credential.sign(self._key, 0, OTHER_EVENT, badge, 1, claims))

    def unknown(self) -> str:
        """A plain badge that no roster here has: another event's, by its looks one of ours."""
        random = self._random
        plain = Plain(random.randbytes(BADGE_BYTES), 1, random.randbytes(SECRET_BYTES))
        return credential.plain_text(plain)

    def no_badge(self) -> str:
        """The lunch menu, perhaps."""
        return self._random.choice(NO_BADGES).format(self._random.randrange(10, 90))
