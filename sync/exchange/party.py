"""What both sides of an exchange do: compose, sign and check messages, and store what they bring."""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from access.log.chain import Head, device_id, device_of
from access.log.entry import Kiosk, pack
from sync.exchange.batching import Load
from sync.exchange.head_relay import renewed_heads
from sync.exchange.quota import Quota
from sync.exchange.vector_delta import Vector, VectorHistory
from sync.store.log_store import BEGINNING, CutOffError, GapError, LogStore, UnknownWriterError
from sync.wire.device_key import DeviceKey, verifies
from sync.wire.enrolment_certificate import certified_kiosk
from sync.wire.messages import (
    MAX_CARDS,
    NONCE_BYTES,
    VERSION,
    Batch,
    Envelope,
    Message,
    MessageError,
    NotSignedError,
    TimeReport,
    read,
)

VOUCH_EVERY_MS = 1000
"""A head of the own log is signed again after this (ms): signing and checking it is half the work of a round without
entries."""


@dataclass(slots=True)
class Taken:
    """What a message brought: new entries, cards, the sender's time, where it says it can be reached (address,
    certificate), what could not be taken, by log, and which of these logs need not be sent again as they are. `level`:
    the sender has nothing of the registry's own logs that this side lacks."""

    device: str = ""
    reach: tuple[str, str] = ("", "")
    entries: int = 0
    cards: int = 0
    time: TimeReport | None = None
    level: bool = False
    rejected: dict[str, str] = field(default_factory=dict)
    declined: list[str] = field(default_factory=list)

    @property
    def news(self) -> bool:
        return bool(self.entries or self.cards)


