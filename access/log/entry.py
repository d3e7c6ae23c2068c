"""Log entries: the envelope, the bodies, and reading both from bytes.

The envelope is FIXED: canonical MessagePack of the array [seq, prev, mono_ms, wall_ms, synced, kind, body]; bodies are
arrays that may gain fields at their end. An entry travels as the very bytes that were hashed. A body that cannot be
read (a newer kind, a damaged writer) is kept with its entry and ignored by folds.
"""

from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from access.badge.credential import Claims
from access.event.definition import Direction, Verdict
from access.log.fields import (
    BadgeId,
    ClaimBytes,
    Count,
    Device,
    Digest,
    FreeText,
    Id,
    Issue,
    LogId,
    Millis,
    Seq,
)
from access.log.sign_offs import Close, OpeningChecked

GENESIS = bytes(32)
"""`prev` of a log's first entry."""

MAX_ENTRY_BYTES = 256 * 1024
"""An event definition of 300 gates in three languages is the largest entry there is, at some 60 KiB."""

Proof = Literal["proven", "failed", "vouched"]
Method = Literal["camera", "scanner", "manual"]
ClockSource = Literal["registry", "supervisor", "kernel", "neighbour"]
PrintOutcome = Literal["sent", "printed", "not_printed", "unknown"]


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The envelope of one entry. `mono_ms` is CLOCK_BOOTTIME, `wall_ms` the machine's own wall clock."""

    seq: Seq
    prev: Digest
    mono_ms: Annotated[int, Meta(ge=0, le=2**53)]
    wall_ms: Millis
    synced: bool
    kind: Annotated[str, Meta(max_length=32)]
    body: msgspec.Raw


