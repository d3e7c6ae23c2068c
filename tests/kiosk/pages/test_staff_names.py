"""The names that staff may search: read from the cards beside the door, kept up, and forgotten when staff mode ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from access.badge.credential import Claims, verifier
from access.log.entry import BadgeIssued
from jianmen.testing.waiting import until
from kiosk.pages.staff_names import AGAIN_S, NamesClosedError, StaffNames

ALL = Claims(ticket=0, venues=0b111, sessions=0, days=0b11)


class Now:
    """A clock that is set by hand."""

    s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def open_names(world, now: Now) -> Iterator[Callable[[], StaffNames]]:
    opened: list[StaffNames] = []

    def make() -> StaffNames:
        opened.append(StaffNames(world.data / "replica.db", world.desk_key, now))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def found(names: StaffNames, query: str) -> list[str]:
    return [one.content.name for one in names.search(query).found]


def test_people_are_found_in_any_script_and_by_their_organisation(world, open_names) -> None:
    world.register("陳大文", "zh-Hant")
    world.register("Łukasz Żółć")
    world.deliver()
    names = open_names()
    assert found(names, "chan tai man") == found(names, "陈大文") == ["陳大文"]
    assert found(names, "lukasz") == ["Łukasz Żółć"]
    assert found(names, "王") == []


def test_those_who_come_later_are_found_at_once(world, open_names) -> None:
    world.register("陳大文", "zh-Hant")
    world.deliver()
    names = open_names()
    assert found(names, "陳") == ["陳大文"]
    late = world.register("陳小明", "zh-Hant")
    world.deliver()
    assert found(names, "陳") == ["陳大文", "陳小明"]
    content = names.content(late.badge)
    assert content is not None
    assert content.name == "陳小明"


def test_the_best_twenty_are_shown_and_all_are_counted(world, open_names) -> None:
    for number in range(30):
        world.register(f"陳大文{'一二三四五六七八九十'[number % 10]}", "zh-Hant")
    world.register("陳大文", "zh-Hant")
    world.deliver()
    results = open_names().search("陳大文")
    assert (len(results.found), results.total, results.near) == (20, 31, False)
    assert results.found[0].content.name == "陳大文"


def test_close_ones_are_marked(world, open_names) -> None:
    world.register("董建華", "zh-Hant")
    world.deliver()
    results = open_names().search("tung kin hwa")
    assert ([one.content.name for one in results.found], results.near) == (["董建華"], True)


def test_nobody_is_found_before_there_are_cards(tmp_path: Path, now: Now) -> None:
    names = StaffNames(tmp_path / "replica.db", bytes(32), now)
    assert found(names, "陳") == []
    names.close()


def test_another_desk_key_opens_nobody(world, now: Now) -> None:
    world.register("陳大文", "zh-Hant")
    world.deliver()
    names = StaffNames(world.data / "replica.db", bytes(32), now)
    assert found(names, "陳") == []
    names.close()


def test_an_erased_person_is_found_no_more(world, open_names) -> None:
    person = world.register("陳大文", "zh-Hant")
    world.deliver()
    names = open_names()
    assert found(names, "陳") == ["陳大文"]
    listed = BadgeIssued(
        badge=person.badge, issue=1, form="plain", claims=ALL, verifier=verifier(person.secret)
    )
    world.registry_writes(("badge", listed))
    world.deliver()
    assert found(names, "陳") == []
    assert names.content(person.badge) is None


def test_a_card_that_was_sealed_again_is_read_within_a_minute(world, open_names, now: Now) -> None:
    person = world.register("陳大文", "zh-Hant")
    world.deliver()
    names = open_names()
    assert found(names, "陳") == ["陳大文"]
    world.register("王五", "zh-Hans", badge=person.badge)
    world.deliver()
    now.s += AGAIN_S + 1
    until(lambda: found(names, "王五"), "the new name")
    assert found(names, "陳") == []


def test_a_new_badge_takes_the_place_of_the_old_one(world, open_names) -> None:
    person = world.register("陳大文", "zh-Hant")
    world.register("陳大文先生", "zh-Hant", badge=person.badge, issue=2)
    world.deliver()
    assert found(open_names(), "陳") == ["陳大文先生"]


def test_after_closing_nothing_is_known_and_nothing_is_found(world, open_names) -> None:
    person = world.register("陳大文", "zh-Hant")
    world.deliver()
    names = open_names()
    assert found(names, "陳") == ["陳大文"]
    names.close()
    assert names.content(person.badge) is None
    with pytest.raises(NamesClosedError):
        names.search("陳")
