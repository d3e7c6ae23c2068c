"""Cards restored from an image, cloned, wiped or damaged: every branch is kept, and everything that showed green is
counted once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from jianmen.testing.processes import jianmen
from jianmen.testing.waiting import until
from registry.service import RegistryService
from sync.store.journal import Journal
from sync.store.journal_recovery import open_journal
from sync.store.replica import ReplicaReader
from tests.faults.machines import Kiosk, Mark, Registry, marks, wall_ms
from tests.faults.open_door import door_of


def _people(registry: Registry, kiosk: Kiosk, texts: list[str]) -> list[Mark]:
    """The door starts, lets people in, and loses its power."""
    with door_of(kiosk, registry) as door:
        found = [door.present(text) for text in texts]
    assert {reason for reason, _ in found} <= {"ok", "reentry"}
    return [mark for _, mark in found]


def _copy(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def _put_back(copy: Path, kiosk: Kiosk, *names: str) -> None:
    for name in names:
        for suffix in ("", "-wal", "-shm"):
            (kiosk.data / f"{name}{suffix}").unlink(missing_ok=True)
        for suffix in ("", "-wal"):
            if (copy / f"{name}{suffix}").exists():
                shutil.copy(copy / f"{name}{suffix}", kiosk.data / f"{name}{suffix}")


def _let_in(service: RegistryService) -> int:
    service.refresh()
    return service.headcount(wall_ms())["east"].people


def _once(registry: Registry, expected: list[Mark]) -> None:
    there = registry.marks()
    assert len(there) == len(set(there))
    assert set(expected) <= set(there)


@pytest.mark.parametrize("restored", [("journal.db",), ("journal.db", "replica.db")])
def test_an_old_image_put_back_is_noticed_and_nobody_is_lost(
    registry: Registry,
    service: RegistryService,
    kiosk: Kiosk,
    tmp_path: Path,
    restored: tuple[str, ...],
) -> None:
    green = _people(registry, kiosk, registry.texts[:5])
    kiosk.sync()
    image = _copy(kiosk.data, tmp_path / "image")
    green += _people(
        registry, kiosk, registry.texts[5:9]
    )  # in a log that the image has never heard of
    kiosk.sync()
    _put_back(image, kiosk, *restored)
    green += _people(registry, kiosk, registry.texts[9:12])
    kiosk.sync()
    kiosk.sync()  # what the first brought back is more than the journal has
    with door_of(kiosk, registry) as door:
        door.hear()
    assert "rollback" in kiosk.alarms()
    kiosk.sync()
    _once(registry, green)
    assert _let_in(service) == 12


def test_a_journal_that_lost_its_newest_pages_is_noticed_and_nobody_is_lost(
    registry: Registry, service: RegistryService, kiosk: Kiosk, tmp_path: Path
) -> None:
    journal = Journal(kiosk.data / "journal.db", kiosk.identity)
    journal.close()
    with door_of(kiosk, registry) as door:
        green = [door.present(text)[1] for text in registry.texts[:8]]
        kiosk.sync()
        image = _copy(
            kiosk.data, tmp_path / "image"
        )  # as after a power cut: everything is in the WAL
    (image / "journal.db-wal").unlink()
    _put_back(image, kiosk, "journal.db")
    green += _people(registry, kiosk, registry.texts[8:10])
    kiosk.sync()
    with door_of(kiosk, registry) as door:
        door.hear()
    assert "rollback" in kiosk.alarms()
    kiosk.sync()
    _once(registry, green)
    assert _let_in(service) == 10


def test_a_card_cloned_into_two_kiosks_counts_for_both(
    registry: Registry, service: RegistryService, kiosk: Kiosk, kiosk_at: Callable[[str], Kiosk]
) -> None:
    green = _people(registry, kiosk, registry.texts[:4])
    clone = kiosk_at("east-1")
    shutil.rmtree(clone.data)
    _copy(kiosk.data, clone.data)
    green += _people(registry, kiosk, registry.texts[4:8])
    green += _people(registry, clone, registry.texts[8:12])
    for one in (kiosk, clone, kiosk, clone, kiosk):
        one.sync()
    for one in (kiosk, clone):
        with door_of(one, registry) as door:
            door.hear()
        assert "rollback" in one.alarms()  # each has a log of its own key that it has not written
    _once(registry, green)
    assert _let_in(service) == 12


def test_two_branches_of_one_log_are_both_counted_and_reported(
    registry: Registry, service: RegistryService, kiosk: Kiosk, kiosk_at: Callable[[str], Kiosk]
) -> None:
    clone = kiosk_at("east-1")
    shutil.rmtree(clone.data)
    with door_of(kiosk, registry) as door:
        green = [door.present(text)[1] for text in registry.texts[:3]]
        _copy(kiosk.data, clone.data)  # a running machine was cloned, memory and all
        with door_of(clone, registry) as twin:
            mine, theirs = door.journal, twin.journal
            theirs.log, theirs.seq, theirs.digest = mine.log, mine.seq, mine.digest
            green += [door.present(text)[1] for text in registry.texts[3:6]]
            green += [twin.present(text)[1] for text in registry.texts[6:9]]
    for one in (kiosk, clone, kiosk):
        one.sync()
    _once(registry, green)
    assert len({mark for mark in registry.marks() if mark[0] == green[0][0]}) >= 9
    assert set(green) <= set(kiosk.replica())
    assert _let_in(service) == 9
    assert [line.kind for line in service.conflicts()] == ["fork"]


def test_a_wiped_kiosk_enrolled_anew_has_everything_back(
    registry: Registry, service: RegistryService, kiosk: Kiosk, kiosk_at: Callable[[str], Kiosk]
) -> None:
    green = _people(registry, kiosk, registry.texts[:6])
    kiosk.sync()
    before = kiosk.identity.fingerprint
    shutil.rmtree(kiosk.data)
    kiosk.data.mkdir()
    kiosk.enrol_with(service, registry.url, registry.pin)
    assert kiosk.identity.fingerprint != before
    kiosk.sync()
    with door_of(kiosk, registry) as door:
        assert door.present(registry.texts[0])[0] == "reentry"
    green += _people(registry, kiosk, registry.texts[6:8])
    kiosk.sync()
    _once(registry, green)
    assert set(green) <= set(kiosk.replica())
    assert _let_in(service) == 8


def _page_bytes(path: Path) -> int:
    """Of an SQLite file, as its header says."""
    return int.from_bytes(path.read_bytes()[16:18], "big")


def _overwrite(path: Path, random: Random, pages: list[int]) -> None:
    page_bytes = _page_bytes(path)
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * page_bytes)
            file.write(random.randbytes(page_bytes))


def _damage(path: Path, how: str, random: Random) -> None:
    page_bytes = _page_bytes(path)
    pages = path.stat().st_size // page_bytes
    match how:
        case "a page in the middle":
            _overwrite(path, random, [pages // 2])
        case "many pages":
            _overwrite(path, random, random.sample(range(1, pages), pages // 4))
        case "the first page":
            _overwrite(path, random, [0])
        case "cut short":
            os.truncate(path, pages // 2 * page_bytes + 100)
        case "emptied":
            os.truncate(path, 0)
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize(
    "how", ["a page in the middle", "many pages", "the first page", "cut short", "emptied"]
)
def test_a_damaged_journal_is_put_aside_and_what_others_hold_comes_back(
    registry: Registry, service: RegistryService, kiosk: Kiosk, how: str
) -> None:
    green: list[Mark] = []
    for start in range(0, 40, 10):
        green += _people(registry, kiosk, registry.texts[start : start + 10])
    kiosk.sync()
    _damage(kiosk.data / "journal.db", how, Random(1))
    journal, salvage = open_journal(kiosk.data / "journal.db", kiosk.identity)
    salvaged = set(marks(kiosk.data / "journal.db")) | {
        (log, seq, digest.hex()) for log, seq, digest, _, _ in journal.loose()
    }
    journal.close()
    if how != "emptied":
        assert salvage is not None
        assert (salvage.aside / "journal.db").exists()
        assert salvage.entries == len(salvaged)
    if how == "a page in the middle":
        assert len(salvaged & set(green)) > len(green) // 2
    assert salvaged <= set(registry.marks())
    more = _people(registry, kiosk, registry.texts[:3])
    kiosk.sync()
    _once(registry, green + more)
    assert set(green) <= set(kiosk.replica())
    assert _let_in(service) == 40
    assert jianmen("journal", "verify", str(kiosk.data)).returncode == 0


def test_entries_behind_a_hole_join_what_others_hold(
    registry: Registry, service: RegistryService, kiosk: Kiosk
) -> None:
    with door_of(kiosk, registry) as door:
        green = [door.present(text)[1] for text in registry.texts[:30]]
        kiosk.sync()  # so far others know
        green += [door.present(text)[1] for text in registry.texts[30:]]
    path = kiosk.data / "journal.db"
    path.rename(kiosk.data / "whole.db")
    _with_a_hole(kiosk.data / "whole.db", path, kiosk, after=5, until_=20)
    kiosk.sync()
    _once(registry, green)
    assert _let_in(service) == 40


def _with_a_hole(whole: Path, path: Path, kiosk: Kiosk, after: int, until_: int) -> None:
    """A salvaged journal that lacks entries in the middle of its last log."""
    journal = Journal(whole, kiosk.identity)
    last = journal.logs()[-1]
    rows = journal._db.execute(
        "SELECT log, seq, digest, badge, raw FROM entry WHERE log = ?", (last,)
    ).fetchall()
    journal.close()
    made = Journal(path, kiosk.identity)
    made.restore([row for row in rows if row[1] <= after], [row for row in rows if row[1] > until_])
    made.close()


@pytest.mark.parametrize("state", ["salvaged, not yet put aside", "put aside, not yet in place"])
def test_a_salvage_that_loses_its_power_is_finished_at_the_next_start(
    registry: Registry, kiosk: Kiosk, state: str
) -> None:
    green = _people(registry, kiosk, registry.texts)
    path = kiosk.data / "journal.db"
    sound_copy = kiosk.data / "journal.salvaged.db"
    shutil.copy(path, sound_copy)
    if state.startswith("put aside"):
        path.unlink()
    else:
        _damage(path, "many pages", Random(2))
    journal, salvage = open_journal(path, kiosk.identity)
    journal.close()
    assert salvage is not None
    assert set(green) <= set(kiosk.marks())
    assert not sound_copy.exists()


def test_the_door_service_starts_on_a_damaged_journal_and_its_log_tells(
    registry: Registry, service: RegistryService, kiosk: Kiosk
) -> None:
    green = _people(registry, kiosk, registry.texts[:30])
    kiosk.sync()
    _damage(kiosk.data / "journal.db", "a page in the middle", Random(3))
    door = kiosk.run()
    kiosk.scan(registry.texts[30:33])
    until(lambda: sum(kiosk.status()["reasons"].values()) == 3, "three more people")
    assert door.stop() == 0
    assert "journal_salvaged" in kiosk.alarms()
    kiosk.sync()
    _once(registry, green)
    assert _let_in(service) == 33


def test_a_damaged_replica_is_made_anew_and_the_door_goes_on_hearing(
    registry: Registry, service: RegistryService, kiosk: Kiosk
) -> None:
    with door_of(kiosk, registry) as door:
        door.present(registry.texts[0])
        kiosk.sync()
        door.hear()
        assert door.clocks() == 1
        before = door.feed.position
        _overwrite(kiosk.data / "replica.db", Random(4), [1, 2, 3])
        (kiosk.data / "replica.db-wal").unlink(missing_ok=True)
        kiosk.sync()
        assert set(kiosk.replica()) == set(registry.marks())
        assert door.present(registry.texts[1])[0] == "ok"
        assert door.feed.position >= before
        # What the carrier reports from now on has numbers that the door has not read yet.
        read = door.door.inbox_read
        kiosk.sync()
        with closing(ReplicaReader.at(kiosk.data / "replica.db")) as replica:
            assert [number for number, _, _ in replica.inbox(read)]
