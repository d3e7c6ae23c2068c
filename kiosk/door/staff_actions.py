"""What staff does at a door: let somebody in by hand, take an entry back, count heads, set the time."""

from access.badge import credential as badges
from access.badge.credential import Claims, Signed
from access.log.entry import Clock, EntryRef, Override, Recount, Void
from access.log.receipt import receipt
from access.rules.decide import Decision, Presented, decide
from access.rules.overrides import StaffCard, override, roles
from access.rules.session_times import door_session
from access.state.facts import listed_claims, presented_by_hand
from kiosk.door.door import Answer, Door, NotReadyError

SUPERVISOR_ERROR_MS = 120_000
"""How far off a watch may be by which a supervisor sets a kiosk's time."""


class StaffError(Exception):
    """What staff asked for cannot be done; `why` is a key of `kiosk.pages.staff_texts.ERRORS`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class StaffDesk:
    """Staff at one door, known by the text of their card (or its typed code once their session is unlocked)."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def card(self, text: str) -> tuple[StaffCard, bytes | None, int | None]:
        """A staff card as presented, with its badge id and issue. The kiosk need have no gate."""
        door = self._door
        read = badges.read(text)
        code = read if read is not None else badges.foreign(text)
        history = door.history(code.badge)
        presented = door.identify_at("", code, "in", history, foreign=read is None)
        claims: Claims | None = listed_claims(history, presented.issue)
        if claims is None and isinstance(code, Signed):
            claims = code.claims
        retired = history.revoked(presented.issue) or (
            history.newest_issue(door.device) > (presented.issue or 0)
        )
        return StaffCard(claims, presented.proof, retired), presented.badge, presented.issue

    def let_in(
        self, who: str | bytes, staff: str, why: str, refused: EntryRef | None = None
    ) -> Answer:
        """Override: let in the badge of this text (or id, found by name or code). Recorded whatever the answer.

        Raises NotReadyError at a gate that lets nobody in, and as `Door.present`.
        """
        door = self._door
        if not door.gate.lets_in:
            raise NotReadyError(f"gate {door.gate.id} leads out only: nobody can be let in here")
        reading = door.clock.read()
        now = door.clock.now(door.journal.log, reading)
        presented, claims = self._who(who)
        history = door.history(presented.badge or b"")
        facts = door.facts(presented, history, now)
        stands = decide(presented, facts, door.programme, now.span)
        card, staff_badge, staff_issue = self.card(staff)
        room = door_session(
            door.programme, door.gate.area, facts.listed or presented.claims, now.span.lo
        )
        decision = override(stands, roles(card, door.programme), room.id if room else None)
        newest = history.newest()
        held = door.journal.append(
            "override",
            Override(
                door.gate.id,
                presented.badge,
                presented.issue,
                presented.proof,
                decision.session,
                decision.verdict,
                decision.reason,
                stands.reason,
                staff_badge,
                staff_issue,
                why,
                refused,
                facts.place,
                newest.issue if newest else 0,
                door.background.registry_head,
                now.span,
                claims if facts.listed is None else None,
            ),
            reading,
        )
        door.noticed(held)
        door.forget_repeats()
        return Answer(
            decision,
            presented,
            EntryRef(held.log, held.seq, held.digest),
            receipt(door.programme, door.gate.id, held.digest),
            now,
            decision.opens,
        )

    def _who(self, who: str | bytes) -> tuple[Presented, bytes | None]:
        door = self._door
        if isinstance(who, bytes):
            return presented_by_hand(who, door.gate.id, "in", door.history(who)), None
        read = badges.read(who)
        code = read if read is not None else badges.foreign(who)
        presented = door.identify(code, "in", door.history(code.badge), foreign=read is None)
        return presented, code.signed if isinstance(code, Signed) else None

    def take_back(
        self, entry: EntryRef, badge: bytes | None, staff: str, why: str
    ) -> Decision | None:
        """Void an entry. None: done; else the refusal: the card is no staff card, and nothing has changed."""
        door = self._door
        card, staff_badge, staff_issue = self.card(staff)
        if not roles(card, door.programme) or staff_badge is None or staff_issue is None:
            return Decision("refuse", "not_staff", 0)
        void = Void(entry, badge, staff_badge, staff_issue, why)
        door.noticed(door.journal.append("void", void, door.clock.read()))
        door.forget_repeats()
        return None

    def recount(self, area: str, inside: int, staff: str, why: str) -> Decision | None:
        """Record how many people staff counted in an area. None: done; else the refusal."""
        door = self._door
        card, staff_badge, _ = self.card(staff)
        if not roles(card, door.programme):
            return Decision("refuse", "not_staff", 0)
        body = Recount(area, inside, staff_badge, why)
        door.noticed(door.journal.append("recount", body, door.clock.read()))
        return None

    def set_time(self, wall_ms: int, staff: str) -> Decision | None:
        """A supervisor sets the time by their watch. None: done; else the refusal."""
        door = self._door
        card, _, _ = self.card(staff)
        if "supervisor" not in roles(card, door.programme):
            return Decision("refuse", "not_staff", 0)
        reading = door.clock.read()
        body = Clock("supervisor", wall_ms, reading.mono_ms, SUPERVISOR_ERROR_MS)
        if door.clock.worth_writing(door.journal.log, body):
            door.noticed(door.journal.append("clock", body, reading))
        return None
