"""The headcount as far as a kiosk knows it: from its own files, as far as they have come, each number with its age."""

from __future__ import annotations

import pytest

from kiosk.door import venue_headcount
from kiosk.door.venue_headcount import SharedCount, VenueCount, as_json


@pytest.fixture
def count(world):
    return VenueCount(world.data, world.registry.fingerprint, world.earliest_ms, world.reading())


def test_without_files_there_is_nothing_to_count(tmp_path, world):
    empty = VenueCount(tmp_path, world.registry.fingerprint, world.earliest_ms, world.reading())
    assert empty.tally(world.reading()) is None


def test_the_own_door_counts_at_once_and_what_comes_later_is_added(world, open_door, count):
    door = open_door(world)
    door.present(world.walk_up().text, "in")
    assert count.tally(world.reading()).counts["chengdu"].inside == 1
    door.present(world.walk_up().text, "in")
    tally = count.tally(world.reading())
    assert tally.counts["chengdu"].inside == 2
    assert tally.counts["chengdu"].people == 2
    assert tally.counts["meishan"].inside == 0


def test_a_replica_made_anew_is_read_from_its_beginning(world, open_door, count):
    door = open_door(world)
    door.present(world.walk_up().text, "in")
    assert count.tally(world.reading()).counts["chengdu"].inside == 1
    world.recreate_replica()
    world.deliver()
    assert count.tally(world.reading()).counts["chengdu"].inside == 1


def test_the_numbers_as_json_name_every_area_in_three_languages(world, open_door, count):
    open_door(world).present(world.walk_up().text, "in")
    shown = as_json(count.tally(world.reading()))
    chengdu = shown["areas"]["chengdu"]
    assert set(chengdu["name"]) == {"en", "zh-Hant", "zh-Hans"}
    assert (chengdu["inside"], chengdu["venue"]) == (1, "chengdu")
    assert chengdu["low"] <= 1 <= chengdu["high"]


def test_one_fold_is_shared_and_dropped_when_nobody_asks(world, open_door, monkeypatch):
    door = open_door(world)
    shared = SharedCount(world.data, world.earliest_ms)
    first = shared.tally(world.registry.fingerprint, world.reading())
    door.present(world.walk_up().text, "in")
    assert shared.tally(world.registry.fingerprint, world.reading()) is first
    monkeypatch.setattr(venue_headcount, "KEPT_S", -1.0)
    shared.tidy()
    again = shared.tally(world.registry.fingerprint, world.reading())
    assert again.counts["chengdu"].inside == 1
