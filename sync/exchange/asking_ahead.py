"""Asking for the next part of a long answer while the last part is being stored.

Such a request has the old vector, since nothing is acknowledged before it is stored; beside it stands how far the logs
will go once it is.
"""

import msgspec

from sync.exchange.vector_delta import Vector
from sync.store.log_store import LogStore
from sync.wire.messages import MAX_BRANCHES, MAX_CARDS, Message


def goes_on(answer: Message) -> bool:
    """Whether an answer brings a part of more that the other side has ready."""
    return bool(answer.batches and answer.more) or len(answer.cards) == MAX_CARDS


def besides(request: Message, arriving: Message, store: LogStore) -> Message:
    """A request for what comes after an answer that is still to be stored."""
    cards = {card.digest for card in arriving.cards}
    wants = [digest for digest in request.wants if digest not in cards]
    return msgspec.structs.replace(request, coming=_ends(arriving, store), wants=wants)


def _ends(arriving: Message, store: LogStore) -> Vector:
    """The tips of each log of an answer, once it is stored."""
    ends: Vector = {}
    for batch in arriving.batches:
        tips = ends.get(batch.log, store.tips(batch.log))
        others = [point for point in tips if point != (batch.after, batch.prev)]
        ends[batch.log] = [*others, (batch.head.seq, batch.head.digest)][-MAX_BRANCHES:]
    return ends


def skips_what_comes(answer: Message, request: Message) -> bool:
    """Whether the answer to a request goes on after what was on its way. An older version's begins with it again."""
    first = {batch.log: batch for batch in reversed(answer.batches)}
    return all(
        (first[log].after, first[log].prev) in points
        for log, points in request.coming.items()
        if log in first
    )
