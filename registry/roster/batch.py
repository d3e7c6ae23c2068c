"""Thousands of people registered, changed and revoked at once, all or none, while everybody else goes on working.

Badges, secrets and name cards are made outside the database's lock and staged in pieces, in tables that nobody reads.
Then one short transaction, `commit`, looks whether the roster is still what it was, and copies everything to where it
belongs. What is still staged then, or was when a crash came, `discard` removes.
"""

import gc
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

import msgspec
from sqlalchemy import delete, func, select, text

from access.badge.credential import Claims
from access.event.definition import Event
from access.log.entry import BadgeIssued, Body, Revoked
from registry.devices.own_log import Draft, OwnLog, PackedEntry, packed_entry
from registry.roster.badge_ids import badge_ids
from registry.roster.badge_issuer import BadgeIssuer
from registry.roster.model import Known, Person, Registered, claims
from registry.roster.repository import People, lists_of
from registry.storage import tables
from registry.storage.bulk import insert_rows
from registry.storage.errors import RegistryError
from registry.storage.ledger import Ledger
from sync.wire.messages import SealedCard

Step = Callable[[int], None]

P = ParamSpec("P")
Result = TypeVar("Result")

PIECE = 500
"""People in one short transaction of staging."""

DRAFTS = 4
"""How often a batch's entries are chained outside the lock before everybody waits for it."""

BREATH_S = 0.005
"""Between two short transactions, so that whoever waits for the database gets it."""

SALT_BYTES = 16
"""Of a person's own salt."""

_PERSON = ("badge", "ref", "name", "organisation", "language", "keys", "salt", "extra")
_STAGED = (*_PERSON, "printed", "new")
_CARD = ("digest", "badge", "issue", "raw")

_NOBODYS_CARDS = (
    "DELETE FROM card WHERE badge IN (SELECT badge FROM staged_person WHERE new = 1"
    " AND badge NOT IN (SELECT badge FROM person))"
)

_MOVE = (
    # People who were there before: their rows and cards are replaced.
    "DELETE FROM person WHERE badge IN (SELECT badge FROM staged_person WHERE new = 0)",
    f"INSERT INTO person ({', '.join(_PERSON)}) SELECT {', '.join(_PERSON)} FROM staged_person",  # noqa: S608
    "INSERT INTO printed (badge, issue, text) SELECT badge, 1, printed FROM staged_person WHERE printed IS NOT NULL",
    "DELETE FROM card WHERE (badge, issue) IN (SELECT badge, issue FROM staged_card)",
    "INSERT INTO card (digest, badge, issue, raw) SELECT digest, badge, issue, raw FROM staged_card",
)

_STAGES = (tables.staged_card, tables.staged_entry, tables.staged_person)


def _uncollected(work: Callable[P, Result]) -> Callable[P, Result]:
    """Without garbage collections: one that looks at all that was prepared would take as long as the work itself, while
    everybody waits for both."""

    @wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> Result:
        collects = gc.isenabled()
        gc.disable()
        try:
            return work(*args, **kwargs)
        finally:
            if collects:
                gc.enable()

    return run


class ChangedMeanwhileError(RegistryError):
    """The roster is not any more what it was when this was prepared: nothing was changed."""

    def __init__(self) -> None:
        super().__init__(
            "People of this list were registered or changed meanwhile; nothing was changed. Look at it once more."
        )


class Sealing(NamedTuple):
    """How a person's row is made, from a badge id, a salt and the keys of an earlier release; and how an issue's entry
    and card are made again."""

    row: Callable[[Person, bytes, bytes, tuple[str, ...]], Known]
    renew_entry: Callable[[BadgeIssuer, Known, BadgeIssued, Event], None]


