"""The registry's database is put back from an old backup: kiosks fill it up again, and nothing is lost or double."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from jianmen.testing.processes import jianmen
from registry.roster.model import Person
from registry.service import RegistryService
from tests.faults.machines import Kiosk, Mark, Registry, wall_ms
from tests.faults.open_door import door_of


def _people(registry: Registry, kiosk: Kiosk, texts: list[str]) -> list[Mark]:
    with door_of(kiosk, registry) as door:
        return [door.present(text)[1] for text in texts]


def _inside(service: RegistryService) -> dict[str, int]:
    return {area: count.people for area, count in service.headcount(wall_ms()).items()}


@dataclass
class Backup:
    """The registry's database as it was at an instant."""

    registry: Registry
    file: Path

    def make(self) -> None:
        shutil.copy(self.registry.data / "registry.db", self.file)

    def put_back(self) -> None:
        for suffix in ("-wal", "-shm"):
            (self.registry.data / f"registry.db{suffix}").unlink(missing_ok=True)
        shutil.copy(self.file, self.registry.data / "registry.db")


@pytest.fixture
def backup(registry: Registry, tmp_path: Path) -> Backup:
    return Backup(registry, tmp_path / "backup.db")


def test_a_registry_put_back_from_an_old_backup_ends_as_if_nothing_had_happened(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], backup: Backup
) -> None:
    east, west, late = kiosk_at("east-1"), kiosk_at("west-1"), kiosk_at("east-2")
    with registry.here() as service:
        for kiosk in (east, west):
            kiosk.enrol_with(service, registry.url, registry.pin)
            kiosk.sync()
        green = _people(registry, east, registry.texts[:6])
        east.sync()
    backup.make()

    # After the backup: more people, a late registration, a revocation, another kiosk.
    with registry.here() as service:
        walk_in = service.register(Person(ref="late", ticket="delegate"))
        service.revoke(service.person("p30").badge, None, "cancelled")
        late.enrol_with(service, registry.url, registry.pin)
        green += _people(registry, east, registry.texts[6:10])
        green += _people(registry, west, registry.texts[10:15])
        for kiosk in (east, west, late, east):
            kiosk.sync()
        green += _people(registry, late, [walk_in.text])
        late.sync()
        before, stored = _inside(service), set(registry.marks())
        logs = {mark[0] for mark in stored if mark[0].startswith(registry.fingerprint)}
    backup.put_back()

    with registry.here() as service:
        lost = stored - set(registry.marks())
        assert lost
        assert _inside(service) != before
        # Something is written before any kiosk has called: its numbers must not be taken already.
        newer = service.register(Person(ref="after", ticket="delegate"))
        for kiosk in (late, west, east):  # the first of them was enrolled after the backup
            kiosk.sync()
        there = registry.marks()
        assert stored <= set(there)
        assert len(there) == len(set(there))
        own = {mark[0] for mark in there if mark[0].startswith(registry.fingerprint)}
        assert logs < own, "a new epoch of the registry's own log"
        numbers = {(log, seq) for log, seq, _ in there}
        assert len(numbers) == len(there), "no number of any log was used twice"
        assert _inside(service) == before
        assert [line.kind for line in service.conflicts()] == []
        assert set(green) <= set(there)
        for kiosk in (east, west, late):
            kiosk.sync()
            assert set(kiosk.replica()) == set(registry.marks())
        assert _reasons(registry, east, [newer.text, registry.texts[30]]) == ["ok", "revoked"]


def test_a_kiosk_enrolled_after_the_backup_fills_the_registry_up_though_it_alone_knows_the_rest(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], backup: Backup
) -> None:
    backup.make()
    late = kiosk_at("east-1")
    with registry.here() as service:
        late.enrol_with(service, registry.url, registry.pin)
        walk_in = service.register(Person(ref="late", ticket="delegate"))
        late.sync()
        green = _people(registry, late, [walk_in.text, *registry.texts[:3]])
        stored = set(registry.marks())
    backup.put_back()

    with registry.here() as service:
        late.sync()
        assert stored | set(green) <= set(registry.marks())
        assert service.ledger.introduced() == []
        assert service.headcount(wall_ms())["east"].people == 4


@pytest.fixture
def lost_hours(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], backup: Backup
) -> tuple[Kiosk, list[Mark]]:
    """A kiosk that was enrolled after the backup to which the registry went back, and what it let in."""
    backup.make()
    late = kiosk_at("east-1")
    with registry.here() as service:
        late.enrol_with(service, registry.url, registry.pin)
        late.sync()
        green = _people(registry, late, registry.texts[:3])
    backup.put_back()
    return late, green


def test_a_stick_from_a_kiosk_enrolled_after_the_backup_is_taken(
    registry: Registry, lost_hours: tuple[Kiosk, list[Mark]], tmp_path: Path
) -> None:
    late, green = lost_hours
    stick = tmp_path / "stick"
    written = jianmen("sync", "export", str(stick), "--settings", str(late.settings))
    assert written.returncode == 0, written.stderr

    taken = jianmen("sync", "import", str(stick), "--registry", str(registry.data))
    assert taken.returncode == 0, taken.stderr
    assert set(green) <= set(registry.marks())


