"""Names that staff corrected at a kiosk that prints badges: taken over here as soon as its entry arrives.

Whoever can seal a spelling had a key card, its PIN and the name card in hand, so it is taken over without asking
anybody. The issue stays: the badge that was printed with the name is the one that its owner wears.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from access.badge.credential import human_code
from access.badge.name_card import Card, open_spelling
from access.event.definition import Event
from access.log.chain import device_of
from access.log.entry import Printed
from access.log.log_entry import LogEntry
from access.text import canonical, first_unprintable
from registry.roster.keys.keyring import Keyring
from registry.roster.model import MOST_CHARACTERS
from registry.roster.service import Roster
from registry.storage.database import OUTAGES
from registry.storage.errors import RegistryError
from registry.storage.ledger import Ledger

log = logging.getLogger(__name__)

POSITION = "spellings"
"""The ledger's number of the last entry looked at, among the registry's own values."""

LOOK_S = 2.0
AT_ONCE = 1000

Note = Callable[[str, str, Mapping[str, object]], None]
"""Notes for the admins who (a gate) did what to whom (a badge's code)."""


class Respelling:
    """Takes over spellings from the prints of kiosks."""

    def __init__(self, ledger: Ledger, roster: Roster, keys: Keyring, note: Note) -> None:
        self._ledger = ledger
        self._roster = roster
        self._keys = keys
        self._note = note

    def run(self, stop: threading.Event, event: Callable[[], Event]) -> None:
        """Until stopped. A failure is logged, and tried again."""
        while not stop.wait(LOOK_S):
            try:
                while self.step(event()) and not stop.is_set():
                    pass
            except OUTAGES as error:
                log.warning(
                    "names from kiosks wait: the database does not answer (%s)",
                    type(error).__name__,
                )
            except RegistryError as error:
                log.debug("names from kiosks wait: %s", error)
            except Exception:  # the thread's own boundary: the next name may be well
                log.exception("names from kiosks")

    def step(self, event: Event) -> bool:
        """Look at what has arrived since the last time; whether there was anything."""
        position = self._position()
        found = self._ledger.since(position, AT_ONCE)
        if not found:
            return False
        with self._ledger.transaction():
            if self._position() != position:
                return True  # another worker has done it
            self._take_over([entry for _, entry in found], event)
            self._ledger.set_value(POSITION, str(found[-1][0]).encode())
        return True

    def _position(self) -> int:
        return int(self._ledger.value(POSITION) or b"0")

    def _take_over(self, entries: Sequence[LogEntry], event: Event) -> None:
        respelled: set[bytes] = set()
        for entry in entries:
            body = entry.body
            if not isinstance(body, Printed) or body.spelling is None or body.outcome != "sent":
                continue
            if not self._believed(entry):
                continue
            name = self._name(body.badge, body.issue, body.spelling)
            done = name is not None and self._roster.respell(body.badge, body.issue, name, event)
            if done:
                respelled.add(body.badge)
                self._note(body.gate, "correct_name", {"code": human_code(body.badge)})
            elif body.badge not in respelled:  # else printed twice with one spelling
                self._note(body.gate, "correct_name_not", {"code": human_code(body.badge)})

    def _believed(self, entry: LogEntry) -> bool:
        """Whether it is a kiosk's, and from before that was cut off."""
        kiosk = self._ledger.kiosk(device_of(entry.log))
        if kiosk is None:
            return False
        return not kiosk.cut_off or entry.seq <= kiosk.believed.get(entry.log, 0)

    def _name(self, badge: bytes, issue: int, spelling: bytes) -> str | None:
        """The name, as this registry takes it; None: it cannot be read, or is none."""
        raw = self._ledger.card(badge, issue)
        if raw is None:
            return None
        card = msgspec.msgpack.decode(raw, type=Card)
        name = canonical(open_spelling(spelling, card, self._keys.badge_keys().desk) or "")
        good = 0 < len(name) <= MOST_CHARACTERS and first_unprintable(name) is None
        return name if good else None
