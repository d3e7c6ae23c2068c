"""The messages between two devices: MessagePack arrays, signed over the other side's nonce.

One round is a request and its answer. Each carries what its sender has ("I have these up to these numbers") and
batches of entries that the other lacks. A message is an `Envelope`: the packed body, who sent it, and the device key's
signature over the body; the body repeats the nonce that the other side gave, which is all the authentication there is.
"""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from access.log.chain import Head
from access.log.entry import MAX_ENTRY_BYTES, UNREADABLE, Kiosk
from access.log.fields import Device, Digest, LogId, Millis

VERSION = 1
"""Of the exchange. Both sides say theirs; a side that knows only older ones refuses with a reason."""

MAX_LOGS = 20_000
"""Logs in a have-vector: 300 kiosks that each start sixty times."""

MAX_BRANCHES = 8
"""Branches of one log that are taken: each is named in every message, and an honest device makes none."""

MAX_POINTS = 64
"""Points of one log in a have-vector."""

MAX_BATCHES = 64
MAX_BATCH_ENTRIES = 512
MAX_MESSAGE_BYTES = 1024 * 1024
"""Of entries in one message: some seconds on a poor mobile link, and a step that can be lost without regret."""

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Of a whole message, with its vectors, heads and cards: no honest one comes near."""

MAX_CARDS = 500
MAX_CERTIFICATE_BYTES = 2048
NONCE_BYTES = 16

Nonce = Annotated[bytes, Meta(max_length=64)]
Point = tuple[Annotated[int, Meta(ge=0, le=2**40)], Digest]
"""A number of a log and the hash of the entry there."""

Have = Annotated[
    dict[LogId, Annotated[list[Point], Meta(max_length=MAX_POINTS)]], Meta(max_length=MAX_LOGS)
]


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """A run of a log's entries after number `after` with hash `prev`, up to a head that vouches for them."""

    log: LogId
    after: Annotated[int, Meta(ge=0, le=2**40)]
    prev: Digest
    raws: Annotated[list[bytes], Meta(max_length=MAX_BATCH_ENTRIES)]
    head: Head


class SealedCard(msgspec.Struct, frozen=True, array_like=True):
    """A name card as it travels: the hash that the roster names, and its bytes."""

    digest: Digest
    raw: Annotated[bytes, Meta(max_length=8192)]


class Renewal(msgspec.Struct, frozen=True, array_like=True):
    """A head that the other side knows, signed again: its device's fingerprint as bytes, when, and the signature."""

    device: Annotated[bytes, Meta(min_length=8, max_length=8)]
    at_ms: Millis
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class TimeReport(msgspec.Struct, frozen=True, array_like=True):
    """The sender's time when it made the message: `at_ms`, give or take `error_ms`, from `source` (its own best, never
    one that it has from a neighbour itself)."""

    at_ms: Millis
    error_ms: Annotated[int, Meta(ge=0, le=2**31)]
    source: str


