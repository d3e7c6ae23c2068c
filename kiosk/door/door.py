"""The door: from the text of a code to a durable decision.

Gather facts, decide, record: three steps, one place each. Everything is answered from the kiosk's own journal and
replica; nothing here knows that a network exists. One thread calls a `Door`; whoever else wants something written
hands it to that thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from access.badge import credential as badges
from access.badge.credential import Plain, Signed
from access.event.definition import Direction, Gate
from access.event.programme import Programme
from access.log.entry import EntryRef, Method, Scan
from access.log.receipt import receipt
from access.rules.decide import Decision, Facts, Presented, decide
from access.rules.repeat import HoldOff
from access.state.badge_history import Account, History
from access.state.event_state import Background, Held
from access.state.facts import Moment, gather, presented_by_hand, presented_plain, presented_signed
from access.state.seat_leases import SeatBook
from kiosk.door.clock import KioskClock
from sync.store.journal import Journal, Reading
from sync.store.replica import ReplicaReader


class NotReadyError(Exception):
    """The kiosk cannot decide yet: it has no event definition, or no gate. `why` is for the operator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door says: the decision, the entry that recorded it, and whether the door opens now.

    Of a repeat, decision and entry are the first answer's. `secret` opens the person's name card (never stored).
    """

    decision: Decision
    presented: Presented
    entry: EntryRef
    receipt: str
    moment: Moment
    opens: bool
    repeat: bool = False
    secret: bytes | None = None

    @property
    def reason(self) -> str:
        return "repeat" if self.repeat else self.decision.reason


class Door:
    """One kiosk at one gate."""

    def __init__(
        self,
        journal: Journal,
        replica: ReplicaReader | None,
        background: Background,
        read_clock: Callable[[], Reading],
    ) -> None:
        """`replica` is None until the carrier has made one."""
        self.journal = journal
        self.replica = replica
        self.background = background
        self.clock = KioskClock(background, read_clock)
        self._hold_off: HoldOff[Answer] = HoldOff(0)
        self._seats: SeatBook | None = None

    @property
    def device(self) -> str:
        return self.journal.identity.fingerprint

    @property
    def programme(self) -> Programme:
        """Raises NotReadyError without an event definition."""
        programme = self.background.programme
        if programme is None:
            raise NotReadyError("no event definition has come yet: is the carrier running?")
        return programme

    @property
    def gate(self) -> Gate:
        """The gate this kiosk stands at. Raises NotReadyError without one."""
        gate = self.background.gate_of(self.device)
        known = self.programme.gate_or_none(gate) if gate is not None else None
        if known is None:
            raise NotReadyError(
                "this kiosk has no gate yet: assign one at the registry, or let a supervisor give it one here"
            )
        return known

    @property
    def assigned(self) -> str | None:
        """The gate at which the registry put this kiosk; None: it has none, or a supervisor gave it one."""
        return self.background.assigned(self.device)

    @property
    def account(self) -> Account:
        return (self.device, self.gate.id)

    def now(self) -> Moment:
        return self.clock.now(self.journal.log, self.clock.read())

    def history(self, badge: bytes) -> History:
        """All that is known here of a badge."""
        entries = list(self.journal.about(badge))
        if self.replica is not None:
            entries += self.replica.about(badge)
        return History(self.background, entries)

    def seats(self) -> SeatBook | None:
        """The seats of this gate's area, or None where it has no capacity (or the gate lets nobody in)."""
        gate = self.gate
        if self.programme.places[gate.area].capacity is None or not gate.lets_in:
            return None
        if self._seats is None or self._seats.area != gate.area:
            self._seats = SeatBook(gate.area, self.background, self.history)
            for held in self.journal.everything():
                self._seats.saw(held)
            if self.replica is not None:
                for _, held in self.replica.since(0, -1):
                    self._seats.saw(held)
        return self._seats

    def noticed(self, held: Held) -> None:
        """Fold an entry that is held now, one's own or another's."""
        self.background.add(held)
        if self._seats is not None:
            self._seats.saw(held)

    def present(self, text: str, direction: Direction, method: Method = "camera") -> Answer:
        """Answer a code. The entry is durable when this returns.

        Raises NotReadyError, and sqlite3.Error where nothing can be recorded: then nothing opens.
        """
        reading = self.clock.read()
        again = self._again(text, direction, reading)
        if again is not None:
            return again
        read = badges.read(text)
        code = read if read is not None else badges.foreign(text)
        history = self.history(code.badge)
        presented = self.identify(code, direction, history, foreign=read is None)
        claims = code.signed if isinstance(code, Signed) else None
        answer = self._decide(presented, history, reading, method, claims)
        if presented.proof == "proven":
            answer = replace(answer, secret=code.secret)
        self._hold_off.answered((text, direction), reading.mono_ms, answer)
        return answer

    def present_by_hand(self, badge: bytes, direction: Direction) -> Answer:
        """Answer for a person whom staff has found by name or by the code typed in. Raises as `present`."""
        reading = self.clock.read()
        again = self._again(badge, direction, reading)
        if again is not None:
            return again
        history = self.history(badge)
        presented = presented_by_hand(badge, self.gate.id, direction, history)
        answer = self._decide(presented, history, reading, "manual", None)
        self._hold_off.answered((badge, direction), reading.mono_ms, answer)
        return answer

    def forget_repeats(self) -> None:
        """Staff has changed something at this gate: the next code is asked afresh."""
        self._hold_off.clear()

    def _again(self, code: str | bytes, direction: Direction, reading: Reading) -> Answer | None:
        self._hold_off.hold_off_ms = self.programme.policy.hold_off_s * 1000
        first = self._hold_off.again((code, direction), reading.mono_ms)
        if first is None:
            return None
        return replace(first, repeat=True, opens=first.opens and direction == "out")

    def identify(
        self, code: Plain | Signed, direction: Direction, history: History, *, foreign: bool
    ) -> Presented:
        """A code as it is presented at this gate."""
        return self.identify_at(self.gate.id, code, direction, history, foreign=foreign)

    def identify_at(
        self,
        gate: str,
        code: Plain | Signed,
        direction: Direction,
        history: History,
        *,
        foreign: bool,
    ) -> Presented:
        """A code as it would be presented at any gate: what a kiosk can tell of a staff card before it has one."""
        if isinstance(code, Signed):
            return presented_signed(code, gate, direction, self.programme, self.background.keys)
        return presented_plain(code, gate, direction, history, foreign=foreign)

    def facts(self, presented: Presented, history: History, now: Moment) -> Facts:
        """What this door knows for a decision."""
        heard = self.replica.heard_ms(self.background.registry) if self.replica else None
        seats = self.seats() if presented.direction == "in" else None
        return gather(presented, history, self.background, self.account, now, seats, heard)

    def _decide(
        self,
        presented: Presented,
        history: History,
        reading: Reading,
        method: Method,
        claims: bytes | None,
    ) -> Answer:
        now = self.clock.now(self.journal.log, reading)
        facts = self.facts(presented, history, now)
        decision = decide(presented, facts, self.programme, now.span)
        newest = history.newest()
        scan = Scan(
            presented.gate,
            presented.direction,
            presented.badge,
            presented.issue,
            presented.proof,
            decision.session,
            decision.verdict,
            decision.reason,
            method,
            decision.conditions,
            decision.seat,
            facts.place,
            newest.issue if newest else 0,
            facts.seats,
            self.background.registry_head,
            now.span,
            claims if facts.listed is None else None,
        )
        held = self.journal.append("scan", scan, reading)
        self.noticed(held)
        return Answer(
            decision,
            presented,
            EntryRef(held.log, held.seq, held.digest),
            receipt(self.programme, presented.gate, held.digest),
            now,
            decision.opens,
        )
