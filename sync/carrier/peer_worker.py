"""Another device that a carrier exchanges with: its addresses, its state, and when it is asked next."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from sync.carrier.sending import Answer, SentAhead
from sync.exchange.exchange import Asker
from sync.transport.http_client import HttpClient, HttpClientError

log = logging.getLogger(__name__)

ASK_EVERY_S = 1.0
"""How often a target is asked when this side has nothing new (s): an admission at another door is known within two
seconds, lost messages included."""

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 20.0
"""After an error the pause doubles between these, give or take a quarter: thirty kiosks must not come back at once."""

NEIGHBOUR_PAUSE_S = 4.0
"""The longest pause for a kiosk on the same LAN, where asking costs nothing."""

NEIGHBOUR_FIRST_PAUSE_S = 0.25
NEIGHBOUR_SOON_S = 120.0
NEIGHBOUR_SOON_PAUSE_S = 0.5
"""A neighbour that went silent less than this ago is tried so often: the cut of a LAN ends at once for both doors."""


@dataclass(frozen=True)
class Pauses:
    """How long to wait after an error (s): the first time, the longest, and the longest within `soon_s` of the first
    error."""

    first_s: float = FIRST_PAUSE_S
    longest_s: float = LONGEST_PAUSE_S
    soon_s: float = 0.0
    soon_longest_s: float = LONGEST_PAUSE_S

    def after(self, failures: int, failing_s: float) -> float:
        """The pause after so many errors in a row, the first of them so long ago."""
        longest = self.soon_longest_s if failing_s < self.soon_s else self.longest_s
        return min(longest, self.first_s * 2.0 ** min(failures - 1, 10))


@cache
def boot_id() -> str:
    """The kernel's name for this boot; empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


NEIGHBOUR_PAUSES = Pauses(
    NEIGHBOUR_FIRST_PAUSE_S, NEIGHBOUR_PAUSE_S, NEIGHBOUR_SOON_S, NEIGHBOUR_SOON_PAUSE_S
)


@dataclass
class PeerState:
    """The state of one target, as stored in the replica.

    `last_contact_ms`: when it last answered. `held`: entries stored here then, or at the last try since; `ahead`: how
    many of them the target is known to lack; `behind`: how many it had that were lacking here (None: not known).
    `received`: entries received since the carrier started. `why`: the reason of the last failure, of `failures` in a
    row. `boot_id`, `contact_mono_ms`: kernel boot and steady clock at the last answer, an age that no wrong wall clock
    can spoil.
    """

    url: str
    last_contact_ms: int | None = None
    held: int | None = None
    ahead: int | None = None
    behind: int | None = None
    received: int = 0
    failures: int = 0
    why: str = ""
    rejected: dict[str, str] = field(default_factory=dict)
    boot_id: str = ""
    contact_mono_ms: int | None = None