class Batch:
    """One batch. Made, filled, and then committed or discarded, by one thread."""

    def __init__(
        self,
        ledger: Ledger,
        log: OwnLog,
        people: People,
        event: Event,
        issuer: BadgeIssuer,
        sealing: Sealing,
        random: Callable[[int], bytes],
    ) -> None:
        self._ledger = ledger
        self._log = log
        self._people = people
        self._event = event
        self._issuer = issuer
        self._sealing = sealing
        self._random = random
        self._staged = self._staged_cards = 0
        self._entries: list[tuple[str, Body]] = []
        self._known_claims: dict[object, Claims] = {}

    def register(self, people: Sequence[Person], step: Step) -> None:
        """Make and stage the badges of people who are new and without mistakes."""
        badges = badge_ids(people, self._people, self._random)
        for start in range(0, len(people), PIECE):
            some = people[start : start + PIECE]
            step(start)
            issuer = self._issuer
            known = []
            for person, badge in zip(some, badges[start : start + PIECE], strict=True):
                one = self._sealing.row(person, badge, self._random(SALT_BYTES), ())
                known.append(one)
                issuer.issue(one, 1, person.form, self._claims(person), person.code)
            texts = {badge: printed for badge, _, printed in issuer.texts}
            self._stage(known, texts, new=True)

    def _claims(self, person: Person) -> Claims:
        """What a person's badge may do; most people's are alike."""
        key = (person.ticket, person.venues, person.days, person.sessions)
        found = self._known_claims.get(key)
        if found is None:
            found = self._known_claims[key] = claims(person, self._event)
        return found

    def change(
        self, changed: Sequence[tuple[Person, Registered]], step: Step, done: int = 0
    ) -> None:
        """Stage what registered people are called and may do from now on. `done`: steps before these."""
        for start in range(0, len(changed), PIECE):
            step(done + start)
            rows = [self._amended(*one) for one in changed[start : start + PIECE]]
            self._stage(rows, {}, new=False)

    def _amended(self, person: Person, before: Registered) -> Known:
        """A person's new row; entry and card, where they change, go into the issuer."""
        old = before.known
        # Keys of an earlier release stay with the name: without a change no card is sealed again.
        keys = old.keys if person.name == old.name else ()
        known = self._sealing.row(person, old.badge, old.salt, keys)
        if before.issued is None:
            return known
        entry = msgspec.structs.replace(before.issued, claims=self._claims(person))
        if known.content != old.content:
            self._sealing.renew_entry(self._issuer, known, entry, self._event)
        elif entry != before.issued:
            self._issuer.entries.append(("badge", entry))
        return known

    def revoke(self, badges: Sequence[bytes], why: str) -> None:
        """Revoke badges, all issues of them."""
        self._entries += [("revoke", Revoked(badge=badge, issue=None, why=why)) for badge in badges]

    @property
    def cards(self) -> int:
        """How many name cards take the place of others."""
        return self._staged_cards

    @property
    def issuer(self) -> BadgeIssuer:
        """Makes entries and cards of people whose rows stay as they are, for `stage_made`."""
        return self._issuer

    def stage_made(self) -> None:
        """Stage what `issuer` has made."""
        self._stage((), {}, new=False)

    def drop(self, badges: Collection[bytes]) -> None:
        """Forget what was staged by `stage_made` of these badges."""
        gone = set(badges)
        self._entries = [one for one in self._entries if getattr(one[1], "badge", None) not in gone]
        staged = tables.staged_card
        for badge in gone:
            self._staged_cards -= self._ledger.write(delete(staged).where(staged.c.badge == badge))

    def _stage(self, known: Sequence[Known], texts: Mapping[bytes, str], *, new: bool) -> None:
        issuer = self._issuer
        rows = [(*_values(one), texts.get(one.badge), int(new)) for one in known]
        issued = [body for _, body in issuer.entries if isinstance(body, BadgeIssued)]
        issues_of = {
            body.card: (body.badge, body.issue) for body in issued if body.card is not None
        }
        cards = [_card(card, issues_of) for card in issuer.cards]
        with self._ledger.transaction(), self._ledger.database.writing() as connection:
            insert_rows(connection, "staged_person", _STAGED, rows)
            # Cards of new people harm nobody before their entries name them: they need not be moved.
            insert_rows(connection, "card" if new else "staged_card", _CARD, cards)
        self._staged += len(rows)
        self._staged_cards += 0 if new else len(cards)
        self._entries += issuer.entries
        for made in (issuer.entries, issuer.cards, issuer.texts, issuer.badges):
            made.clear()
        time.sleep(BREATH_S)

    def commit(
        self, still_so: Callable[[], bool], finish: Callable[[], None] = lambda: None
    ) -> None:
        """Move everything in one short transaction. `still_so` is called inside it: whether what this is based on is
        still true. `finish` does there what belongs to it.

        Raises ChangedMeanwhileError.
        """
        packed_entries = [packed_entry(kind, body) for kind, body in self._entries]
        # Whoever writes to the registry's log between draft and transaction makes the draft void; at last they wait.
        for _ in range(DRAFTS):
            if self._committed(self._log.draft(packed_entries), packed_entries, still_so, finish):
                break
        else:
            self._committed(None, packed_entries, still_so, finish)
        time.sleep(BREATH_S)
        discard(self._ledger)

    @_uncollected
    def _committed(
        self,
        draft: Draft | None,
        packed_entries: Sequence[PackedEntry],
        still_so: Callable[[], bool],
        finish: Callable[[], None],
    ) -> bool:
        """Whether the log still ended where the draft begins; None: it is drafted here."""
        with self._ledger.transaction():
            if self._taken() or not still_so():
                raise ChangedMeanwhileError
            if self._count_staged() != (self._staged, self._staged_cards):
                raise RegistryError("What was prepared is gone; nothing was changed. Try again.")
            if packed_entries:
                draft = draft or self._log.draft(packed_entries)
                if not self._log.adopt(draft):
                    return False
                self._ledger.add_many(draft.rows)
            with self._ledger.database.writing() as connection:
                for statement in _MOVE:
                    connection.execute(text(statement))
            finish()
        return True

    def _count_staged(self) -> tuple[int, int]:
        """People and cards."""
        people, cards = (
            int(self._ledger.first(select(func.count()).select_from(table))[0])
            for table in (tables.staged_person, tables.staged_card)
        )
        return people, cards

    def _taken(self) -> bool:
        """Whether a ref or a badge of a new person has become somebody's."""
        taken = text(
            "SELECT 1 FROM staged_person AS fresh JOIN person ON person.ref = fresh.ref OR person.badge = fresh.badge"
            " WHERE fresh.new = 1 LIMIT 1"
        )
        return self._ledger.first(taken) is not None


def discard(ledger: Ledger) -> None:
    """Remove what is staged, and the name cards of people who were not registered in the end. In several transactions:
    others need not wait for all of it."""
    if all(ledger.first(select(table).limit(1)) is None for table in _STAGES):
        return
    ledger.write(text(_NOBODYS_CARDS))
    for table in _STAGES:  # the people last: who they were says whose cards go
        time.sleep(BREATH_S)
        ledger.write(delete(table))


def _values(known: Known) -> tuple[object, ...]:
    """Of the columns `_PERSON`."""
    keys, extra = lists_of(known)
    return (
        known.badge, known.ref, known.name, known.organisation, known.language, keys, known.salt, extra,
    )  # fmt: skip


def _card(card: SealedCard, issues_of: Mapping[bytes, tuple[bytes, int]]) -> tuple[object, ...]:
    badge, issue = issues_of[card.digest]
    return card.digest, badge, issue, card.raw
