"""Histories that were folded lately."""

from __future__ import annotations

from typing import Any

from access.state.kept.history_cache import HistoryCache


def test_what_was_asked_for_last_stays(forum: Any) -> None:
    known = forum.known()
    badges = [forum.build.badge(number) for number in (1, 2, 3)]
    histories = dict(known.histories(badges))
    cache = HistoryCache(most=7)
    for badge in badges[:2]:
        cache.put(badge, histories[badge], 2)
    assert cache.get(badges[0]) is histories[badges[0]]
    cache.put(badges[2], histories[badges[2]], 2)
    assert cache.get(badges[1]) is None
    assert cache.get(badges[0]) is histories[badges[0]]


def test_one_beyond_the_bound_stays_alone(forum: Any) -> None:
    known = forum.known()
    one, two = (known.history(forum.build.badge(number)) for number in (1, 2))
    cache = HistoryCache(most=3)
    cache.put(b"1", one, 1)
    cache.put(b"2", two, 100)
    assert cache.get(b"1") is None
    assert cache.get(b"2") is two
    cache.put(b"2", two, 1)
    cache.put(b"1", one, 0)
    assert cache.get(b"2") is two
    cache.drop(b"2")
    cache.drop(b"2")
    assert cache.get(b"2") is None
    cache.clear()
    assert cache.get(b"1") is None