class Party:
    """One side of an exchange: its store, its key, and its own time to pass on."""

    vouch_every_ms = VOUCH_EVERY_MS

    def __init__(
        self,
        store: LogStore,
        identity: DeviceKey,
        now_ms: Callable[[], int],
        time_report: Callable[[], TimeReport | None],
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """`now_ms` is this device's best time, for heads; `time_report` gives the time to send to others
        (None: none)."""
        self.store = store
        self.identity = identity
        self._now_ms = now_ms
        self._time_report = time_report
        self._random = random
        self.reach: tuple[str, str] = ("", "")
        """Where this kiosk can be reached on its LAN: host:port, and its certificate's SHA-256."""
        self.warrant = b""
        """The kiosk's own enrolment certificate, for devices that do not know it yet."""
        self.history = VectorHistory()
        """Recent vectors of the store; parties of one store may share it."""
        self._nonce_key = HKDF(SHA256(), 32, None, b"jianmen nonce").derive(
            identity.key.private_bytes_raw()
        )

    def nonce(self) -> bytes:
        """A fresh nonce for the asking side."""
        return self._random(NONCE_BYTES)

    def seal(self, message: Message, *, introducing: bool = False) -> bytes:
        """The bytes of a message, signed; `introducing`, to a side that may not know this one yet, with the enrolment
        certificate."""
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
            or device_id(public) != envelope.device
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
        """A sender that is not known here, by its enrolment certificate. Raises UnknownWriterError."""
        registry = self.store.public_key(self.store.registry)
        if not envelope.warrant or registry is None:
            raise UnknownWriterError(f"device {envelope.device} is not enrolled here")
        try:
            return certified_kiosk(envelope.warrant, envelope.device, registry)
        except MessageError as error:
            raise UnknownWriterError(f"device {envelope.device}: {error}") from error

    def compose(
        self,
        nonce: bytes,
        yours: bytes,
        theirs: Message | None,
        declined: list[str],
        heads: list[Head] | None = None,
    ) -> Message:
        """A message: what this side has, and what the other lacks as far as its last message says (with a whole
        vector). Of the logs `declined` this side wants no more as they are; `heads` are `latest_heads()`, if they
        were asked for already."""
        if heads is None:
            heads = self.latest_heads()
        have = self.store.vector()
        digest = self.history.note(have)
        heard = {device_of(head.log): head.at_ms for head in heads}
        if theirs is None:
            return Message(
                VERSION, nonce, yours, have, heard, time=self._time_report(), digest=digest
            )
        batches, unknown, more = self._lacking(have, digest, theirs, nonce)
        if theirs.unknown:
            have, digest = self._with_locators(have, theirs.unknown), b""
        return Message(
            VERSION,
            nonce,
            yours,
            have,
            heard,
            heads=[
                head for head in heads if head.at_ms > theirs.heard.get(device_of(head.log), -1)
            ],
            batches=batches,
            unknown=unknown,
            wants=self.store.wanted_cards(MAX_CARDS),
            cards=self.store.cards(theirs.wants),
            time=self._time_report(),
            more=more,
            address=self.reach[0],
            certificate=self.reach[1],
            declined=declined,
            digest=digest,
        )

    def _with_locators(self, have: Vector, logs: list[str]) -> Vector:
        """A vector with more points of some logs, for a side that knows none of their tips."""
        found = [log for log in logs if log in have]
        return {**have, **{log: [*self.store.locator(log), BEGINNING] for log in found}}

    def latest_heads(self) -> list[Head]:
        """The newest head of every device; the own one is signed again if it is not of just now."""
        self._vouch()
        return self.store.latest_heads()

    def _vouch(self) -> None:
        """Sign again how far the own log goes: that nothing more was there now is news to others."""
        last = self.store.latest_head(self.identity.fingerprint)
        now_ms = self._now_ms()
        if last is None or now_ms - last.at_ms < self.vouch_every_ms:
            return
        with self.store.renewing_heads():
            # Asked again under the lock: another worker may have written to this log meanwhile.
            last = self.store.latest_head(self.identity.fingerprint) or last
            self.store.keep_head(self.identity.head(last.log, last.seq, last.digest, now_ms))

    def _lacking(
        self, have: Vector, digest: bytes, theirs: Message, nonce: bytes
    ) -> tuple[list[Batch], list[str], bool]:
        """The batches that the other side lacks, the logs of which it should name more points, and whether there is
        more to send.

        Roster and enrolments go first: entries of a device that nobody has named yet would be refused. The rest
        goes in another order each time, so that logs which the other side will not take hold up no others for long.
        """
        load = Load(self.store)
        unknown: list[str] = []
        if theirs.digest == digest:
            return load.batches, unknown, False
        declined = set(theirs.declined)
        expected = {**theirs.have, **theirs.coming}
        differing = [
            log
            for log, tips in have.items()
            if (points := expected.get(log, [])) != tips
            and sorted(points) != sorted(tips)
            and log not in declined
        ]
        differing.sort(key=lambda log: hmac.digest(nonce, log.encode(), sha256))
        differing.sort(key=self.store.is_registry, reverse=True)
        for log in differing:
            stretches = self.store.stretches(log, expected.get(log, []))
            if stretches is None:
                unknown.append(log)
            elif not all(load.fill(log, at, tip) for at, tip in stretches):
                return load.batches, unknown, True
        return load.batches, unknown, False

    def take(self, message: Message) -> Taken:
        """Store what a message brings. A batch that fails is reported in `rejected`; the other logs are stored."""
        taken = Taken(reach=(message.address, message.certificate), time=message.time)
        heads = [*message.heads, *renewed_heads(message.renewed, self.store)]
        if not (message.batches or message.cards):
            if heads:
                self.store.hear(heads)
            return taken
        with self.store.transaction():
            quota = Quota(self.store.vector() if message.batches else {}, self.store.registry)
            for log, batches in groupby(message.batches, key=lambda batch: batch.log):
                if log in taken.rejected:
                    continue
                new, error = self.store.take_run(quota.admitted(batches))
                taken.entries += new
                if error is not None:
                    taken.rejected[log] = str(error)
                    # What lacks only another log, by which its device or its beginning is known, may come again.
                    if not isinstance(error, UnknownWriterError | GapError):
                        taken.declined.append(log)
            for head in heads:
                self.store.take_head(head)
            self.store.keep_cards(message.cards)
            taken.cards = len(message.cards)
        return taken