class PeerWorker:
    """Exchanges with one target, the registry or another kiosk; its addresses are tried in turn."""

    def __init__(
        self,
        name: str,
        asker: Asker,
        links: tuple[HttpClient, ...],
        mono_ms: Callable[[], int],
        addresses: tuple[str, ...] = (),
        pauses: Pauses = Pauses(),
    ) -> None:
        """`mono_ms` is a steady clock."""
        self.name = name
        self.asker = asker
        self.addresses = addresses
        self._pauses = pauses
        self._failing_since_s = 0.0
        self.state = PeerState(links[0].url)
        self._links = links
        self._at = 0
        self._mono_ms = mono_ms
        self._ahead: SentAhead | None = None
        self._pause_s = 0.0
        self._stopped = False
        self._woken = threading.Condition()
        self._wake = self._retry = False
        self._thread: threading.Thread | None = None

    def next_answer(self, request: Callable[[], bytes]) -> Answer:
        """The answer to the message that was sent ahead; else to the one that `request` makes. Raises
        HttpClientError."""
        ahead, self._ahead = self._ahead, None
        return self._send(request()) if ahead is None else ahead.result()

    def send_ahead(self, request: bytes) -> None:
        """Send a message whose answer is the next one."""
        self._ahead = SentAhead(partial(self._send, request))

    def await_ahead(self) -> None:
        """Wait until the answer to a message sent ahead, if there is one, is there or failed."""
        if self._ahead is not None:
            self._ahead.wait()

    def _send(self, request: bytes) -> Answer:
        """Send a message to the address that answered last."""
        asked_ms = self._mono_ms()
        try:
            raw = self._links[self._at].post("/v1/exchange", request)
        except HttpClientError:
            self._at = (self._at + 1) % len(self._links)
            raise
        return Answer(raw, asked_ms, self._mono_ms())

    def recall(self, before: Mapping[str, Any]) -> None:
        """Go on from the state that the last carrier stored: it is the newest that is known of the target."""
        state = self.state
        state.last_contact_ms = before.get("last_contact_ms")
        state.held, state.ahead, state.behind = map(before.get, ("held", "ahead", "behind"))

    def failed(self, why: str) -> None:
        """Record a failure: wait longer each time, and forget what the target had. An answer on its way is not
        used."""
        self.await_ahead()
        self._ahead = None
        self.asker.forget()
        if self.state.held is not None and self.state.ahead is not None:
            held = self._entry_count()
            self.state.ahead += max(0, held - self.state.held)  # as far as it knows
            self.state.held = held
        now_s = time.monotonic()
        if self.state.failures == 0:
            self._failing_since_s = now_s
        self.state.failures += 1
        if self.state.failures == 1:
            log.warning("%s: %s", self.name, why)
        self.state.why = why
        pause = self._pauses.after(self.state.failures, now_s - self._failing_since_s)
        self._pause_s = pause * random.uniform(0.75, 1.25)  # noqa: S311 - spreads kiosks out

    def answered(self, at_ms: int, mono_ms: int) -> None:
        """Record that a round succeeded, and how far both sides are. `at_ms` is the best known time, `mono_ms` that of
        the steady clock."""
        self.state.last_contact_ms = at_ms
        self.state.boot_id, self.state.contact_mono_ms = boot_id(), mono_ms
        self.state.url = self._links[self._at].url
        if self.asker.behind() is not None:
            self.state.held = self._entry_count()
            self.state.ahead = self.asker.ahead()
            self.state.behind = self.asker.behind()

    def _entry_count(self) -> int:
        """Entries stored here, of all logs."""
        vector = self.asker.store.vector()
        return sum(max((seq for seq, _ in tips), default=0) for tips in vector.values())

    def succeeded(self) -> None:
        """Record that a whole exchange succeeded."""
        if self.state.failures:
            log.warning("%s: in touch again after %d tries", self.name, self.state.failures)
        self.state.failures = 0
        self.state.why = ""
        self._pause_s = ASK_EVERY_S

    def wake(self) -> None:
        """Exchange at once, because there is something new, unless the target does not answer anyway."""
        with self._woken:
            self._wake = True
            self._woken.notify()

    def in_reach(self) -> None:
        """Retry at once if the target did not answer: it has called, or the network has changed."""
        with self._woken:
            if self.state.failures:
                self._retry = True
                self._woken.notify()

    def start(self, step: Callable[["PeerWorker"], bool]) -> None:
        """Exchange again and again in a thread of its own, from now on. Safe to repeat."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, args=(step,), name=f"to {self.name}", daemon=True
            )
            self._thread.start()

    def _run(self, step: Callable[["PeerWorker"], bool]) -> None:
        while not self._stopped:
            try:
                step(self)
            except Exception:  # the thread of a target: one that ends would never be missed
                log.exception("%s: the exchange failed", self.name)
                self.failed("an unexpected fault; see the log")
            until = time.monotonic() + self._pause_s
            with self._woken:
                while not self._stopped and (left := until - time.monotonic()) > 0:
                    if self._retry or (self._wake and self.state.failures == 0):
                        break
                    self._woken.wait(left)
                self._wake = self._retry = False

    def close(self) -> None:
        """Stop, and wait for a step under way as long as the network may take. Safe to repeat."""
        with self._woken:
            self._stopped = True
            self._woken.notify()
        for link in self._links:
            link.close()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
