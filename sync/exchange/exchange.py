"""One exchange between two devices, free of any I/O: what to send, what to believe of what comes.

A round is a request and its answer. The asking side first learns a nonce, then sends what it has and what the other
lacks; both go on until neither has anything new. Everything is idempotent: a lost answer, a repeated request, a round
broken off at any point leave both stores valid, and the next round goes on from what each really holds.
"""

import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from access.log.chain import ChainError, device_of, fingerprint
from access.log.entry import Kiosk, pack
from sync.exchange.batching import Load, Refusals
from sync.exchange.quota import Room
from sync.store.log_store import BEGINNING, CutOffError, GapError, LogStore, UnknownWriterError
from sync.wire.device_key import Identity, verifies
from sync.wire.enrolment_certificate import warranted
from sync.wire.messages import (
    MAX_CARDS,
    NONCE_BYTES,
    VERSION,
    Batch,
    Envelope,
    Message,
    MessageError,
    NotSignedError,
    Point,
    TimeWord,
    read,
)

NONCE_LIVES_MS = 10 * 60_000
"""How long a nonce given out may be answered: longer than any round takes, shorter than anyone needs to misuse it."""

VOUCH_EVERY_MS = 1000
"""A word on the own log younger than this is as good as a new one; signing and checking it is half the work of a round
without news."""


@dataclass(slots=True)
class Taken:
    """What a message brought: new entries, cards, the sender's time, where it says it can be reached (address,
    certificate), what could not be taken, by log, and which of these logs need not be sent again as they are. `level`:
    the sender holds nothing of the registry's own logs that this side lacks."""

    device: str = ""
    reach: tuple[str, str] = ("", "")
    entries: int = 0
    cards: int = 0
    time: TimeWord | None = None
    level: bool = False
    rejected: dict[str, str] = field(default_factory=dict)
    declined: list[str] = field(default_factory=list)

    @property
    def news(self) -> bool:
        return bool(self.entries or self.cards)


