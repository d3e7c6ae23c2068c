"""One exchange between two devices, free of any I/O: what to send, and what to accept of what comes.

A round is a request and its answer. The asking side first learns a nonce, then sends what it has and what the other
lacks; both go on until neither has anything new. Everything is idempotent: a lost answer, a repeated request, a round
broken off at any point leave both stores valid, and the next round goes on from what each really has.

Once both know a vector of the other's by its digest only what changed is sent, and where nothing did, nothing: a side
that does not remember the vector that a message names answers with a hello, and is sent all.
"""

import hmac
import os
from collections.abc import Callable, Mapping
from hashlib import sha256

import msgspec

from access.log.chain import Head
from sync.exchange.asking_ahead import besides, goes_on, skips_what_comes
from sync.exchange.batching import Refusals
from sync.exchange.head_relay import RELAY_EVERY_MS, HeadFeed, KnownHeads, stale
from sync.exchange.party import Party, Taken
from sync.exchange.vector_delta import (
    Vector,
    completed,
    delta,
)
from sync.store.log_store import LogStore
from sync.wire.device_key import DeviceKey
from sync.wire.messages import (
    VERSION,
    Message,
    MessageError,
    Point,
    TimeReport,
)

NONCE_LIVES_MS = 10 * 60_000
"""How long a nonce is valid (ms): longer than any round takes, shorter than a replay would need."""


