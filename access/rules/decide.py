"""The rule book: may this badge pass this gate now?

`decide` is pure. It walks the rules in the order of the table below; the first that speaks wins. Rule 1, `repeat`, is
a memory of the last seconds and stands before this table, in `access.rules.repeat`; overrides stand beside it, in
`access.rules.overrides`.

  2 not_a_badge    3 other_event    4 forged       5 unknown (7 revoked)  6 exits
  7 revoked        8 superseded     9 online_only 10 wrong_venue  11 wrong_day    12 not_entitled
 13 too_early, too_late, no_session              14 not_booked, standby
 15 already_inside, reentry       16 full         17 ok

A refusal is a return value, not an error. Time is an argument, and an interval: the time rules (11, 13, 14) are asked
at every instant of it at which their answer can change (`access.rules.session_times`). Conditions (unlisted,
clock_unsure, roster_stale) never decide; they qualify an answer that would have let the person in.

Seats. Rules 5 and 15 can let a person into an area that has a capacity; they too need a seat of this gate, or one that
this badge already has here. Otherwise two doors that cannot talk to each other could together admit more people
than the room holds: a door that believes somebody to be inside may not know that they left and another took the seat.
"""

from collections.abc import Callable
from typing import Literal

import msgspec

from access.badge.credential import Claims
from access.event.definition import VERDICTS, Direction, Gate, Ticket, Verdict
from access.event.programme import Programme
from access.log.entry import Proof, Span
from access.rules.session_times import Opening, Timing, door_session, timing

Reason = Literal[
    "repeat", "not_a_badge", "other_event", "forged", "unknown", "not_inside", "revoked", "superseded",
    "online_only", "wrong_venue", "wrong_day", "not_entitled", "too_early", "too_late", "no_session",
    "not_booked", "standby", "already_inside", "reentry", "full", "ok",
    "unlisted", "clock_unsure", "roster_stale", "overridden", "not_staff",
]  # fmt: skip
Condition = Literal["unlisted", "clock_unsure", "roster_stale"]
Form = Literal["plain", "signed", "foreign"]


class Presented(msgspec.Struct, frozen=True):
    """What was presented at a gate. `form` None: no badge of any kind. `claims` are a signed badge's own."""

    gate: str
    direction: Direction
    form: Form | None
    badge: bytes | None = None
    issue: int | None = None
    proof: Proof | None = None
    claims: Claims | None = None
    other_event: bool = False


class Facts(msgspec.Struct, frozen=True):
    """What the door knows of this badge and this gate.

    `listed` are the roster's claims for the issue presented (None: the roster lacks it); `newest_issue` is the highest
    issue known (0: none); `revoked` whether the badge or this issue is, `all_revoked` whether the badge is in all its
    issues; `location` the area in which presence has the person (None: outside); `seats` the free seats of this gate
    (None: the area has no capacity) and `holds_seat` whether this badge has one of them; `seat_at` the other gate of
    the area whose seat the badge has; `seats_elsewhere` other gates of the area known to have free seats, each with
    their number; `roster_age_ms` the age of the registry's latest head (None: the clock is unsure, so it is unknown).
    """

    listed: Claims | None = None
    newest_issue: int = 0
    revoked: bool = False
    all_revoked: bool = False
    location: str | None = None
    seats: int | None = None
    holds_seat: bool = False
    seat_at: str | None = None
    seats_elsewhere: tuple[tuple[str, int], ...] = ()
    roster_age_ms: int | None = None


