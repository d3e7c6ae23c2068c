"""What a kiosk's own journal says of earlier prints: which have no answer, and of which nobody knows it."""

from collections.abc import Iterable

from access.log.chain import device_of
from access.log.entry import EntryRef, Printed
from access.log.log_entry import Order
from access.rules.badge_prints import prints_of
from kiosk.door.door import Door


def left_open(door: Door) -> dict[EntryRef, Printed]:
    """The prints of earlier starts that have no answer, not even that nobody knows, by their entries."""
    begun: dict[EntryRef, Printed] = {}
    for ref, body in _prints(door):
        if body.outcome == "sent":
            begun[ref] = body
        elif body.attempt is not None:
            begun.pop(body.attempt, None)
    return begun


def in_doubt(door: Door) -> set[tuple[bytes, int]]:
    """The badges and issues of which nobody has said whether they came out here."""
    entries: dict[tuple[bytes, int], list[tuple[Order, Printed]]] = {}
    for at, (ref, body) in enumerate(_prints(door)):
        order = Order(at, ref.log, ref.seq, ref.digest)
        entries.setdefault((body.badge, body.issue), []).append((order, body))
    found = {which: {one.outcome for one in prints_of(some)} for which, some in entries.items()}
    return {
        which
        for which, outcomes in found.items()
        if "unknown" in outcomes and "printed" not in outcomes
    }


def _prints(door: Door) -> Iterable[tuple[EntryRef, Printed]]:
    for entry in door.own_entries():
        if isinstance(entry.body, Printed) and device_of(entry.log) == door.device:
            yield EntryRef(entry.log, entry.seq, entry.digest), entry.body
