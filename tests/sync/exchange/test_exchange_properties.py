"""Whatever logs there are, however they fork, whatever gets lost on the way: in the end everybody holds the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.log.chain import ChainError, vouched
from access.log.entry import Alarm, Kiosk, pack
from jianmen.testing.log_writer import LogWriter
from sync.exchange.exchange import Answerer, Asker
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, Envelope, Message, MessageError, Point, read

REGISTRY = DeviceKey.from_seed(bytes([1]) * 32)
KIOSKS = [DeviceKey.from_seed(bytes([seed]) * 32) for seed in (2, 3, 4)]
NOW_MS = 1_795_000_000_000


ROSTER = LogWriter(REGISTRY, start_ms=NOW_MS)
for one in KIOSKS:
    ROSTER.write("kiosk", Kiosk(device=one.fingerprint, public=one.public, gate="gate"))


def _batch(log: LogWriter, after: int, until: int) -> Batch:
    """Whose head was signed the later, the longer the log is."""
    return log.batch(after, until, NOW_MS + until)


@dataclass
class Side:
    """A kiosk's replica in memory, with both roles in an exchange."""

    replica: Replica
    answerer: Answerer
    identity: DeviceKey
    askers: dict[str, Asker] = field(default_factory=dict)

    def take(self, line: LogWriter, until: int) -> None:
        """As much of a line as a carrier once brought, head by head."""
        with self.replica.transaction():
            for start in range(0, until, 3):
                self.replica.take(_batch(line, start, min(start + 3, until)))

    def asker(self, other: Side) -> Asker:
        device = other.identity.fingerprint
        if device not in self.askers:
            self.askers[device] = Asker(
                self.replica, self.identity, lambda: NOW_MS, lambda: None, device
            )
        return self.askers[device]

    def entries(self) -> set[tuple[str, int, bytes]]:
        return {(h.log, h.seq, h.digest) for _, h in self.replica.since(0, -1)}

    def tips(self) -> dict[str, list[Point]]:
        return {log: sorted(points) for log, points in self.replica.vector().items()}


@contextmanager
def three_sides() -> Iterator[list[Side]]:
    sides = []
    for identity in KIOSKS:
        replica = Replica(":memory:", REGISTRY.public, REGISTRY.fingerprint)
        answerer = Answerer(replica, identity, lambda: NOW_MS, lambda: None)
        sides.append(Side(replica, answerer, identity))
        sides[-1].take(ROSTER, len(ROSTER.entries))
    try:
        yield sides
    finally:
        for side in sides:
            side.replica.close()


def _talk(one: Side, two: Side, losses: list[bool]) -> None:
    """Rounds until quiet; each loss takes a request or an answer away, and with it the rest of the step."""
    asker = one.asker(two)
    for _ in range(40):
        request = asker.request()
        if losses and losses.pop():
            return asker.forget()
        answer, _ = two.answerer.answer(request, 0)
        if losses and losses.pop():
            return asker.forget()
        if not asker.receive(answer)[1]:
            return None
    raise AssertionError("the two never come to an end")


@st.composite
def branching_logs(draw: st.DrawFn) -> list[LogWriter]:
    """Some logs of some kiosks, each with up to two more branches that part anywhere."""
    lines: list[LogWriter] = []
    for number in range(draw(st.integers(1, 3))):
        writer = draw(st.sampled_from(KIOSKS))
        trunk = LogWriter(writer, f"{number:08x}", start_ms=NOW_MS)
        for _ in range(draw(st.integers(1, 12))):
            trunk.write("alarm", Alarm(what="door_forced", detail=f"{number}"))
        lines.append(trunk)
        for clone in range(draw(st.integers(0, 2))):
            parent = draw(st.sampled_from([line for line in lines if line.log == trunk.log]))
            branch = parent.branch_after(draw(st.integers(0, len(parent.entries))))
            for _ in range(draw(st.integers(1, 6))):
                branch.write("alarm", Alarm(what="door_forced", detail=f"{number} clone {clone}"))
            lines.append(branch)
    return lines


pairs = st.sampled_from([(one, two) for one in range(3) for two in range(3) if one != two])


@given(branching_logs(), st.data())
def test_three_stores_are_equal_in_the_end(lines: list[LogWriter], data: st.DataObject) -> None:
    with three_sides() as sides:
        known: set[tuple[str, int, bytes]] = set()
        for line in lines:
            for side in data.draw(st.sets(st.sampled_from(range(3)), min_size=1)):
                until = data.draw(st.integers(1, len(line.entries)))
                sides[side].take(line, until)
                known |= {(line.log, one.seq, one.digest) for one in line.entries[:until]}
        for one, two in data.draw(st.lists(pairs, max_size=8)):
            _talk(sides[one], sides[two], data.draw(st.lists(st.booleans(), max_size=6)))
            assert all(side.entries() <= known | _roster() for side in sides)

        for _ in range(2):
            for one, two in ((0, 1), (1, 2), (2, 0)):
                _talk(sides[one], sides[two], [])

        assert [side.entries() for side in sides] == [known | _roster()] * 3
        assert sides[0].tips() == sides[1].tips() == sides[2].tips()
        assert all(sides[0].asker(sides[1]).ahead() == 0 for _ in sides)


