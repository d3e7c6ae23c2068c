"""The application service: everything that pages, commands and rehearsals do with a registry. No HTTP here."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec

from access.event.definition import Event
from access.event.programme import Programme
from access.log.clock_reading import ClockReading
from access.log.entry import EventDefined, Key, Ruling, badge_of, pack
from access.log.sign_offs import Close
from access.state.arrivals import DayArrivals
from access.state.attendance import Kind
from access.state.conflicts import Conflict
from access.state.headcount import Count
from access.state.log_state import LogState
from config.errors import ConfigError, one_of
from config.event_file import grows_from
from registry.devices.enrolment import MINUTES, Enrolment
from registry.devices.own_log import OwnLog
from registry.projections import Look, Projections
from registry.roster.batch import Batch
from registry.roster.desk import DeskRoster
from registry.roster.keys.keyring import Keyring
from registry.roster.keys.signing_keys import SigningKeys
from registry.roster.keys.staff_keys import StaffKeys
from registry.roster.model import IssuedBadge, Known, Label, Person, Registered, RosterState
from registry.roster.opening_badges import OpeningBadges, TestBadge
from registry.roster.purge import Purge
from registry.roster.repository import People
from registry.roster.respelling import Note, Respelling
from registry.roster.restored.erasures import forget_erased
from registry.roster.service import Roster
from registry.storage.errors import NotInitialisedError, RegistryError, UnknownError
from registry.storage.ledger import Ledger
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Enrol, Enrolled

DAY_MS = 86_400_000

AT_ONCE = 1000
"""People processed per lock of the folds."""


class RegistryService:
    """One event's registry over its ledger. Threads may share it."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], ClockReading],
        random: Callable[[int], bytes] = os.urandom,
        earliest_ms: int = 0,
    ) -> None:
        """`earliest_ms`: the build date; no trusted time before it is accepted."""
        self.ledger = ledger
        self.people = People(ledger)
        self._clock = clock
        self._random = random
        self._earliest_ms = earliest_ms
        self._keys = Keyring(ledger, random)
        self._parts: _Parts | None = None

    def init(self, event: Event) -> None:
        """Begin an event: the registry's own key, the event's keys, and its definition. Raises RegistryError where
        there is one already."""
        with self.ledger.transaction():
            if self._keys.identity is not None:
                raise RegistryError(
                    "There is an event here already. Another one needs another data folder or database."
                )
            identity = self._keys.make()
            keys = self._keys.badge_keys()
            parts = _Parts(self, identity)
            parts.log.extend(
                [
                    ("event", EventDefined(event=msgspec.Raw(pack(event)))),
                    ("key", Key(number=keys.number, public=keys.public)),
                ]
            )
        self._parts = parts

    @property
    def _all(self) -> "_Parts":
        """The parts that need the registry's key, made when there is one. Raises NotInitialisedError."""
        if self._parts is None:
            identity = self._keys.identity
            if identity is None:
                raise NotInitialisedError
            self._parts = _Parts(self, identity)
        return self._parts

    # What it is.

    @property
    def identity(self) -> DeviceKey:
        """The registry's own key. Raises NotInitialisedError."""
        return self._all.identity

    @property
    def programme(self) -> Programme:
        """The event definition in force, indexed. Raises NotInitialisedError."""
        programme = self._all.projections.programme()
        if programme is None:
            raise NotInitialisedError
        return programme

    @property
    def event(self) -> Event:
        """The event definition in force. Raises NotInitialisedError."""
        return self.programme.event

    def check_event(self, event: Event) -> None:
        """Check a changed definition. Raises ConfigError where it would change the meaning of printed badges."""
        mistakes = grows_from(self.event, event)
        if mistakes:
            raise ConfigError(mistakes)

    def update_event(self, event: Event, look: Look = lambda _: None) -> None:
        """Put a new definition in force. Raises ConfigError as `check_event`, and what `look` raises."""
        self.check_event(event)
        body = EventDefined(event=msgspec.Raw(pack(event)))
        self._all.projections.change("event", look, lambda: self._all.log.append("event", body))

    def open_epoch(self, why: str) -> None:
        """Go on in a new log of the registry."""
        self._all.log.open_epoch(why)

    # What it knows.

    @property
    def log_state(self) -> LogState:
        """All folds as of the last refresh. Where other threads ask too, `snapshot` keeps it still meanwhile."""
        return self._all.projections.log_state

    def snapshot(self) -> AbstractContextManager[LogState]:
        """`with service.snapshot() as known:` all folds as of now, for this thread alone."""
        return self._all.projections.snapshot()

    def refresh(self, patience_s: float = -1) -> bool:
        """Fold new entries; every question does so by itself. False: another thread was still folding after this many
        seconds (-1: wait)."""
        return self._all.projections.refresh(patience_s)

    def keep_counts(self, *, at_once: bool = False) -> None:
        """Save the counts, so that the next start need not work them out: if much has arrived since, or (`at_once`)
        anything. Raises OSError."""
        self._all.projections.keep_counts(at_once=at_once)

    def changed_badges(self) -> set[bytes]:
        """A set to which the badge of everybody changed from now on is added, by the refresh that reads of it."""
        return self._all.projections.changed_badges()

    def glance(self) -> AbstractContextManager[LogState]:
        """As `snapshot`, but of the last thousands of entries perhaps not all: nothing waits for an import's."""
        return self._all.projections.glance()

    def fold_some(self, patience_s: float) -> bool | None:
        """Fold some thousand new entries; whether these were all. None: another thread had the folds for this many
        seconds (-1: wait)."""
        return self._all.projections.fold_some(patience_s)

    def headcount(self, at_ms: int, *, whole: bool = True) -> dict[str, Count]:
        """The counts of every area at an instant (ms), by area id in file order; `whole` False: as by `glance`."""
        return self._all.projections.headcount(at_ms, whole=whole)

    def by_gate(self, at_ms: int) -> dict[str, dict[str, int]]:
        """What each gate did on the day of an instant: presentations by reason."""
        return self._all.projections.by_gate(at_ms)

    def arrivals(self, at_ms: int) -> DayArrivals:
        """When people came and went on the day of an instant. It changes outside of a snapshot."""
        return self._all.projections.arrivals(at_ms)

    def attendance(self, at_ms: int) -> dict[str, int]:
        """Distinct people let in for each session, as of an instant, by session id."""
        return self._all.projections.attendance(at_ms)

    def attendance_kinds(self) -> tuple[Programme, Mapping[Kind, int]]:
        """How many people there are of each kind, by the definition in force. Raises NotInitialisedError."""
        programme, kinds = self._all.projections.attendance_kinds()
        return programme or self.programme, kinds

    def conflicts(self) -> list[Conflict]:
        """The partition report, in order of corrected time."""
        return self._all.projections.conflicts()

    def missing(self, device: str) -> int:
        """Entries that a kiosk is known to have written in earlier logs, and that are not stored here."""
        return self._all.projections.missing(device)

    @property
    def desk(self) -> DeskRoster:
        """What a help desk may do of the following: nothing with badges that give a role."""
        return DeskRoster(self._all.roster, self.ledger, self.people, lambda: self.event)

    def register(self, person: Person) -> IssuedBadge:
        """Register a person who is in no list; without a ref they get a number. Raises RegistrationError."""
        return self._all.roster.register_by_hand(person, self.event)

    def register_many(self, people: Sequence[Person]) -> list[IssuedBadge]:
        """Register people, all or none. Raises RegistrationError with all mistakes."""
        return self._all.roster.register(people, self.event)

    def person(self, ref: str) -> Known:
        """A registered person. Raises UnknownError."""
        return self._all.roster.by_ref(ref)

    def badge(self, badge: bytes, issue: int | None = None) -> IssuedBadge:
        """An issue of a badge as it was printed; None: the newest. Raises UnknownError."""
        roster = self._all.roster
        return roster.badge(roster.known(badge), issue)

    def labels(self, refs: Collection[str] | None = None) -> list[Label]:
        """What to print for these people (None: for everybody), in order of their refs. Those whose newest badge is
        revoked get none. Raises UnknownError for a ref that nobody has."""
        roster, event = self._all.roster, self.event
        people = (
            self.people.everyone() if refs is None else [roster.by_ref(r) for r in sorted(refs)]
        )
        with self.snapshot() as known:
            return list(roster.labels(known, event, people))

    def reissue(self, badge: bytes, newest: int | None = None) -> IssuedBadge:
        """A new issue with the same form and claims; it retires the ones before. `newest`: the newest that the asker
        knows. Raises UnknownError, ChangedError."""
        return self._all.roster.reissue(badge, self.event, newest)

    def roster_state(self, badge: bytes) -> RosterState:
        """A person and what their badge may do, as stored now. Raises UnknownError."""
        return self._all.roster.state(badge)

    def amend(self, person: Person, seen: RosterState | None = None) -> IssuedBadge:
        """Change the name and rights of a registered person; their printed badge stays valid. Raises UnknownError,
        RegistrationError; ChangedError where they are not any more as they were `seen`."""
        return self._all.roster.amend(person, self.event, seen)

    def registered(self) -> dict[str, Registered]:
        """Everybody who is registered, by ref, in order of their refs; with their newest badges as known by now."""
        found: dict[str, Registered] = {}
        people = list(self.people.everyone())
        for start in range(0, len(people), AT_ONCE):
            some = {known.badge: known for known in people[start : start + AT_ONCE]}
            with self.snapshot() as log_state:  # in pieces: others wait for it meanwhile
                histories = dict(log_state.roster_histories(some))
                badges = {badge: log_state.event_state.persons.badges(badge) for badge in some}
            for badge, known in some.items():
                issued = histories[badge].newest()
                revoked = histories[badge].revoked(issued.issue if issued is not None else None)
                found[known.ref] = Registered(known, issued, revoked, badges[badge])
        return found

    def batch(self) -> Batch:
        """Many people to be registered, changed and revoked at once."""
        return self._all.roster.batch(self.event)

    def untouched_since(self, position: int, badges: Collection[bytes]) -> bool:
        """Whether the registry has written nothing since that entry that makes, changes or revokes one of these badges,
        or changes the event or its keys."""
        return not any(
            entry.kind in ("event", "key") or badge_of(entry.body) in badges
            for entry in self.ledger.registry_since(position)
        )

    def revoke(
        self, badge: bytes, issue: int | None = None, why: str = "", newest: int | None = None
    ) -> None:
        """A badge, or one issue of it, is no longer good. `newest`: the newest issue that the asker knows. Raises
        UnknownError, ChangedError."""
        self._all.roster.revoke(badge, issue, why, newest)

    def unrevoke(self, badge: bytes) -> IssuedBadge:
        """A new badge for a person whose badge was revoked. Raises UnknownError, RegistrationError."""
        return self._all.roster.unrevoke(badge, self.event)

    def erase(self, badge: bytes) -> None:
        """Forget the person of a badge. Raises UnknownError."""
        self._all.roster.erase(badge, self.event)
        self.ledger.database.scrub()

    def forget_erased(self) -> int:
        """Forget those who were erased since the backup that was put back, as far as kiosks say so. Return how many."""
        erased = forget_erased(self.ledger, self._all.roster, self.people, self.event)
        if erased:
            self.ledger.database.scrub()
        return erased

    @property
    def staff_keys(self) -> StaffKeys:
        """Key cards of the staff, and the desk key that they unlock."""
        return self._all.staff_keys

    @property
    def signing_keys(self) -> SigningKeys:
        """The keys that sign badges."""
        return self._all.signing_keys

    def issue_test_badges(self) -> Sequence[TestBadge]:
        """The test badges of the doors-open check, put on the roster where they are not there yet."""
        return self._all.opening_badges.issue(self.event)

    def respelling(self, note: Note) -> Respelling:
        """Takes over names that staff corrected at kiosks; `note` is called for each."""
        return Respelling(self.ledger, self._all.roster, self._keys, note)

    # Kiosks.

    def enrol_code(self, gate: str | None = None, minutes: int = MINUTES) -> str:
        """A one-time code with which a kiosk enrols, for a gate or as a spare. Raises UnknownError."""
        return self._all.enrolment.new_code(self.event, gate, minutes)

    def open_handle(self, code: str) -> str | None:
        """The beginning of an enrolment code that is open and begins as this one, or None."""
        return self._all.enrolment.open_handle(code)

    def enrol(self, asked: Enrol) -> Enrolled:
        """Enrol a kiosk; the caller has checked its signature. The answer has the reason where it is refused."""
        with self.snapshot() as known:
            keys = dict(known.event_state.keys)
        return self._all.enrolment.enrol(self.event, keys, asked)

    def reached_at(self, device: str, address: str, certificate: str) -> bool:
        """Record where a kiosk listens, for its neighbours, if that is new. Return whether it was."""
        return self._all.enrolment.reached_at(device, address, certificate)

    def assign(self, device: str, gate: str | None, look: Look = lambda _: None) -> None:
        """Put a kiosk at a gate, or take it away from one. Raises UnknownError, and what `look` raises."""
        event, enrolment = self.event, self._all.enrolment
        self._all.projections.change("kiosk", look, lambda: enrolment.assign(event, device, gate))

    def cut_off(self, device: str, believed: dict[str, int] | None = None) -> None:
        """Accept a kiosk's logs up to these numbers (None: those stored now) and nothing after. Raises UnknownError."""
        self._all.enrolment.cut_off(device, believed)

    def free_seats(self, device: str, area: str, seats: int) -> None:
        """Give a kiosk seats of an area that were lost. Raises UnknownError, RegistryError."""
        self._all.enrolment.free_seats(self.event, device, area, seats)

    # The days' work.

    def rule(self, conflict: Conflict, answer: str, by: str, look: Look = lambda _: None) -> None:
        """Log an admin's answer to a line of the partition report. Raises what `look` raises."""
        body = Ruling(conflict=conflict.kind, entry=conflict.entry, answer=answer, by=by)
        self._all.projections.change("ruling", look, lambda: self._all.log.append("ruling", body))

    def close_day(self, day: str) -> None:
        """Log the end of an event day, with the last number stored of each log. Raises UnknownError."""
        days = self.event.days
        if day not in days:
            raise UnknownError(f"{day!r} is no day of the event; it should be {one_of(days)}")
        with self.ledger.transaction():
            last_seqs = {
                log: max(seq for seq, _ in tips) for log, tips in self.ledger.vector().items()
            }
            self._all.log.append("close", Close(day=day, held=last_seqs))

    def purge(
        self,
        *,
        early: bool = False,
        last_chance: Callable[[], None] = lambda: None,
        job: str | None = None,
    ) -> int:
        """Delete all that names a person, here and at every kiosk that hears of it, and the keys with which badges are
        made. Return how many people. The logs, which name nobody, stay. `last_chance` is called before it can no longer
        be stopped; `job` is the long work that does this.

        Raises RegistryError before `retention_days` have passed, unless `early`.
        """
        programme = self.programme
        due_ms = programme.end_ms + programme.policy.retention_days * DAY_MS
        if not early and self._clock().wall_ms < due_ms:
            day = Programme.day_name(programme.day_of(due_ms))
            raise RegistryError(
                f"People are kept until {day}, as the event definition says. To delete them now: --early"
            )
        return self._all.purge.run(last_chance, job)


class _Parts:
    """The parts of the registry that need its key."""

    def __init__(self, service: RegistryService, identity: DeviceKey) -> None:
        self.identity = identity
        self.log = OwnLog(service.ledger, identity, service._clock, service._random)
        self.projections = Projections(service.ledger, identity.fingerprint, service._earliest_ms)
        self.roster = Roster(
            service.ledger, self.log, service.people, service._keys, service._random
        )
        self.opening_badges = OpeningBadges(service.ledger, self.log, self.roster, service._keys)
        self.staff_keys = StaffKeys(
            service.ledger, self.roster, service.people, service._keys, service._random
        )
        self.purge = Purge(service.ledger, self.log, service.people, service._keys)
        self.signing_keys = SigningKeys(service.ledger, self.log, service.people, service._keys)
        self.enrolment = Enrolment(
            service.ledger, self.log, identity, lambda: service._clock().wall_ms, service._random
        )
