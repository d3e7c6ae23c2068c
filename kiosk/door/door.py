"""The door: from the text of a code to a durable decision.

Gather facts, decide, record: `Door.settle` is these three steps, for a badge held up as for a person whom staff lets in
by hand. Everything is answered from the kiosk's own journal and replica; nothing here knows that a network exists. One
thread calls a `Door`; other threads submit to it what they want recorded.
"""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from access.badge import credential as badges
from access.badge.credential import Plain, Signed
from access.event.definition import Direction
from access.log.clock_reading import ClockReading
from access.log.entry import Body, EntryRef, Method, Scan, Span
from access.log.receipt import receipt
from access.rules.decide import Decision, Facts, Presented, decide
from access.rules.opening_check import Case, OpeningBadge, moment_ms, opening_badges
from access.rules.repeat import HoldOff
from access.state.badge_history import History
from access.state.event_state import EventState
from access.state.facts import (
    Moment,
    facts_now,
    presented_plain,
    presented_signed,
    presented_vouched_for,
    unlisted_claims,
    unlisted_verifier,
)
from kiosk.door.local_state import LocalState, NotReadyError
from sync.store.journal import Journal
from sync.store.replica import ReplicaReader

__all__ = ["Answer", "Assessment", "Door", "NotReadyError", "Subject"]


class Answer(msgspec.Struct, frozen=True):
    """The door's answer: the decision, the entry that recorded it, and whether the door opens now.

    Of a repeat, decision and entry are the first answer's. `case`: a test badge, for which nothing opens. `secret`
    opens the person's name card (never stored).
    """

    decision: Decision
    presented: Presented
    entry: EntryRef
    receipt: str
    moment: Moment
    opens: bool
    repeat: bool = False
    case: Case | None = None
    secret: bytes | None = None

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Answer({self.decision!r}, {self.presented!r}, {self.receipt!r})"

    @property
    def reason(self) -> str:
        return "repeat" if self.repeat else self.decision.reason


class Subject(msgspec.Struct, frozen=True):
    """A badge before the door: how it was presented, and all that is known here of it. `code` is what was read (None:
    found by staff), `secret` that of a badge that proved to be genuine."""

    presented: Presented
    history: History
    code: Plain | Signed | None = None
    secret: bytes | None = None

    def __repr__(self) -> str:
        """Without the secret, and what was read."""
        return f"Subject({self.presented!r})"


class Assessment(msgspec.Struct, frozen=True):
    """A subject at one instant: the facts gathered about it, and the rule book's decision (`stands`). `area` is where
    the gate leads."""

    subject: Subject
    now: Moment
    facts: Facts
    stands: Decision
    registry_head: tuple[str, int] | None
    area: str

    @property
    def roster_issue(self) -> int:
        """The newest issue on the roster; 0: none."""
        newest = self.subject.history.newest()
        return newest.issue if newest is not None else 0

    @property
    def unlisted_claims(self) -> bytes | None:
        """The claims of a signed badge that the roster lacks, never its signature."""
        return unlisted_claims(self.subject.code, self.facts)

    @property
    def unlisted_verifier(self) -> bytes | None:
        """SHA-256 of the verifier of a plain badge that the roster lacks."""
        return unlisted_verifier(self.subject.code, self.subject.presented, self.facts)