class Answerer(Party):
    """The side that is asked: a registry, or a kiosk on its LAN."""

    vouch_every_ms = RELAY_EVERY_MS

    def __init__(
        self,
        store: LogStore,
        identity: DeviceKey,
        now_ms: Callable[[], int],
        time_report: Callable[[], TimeReport | None],
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        super().__init__(store, identity, now_ms, time_report, random)
        self._feed = HeadFeed(random(8))

    def answer(self, raw: bytes, now_ms: int) -> tuple[bytes, Taken]:
        """The signed answer to a request, and what the request brought. `now_ms` is any steady clock.

        Raises MessageError for a request that is not authentic; a device that is not enrolled gets no answer.
        """
        device, sent = self.unseal(raw)
        basis = self.history.at(sent.basis) if sent.basis else sent.have
        message = completed(sent, basis) if basis is not None else None
        if message is not None:
            self.called(device, message)
        nonce = self._give_nonce(device, now_ms)
        is_fresh = self._gave(device, sent.yours, now_ms)
        # Entries need no vector. One that is not known here may be at another worker, and if requests go to two of them
        # by turns, as from a balancer, what comes with it would never be taken otherwise.
        taken = self.take(sent) if is_fresh else Taken()
        taken.device = device
        if message is None or basis is None or not is_fresh:
            # No nonce of ours yet, an old one, or a vector that is not known: the asker comes again with all it has.
            hello = Message(VERSION, nonce, sent.nonce, {}, hello=True)
            return self.seal(hello, introducing=True), taken
        latest = self.latest_heads()
        # Who brings a mark is sent the heads that came after it, and no others.
        heads = [] if sent.digest and sent.mark else latest
        answer = self.compose(nonce, message.nonce, message, taken.declined, heads)
        same = message.digest != b"" and message.digest == answer.digest
        taken.level = same or self._has_registry_logs(message.have)
        return self.seal(self._shortened(answer, sent, basis, device, latest)), taken

    def called(self, device: str, message: Message) -> None:
        """Called with every authentic request; a hook for subclasses."""

    def _shortened(
        self, answer: Message, sent: Message, basis: Vector, asker: str, latest: list[Head]
    ) -> Message:
        """An answer without what the asker knows from the message that it sent; `basis` is a vector that both know."""
        if not sent.digest:
            return answer  # an older version
        self._feed.note(latest)
        answer = msgspec.structs.replace(answer, mark=self._feed.mark)
        if sent.mark:
            heads, renewed = self._feed.since(sent.mark, asker)
            heard = stale(latest, self._now_ms())
            answer = msgspec.structs.replace(answer, heads=heads, renewed=renewed, heard=heard)
        if not answer.digest:
            return answer
        named = sent.basis or sent.digest
        changed = delta(answer.have, basis) if answer.digest != named else {}
        return msgspec.structs.replace(answer, have=changed, basis=named)

    def _has_registry_logs(self, have: Mapping[str, list[Point]]) -> bool:
        registry = self.store.registry
        here = self.store.vector()
        return all(
            point in here.get(log, ()) or self.store.has_entry(log, *point)
            for log, points in have.items()
            if log.startswith(registry)
            for point in points
        )

    def _give_nonce(self, device: str, now_ms: int) -> bytes:
        """A nonce that any worker with this key can check later, without remembering it."""
        stamp = now_ms.to_bytes(8, "big") + self._random(8)
        return stamp + self._mark(device, stamp)

    def _gave(self, device: str, nonce: bytes, now_ms: int) -> bool:
        stamp, mark = nonce[:16], nonce[16:]
        if len(nonce) != 32 or not hmac.compare_digest(mark, self._mark(device, stamp)):
            return False
        return 0 <= now_ms - int.from_bytes(stamp[:8], "big") <= NONCE_LIVES_MS

    def _mark(self, device: str, stamp: bytes) -> bytes:
        return hmac.digest(self._nonce_key, device.encode() + stamp, sha256)[:16]


class Asker(Party):
    """The side that asks. It remembers the other side's last nonce and vector between rounds."""

    def __init__(
        self,
        store: LogStore,
        identity: DeviceKey,
        now_ms: Callable[[], int],
        time_report: Callable[[], TimeReport | None],
        other: str,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`other` is the fingerprint of the device asked."""
        super().__init__(store, identity, now_ms, time_report, random)
        self.other = other
        self._nonce = b""
        self._theirs: Message | None = None
        self._sent = Message(VERSION, b"", b"", {})
        self._had: Vector = {}
        """This side's vector when it sent that."""
        self._known = KnownHeads()
        self._refused = Refusals(store)
        self._unwanted = Refusals(store)
        self._skips = True
        """Whether the other side does not send again what is only just being stored here; an older version does."""

    def request(self, *, offering: bool = True, arriving: Message | None = None) -> bytes:
        """The next request. Without `offering` it only says what this side has, and sends no entries: for an other side
        that may have received much since it was last asked. `arriving` is its answer that is still to be stored."""
        self._nonce = self.nonce()
        theirs = self._theirs
        yours = theirs.nonce if theirs is not None else b""
        known = theirs if offering and theirs is not None and not theirs.hello else None
        declined = self._refused.still(theirs.have) if theirs is not None else []
        message = self.compose(self._nonce, yours, known, declined)
        if arriving is not None:
            message = besides(message, arriving, self.store)
        self._had = message.have
        self._sent = message if known is None else self._shortened(message, known)
        return self.seal(self._sent, introducing=theirs is None)

    def _shortened(self, asked: Message, theirs: Message) -> Message:
        """A request without what the other side knows from its own last message."""
        if not (theirs.mark and theirs.digest and asked.digest):
            return asked  # an older version, or logs of which more points have to be named
        own = self.identity.fingerprint
        known = self.store.kiosk(own)
        if known is not None and (known.address, known.certificate) == self.reach:
            asked = msgspec.structs.replace(asked, address="", certificate="")
        heads, renewed = self._known.due(self.store.latest_heads(), theirs.heard, own, self.other)
        return msgspec.structs.replace(
            asked,
            have=delta(asked.have, theirs.have) if asked.digest != theirs.digest else {},
            heard={},
            heads=heads,
            renewed=renewed,
            basis=theirs.digest,
            mark=theirs.mark,
        )

    def receive(
        self, raw: bytes, ask_ahead: Callable[[bytes], None] | None = None
    ) -> tuple[Taken, bool]:
        """What the answer brought, and whether another round is needed.

        Where there is more to come `ask_ahead` is called with the next request before this answer is stored; the answer
        to that request is to be received next, whatever becomes of this one.

        Raises MessageError for an answer that is not the asked device's to this very request.
        """
        device, message = self.unseal(raw)
        if device != self.other:
            raise MessageError(f"device {device} answered in the place of {self.other}")
        if message.yours != self._nonce:
            raise MessageError("this answers another request")
        before = self._theirs
        message = self._believed(message)
        self._theirs = _without_load(message)
        if message.hello:
            # A second hello in a row: our nonce is not taken (its clock jumps); try again later.
            return Taken(), before is None or not before.hello
        self._skips = self._skips and skips_what_comes(message, self._sent)
        ahead = ask_ahead is not None and self._skips and goes_on(message)
        if ask_ahead is not None and ahead:
            unwanted = [*message.declined, *self._unwanted.still(message.have)]
            self._theirs = msgspec.structs.replace(self._theirs, declined=unwanted)
            ask_ahead(self.request(arriving=message))
        taken = self.take(message)
        self._refused.note(taken.declined, message.have)
        self._unwanted.note(message.declined, message.have)
        unwanted = self._unwanted.still(message.have)
        self._theirs = msgspec.structs.replace(self._theirs, declined=unwanted)
        moved = (
            before is None
            or before.hello
            or before.have != message.have
            or before.unknown != message.unknown
        )
        quiet = message.have == self.store.vector() and not message.wants
        more = ahead or message.more or (taken.news and bool(self.store.wanted_cards(1)))
        return taken, more or (not quiet and (moved or taken.news))

    def _believed(self, message: Message) -> Message:
        """An answer with its whole vector. Raises MessageError where it builds on one that this side does not know."""
        if message.hello:
            return message
        self._known.set_heard(message.heard, whole=not (message.mark and self._sent.mark))
        for one in (self._sent, message):
            self._known.saw(one)
        if not message.basis:
            return message
        if message.basis == self._sent.digest:
            basis = self._had
        elif self._theirs is not None and message.basis == self._theirs.digest:
            basis = self._theirs.have
        else:
            raise MessageError("the answer names a vector that was never sent")
        whole = completed(message, basis)
        if whole is None:
            raise MessageError("the answer names another vector than it says")
        return whole

    def ahead(self) -> int | None:
        """Entries that the other side has not yet confirmed to have; None before it first answered."""
        if self._theirs is None or self._theirs.hello:
            return None
        return _more(self.store.vector(), self._theirs.have)

    def behind(self) -> int | None:
        """Entries that the other side has and this one lacks; None before it first answered."""
        if self._theirs is None or self._theirs.hello:
            return None
        return _more(self._theirs.have, self.store.vector())

    def forget(self) -> None:
        """After an error: forget what the other side has, so that it is asked again."""
        self._theirs = None
        self._skips = True
        self._known.clear()
        self._refused.clear()
        self._unwanted.clear()


def _without_load(message: Message) -> Message:
    """A message as it is remembered: without the megabytes that were stored."""
    return msgspec.structs.replace(message, batches=[], cards=[], heads=[], renewed=[])


def _more(here: Mapping[str, list[Point]], there: Mapping[str, list[Point]]) -> int:
    """How many entries longer the logs of one vector are than those of another, branches aside."""
    return sum(
        max(0, _end(points) - _end(there.get(log, [])))
        for log, points in here.items()
        if points != there.get(log)
    )


def _end(points: list[Point]) -> int:
    return max((seq for seq, _ in points), default=0)
