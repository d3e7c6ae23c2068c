"""A registry of several workers over one store, and a balancer that gives each request to another one."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest

from sync.exchange.exchange import Answerer

Node = Any
MOST_ROUNDS = 12


def worker(node: Node) -> Answerer:
    """A worker that knows the node's key and store, and no vector that another one was sent."""
    return Answerer(node.replica, node.identity, node.now_ms, lambda: None)


@pytest.mark.parametrize("workers", [2, 3])
def test_requests_that_go_to_the_workers_by_turns_bring_all_both_ways_and_come_to_an_end(
    kiosk: Node, neighbour: Node, workers: int
) -> None:
    answering = cycle([worker(neighbour) for _ in range(workers)])
    asker = kiosk.asker(neighbour)

    def talk() -> int:
        kiosk.publish()
        neighbour.publish()
        for number in range(1, MOST_ROUNDS):
            answer, _ = next(answering).answer(asker.request(), 5000)
            if not asker.receive(answer)[1]:
                return number
        raise AssertionError("they never come to an end")

    talk()
    for _ in range(5):
        kiosk.work(3)
        neighbour.work(2)
        talk()
        assert kiosk.replica.vector() == neighbour.replica.vector()
    assert talk() <= 2  # nothing new