class EntryRef(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Names one entry of one branch of a log."""

    log: LogId
    seq: Seq
    digest: Digest


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A stretch of time, both ends included, in ms since 1970 UTC."""

    lo: Millis
    hi: Millis

    @property
    def exact(self) -> bool:
        return self.lo == self.hi


class Scan(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A badge (or something else) was presented at a gate, and the door's decision.

    `seat` says whether the person was let in on a seat of this gate. The fields from `place` on are the facts used: the
    area in which presence had the person, the newest roster issue, the seats left before, the newest entry of the
    registry's log known here (log, number), the time interval, and of an unlisted badge its claims (never its
    signature). `verifier` is the SHA-256 of the verifier of a plain badge that the roster lacked: a later roster
    decides with it whether the badge was genuine. `area` is the area into which the gate led.
    """

    gate: Id
    direction: Direction
    badge: BadgeId | None
    issue: Issue | None
    proof: Proof | None
    session: Id | None
    verdict: Verdict
    reason: Annotated[str, Meta(max_length=32)]
    method: Method
    conditions: tuple[str, ...]
    seat: bool
    place: Id | None
    roster_issue: int
    seats: int | None
    roster_head: tuple[str, int] | None
    span: Span | None
    claims: ClaimBytes | None = None
    test: bool = False
    verifier: Digest | None = None
    area: Id | None = None


class Override(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A member of staff let somebody in despite the rule book, or tried to; `stands` is the reason of its decision."""

    gate: Id
    badge: BadgeId | None
    issue: Issue | None
    proof: Proof | None
    session: Id | None
    verdict: Verdict
    reason: Annotated[str, Meta(max_length=32)]
    stands: Annotated[str, Meta(max_length=32)]
    staff: BadgeId | None
    staff_issue: Issue | None
    why: FreeText
    entry: EntryRef | None
    place: Id | None
    roster_issue: int
    roster_head: tuple[str, int] | None
    span: Span | None
    claims: ClaimBytes | None = None
    test: bool = False
    verifier: Digest | None = None
    area: Id | None = None


class Void(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """Staff cancelled an entry; `badge` is the badge of the cancelled entry."""

    entry: EntryRef
    badge: BadgeId | None
    staff: BadgeId
    staff_issue: Issue
    why: FreeText


class Passage(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """The turnstile's report on an entry: kind `passed` or `not_passed`."""

    entry: EntryRef
    badge: BadgeId | None


class Recount(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """Staff counted the people in an area by eye."""

    area: Id
    inside: Count
    staff: BadgeId | None
    why: FreeText


class Seats(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """The writing kiosk passes seats of an area to the kiosk at another gate of it."""

    area: Id
    from_gate: Id
    to_gate: Id
    to_device: Device
    count: Annotated[int, Meta(ge=1, le=100_000)]


class GateGiven(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A supervisor gives this (spare) kiosk a gate. Kind `gate`."""

    gate: Id
    staff: BadgeId


class Clock(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A trusted time: `trusted_ms` was true, to `error_ms`, when CLOCK_BOOTTIME was `mono_ms`."""

    source: ClockSource
    trusted_ms: Millis
    mono_ms: Annotated[int, Meta(ge=0, le=2**53)]
    error_ms: Count
    via: Annotated[str, Meta(max_length=64)] = ""


class Boot(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """The first entry of a log: which log the device wrote before it, and why this one began."""

    device: Device
    previous: tuple[str, int, bytes] | None
    boot_id: Annotated[str, Meta(max_length=64)]
    why: FreeText
    versions: dict[str, str]
    gate: Id | None = None


class Health(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """The health of a kiosk: readings by name (camera, disk, power, temperature)."""

    readings: dict[str, int | float | str | bool | None]


class Alarm(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """Something that needs attention by staff: a forced door, a fire release, clocks that disagree."""

    what: Annotated[str, Meta(max_length=64)]
    detail: FreeText


class Printed(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A badge on paper, at a kiosk that prints. "sent" is written before the printer is given the badge and begins an
    attempt; each other outcome names that entry in `attempt`. "unknown": paper may have come out. `staff` signed it off
    for a reason, `why`. `spelling`: the name that they put on it (`access.badge.name_card.seal_spelling`)."""

    gate: Id
    badge: BadgeId
    issue: Issue
    outcome: PrintOutcome
    attempt: EntryRef | None
    staff: BadgeId | None = None
    staff_issue: Issue | None = None
    why: FreeText = ""
    spelling: Annotated[bytes, Meta(max_length=1024)] | None = None


class BadgeIssued(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A roster entry, kind `badge`: one issue of one badge. A later entry for the same issue replaces it."""

    badge: BadgeId
    issue: Issue
    form: Literal["plain", "signed", "foreign"]
    claims: Claims
    verifier: Digest
    card: Digest | None = None


class Revoked(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A badge in all its issues, later ones included (`issue` None), or one issue of it is no longer valid."""

    badge: BadgeId
    issue: Issue | None
    why: FreeText


class SamePerson(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """The person of a badge that was revoked in all its issues has another one, kind `person`: what was done with
    either is theirs. It comes before the roster entry of the badge `after`."""

    before: BadgeId
    after: BadgeId


class EventDefined(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A version of the event definition (MessagePack of `access.event.definition.Event`)."""

    event: msgspec.Raw


class Key(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A public key of the event that signs badges; nothing signed by a withdrawn key is valid."""

    number: Annotated[int, Meta(ge=0, le=255)]
    public: Digest
    withdrawn: bool = False


class Kiosk(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """The state of a kiosk: its key, gate and address; whether it is cut off, with the last entry number of each of its
    logs that is still believed; and seats that an admin gives it, by area."""

    device: Device
    public: Digest
    gate: Id | None
    address: Annotated[str, Meta(max_length=200)] = ""
    certificate: Annotated[str, Meta(max_length=128)] = ""
    cut_off: bool = False
    believed: dict[str, int] = {}
    seats: dict[str, int] = {}
    name: Annotated[str, Meta(max_length=64)] = ""

    def then(self, update: "Kiosk") -> "Kiosk":
        """Return the kiosk after a later entry of the registry. A cut-off is final: a registry restored from an old
        backup does not know of it, and may write entries for the kiosk as if nothing had happened."""
        if not self.cut_off or update.cut_off:
            return update
        return msgspec.structs.replace(update, cut_off=True, believed=self.believed)


class Ruling(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """An admin's answer to a conflict line, named by its kind and entry."""

    conflict: Annotated[str, Meta(max_length=32)]
    entry: EntryRef
    answer: FreeText
    by: Annotated[str, Meta(max_length=64)]


Body = (
    Scan | Override | Void | Passage | Recount | Seats | GateGiven | Clock | Boot | Health | Alarm
    | Printed | OpeningChecked | BadgeIssued | Revoked | SamePerson | EventDefined | Key | Kiosk
    | Ruling | Close
)  # fmt: skip

KINDS: dict[str, type[Body]] = {
    "scan": Scan,
    "override": Override,
    "void": Void,
    "passed": Passage,
    "not_passed": Passage,
    "recount": Recount,
    "seats": Seats,
    "gate": GateGiven,
    "clock": Clock,
    "boot": Boot,
    "health": Health,
    "alarm": Alarm,
    "printed": Printed,
    "opening": OpeningChecked,
    "badge": BadgeIssued,
    "revoke": Revoked,
    "person": SamePerson,
    "event": EventDefined,
    "key": Key,
    "kiosk": Kiosk,
    "ruling": Ruling,
    "close": Close,
}

REGISTRY_KINDS = frozenset(
    {"badge", "revoke", "person", "event", "key", "kiosk", "ruling", "close"}
)
"""Kinds that count only in a log of the registry."""


class EntryError(ValueError):
    """Bytes that are not an entry."""


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that do not decode to the requested type; RecursionError for arrays nested too deep."""

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_entry_decoder = msgspec.msgpack.Decoder(Entry)
_body_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(body) for kind, body in KINDS.items()
}


def pack(value: object) -> bytes:
    """Canonical MessagePack: smallest integers, mapping keys in order."""
    return _encoder.encode(value)


def encode(
    seq: int, prev: bytes, mono_ms: int, wall_ms: int, synced: bool, kind: str, body: Body
) -> bytes:
    """The bytes of an entry, as they are hashed, stored and sent."""
    return pack(Entry(seq, prev, mono_ms, wall_ms, synced, kind, packed(body)))


def packed(body: Body) -> msgspec.Raw:
    """The bytes of a body, as they stand in its entry."""
    return msgspec.Raw(pack(body))


def decode(raw: bytes) -> Entry:
    """The envelope of an entry.

    Raises EntryError for bytes that are no entry, or longer than MAX_ENTRY_BYTES.
    """
    if len(raw) > MAX_ENTRY_BYTES:
        raise EntryError(f"an entry of {len(raw)} bytes; at most {MAX_ENTRY_BYTES} are allowed")
    try:
        return _entry_decoder.decode(raw)
    except UNREADABLE as error:
        raise EntryError(f"not a log entry: {error}") from error


def body_of(entry: Entry) -> Body | None:
    """The body, or None where the kind is unknown or the body cannot be read."""
    decoder = _body_decoders.get(entry.kind)
    if decoder is None:
        return None
    try:
        body: Body = decoder.decode(entry.body)
    except UNREADABLE:
        return None
    return body


def digest_of(raw: bytes) -> bytes:
    """The SHA-256 that the next entry names as `prev`."""
    return sha256(raw).digest()


def badge_of(body: Body | None) -> bytes | None:
    """The badge that an entry is about, or None: stores index entries by it."""
    return getattr(body, "badge", None)