class Door(LocalState):
    """One kiosk at one gate."""

    def __init__(
        self,
        journal: Journal,
        replica: ReplicaReader | None,
        event_state: EventState,
        read_clock: Callable[[], ClockReading],
    ) -> None:
        """`replica` is None until the carrier has made one."""
        super().__init__(journal, replica, event_state, read_clock)
        self._hold_off: HoldOff[Answer] = HoldOff(0)

    def present(self, text: str, direction: Direction, method: Method = "camera") -> Answer:
        """Answer a code. The entry is durable when this returns.

        Raises NotReadyError, and sqlite3.Error where nothing can be recorded: then nothing opens.
        """
        return self._present(text, direction, method)

    def present_by_hand(self, badge: bytes, direction: Direction) -> Answer:
        """Answer for a person whom staff has found by name or by the code typed in. Raises as `present`."""
        return self._present(badge, direction, "manual")

    def forget_repeats(self) -> None:
        """Decide the next code afresh, even one just read: staff has changed something at this gate."""
        self._hold_off.clear()

    def _present(self, who: str | bytes, direction: Direction, method: Method) -> Answer:
        gate = self.gate
        if gate.mode == "print":
            raise NotReadyError(f"gate {gate.id} prints badges: nobody goes in or out there")
        reading = self.read_clock()
        again = self._again(who, direction, reading)
        if again is not None:
            return again
        subject = self.identify(who, direction, gate.id)
        trial = self.opening_badge(subject.presented.badge)
        if trial is not None:
            answer = self._try_out(subject, reading, method, trial)
        else:
            answer = self.settle(
                subject, reading, lambda found: _scan(found, method), subject.secret
            )
        self._hold_off.answered((who, direction), reading.mono_ms, answer)
        return answer

    def opening_badge(self, badge: bytes | None) -> OpeningBadge | None:
        """The test badge with this id, or None: it is a person's."""
        return opening_badges(self.programme.event).get(badge) if badge is not None else None

    def is_opening_badge(self, text: str) -> bool:
        """Whether this is the code of a test badge, genuine or not. Without an event definition none is known."""
        shown = badges.read(text) if self.has_event else None
        return shown is not None and self.opening_badge(shown.badge) is not None

    def _try_out(
        self, subject: Subject, reading: ClockReading, method: Method, trial: OpeningBadge
    ) -> Answer:
        """Answer a test badge as of a moment of the programme. Nothing opens, and the entry counts nowhere."""
        at_ms = moment_ms(self.programme, self.gate, trial.case)
        now = Moment(Span(at_ms, at_ms), at_ms, sure=True)

        def marked(found: Assessment) -> tuple[Decision, str, Scan]:
            decision, kind, body = _scan(found, method)
            return decision, kind, replace(body, test=True, seat=False)

        answer = self.settle(subject, reading, marked, now=now)
        return replace(answer, opens=False, case=trial.case)

    def _again(
        self, who: str | bytes, direction: Direction, reading: ClockReading
    ) -> Answer | None:
        self._hold_off.hold_off_ms = self.programme.policy.hold_off_s * 1000
        first = self._hold_off.again((who, direction), reading.mono_ms)
        if first is None:
            return None
        return replace(first, repeat=True, opens=first.opens and direction == "out")

    def identify(self, who: str | bytes, direction: Direction, gate: str | None = None) -> Subject:
        """Whose badge this text is, or this id that staff found by name or typed code. `gate` None: as presented at
        this kiosk's own. Raises NotReadyError."""
        at = gate if gate is not None else self.gate.id
        if isinstance(who, bytes):
            history = self.history(who)
            return Subject(presented_vouched_for(who, at, direction, history), history)
        read = badges.read(who)
        code = read if read is not None else badges.foreign(who)
        history = self.history(code.badge)
        if isinstance(code, Signed):
            known = self._event_state
            presented = presented_signed(
                code, at, direction, self.programme, known.keys, known.key_history
            )
        else:
            presented = presented_plain(code, at, direction, history, foreign=read is None)
        secret = code.secret if presented.proof == "proven" else None
        return Subject(presented, history, code, secret)

    def settle(
        self,
        subject: Subject,
        reading: ClockReading,
        answer: Callable[[Assessment], tuple[Decision, str, Body]],
        secret: bytes | None = None,
        now: Moment | None = None,
    ) -> Answer:
        """Gather, decide, record. `now` is when to decide (None: at present).
        `answer` turns the rule book's answer into the door's: the decision, and the kind and
        body of the entry that records it. That entry is durable when this returns. `secret`, where the screen may speak
        to the person by name. Raises as `present`."""
        found = self.assess(subject, reading, now)
        decision, kind, body = answer(found)
        entry = self.record(kind, body, reading)
        return Answer(
            decision,
            subject.presented,
            EntryRef(entry.log, entry.seq, entry.digest),
            receipt(self.programme, subject.presented.gate, entry.digest),
            found.now,
            decision.opens,
            secret=secret,
        )

    def assess(
        self, subject: Subject, reading: ClockReading, then: Moment | None = None
    ) -> Assessment:
        """Gather what is known here of a subject now, and decide by the rule book (as of `then`)."""
        presented, now = subject.presented, then or self.now(reading)
        gate = self.gate
        seats = self.seats() if presented.direction == "in" else None
        facts = facts_now(
            presented,
            subject.history,
            self._event_state,
            (self.device, gate.id),
            now,
            seats,
            self.registry_heard_ms if then is None else then.at_ms,
        )
        stands = decide(presented, facts, self.programme, now.span)
        return Assessment(subject, now, facts, stands, self.registry_head, gate.area)


def _scan(found: Assessment, method: Method) -> tuple[Decision, str, Scan]:
    """Answer a presentation by the rule book's decision, with a scan entry."""
    presented, decision = found.subject.presented, found.stands
    body = Scan(
        gate=presented.gate,
        direction=presented.direction,
        badge=presented.badge,
        issue=presented.issue,
        proof=presented.proof,
        session=decision.session,
        verdict=decision.verdict,
        reason=decision.reason,
        method=method,
        conditions=decision.conditions,
        seat=decision.seat,
        place=found.facts.location,
        roster_issue=found.roster_issue,
        seats=found.facts.seats,
        roster_head=found.registry_head,
        span=found.now.span,
        claims=found.unlisted_claims,
        verifier=found.unlisted_verifier,
        area=found.area,
    )
    return decision, "scan", body
