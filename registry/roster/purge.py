"""The end of an event: all that names a person is deleted, while everybody else goes on working."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from access.log.entry import BadgeIssued, Body
from registry.devices.own_log import OwnLog, packed_entry
from registry.roster.badge_issuer import without_card
from registry.roster.issues import issues_with_card, written_since
from registry.roster.keys.keyring import Keyring
from registry.roster.repository import People
from registry.storage.backup import remove_unfinished
from registry.storage.ledger import Ledger

ROUNDS = 8
"""How often the roster is looked at outside the lock, because somebody was registered meanwhile, before everybody waits
for it."""


class Purge:
    """Deletes everybody, here and, by entries that withdraw all name cards, at every kiosk that hears of it."""

    def __init__(self, ledger: Ledger, log: OwnLog, people: People, keys: Keyring) -> None:
        self._ledger = ledger
        self._log = log
        self._people = people
        self._keys = keys

    def run(self, last_chance: Callable[[], None], job: str | None) -> int:
        """Return how many people there were. After `last_chance` everything is done; where that raises, nothing has
        changed. `job` is the long work that does this, which names nobody and is kept."""
        for _ in range(ROUNDS):
            seen = self._ledger.newest()
            packed_entries = [packed_entry(*one) for one in _withdrawn(self._ledger)]
            draft = self._log.draft(packed_entries) if packed_entries else None
            last_chance()
            with self._ledger.transaction():
                if written_since(self._ledger, seen):
                    continue
                if draft is not None:
                    if not self._log.adopt(draft):
                        continue
                    self._ledger.add_many(draft.rows)
                gone = self._forget(job)
            break
        else:
            with self._ledger.transaction():
                self._log.extend(_withdrawn(self._ledger))
                gone = self._forget(job)
        self._ledger.database.scrub(whole=True)
        if self._ledger.folder is not None:
            with suppress(OSError):  # `registry doctor` names what is still there
                remove_unfinished(self._ledger.folder)
        return gone

    def _forget(self, job: str | None) -> int:
        gone = self._people.count()
        self._people.forget_all(job)
        self._ledger.forget_cards()
        self._keys.forget()
        return gone


def _withdrawn(ledger: Ledger) -> Sequence[tuple[str, Body]]:
    """Entries that no issue has a name card any more."""
    issues: list[BadgeIssued] = issues_with_card(ledger)
    return [("badge", without_card(one)) for one in issues]