class Message(msgspec.Struct, frozen=True, array_like=True):
    """One side of a round. `nonce` is fresh, for the other side to sign over; `yours` is the other side's.

    `have` is this side's vector (of logs that the other side does not know, with more points further back).
    `heard` says when each device last vouched for its log as far as this side knows; `heads` are newer heads
    than the other side has. `unknown` names logs of which the other side's points are all unknown here: it
    should name more. `declined` are logs of which this side has refused what came: not to be sent again as they are.
    `wants` are hashes of name cards lacking, `more` says that there is more to come, and
    `hello` that this answer only gives a nonce. A kiosk says at which address (host:port) and with which
    certificate (SHA-256) it can be reached on its LAN.

    `digest` names the sender's whole vector. Where `basis` is not empty it names a vector that both sides know, and
    `have` is what differs from it (a log without points: not stored); `heard` then names only devices of which the
    sender has heard nothing for a while. `mark` says how far the asking side has been sent heads: the answering side
    gives it, the next request brings it back. `renewed` are heads over the same entries as those that the other side
    was sent before. A side that knows none of these leaves them out and sends all.

    `coming` has the points up to which entries have come that the asking side is only just storing. They are in no
    `have` before they are stored, and need not be sent again.
    """

    version: int
    nonce: Nonce
    yours: Nonce
    have: Have
    heard: Annotated[dict[Device, Millis], Meta(max_length=MAX_LOGS)] = {}
    heads: Annotated[list[Head], Meta(max_length=MAX_LOGS)] = []
    batches: Annotated[list[Batch], Meta(max_length=MAX_BATCHES)] = []
    unknown: Annotated[list[LogId], Meta(max_length=MAX_LOGS)] = []
    wants: Annotated[list[Digest], Meta(max_length=MAX_CARDS)] = []
    cards: Annotated[list[SealedCard], Meta(max_length=MAX_CARDS)] = []
    time: TimeReport | None = None
    refused: Annotated[str, Meta(max_length=500)] = ""
    more: bool = False
    hello: bool = False
    address: Annotated[str, Meta(max_length=200)] = ""
    certificate: Annotated[str, Meta(max_length=128)] = ""
    declined: Annotated[list[LogId], Meta(max_length=MAX_LOGS)] = []
    digest: Annotated[bytes, Meta(max_length=64)] = b""
    basis: Annotated[bytes, Meta(max_length=64)] = b""
    mark: Annotated[bytes, Meta(max_length=64)] = b""
    renewed: Annotated[list[Renewal], Meta(max_length=MAX_LOGS)] = []
    coming: Have = {}


class EnrolmentCertificate(msgspec.Struct, frozen=True, array_like=True):
    """A packed `Kiosk` as the registry has enrolled it, and the registry's signature."""

    kiosk: bytes
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """A packed message, its sender's fingerprint, and the signature over the packed message; to a side that may not
    know the sender yet, its enrolment certificate."""

    body: bytes
    device: Device
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    warrant: Annotated[bytes, Meta(max_length=MAX_CERTIFICATE_BYTES)] = b""


class Enrol(msgspec.Struct, frozen=True, array_like=True):
    """A kiosk asks to be enrolled: its public key, the one-time code it was shown, its LAN address and certificate."""

    public: Digest
    code: Annotated[str, Meta(max_length=64)]
    nonce: Nonce
    name: Annotated[str, Meta(max_length=64)] = ""
    address: Annotated[str, Meta(max_length=200)] = ""
    certificate: Annotated[str, Meta(max_length=128)] = ""


class Enrolled(msgspec.Struct, frozen=True, array_like=True):
    """The registry's answer: its public key, the event, the gate (None: not yet assigned), or why not; the kiosk's
    enrolment certificate; and with what it can begin before its first exchange: the packed event definition and the
    event's keys by number."""

    public: Digest
    yours: Nonce
    event: str = ""
    gate: str | None = None
    refused: str = ""
    warrant: Annotated[bytes, Meta(max_length=MAX_CERTIFICATE_BYTES)] = b""
    definition: Annotated[bytes, Meta(max_length=MAX_ENTRY_BYTES)] = b""
    keys: Annotated[list[tuple[int, Digest]], Meta(max_length=256)] = []


class MessageError(ValueError):
    """Bytes that are no message, or one that is not authentic."""


class NotSignedError(MessageError):
    """A message that the key of its sender has not signed."""


_decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind)
    for kind in (Envelope, Message, Enrol, Enrolled, EnrolmentCertificate, Kiosk)
}


Kind = TypeVar("Kind")


def read(kind: type[Kind], raw: bytes) -> Kind:
    """Decode a message. Raises MessageError where the bytes are none of that kind."""
    try:
        value: Kind = _decoders[kind].decode(raw)
    except UNREADABLE as error:
        raise MessageError(f"not a message that this version understands: {error}") from error
    return value