class Next(msgspec.Struct, frozen=True):
    """What the person needs next, independent of language: ids and instants (ms), for the screens to put into a
    language."""

    help_desk: bool = False
    venues: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    session: str | None = None
    area: str | None = None
    at_ms: int | None = None
    standby_ms: int | None = None
    gates: tuple[tuple[str, int], ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """The door's answer. `rule` is the number in the table; `seat` whether letting in uses a seat of this gate."""

    verdict: Verdict
    reason: Reason
    rule: int
    session: str | None = None
    conditions: tuple[Condition, ...] = ()
    next: Next = Next()
    seat: bool = False

    @property
    def opens(self) -> bool:
        return self.verdict in ("admit", "admit_flagged")


class Case:
    """One question to the rule book, and what several rules ask of it."""

    __slots__ = ("_timing", "at", "claims", "facts", "presented", "programme")

    def __init__(self, presented: Presented, facts: Facts, programme: Programme, at: Span) -> None:
        self.presented, self.facts, self.programme, self.at = presented, facts, programme, at
        self.claims: Claims | None = facts.listed or presented.claims
        """The roster's for an issue it lists, the badge's own otherwise."""
        self._timing: Timing | None = None

    @property
    def gate(self) -> Gate:
        return self.programme.gates[self.presented.gate]

    @property
    def sure_claims(self) -> Claims:
        """The claims, for rules below 5: a badge without any has been answered there."""
        if self.claims is None:
            raise ValueError("a genuine badge without claims: the facts were gathered wrongly")
        return self.claims

    @property
    def ticket(self) -> Ticket | None:
        return self.programme.ticket(self.claims.ticket) if self.claims else None

    @property
    def inside(self) -> bool:
        return self.programme.within(self.facts.location, self.gate.area)

    @property
    def exempt(self) -> bool:
        return self.ticket is not None and self.ticket.capacity_exempt

    @property
    def needs_seat(self) -> bool:
        """Whether letting this person in uses a seat of this gate."""
        return self.facts.seats is not None and not self.exempt

    @property
    def room_full(self) -> bool:
        return self.needs_seat and not self.facts.holds_seat and (self.facts.seats or 0) <= 0

    @property
    def timing(self) -> Timing:
        """The time rules over the whole interval."""
        if self._timing is None:
            self._timing = timing(self.programme, self.gate.area, self.sure_claims, self.at)
        return self._timing

    @property
    def opening(self) -> Opening | None:
        return self.timing.opening

    @property
    def session(self) -> str | None:
        """The door's session; of a badge without claims, the one whose doors are open."""
        if self.claims is not None:
            return self.timing.session
        found = door_session(self.programme, self.gate.area, None, self.at.lo)
        return found.id if found else None

    def refuse(self, rule: int, reason: Reason, hint: Next) -> Decision:
        return Decision(
            "refuse", reason, rule, session=self.session if rule >= 14 else None, next=hint
        )

    def full(self) -> Decision:
        """No seat here: the door that has this badge's seat is named, else those that have free ones."""
        gates = self.facts.seats_elsewhere
        if self.facts.seat_at is not None:
            gates = ((self.facts.seat_at, 1),)
        return self.refuse(16, "full", Next(gates=gates, help_desk=True))

    def let_in(self, rule: int, verdict: Verdict, reason: Reason) -> Decision:
        """An answer that opens, unless the room is full."""
        if self.room_full:
            return self.full()
        return Decision(verdict, reason, rule, session=self.session, seat=self.needs_seat)


HELP_DESK = Next(help_desk=True)

# The rules. Each returns its decision, or None to leave the case to the next.


def not_a_badge(case: Case) -> Decision | None:
    if case.presented.form is None:
        return case.refuse(2, "not_a_badge", HELP_DESK)
    return None


def other_event(case: Case) -> Decision | None:
    if case.presented.other_event:
        return case.refuse(3, "other_event", HELP_DESK)
    return None


def forged(case: Case) -> Decision | None:
    if case.presented.proof == "failed":
        return case.refuse(4, "forged", HELP_DESK)
    return None


def unknown(case: Case) -> Decision | None:
    """A badge that is revoked in all its issues stays so on the way in, whatever issue number somebody gave it."""
    unproven = case.presented.form == "signed" and case.presented.proof is None
    if not unproven and (case.presented.form == "signed" or case.facts.listed is not None):
        return None  # a genuine signed badge carries its own claims
    if case.facts.all_revoked and case.presented.direction == "in":
        return revoked(case)
    verdict = case.programme.policy.unknown
    if verdict in ("admit", "admit_flagged") and case.presented.direction == "in":
        return case.let_in(5, verdict, "unknown")
    return Decision(verdict, "unknown", 5, next=HELP_DESK)


def exits(case: Case) -> Decision | None:
    """A genuine badge is never kept in; below rule 5 nothing is asked at an exit."""
    if case.presented.direction == "in":
        return None
    return Decision("admit", "ok" if case.inside else "not_inside", 6)


def revoked(case: Case) -> Decision | None:
    if case.facts.revoked:
        return case.refuse(7, "revoked", HELP_DESK)
    return None


def superseded(case: Case) -> Decision | None:
    if case.facts.newest_issue > (case.presented.issue or 0):
        return case.refuse(8, "superseded", HELP_DESK)
    return None


def online_only(case: Case) -> Decision | None:
    if case.ticket is not None and not case.ticket.on_site:
        return case.refuse(9, "online_only", HELP_DESK)
    return None


def wrong_venue(case: Case) -> Decision | None:
    venue = case.programme.venue_of(case.gate.area)
    if case.sure_claims.venues >> case.programme.venue_bit[venue] & 1:
        return None
    valid_at = tuple(
        v for v, bit in case.programme.venue_bit.items() if case.sure_claims.venues >> bit & 1
    )
    return case.refuse(10, "wrong_venue", Next(venues=valid_at, help_desk=not valid_at))


def wrong_day(case: Case) -> Decision | None:
    if case.timing.reason != "wrong_day":
        return None
    days = tuple(d for d, bit in case.programme.day_bit.items() if case.sure_claims.days >> bit & 1)
    return case.refuse(11, "wrong_day", Next(days=days, help_desk=not days))


def not_entitled(case: Case) -> Decision | None:
    if case.programme.admits(case.sure_claims.ticket, case.gate.area):
        return None
    return case.refuse(12, "not_entitled", HELP_DESK)


def session_doors(case: Case) -> Decision | None:
    match case.timing.reason:
        case "too_early" | "too_late" | "no_session" as reason:
            return case.refuse(13, reason, _ahead(case))
    return None


def not_booked(case: Case) -> Decision | None:
    if case.timing.reason == "not_booked":
        return case.refuse(14, "not_booked", _ahead(case))
    return None


def _ahead(case: Case) -> Next:
    """Where and when this person can go instead, and when the door takes people without a booking."""
    coming = case.timing.coming
    standby_ms = case.timing.standby_ms
    if coming is None:
        return Next(help_desk=standby_ms is None, standby_ms=standby_ms)
    return Next(
        session=coming.id, area=coming.area, at_ms=coming.doors_open_ms, standby_ms=standby_ms
    )


def already_inside(case: Case) -> Decision | None:
    """Standby (rule 14) is answered here too: it passes if this rule and the next let it."""
    standby = case.opening is not None and case.opening.standby
    if not case.inside:
        return case.let_in(14, "admit_flagged", "standby") if standby else None
    if case.gate.reentry == "exit_first":
        return case.refuse(15, "already_inside", HELP_DESK)
    if standby:
        return case.let_in(14, "admit_flagged", "standby")
    return case.let_in(15, "admit" if case.gate.reentry == "free" else "admit_flagged", "reentry")


def full(case: Case) -> Decision | None:
    return case.full() if case.room_full else None


def ok(case: Case) -> Decision | None:
    return case.let_in(17, "admit", "ok")


Rule = Callable[[Case], Decision | None]

RULES: tuple[tuple[int, Rule], ...] = (
    (2, not_a_badge),
    (3, other_event),
    (4, forged),
    (5, unknown),
    (6, exits),
    (7, revoked),
    (8, superseded),
    (9, online_only),
    (10, wrong_venue),
    (11, wrong_day),
    (12, not_entitled),
    (13, session_doors),
    (14, not_booked),
    (15, already_inside),
    (16, full),
    (17, ok),
)


def decide(presented: Presented, facts: Facts, programme: Programme, at: Span) -> Decision:
    """The answer of the rule book at a gate of the programme, at an instant known to lie in `at`.

    Raises KeyError where a rule asks about a gate that the programme does not have, and ValueError for facts that
    contradict each other (a genuine badge without claims): both are broken machines, not bad badges.
    """
    case = Case(presented, facts, programme, at)
    rules = iter(RULES)
    decision: Decision | None = None
    while decision is None:
        _, rule = next(rules)
        decision = rule(case)
    if presented.direction == "out":
        return opened_for_exit(decision)
    return qualify(case, decision)


def opened_for_exit(answer: Decision) -> Decision:
    """An exit opens for everybody: a refusal by rules 2 to 5 becomes a flag."""
    if answer.rule > 5:
        return answer
    return Decision("admit_flagged", answer.reason, answer.rule)


def conditions_of(case: Case) -> tuple[Condition, ...]:
    """The conditions in force for this case, in the order in which they name a verdict."""
    found: list[Condition] = []
    if case.presented.form == "signed" and case.facts.listed is None:
        found.append("unlisted")
    if case.claims is not None and case.timing.unsure:
        found.append("clock_unsure")
    age = case.facts.roster_age_ms
    if age is not None and age > case.programme.policy.roster_stale_min * 60_000:
        found.append("roster_stale")
    return tuple(found)


def qualify(case: Case, answer: Decision) -> Decision:
    """Apply the conditions: the strictest wins, and names the reason where it changes the verdict."""
    if not answer.opens:
        return answer
    conditions = conditions_of(case)
    if not conditions:
        return answer
    verdict, reason = answer.verdict, answer.reason
    for condition in conditions:
        policy: Verdict = getattr(case.programme.policy, condition)
        if VERDICTS.index(policy) > VERDICTS.index(verdict):
            verdict, reason = policy, condition
    opens = verdict in ("admit", "admit_flagged")
    return Decision(
        verdict,
        reason,
        answer.rule,
        session=answer.session,
        conditions=conditions,
        next=answer.next if opens else HELP_DESK,
        seat=answer.seat and opens,
    )
