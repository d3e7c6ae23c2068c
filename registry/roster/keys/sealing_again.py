"""A new desk key, and every name card sealed under it, while everybody else goes on working.

Cards are sealed outside the database's lock and staged. Whoever is registered, changed or erased meanwhile is sealed
once more, until nobody was; then key and cards change in one short transaction.
"""

from collections.abc import Callable, Sequence

from access.badge import credential
from access.event.definition import Event
from access.log.entry import BadgeIssued
from registry.roster.badge_issuer import BadgeIssuer, plain_secret
from registry.roster.batch import PIECE, Batch, ChangedMeanwhileError, discard
from registry.roster.issues import newest_issues, written_since
from registry.roster.keys.keyring import Keyring
from registry.roster.model import Known
from registry.roster.repository import People
from registry.roster.restored.erasures import forget_erased
from registry.roster.service import Roster
from registry.storage.ledger import Ledger

Add = Callable[[BadgeIssuer, Known, BadgeIssued, str], None]
"""Adds the entry of a person's newest issue, whose text is given, and its card to the issuer. May be called again."""

Step = Callable[[int], None]

ROUNDS = 8
"""How often those who changed meanwhile are sealed outside the lock before everybody waits for it."""


class SealingAgain:
    """Changes the desk key. Used by one thread at a time, as everything that stages is."""

    def __init__(self, ledger: Ledger, roster: Roster, people: People, keys: Keyring) -> None:
        self._ledger = ledger
        self._roster = roster
        self._people = people
        self._keys = keys

    def run(
        self,
        event: Event,
        add: Add,
        step: Step,
        last_chance: Callable[[], None],
    ) -> int:
        """Return how many cards were sealed. `step` is called with how many people are done; after `last_chance`
        everything is done. Where one of them raises nothing has changed."""
        forget_erased(self._ledger, self._roster, self._people, event)
        desk = self._keys.drawn_desk_key()
        issuer = self._roster.issuer(event, with_badges=False, desk=desk)
        batch = self._roster.batch(event, issuer)
        master = self._keys.badge_keys().master
        try:
            sealed = self._commit(batch, master, desk, add, step, last_chance)
        except BaseException:
            discard(self._ledger)
            raise
        self._ledger.database.scrub()  # the old cards must not stay readable in the file
        return sealed

    def _commit(
        self,
        batch: Batch,
        master: bytes,
        desk: bytes,
        add: Add,
        step: Step,
        last_chance: Callable[[], None],
    ) -> int:
        def finish() -> None:
            self._keys.badge_keys()  # an error where everybody was purged meanwhile
            self._keys.set_desk_key(desk)

        def seal_changed() -> int:
            until = self._ledger.newest()
            if changed := written_since(self._ledger, seen):
                batch.drop(changed)
                self._seal(batch, master, list(self._people.by_badges(changed)), add)
            return until

        seen = self._ledger.newest()
        done, last = 0, b""
        while people := list(self._people.after(last, PIECE)):
            self._seal(batch, master, people, add)
            done, last = done + len(people), people[-1].badge
            step(done)
        last_chance()
        for _ in range(ROUNDS):
            seen = seal_changed()
            try:
                batch.commit(lambda: not written_since(self._ledger, seen), finish)  # noqa: B023 - called in this round
                return batch.cards
            except ChangedMeanwhileError:
                continue
        with self._ledger.transaction():
            seal_changed()
            batch.commit(lambda: True, finish)
        return batch.cards

    def _seal(self, batch: Batch, master: bytes, people: Sequence[Known], add: Add) -> None:
        badges = [known.badge for known in people if known.content is not None]
        newest, texts = newest_issues(self._ledger, badges), self._people.texts_of(badges)
        for known in people:
            issued = newest.get(known.badge)
            if known.content is None or issued is None:
                continue
            if issued.form == "plain":
                secret = plain_secret(master, known, issued.issue)
                plain = credential.Plain(known.badge, issued.issue, secret)
                text = credential.plain_text(plain)
            else:
                text = texts[known.badge, issued.issue]
            add(batch.issuer, known, issued, text)
        batch.stage_made()
