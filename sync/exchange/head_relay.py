"""Which heads are sent without entries: they say until when a device's log had no more.

A device signs its head again every second. It sends that to the devices it exchanges with each time; heads of third
devices are relayed every few seconds.
"""

from collections.abc import Iterable, Mapping, Sequence

from access.log.chain import Head, device_of
from sync.store.log_store import LogStore, same_end
from sync.wire.messages import Message, Renewal

RELAY_EVERY_MS = 5000
"""A head without new entries is passed on when it is so much newer than the one passed on before: well below the 10 s
after which no seats are passed to a kiosk, and the 30 s after which it counts as silent."""

OFFER_AFTER_MS = 3 * RELAY_EVERY_MS
"""An asking side offers the head of a third device when it is so much newer than what the other side was seen to have:
that side has mostly heard of it directly."""

STALE_MS = 3000
"""An answering side names the devices from which it has heard nothing for so long: the other side sends newer heads of
them at once."""


class HeadFeed:
    """The answering side: numbers what it learns, so that each asker is sent what it was not sent yet.

    A mark names a number of this very feed; one of another feed (the process was started again, or another worker
    answered) means that the asker has seen nothing.
    """

    def __init__(self, name: bytes) -> None:
        """`name` is random, 8 bytes."""
        self._name = name
        self._count = 0
        self._passed_on: dict[str, tuple[Head, int]] = {}
        self._whole: dict[str, int] = {}
        """By device, the number under which the end of its log was first passed on."""

    def note(self, heads: Iterable[Head]) -> None:
        """The newest head of each device, as the store has them now."""
        for head in heads:
            device = device_of(head.log)
            before = self._passed_on.get(device)
            if before is None or _worth_passing(head, before[0]):
                self._count += 1
                self._passed_on[device] = (head, self._count)
                if before is None or not same_end(head, before[0]):
                    self._whole[device] = self._count

    @property
    def mark(self) -> bytes:
        """For the asker to bring back with its next request."""
        return self._name + self._count.to_bytes(8, "big")

    def since(self, mark: bytes, asker: str) -> tuple[list[Head], list[Renewal]]:
        """What came after a mark: heads, and those that the asker knows but for their newest signature. An asker is
        not sent its own."""
        own = mark[:8] == self._name and len(mark) == len(self.mark)
        seen = int.from_bytes(mark[8:], "big") if own else 0
        heads, renewed = [], []
        for device, (head, number) in self._passed_on.items():
            if number <= seen or device == asker:
                continue
            if self._whole[device] <= seen:
                renewed.append(renewal(head))
            else:
                heads.append(head)
        return heads, renewed


def renewal(head: Head) -> Renewal:
    """A head for a side that knows it, but for its newest signature."""
    return Renewal(bytes.fromhex(device_of(head.log)), head.at_ms, head.signature)


def renewed_heads(renewals: Iterable[Renewal], store: LogStore) -> list[Head]:
    """The stored heads with the newer times and signatures of these renewals. The store checks the signatures."""
    known = ((one, store.latest_head(one.device.hex())) for one in renewals)
    return [
        Head(head.log, head.seq, head.digest, one.at_ms, one.signature)
        for one, head in known
        if head is not None and one.at_ms > head.at_ms
    ]


def _worth_passing(head: Head, before: Head) -> bool:
    moved = head.seq != before.seq or head.log != before.log
    return moved or head.at_ms >= before.at_ms + RELAY_EVERY_MS


def stale(heads: Iterable[Head], now_ms: int) -> dict[str, int]:
    """Devices of which this side has heard nothing new for a while, and when they last signed."""
    return {device_of(head.log): head.at_ms for head in heads if head.at_ms < now_ms - STALE_MS}


class KnownHeads:
    """The asking side: how new each device's head is that the other side has, as far as messages have shown."""

    def __init__(self) -> None:
        self._at_ms: dict[str, int] = {}
        self._ends: dict[str, tuple[str, int]] = {}
        """Log and number of each head that the other side was sent whole, and answered."""

    def due(
        self, heads: Sequence[Head], wanted: Mapping[str, int], own: str, other: str
    ) -> tuple[list[Head], list[Renewal]]:
        """The heads to send, whole or renewed. `wanted` are devices of which the other side has heard nothing
        since then (ms); `own` and `other` are this device and that one."""
        due = [head for head in heads if self._is_due(head, wanted, own, other)]
        known = [self._ends.get(device_of(head.log)) == (head.log, head.seq) for head in due]
        return (
            [head for head, is_known in zip(due, known, strict=True) if not is_known],
            [renewal(head) for head, is_known in zip(due, known, strict=True) if is_known],
        )

    def _is_due(self, head: Head, wanted: Mapping[str, int], own: str, other: str) -> bool:
        device = device_of(head.log)
        if device == other:
            return False
        known_ms = self._at_ms.get(device, -1)
        if device in wanted and head.at_ms > wanted[device]:
            return True
        return head.at_ms > known_ms + (0 if device == own else OFFER_AFTER_MS)

    def saw(self, message: Message) -> None:
        """Note the heads of a message that the other side sent, or was sent and answered."""
        for head in [*message.heads, *(batch.head for batch in message.batches)]:
            device = device_of(head.log)
            self._at_ms[device] = max(head.at_ms, self._at_ms.get(device, -1))
            self._ends[device] = (head.log, head.seq)
        for one in message.renewed:
            device = one.device.hex()
            self._at_ms[device] = max(one.at_ms, self._at_ms.get(device, -1))

    def set_heard(self, heard: Mapping[str, int], *, whole: bool) -> None:
        """Note how new the heads are that the other side has (ms by device): of every device (`whole`), or of some."""
        if whole:
            self._at_ms = dict(heard)
        else:
            self._at_ms.update(heard)

    def clear(self) -> None:
        self._at_ms.clear()
        self._ends.clear()
