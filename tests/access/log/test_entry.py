"""Log entries: canonical bytes, every kind with every sort of damage, and bytes that are anything at all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example as for_example
from hypothesis import given
from hypothesis import strategies as st

from access.badge.credential import Claims
from access.log.entry import (
    GENESIS,
    KINDS,
    MAX_ENTRY_BYTES,
    REGISTRY_KINDS,
    Alarm,
    BadgeIssued,
    Body,
    Boot,
    Clock,
    Entry,
    EntryError,
    EntryRef,
    EventDefined,
    GateGiven,
    Health,
    Key,
    Kiosk,
    Override,
    Passage,
    Printed,
    Recount,
    Revoked,
    Ruling,
    SamePerson,
    Scan,
    Seats,
    Span,
    Void,
    badge_of,
    body_of,
    decode,
    digest_of,
    encode,
    pack,
)
from access.log.sign_offs import Close, OpeningChecked

BADGE = b"badge"
DIGEST = bytes(range(32))
LOG = "0123456789abcdef01234567"
REF = EntryRef(LOG, 7, DIGEST)
SPAN = Span(1_605_591_000_000, 1_605_591_000_500)

BODIES: dict[str, Body] = {
    "scan": Scan(
        gate="door",
        direction="in",
        badge=BADGE,
        issue=1,
        proof="proven",
        session="talk",
        verdict="admit",
        reason="ok",
        method="camera",
        conditions=("unlisted",),
        seat=True,
        place="hall",
        roster_issue=1,
        seats=3,
        roster_head=(LOG, 9),
        span=SPAN,
        claims=b"14 claim bytes",
        test=False,
    ),
    "override": Override(
        gate="door",
        badge=BADGE,
        issue=1,
        proof="proven",
        session="talk",
        verdict="admit_flagged",
        reason="overridden",
        stands="full",
        staff=b"staff",
        staff_issue=1,
        why="she is the speaker",
        entry=REF,
        place="hall",
        roster_issue=1,
        roster_head=(LOG, 9),
        span=SPAN,
        claims=None,
        test=False,
    ),
    "void": Void(entry=REF, badge=BADGE, staff=b"staff", staff_issue=1, why="wrong person"),
    "passed": Passage(entry=REF, badge=BADGE),
    "not_passed": Passage(entry=REF, badge=None),
    "printed": Printed(
        gate="desk",
        badge=BADGE,
        issue=1,
        outcome="not_printed",
        attempt=REF,
        staff=b"staff",
        staff_issue=1,
        why="damaged",
    ),
    "opening": OpeningChecked(
        gate="door",
        findings={"lights": "good", "sound": "bad"},
        test_badges={"good": "good", "forged": "not_done"},
        staff=b"staff",
        staff_issue=1,
        note="no loudspeaker",
    ),
    "recount": Recount(area="hall", inside=812, staff=b"staff", why="by eye"),
    "seats": Seats(
        area="room", from_gate="door", to_gate="other-door", to_device=LOG[:16], count=5
    ),
    "gate": GateGiven(gate="door", staff=b"staff"),
    "clock": Clock(
        source="neighbour", trusted_ms=1_605_591_000_000, mono_ms=5_000, error_ms=20, via=LOG[:16]
    ),
    "boot": Boot(
        device=LOG[:16],
        previous=(LOG, 9, DIGEST),
        boot_id="boot id",
        why="power",
        versions={"jianmen": "0.1"},
        gate="door",
    ),
    "health": Health(
        readings={"disk": 0.5, "camera": "simulated", "mains": True, "fan": None, "load": 3}
    ),
    "alarm": Alarm(what="door_forced", detail="the leaf was open for a minute"),
    "badge": BadgeIssued(
        badge=BADGE, issue=1, form="plain", claims=Claims(0, 7, 0, 3), verifier=DIGEST, card=DIGEST
    ),
    "revoke": Revoked(badge=BADGE, issue=None, why="lost"),
    "person": SamePerson(before=BADGE, after=b"other"),
    "event": EventDefined(event=msgspec.Raw(pack({"id": "fair"}))),
    "key": Key(number=1, public=DIGEST, withdrawn=True),
    "kiosk": Kiosk(
        device=LOG[:16],
        public=DIGEST,
        gate="door",
        address="10.0.0.7",
        certificate="",
        cut_off=True,
        believed={LOG: 4},
        seats={"room": 2},
        name="Door 1",
    ),
    "ruling": Ruling(conflict="two_places", entry=REF, answer="copied", by="admin"),
    "close": Close(day="2020-11-17", held={LOG: 9}),
}


RECORDED: dict[str, tuple[int, str]] = {
    "scan": (18, "0f22d017b9395c46"),
    "override": (18, "dde4e93363fcd3d4"),
    "void": (5, "72bf3db7089fc316"),
    "passed": (2, "56c61a4e3c06942b"),
    "not_passed": (2, "edf775950553ffdd"),
    "recount": (4, "c56ac6d4e04ab18c"),
    "seats": (5, "77a9f51176abd8b4"),
    "gate": (2, "0df582787427d30c"),
    "clock": (5, "358e49c462c705f7"),
    "boot": (6, "cd7016355d255cff"),
    "health": (1, "0d58a82ce5e55095"),
    "alarm": (2, "a10f605740bb2909"),
    "printed": (8, "675551a54ddafbdd"),
    "opening": (6, "06dae52b8e20359c"),
    "badge": (6, "f6607da8975c56c3"),
    "revoke": (3, "5db5c43f50b38a72"),
    "event": (1, "88dd3fc7f63f248c"),
    "key": (3, "a91e2da1bab850e6"),
    "kiosk": (9, "f42061c01203bdfb"),
    "ruling": (4, "135dd21ffe2d85d5"),
    "person": (2, "305bb6c565b9d1b5"),
    "close": (2, "938aba7c8afdff5d"),
}
"""Of each body, as the first version that had it wrote it: how many fields, and the first 16 hex digits of the SHA-256
of its bytes."""


def entry(kind: str, body: object) -> Entry:
    raw = msgspec.msgpack.encode([1, GENESIS, 5, 6, False, kind, body])
    return decode(raw)


def fields(kind: str) -> list[Any]:
    """The body as the array that travels."""
    array: list[Any] = msgspec.msgpack.decode(pack(BODIES[kind]))
    return array


def test_there_is_a_body_here_for_every_kind() -> None:
    assert BODIES.keys() == KINDS.keys()
    assert KINDS.keys() >= REGISTRY_KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_fields_of_version_01_are_still_written_byte_for_byte(kind: str) -> None:
    count, recorded = RECORDED[kind]
    old = msgspec.msgpack.encode(fields(kind)[:count], order="deterministic")
    assert digest_of(old).hex()[:16] == recorded
    assert body_of(entry(kind, fields(kind)[:count])) == BODIES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_read_as_it_was_written(kind: str) -> None:
    raw = encode(3, DIGEST, 10, -20, True, kind, BODIES[kind])
    read = decode(raw)
    head = (read.seq, read.prev, read.mono_ms, read.wall_ms, read.synced, read.kind)
    assert head == (3, DIGEST, 10, -20, True, kind)
    assert body_of(read) == BODIES[kind]
    assert pack(read) == raw, "the bytes are canonical"


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_may_gain_fields_at_its_end(kind: str) -> None:
    assert body_of(entry(kind, [*fields(kind), "of a newer version", [1, 2]])) == BODIES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_without_its_first_field_cannot_be_read(kind: str) -> None:
    assert body_of(entry(kind, fields(kind)[1:])) is None
    assert body_of(entry(kind, [])) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_without_fields_that_have_a_default_is_of_an_older_writer(kind: str) -> None:
    needed = len(KINDS[kind].__struct_fields__) - len(KINDS[kind].__struct_defaults__)
    assert body_of(entry(kind, fields(kind)[:needed])) is not None
    assert body_of(entry(kind, fields(kind)[: needed - 1])) is None


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"event"}))
def test_a_body_with_a_wrongly_typed_field_cannot_be_read(kind: str) -> None:
    for index in range(len(fields(kind))):
        wrong = fields(kind)
        wrong[index] = {"no": {"field": b"is this"}}
        assert body_of(entry(kind, wrong)) is None, f"field {index}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [None, 5, "text", {"gate": "door"}, b"\x90"])
def test_a_body_that_is_no_array_cannot_be_read(kind: str, body: object) -> None:
    assert body_of(entry(kind, body)) is None


@pytest.mark.parametrize(
    ("kind", "index", "value"),
    [
        ("scan", 0, ""),
        ("scan", 0, "x" * 65),
        ("scan", 1, "sideways"),
        ("scan", 2, b"six by"),
        ("scan", 2, b"four"),
        ("scan", 3, 0),
        ("scan", 3, 64),
        ("scan", 4, "believed"),
        ("scan", 6, "perhaps"),
        ("scan", 7, "x" * 33),
        ("scan", 8, "telepathy"),
        ("scan", 15, [2**54, 2**54]),
        ("scan", 16, b"thirteen byte"),
        ("override", 10, "x" * 501),
        ("void", 0, ["not a log", 7, DIGEST]),
        ("void", 0, [LOG, 0, DIGEST]),
        ("void", 0, [LOG, 7, b"short"]),
        ("recount", 1, -1),
        ("recount", 1, 2**40),
        ("seats", 3, "a device"),
        ("seats", 4, 0),
        ("seats", 4, 100_001),
        ("clock", 0, "sundial"),
        ("clock", 2, -1),
        ("clock", 3, -1),
        ("badge", 1, 64),
        ("badge", 2, "golden"),
        ("badge", 4, DIGEST + b"!"),
        ("key", 0, 256),
        ("kiosk", 1, DIGEST[1:]),
        ("kiosk", 6, {"log": "four"}),
        ("close", 0, "x" * 11),
    ],
)
def test_a_value_out_of_its_bounds_cannot_be_read(kind: str, index: int, value: object) -> None:
    body = fields(kind)
    body[index] = value
    assert body_of(entry(kind, body)) is None


def test_a_kind_from_a_newer_version_is_kept_and_not_read() -> None:
    newer = entry("teleport", ["door", "in"])
    assert body_of(newer) is None
    assert newer.kind == "teleport"
    assert badge_of(body_of(newer)) is None


def test_an_entry_is_about_the_badge_that_its_body_names() -> None:
    about = {kind for kind, body in BODIES.items() if badge_of(body) == BADGE}
    assert about == {"scan", "override", "void", "passed", "printed", "badge", "revoke"}


def test_an_interval_is_exact_when_both_ends_are_one_instant() -> None:
    assert Span(5, 5).exact
    assert not SPAN.exact


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (0, 0), (0, -1), (0, 2**41), (0, "1"), (0, None),
        (1, b""), (1, bytes(31)), (1, bytes(33)), (1, "x" * 32),
        (2, -1), (2, 2**54), (2, 1.5),
        (3, 2**54), (3, -(2**54)),
        (4, 1), (4, None),
        (5, "x" * 33), (5, 7),
    ],
)  # fmt: skip
def test_an_envelope_with_a_wrong_field_is_no_entry(index: int, value: object) -> None:
    envelope: list[Any] = [1, GENESIS, 5, 6, False, "alarm", ["fire", ""]]
    assert decode(pack(envelope)).seq == 1
    envelope[index] = value
    with pytest.raises(EntryError, match="not a log entry"):
        decode(pack(envelope))


@pytest.mark.parametrize("count", range(7))
def test_an_envelope_with_a_missing_field_is_no_entry(count: int) -> None:
    with pytest.raises(EntryError):
        decode(pack([1, GENESIS, 5, 6, False, "alarm", ["fire", ""]][:count]))


def test_bytes_after_an_entry_are_no_part_of_it() -> None:
    raw = encode(1, GENESIS, 5, 6, False, "alarm", BODIES["alarm"])
    with pytest.raises(EntryError):
        decode(raw + b"\0")
    with pytest.raises(EntryError):
        decode(raw[:-1])


def test_an_entry_is_at_most_so_long() -> None:
    empty = len(pack([1, GENESIS, 5, 6, False, "alarm", bytes(70_000)])) - 70_000
    longest = pack([1, GENESIS, 5, 6, False, "alarm", bytes(MAX_ENTRY_BYTES - empty)])
    assert len(longest) == MAX_ENTRY_BYTES
    assert body_of(decode(longest)) is None
    with pytest.raises(EntryError, match=f"at most {MAX_ENTRY_BYTES}"):
        decode(longest + b"!")


@pytest.mark.parametrize("depth", [10, 400, 5_000, 200_000])
def test_arrays_in_arrays_without_end_are_no_entry_and_no_body(depth: int) -> None:
    head = pack([1, GENESIS, 5, 6, False, "health", 0])[:-1]
    nested = b"\x91" * depth + b"\x01"
    try:
        body = body_of(decode(head + nested))
    except EntryError:
        assert depth > 400, "what a parser can follow is an entry"
    else:
        assert body is None


def test_a_body_that_outgrows_the_parser_behind_its_known_fields_is_not_read() -> None:
    deep = msgspec.Raw(b"\x91" * 100_000 + b"\x01")
    unread = Entry(1, GENESIS, 5, 6, False, "alarm", msgspec.Raw(pack(["fire", "", deep])))
    assert body_of(unread) is None


def test_the_hash_of_an_entry_is_that_of_its_very_bytes() -> None:
    assert digest_of(b"") == bytes.fromhex(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@given(st.binary(max_size=400))
@for_example(b"\xd9\xff\xff")  # a text that is no UTF-8
@for_example(b"\xdd\xff\xff\xff\xff")  # an array of four thousand million
def test_bytes_that_are_anything_are_an_entry_or_an_entry_error(raw: bytes) -> None:
    try:
        read = decode(raw)
    except EntryError:
        return
    body_of(read)


wild = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=70)
    | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=5) | st.integers(-9, 9), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_no_body_of_any_kind_raises(kind: str, data: st.DataObject) -> None:
    """One field replaced by anything, or the whole body."""
    body: Any = fields(kind)
    if data.draw(st.booleans()):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(wild)
    else:
        body = data.draw(wild)
    read = body_of(entry(kind, body))
    assert read is None or isinstance(read, KINDS[kind])


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_never_raises_anything_else(kind: str, index: int, value: int) -> None:
    raw = bytearray(encode(3, DIGEST, 10, 20, True, kind, BODIES[kind]))
    raw[index % len(raw)] = value
    try:
        read = decode(bytes(raw))
    except EntryError:
        return
    body_of(read)
