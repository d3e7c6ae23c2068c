"""Who was erased, or given another badge, since the backup that the database was put back from: kiosks give back the
entries that say so."""

import msgspec

from access.event.definition import Event
from registry.roster.issues import was_erased
from registry.roster.repository import People
from registry.roster.service import Roster
from registry.storage.ledger import Ledger


def forget_erased(ledger: Ledger, roster: Roster, people: People, event: Event) -> int:
    """Forget those whose name cards the entries withdraw. Whoever was given another badge is kept with that, as soon as
    its entry is here. Return how many were forgotten."""
    if not people.named_without_card():
        return 0
    erased = 0
    with ledger.transaction():
        for badge in people.named_without_card():
            if not was_erased(roster.entries(badge)):
                continue
            now = ledger.badge_now(badge)
            entries = roster.entries(now)
            if was_erased(entries):
                people.forget(badge)
                erased += 1
            elif entries:
                _follow(roster, people, badge, now, event)
    return erased


def _follow(roster: Roster, people: People, badge: bytes, now: bytes, event: Event) -> None:
    """Move a person to the badge that they have now. Its text, which was only in the database that is lost, is signed
    again; where the key is another since, the badge can be reissued."""
    known = roster.known(badge)
    listed = roster.newest(known).form != "signed"
    people.move(badge, msgspec.structs.replace(known, badge=now), listed=listed)
    issuer = roster.issuer(event, with_badges=False)
    issuer.sign_again(roster.entries(now))
    roster.keep(issuer)
