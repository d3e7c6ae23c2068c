"""Names and queries that are longer than anybody's: nobody is lost, and nothing is compared without end."""

from __future__ import annotations

import numpy as np

from access.names.index import Named, NameIndex
from access.names.segment import Segment


def found(index: NameIndex, query: str) -> list[int]:
    return [hit.identity for hit in index.search(query, 50).hits]


def test_a_name_of_many_words_is_found_written_as_one() -> None:
    index = NameIndex()
    index.put([Named(1, ("Ana María José Pilar Cruz García López",))])
    assert found(index, "anamariajosepilarcruzgarcialopez") == [1]
    assert found(index, "pilar garcia") == [1]


def test_what_follows_the_longest_query_is_not_compared() -> None:
    index = NameIndex()
    index.put([Named(1, ("Anna",)), Named(2, ("x" * 63,))])
    assert found(index, "x" * 80 + " anna") == [2]


def test_people_of_a_segment_without_anybody_can_be_removed() -> None:
    index = NameIndex()
    segment = Segment.of([], index._alphabet)
    segment.remove(np.array([1], np.int64))
    assert segment.living == 0
