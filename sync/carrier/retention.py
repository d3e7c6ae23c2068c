"""What a kiosk deletes by itself once the event is over by its retention days: name cards. The logs name nobody."""

import logging

from access.event.programme import Programme
from sync.store.replica import Replica

log = logging.getLogger(__name__)

DAY_MS = 86_400_000


def forget_people(replica: Replica, now_ms: int) -> None:
    """Delete every name card if it is time. What was deleted before is emptied out of the file's write-ahead log.
    Raises sqlite3.Error where the disk is full: to be tried again."""
    replica.scrub()
    event = replica.definition()
    if event is None or not replica.has_cards():
        return
    days = event.policy.retention_days
    if now_ms > Programme(event).end_ms + days * DAY_MS:
        replica.forget_cards()
        log.warning("the event is over by %d days: all name cards are deleted", days)