class Party:
    """One side of an exchange: its store, its key, and its own time to pass on."""

    def __init__(
        self,
        store: LogStore,
        identity: Identity,
        now_ms: Callable[[], int],
        time_word: Callable[[], TimeWord | None],
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`now_ms` is this device's best time, for heads; `time_word` what it may tell others of it (None: nothing)."""
        self.store = store
        self.identity = identity
        self._now_ms = now_ms
        self._time_word = time_word
        self._random = random
        self.reach: tuple[str, str] = ("", "")
        """Where this kiosk can be reached on its LAN: host:port, and its certificate's SHA-256."""
        self.warrant = b""
        """A kiosk's own, for those who do not know it yet."""
        self._nonce_key = HKDF(SHA256(), 32, None, b"jianmen nonce").derive(
            identity.key.private_bytes_raw()
        )

    def nonce(self) -> bytes:
        """A fresh nonce for the asking side."""
        return self._random(NONCE_BYTES)

    def seal(self, message: Message, *, introducing: bool = False) -> bytes:
        """The bytes of a message, signed; `introducing`, to a side that may not know this one yet, with the warrant."""
        body = pack(message)
        warrant = self.warrant if introducing else b""
        return pack(Envelope(body, self.identity.fingerprint, self.identity.sign(body), warrant))

    def unseal(self, raw: bytes) -> tuple[str, Message]:
        """The sender and message of these bytes.

        Raises MessageError for anything that is not signed by an enrolled device, or by one that is cut off.
        """
        envelope = read(Envelope, raw)
        public = self.store.public_key(envelope.device)
        introduced = self._introduced(envelope) if public is None else None
        public = introduced.public if introduced is not None else public
        if (
            public is None
            or fingerprint(public) != envelope.device
            or not verifies(public, envelope.signature, envelope.body)
        ):
            raise NotSignedError(f"the message is not signed by device {envelope.device}")
        if introduced is not None:
            with self.store.transaction():
                self.store.introduce(introduced)
        if self.store.is_cut_off(envelope.device):
            raise CutOffError(f"device {envelope.device} is cut off")
        message = read(Message, envelope.body)
        if message.version != VERSION:
            raise MessageError(
                f"the other side speaks version {message.version}, this one {VERSION}"
            )
        return envelope.device, message

    def _introduced(self, envelope: Envelope) -> Kiosk:
        """A sender that is not known here, by its warrant. Raises UnknownWriterError."""
        registry = self.store.public_key(self.store.registry)
        if not envelope.warrant or registry is None:
            raise UnknownWriterError(f"device {envelope.device} is not enrolled here")
        try:
            return warranted(envelope.warrant, envelope.device, registry)
        except MessageError as error:
            raise UnknownWriterError(f"device {envelope.device}: {error}") from error

    def compose(
        self, nonce: bytes, yours: bytes, theirs: Message | None, declined: list[str]
    ) -> Message:
        """A message: what this side has, and what the other lacks as far as its last message says. Of the logs
        `declined` this side wants no more as they are."""
        self._vouch()
        have = self.store.vector()
        words = self.store.words()
        heard = {device_of(word.log): word.at_ms for word in words}
        if theirs is None:
            return Message(VERSION, nonce, yours, have, heard, time=self._time_word())
        batches, unknown, more = self._lacking(have, theirs, nonce)
        for log in theirs.unknown:
            if log in have:
                have[log] = [*self.store.locator(log), BEGINNING]
        return Message(
            VERSION,
            nonce,
            yours,
            have,
            heard,
            heads=[
                word for word in words if word.at_ms > theirs.heard.get(device_of(word.log), -1)
            ],
            batches=batches,
            unknown=unknown,
            wants=self.store.wanted_cards(MAX_CARDS),
            cards=self.store.cards(theirs.wants),
            time=self._time_word(),
            more=more,
            address=self.reach[0],
            certificate=self.reach[1],
            declined=declined,
        )

    def _vouch(self) -> None:
        """Sign anew how far the own log goes: that nothing more was there now is news to others."""
        last = self.store.word(self.identity.fingerprint)
        now_ms = self._now_ms()
        if last is None or now_ms - last.at_ms < VOUCH_EVERY_MS:
            return
        with self.store.transaction():
            # Asked again under the lock: another worker may have written to this log meanwhile.
            last = self.store.word(self.identity.fingerprint) or last
            self.store.keep_head(self.identity.head(last.log, last.seq, last.digest, now_ms))

    def _lacking(
        self, have: Mapping[str, list[Point]], theirs: Message, nonce: bytes
    ) -> tuple[list[Batch], list[str], bool]:
        """The batches that the other side lacks, the logs it should say more of, and whether there is more to send.

        Roster and enrolments go first: entries of a device that nobody has named yet would be refused. The rest
        goes in another order each time, so that logs which the other side will not take hold up no others for long.
        """
        load = Load(self.store)
        unknown: list[str] = []
        declined = set(theirs.declined)
        differing = [
            log
            for log, tips in have.items()
            if sorted(theirs.have.get(log, [])) != sorted(tips) and log not in declined
        ]
        differing.sort(key=lambda log: hmac.digest(nonce, log.encode(), sha256))
        differing.sort(key=self.store.is_registry, reverse=True)
        for log in differing:
            stretches = self.store.stretches(log, theirs.have.get(log, []))
            if stretches is None:
                unknown.append(log)
            elif not all(load.fill(log, at, tip) for at, tip in stretches):
                return load.batches, unknown, True
        return load.batches, unknown, False

    def take(self, message: Message) -> Taken:
        """Keep what a message brings. What fails is named and let be; other logs go on."""
        taken = Taken(reach=(message.address, message.certificate), time=message.time)
        with self.store.transaction():
            room = Room(self.store.vector() if message.batches else {}, self.store.registry)
            for batch in message.batches:
                if batch.log in taken.rejected:
                    continue
                try:
                    room.admit(batch)
                    taken.entries += self.store.take(batch)
                except (MessageError, ChainError) as error:
                    taken.rejected[batch.log] = str(error)
                    # What lacks only another log, by which its device or its beginning is known, may come again.
                    if not isinstance(error, UnknownWriterError | GapError):
                        taken.declined.append(batch.log)
            for head in message.heads:
                self.store.take_head(head)
            self.store.keep_cards(message.cards)
            taken.cards = len(message.cards)
        return taken


class Answerer(Party):
    """The side that is asked: a registry, or a kiosk on its LAN."""

    def answer(self, raw: bytes, now_ms: int) -> tuple[bytes, Taken]:
        """The signed answer to a request, and what the request brought. `now_ms` is any clock that goes on.

        Raises MessageError for a request that must not be believed; a device that is not enrolled gets no answer.
        """
        device, message = self.unseal(raw)
        taken = Taken()
        nonce = self._give_nonce(device, now_ms)
        if not self._gave(device, message.yours, now_ms):
            # No nonce of ours yet, or an old one: the asker learns one and comes again.
            hello = Message(VERSION, nonce, message.nonce, {}, hello=True)
            return self.seal(hello, introducing=True), taken
        taken = self.take(message)
        taken.device = device
        taken.level = self._holds_registry_logs(message.have)
        said = self.compose(nonce, message.nonce, message, taken.declined)
        return self.seal(said), taken

    def _holds_registry_logs(self, have: Mapping[str, list[Point]]) -> bool:
        registry = self.store.registry
        return all(
            self.store.holds(log, *point)
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
        identity: Identity,
        now_ms: Callable[[], int],
        time_word: Callable[[], TimeWord | None],
        other: str,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`other` is the fingerprint of the device asked."""
        super().__init__(store, identity, now_ms, time_word, random)
        self.other = other
        self._nonce = b""
        self._theirs: Message | None = None
        self._refused = Refusals(store)
        self._unwanted = Refusals(store)

    def request(self, *, offering: bool = True) -> bytes:
        """The next request. Without `offering` it only says what this side has: where the other side may have learned
        much since it was last asked."""
        self._nonce = self.nonce()
        theirs = self._theirs
        yours = theirs.nonce if theirs is not None else b""
        known = theirs if offering and theirs is not None and not theirs.hello else None
        declined = self._refused.still(theirs.have) if theirs is not None else []
        message = self.compose(self._nonce, yours, known, declined)
        return self.seal(message, introducing=theirs is None)

    def receive(self, raw: bytes) -> tuple[Taken, bool]:
        """What the answer brought, and whether another round is worth while.

        Raises MessageError for an answer that is not the asked device's to this very request.
        """
        device, message = self.unseal(raw)
        if device != self.other:
            raise MessageError(f"device {device} answered in the place of {self.other}")
        if message.yours != self._nonce:
            raise MessageError("this answers another request")
        before, self._theirs = self._theirs, message
        if message.hello:
            # A second hello in a row: our nonce is not taken (its clock jumps); try again later.
            return Taken(), before is None or not before.hello
        taken = self.take(message)
        self._refused.note(taken.declined, message.have)
        self._unwanted.note(message.declined, message.have)
        unwanted = self._unwanted.still(message.have)
        self._theirs = msgspec.structs.replace(message, declined=unwanted)
        moved = (
            before is None
            or before.hello
            or before.have != message.have
            or before.unknown != message.unknown
        )
        quiet = message.have == self.store.vector() and not message.wants
        more = message.more or (taken.news and bool(self.store.wanted_cards(1)))
        return taken, more or (not quiet and (moved or taken.news))

    def ahead(self) -> int | None:
        """Entries that the other side has not yet confirmed to hold; None before it first answered."""
        if self._theirs is None or self._theirs.hello:
            return None
        return _more(self.store.vector(), self._theirs.have)

    def behind(self) -> int | None:
        """Entries that the other side holds and this one lacks; None before it first answered."""
        if self._theirs is None or self._theirs.hello:
            return None
        return _more(self._theirs.have, self.store.vector())

    def forget(self) -> None:
        """After an error nothing is taken for granted: what the other side holds is asked again."""
        self._theirs = None
        self._refused.clear()
        self._unwanted.clear()


def _more(here: Mapping[str, list[Point]], there: Mapping[str, list[Point]]) -> int:
    """How many entries longer the logs of one vector are than those of another, branches aside."""
    return sum(
        max(0, _end(points) - _end(there.get(log, [])))
        for log, points in here.items()
        if points != there.get(log)
    )


def _end(points: list[Point]) -> int:
    return max((seq for seq, _ in points), default=0)
