"""Test badges of the doors-open check: on the roster like people's, and nobody's."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from access.badge import credential
from access.event.definition import Event
from access.log.entry import BadgeIssued, Revoked
from access.rules.opening_check import Case, OpeningBadge, claims_of, opening_badges
from registry.devices.own_log import OwnLog
from registry.roster.keys.keyring import Keyring
from registry.roster.service import Roster
from registry.storage.ledger import Ledger

SALT = b"test badge"
"""People's badges have a random salt, which erasing them erases; there is nobody to be erased here."""

FORGED_SALT = b"forged test badge"
"""What is printed as the forged badge has another secret than the one on the roster."""


@dataclass(frozen=True, slots=True)
class TestBadge:
    """A test badge to be printed."""

    __test__ = False  # a name that pytest would take for a test

    venue: str
    case: Case
    code: str
    text: str = field(repr=False)


class OpeningBadges:
    """Their writer. `issue` is one transaction."""

    def __init__(self, ledger: Ledger, log: OwnLog, roster: Roster, keys: Keyring) -> None:
        self._ledger = ledger
        self._log = log
        self._roster = roster
        self._keys = keys

    def issue(self, event: Event) -> Sequence[TestBadge]:
        """The test badges of all venues, put on the roster where they are not there yet, or as they were."""
        master = self._keys.badge_keys().master
        with self._ledger.transaction():
            return [
                self._issue(event, badge, one, master)
                for badge, one in opening_badges(event).items()
            ]

    def _issue(self, event: Event, badge: bytes, one: OpeningBadge, master: bytes) -> TestBadge:
        secret = credential.plain_secret(master, SALT, badge, 1)
        entry = BadgeIssued(
            badge=badge,
            issue=1,
            form="plain",
            claims=claims_of(event, one),
            verifier=credential.verifier(secret),
        )
        if self._roster.issues(badge).get(1) != entry:
            self._log.append("badge", entry)
        if one.case == "revoked" and not self._is_revoked(badge):
            self._log.append("revoke", Revoked(badge=badge, issue=None, why="a test badge"))
        if one.case == "forged":
            secret = credential.plain_secret(master, FORGED_SALT, badge, 1)
        text = credential.plain_text(credential.Plain(badge, 1, secret))
        return TestBadge(one.venue, one.case, credential.human_code(badge), text)

    def _is_revoked(self, badge: bytes) -> bool:
        return any(
            isinstance(entry.body, Revoked) and self._ledger.is_registry(entry.log)
            for entry in self._ledger.about(badge)
        )
