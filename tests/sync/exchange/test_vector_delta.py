"""Vectors sent as differences: whatever changed, the other side ends with the same vector."""

from __future__ import annotations

import gc
import sys

from hypothesis import given
from hypothesis import strategies as st

from sync.exchange.vector_delta import (
    HISTORY,
    Vector,
    VectorHistory,
    applied,
    delta,
    digest_of_vector,
)

LOGS = st.sampled_from([f"{device:016x}{boot:08x}" for device in range(4) for boot in range(3)])
POINTS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from([bytes([n]) * 32 for n in range(3)])),
    min_size=1,
    max_size=3,
    unique=True,
)
VECTORS = st.dictionaries(LOGS, POINTS, max_size=6)


@given(VECTORS, VECTORS)
def test_a_delta_makes_the_later_vector_of_the_earlier_one(before: Vector, now: Vector) -> None:
    assert applied(delta(now, before), before) == now


@given(VECTORS)
def test_nothing_new_is_nothing_to_send(vector: Vector) -> None:
    assert delta(vector, vector) == {}


@given(VECTORS, VECTORS)
def test_a_digest_names_the_entries_in_whatever_order(one: Vector, other: Vector) -> None:
    turned = {log: list(reversed(one[log])) for log in reversed(one)}
    same = {log: sorted(p) for log, p in one.items()} == {
        log: sorted(p) for log, p in other.items()
    }

    assert digest_of_vector(turned) == digest_of_vector(one)
    assert (digest_of_vector(one) == digest_of_vector(other)) == same


@given(st.lists(VECTORS, max_size=8))
def test_every_vector_that_a_store_has_had_lately_is_found_by_its_digest(
    vectors: list[Vector],
) -> None:
    history = VectorHistory()
    digests = [history.note(vector) for vector in vectors]

    for digest, vector in zip(digests, vectors, strict=True):
        found = history.at(digest)
        assert found is not None
        assert digest_of_vector(found) == digest_of_vector(vector)
    assert history.at(b"another") is None


def test_the_oldest_vectors_are_forgotten() -> None:
    history = VectorHistory()
    first = history.note({"a": [(1, b"1")]})
    for seq in range(2, HISTORY + 4):
        history.note({"a": [(seq, b"1")]})

    assert history.at(first) is None


def test_a_vector_that_is_remembered_costs_no_objects_but_one() -> None:
    """A vector follows with nearly every entry; a kiosk's carrier lives for days with little memory."""
    log, vectors = f"{1:024x}", 2000
    history = VectorHistory()
    history.note({log: [(1, bytes(32))]})
    gc.collect()
    before = sys.getallocatedblocks()
    for seq in range(2, 2 + vectors):
        history.note({log: [(seq, seq.to_bytes(32, "big"))]})
    gc.collect()

    assert (sys.getallocatedblocks() - before) / vectors < 1.5