def _roster() -> set[tuple[str, int, bytes]]:
    return {(ROSTER.log, one.seq, one.digest) for one in ROSTER.entries}


@st.composite
def doubtful_batches(draw: st.DrawFn) -> tuple[Batch, LogWriter]:
    """A run of a log, with something about it that may be wrong."""
    line = draw(branching_logs())[-1]
    after = draw(st.integers(0, len(line.entries) - 1))
    until = draw(st.integers(after + 1, len(line.entries)))
    batch = _batch(line, after, until)
    raws = draw(
        st.one_of(
            st.just(batch.raws),
            st.permutations(batch.raws),
            st.lists(st.sampled_from([*line.raws, b"", b"junk"]), max_size=8),
            st.just(batch.raws[1:]),
        )
    )
    signer = draw(st.sampled_from([line.identity, *KIOSKS]))
    points = [line.point(seq) for seq in range(len(line.entries) + 1)]
    seq, digest = draw(st.sampled_from(points[1:]))
    head = draw(st.sampled_from([batch.head, signer.head(line.log, seq, digest, 1)]))
    start = draw(st.sampled_from([(batch.after, batch.prev), *points]))
    return Batch(line.log, *start, raws, head), line


@given(doubtful_batches(), st.booleans())
def test_no_entry_is_taken_that_no_signed_head_vouches_for(
    doubtful: tuple[Batch, LogWriter], before_exchange: bool
) -> None:
    batch, line = doubtful
    with three_sides() as (side, *_):
        if before_exchange:
            side.take(line, len(line.entries) // 2)
        before = side.entries()
        try:
            with side.replica.transaction():
                side.replica.take(batch)
        except (MessageError, ChainError):
            assert side.entries() == before
        for seq, digest in side.replica.tips(line.log):
            heads = side.replica.heads(line.log, seq - 1, 99)
            (head,) = [head for head in heads if (head.seq, head.digest) == (seq, digest)]
            assert vouched(head, line.identity.public)
            linked = [row.raw for row in side.replica.rows(line.log, 1, seq)]
            assert linked == line.raws[:seq]


def _request(sides: list[Side]) -> Message:
    """What a side that has news says in the third message."""
    one, two, _ = sides
    line = LogWriter(one.identity, "000000aa", start_ms=NOW_MS)
    for _ in range(5):
        line.write("alarm", Alarm(what="door_forced", detail=""))
    one.take(line, 5)
    asker = one.asker(two)
    for _ in range(2):
        asker.receive(two.answerer.answer(asker.request(), 0)[0])
    return read(Message, read(Envelope, asker.request()).body)


def _offer(side: Side, raw: bytes) -> None:
    """Bytes come to a side both as a request and as an answer."""
    with suppress(MessageError, ChainError):
        side.answerer.answer(raw, 0)
    asker = Asker(side.replica, side.identity, lambda: NOW_MS, lambda: None, KIOSKS[0].fingerprint)
    asker.request()
    with pytest.raises((MessageError, ChainError)):
        asker.receive(raw)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_message_raise_nothing_else(raw: bytes) -> None:
    with three_sides() as sides:
        _offer(sides[1], raw)


@given(st.data())
def test_a_good_message_that_was_damaged_raises_nothing_else(data: st.DataObject) -> None:
    with three_sides() as sides:
        message = _request(sides)
        raw = bytearray(sides[0].answerer.seal(message))
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(raw)))
        _offer(sides[1], bytes(raw[:cut]) if data.draw(st.booleans()) else bytes(raw))


@given(st.data())
def test_nonsense_signed_by_an_enrolled_device_raises_nothing_else(data: st.DataObject) -> None:
    with three_sides() as sides:
        body = bytearray(pack(_request(sides)))
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(body) - 1))
            body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        one = sides[0].identity
        _offer(sides[1], pack(Envelope(bytes(body), one.fingerprint, one.sign(bytes(body)))))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.binary(max_size=40)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=24), inner),
    max_leaves=8,
)


@given(st.data())
def test_any_value_in_any_field_of_a_signed_message_raises_nothing_else(
    data: st.DataObject,
) -> None:
    with three_sides() as sides:
        fields = list(msgspec.structs.astuple(_request(sides)))
        for _ in range(data.draw(st.integers(1, 3))):
            fields[data.draw(st.integers(0, len(fields) - 1))] = data.draw(values)
        body = pack(fields)
        one = sides[0].identity
        _offer(sides[1], pack(Envelope(body, one.fingerprint, one.sign(body))))


@given(values)
def test_entries_with_any_body_are_kept_or_refused_and_raise_nothing_else(value: object) -> None:
    with three_sides() as (side, *_):
        line = LogWriter(KIOSKS[0], "000000bb", start_ms=NOW_MS)
        for kind in ("scan", "boot", "kiosk", "badge", "of a later version"):
            line.write(kind, value)  # type: ignore[arg-type]
        side.take(line, len(line.entries))
        assert side.replica.tips(line.log) == [line.point()]
        assert len(list(side.replica.since(0, -1))) == 5 + len(ROSTER.entries)