def test_a_kiosk_of_the_lost_hours_may_also_be_enrolled_again_with_the_key_it_has(
    registry: Registry, lost_hours: tuple[Kiosk, list[Mark]]
) -> None:
    late, green = lost_hours

    with registry.here() as service:
        late.enrol_with(service, registry.url, registry.pin)
        late.sync()
        assert set(green) <= set(registry.marks())
        assert service.headcount(wall_ms())["east"].people == 3
        assert [line.kind for line in service.conflicts()] == []


def test_a_kiosk_cut_off_after_the_backup_is_cut_off_again_as_soon_as_anyone_brings_the_word(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], backup: Backup
) -> None:
    stolen, honest = kiosk_at("east-1"), kiosk_at("west-1")
    with registry.here() as service:
        for kiosk in (stolen, honest):
            kiosk.enrol_with(service, registry.url, registry.pin)
            kiosk.sync()
        backup.make()
        service.cut_off(stolen.identity.fingerprint)
        honest.sync()
    backup.put_back()

    with registry.here() as service:
        stolen.sync()  # forgotten: it is listened to
        service.assign(stolen.identity.fingerprint, "east-2")
        _people(registry, stolen, registry.texts[:3])
        stolen.sync()
        honest.sync()
        with pytest.raises(AssertionError, match="cut off"):
            stolen.sync()
        assert service.headcount(wall_ms())["east"].people == 0


def _reasons(registry: Registry, kiosk: Kiosk, texts: list[str]) -> list[str]:
    with door_of(kiosk, registry) as door:
        return [door.present(text)[0] for text in texts]


def test_who_was_erased_since_the_backup_is_erased_again(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], backup: Backup
) -> None:
    kiosk = kiosk_at("east-1")
    with registry.here() as service:
        people = [
            Person(ref=one, ticket="delegate", name=f"Zebulon {one}")
            for one in ("gone", "replaced", "stays")
        ]
        gone, replaced, _ = service.register_many(people)
        kiosk.enrol_with(service, registry.url, registry.pin)
    backup.make()
    with registry.here() as service:
        service.erase(gone.badge)
        service.reissue(replaced.badge)
        kiosk.sync()
    backup.put_back()

    with registry.here() as service:
        assert service.person("gone").name == "Zebulon gone"
        assert service.forget_erased() == 0, "no kiosk has called yet"
        kiosk.sync()
        assert service.forget_erased() == 1
        assert {one.ref for one in service.people.everyone() if one.name} == {"replaced", "stays"}
        assert b"Zebulon gone" not in (registry.data / "registry.db").read_bytes()


def test_who_was_let_in_again_since_the_backup_keeps_their_name_and_has_the_badge_in_their_hand(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], backup: Backup
) -> None:
    kiosk = kiosk_at("east-1")
    with registry.here() as service:
        people = [
            Person(ref=one, ticket="delegate", name=f"Zebulon {one}") for one in ("in", "out")
        ]
        badges = service.register_many(people)
        kiosk.enrol_with(service, registry.url, registry.pin)
    backup.make()
    with registry.here() as service:
        for one in badges:
            service.revoke(one.badge, None, "mistake")
        first, erased = (service.unrevoke(one.badge) for one in badges)
        service.revoke(first.badge, None, "mistake")
        last = service.unrevoke(first.badge)
        service.erase(erased.badge)
        kiosk.sync()
    backup.put_back()

    with registry.here() as service:
        kiosk.sync()
        assert service.forget_erased() == 1
        assert {one.ref for one in service.people.everyone() if one.name} == {"in"}
        known = service.person("in")
        assert (known.badge, known.name) == (last.badge, "Zebulon in")
        assert service.badge(last.badge).text == last.text, "it can be printed again"
        assert service.people.origins() == {last.badge: True}
        assert service.reissue(last.badge).issue == 2
        assert service.forget_erased() == 0
        assert service.staff_keys.new_desk_key(service.event) >= 1
        assert service.person("in").name == "Zebulon in"


def test_a_new_desk_key_brings_nobody_back_who_was_erased_since_the_backup(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], backup: Backup
) -> None:
    kiosk = kiosk_at("east-1")
    with registry.here() as service:
        gone = service.register(Person(ref="gone", ticket="delegate", name="Zebulon"))
        service.register(Person(ref="stays", ticket="delegate", name="Quark"))
        kiosk.enrol_with(service, registry.url, registry.pin)
    backup.make()
    with registry.here() as service:
        service.erase(gone.badge)
        kiosk.sync()
    backup.put_back()

    with registry.here() as service:
        assert service.person("gone").name == "Zebulon"
        kiosk.sync()
        assert service.staff_keys.new_desk_key(service.event) == 1
