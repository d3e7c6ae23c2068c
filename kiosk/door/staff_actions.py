"""Staff actions at a door: let somebody in by hand, void an entry, record a recount, set the time."""

from msgspec.structs import replace

from access.badge.credential import Claims
from access.badge.secret_strength import is_strong
from access.log.entry import Body, Clock, EntryRef, Override, Recount, Void
from access.rules.decide import Decision
from access.rules.overrides import StaffCard, override, roles
from access.rules.session_times import door_session
from access.state.facts import listed_claims
from kiosk.door.door import Answer, Assessment, Door, NotReadyError

SUPERVISOR_ERROR_MS = 120_000
"""How far off a watch may be by which a supervisor sets a kiosk's time."""


class StaffError(Exception):
    """What staff asked for cannot be done; `why` follows `staff.error.` in a key of the texts."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class StaffActions:
    """Staff at one door, known by their card (see `card`)."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def card(self, who: str | bytes) -> tuple[StaffCard, bytes | None, int | None]:
        """A staff card as presented, with its badge id and issue. The kiosk need have no gate.

        `who` is the text of a badge, or the id of one whose owner has unlocked staff mode with a key card.
        """
        subject = self._door.identify(who, "in", gate="")
        presented, history = subject.presented, subject.history
        claims: Claims | None = listed_claims(history, presented.issue) or presented.claims
        retired = history.revoked(presented.issue) or (
            history.newest_issue(self._door.device) > (presented.issue or 0)
        )
        strong = isinstance(who, bytes) or is_strong(who)
        return StaffCard(claims, presented.proof, retired, strong), presented.badge, presented.issue

    def let_in(
        self, who: str | bytes, staff: str | bytes, why: str, refused: EntryRef | None = None
    ) -> Answer:
        """Override: let in the badge of this text (or id, found by name or code). Recorded whatever the answer.

        Raises NotReadyError at a gate that lets nobody in, and as `Door.present`.
        """
        door = self._door
        if not door.gate.lets_in:
            raise NotReadyError(f"gate {door.gate.id} leads out only: nobody can be let in here")
        reading = door.read_clock()
        card, staff_badge, staff_issue = self.card(staff)

        def by_hand(found: Assessment) -> tuple[Decision, str, Body]:
            presented, facts = found.subject.presented, found.facts
            room = door_session(
                door.programme,
                door.gate.area,
                facts.listed or presented.claims,
                found.now.span.lo,
            )
            staff_roles = roles(card, door.programme)
            decision = override(found.stands, staff_roles, room.id if room is not None else None)
            body = Override(
                gate=presented.gate,
                badge=presented.badge,
                issue=presented.issue,
                proof=presented.proof,
                session=decision.session,
                verdict=decision.verdict,
                reason=decision.reason,
                stands=found.stands.reason,
                staff=staff_badge,
                staff_issue=staff_issue,
                why=why,
                entry=refused,
                place=facts.location,
                roster_issue=found.roster_issue,
                roster_head=found.registry_head,
                span=found.now.span,
                claims=found.unlisted_claims,
                test=door.opening_badge(presented.badge) is not None,
                verifier=found.unlisted_verifier,
                area=found.area,
            )
            return decision, "override", body

        answer = door.settle(door.identify(who, "in"), reading, by_hand)
        if door.opening_badge(answer.presented.badge) is not None:
            return replace(answer, opens=False)
        if answer.opens:
            door.forget_repeats()
        return answer

    def take_back(
        self, entry: EntryRef, badge: bytes | None, staff: str | bytes, why: str
    ) -> Decision | None:
        """Void an entry. None: done; else the refusal: the card is no staff card, and nothing has changed."""
        door = self._door
        card, staff_badge, staff_issue = self.card(staff)
        if not roles(card, door.programme) or staff_badge is None or staff_issue is None:
            return Decision("refuse", "not_staff", 0)
        door.record(
            "void",
            Void(entry=entry, badge=badge, staff=staff_badge, staff_issue=staff_issue, why=why),
        )
        door.forget_repeats()
        return None

    def recount(self, area: str, inside: int, staff: str | bytes, why: str) -> Decision | None:
        """Record how many people staff counted in an area. None: done; else the refusal."""
        door = self._door
        card, staff_badge, _ = self.card(staff)
        if not roles(card, door.programme):
            return Decision("refuse", "not_staff", 0)
        door.record("recount", Recount(area=area, inside=inside, staff=staff_badge, why=why))
        return None

    def set_time(self, wall_ms: int, staff: str | bytes) -> Decision | None:
        """A supervisor sets the time by their watch. None: done; else the refusal."""
        door = self._door
        card, _, _ = self.card(staff)
        if "supervisor" not in roles(card, door.programme):
            return Decision("refuse", "not_staff", 0)
        reading = door.read_clock()
        body = Clock(
            source="supervisor",
            trusted_ms=wall_ms,
            mono_ms=reading.mono_ms,
            error_ms=SUPERVISOR_ERROR_MS,
        )
        if door.is_better_time(body):
            door.record("clock", body, reading)
        return None
