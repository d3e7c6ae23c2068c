"""The registry's database is put back from an old backup: kiosks fill it up again, and nothing is lost or double."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.centre import Centre
from registry.person import Person
from tests.faults.open_door import door_of
from tests.faults.places import Kiosk, Mark, Registry, wall_ms


def _people(registry: Registry, kiosk: Kiosk, texts: list[str]) -> list[Mark]:
    with door_of(kiosk, registry) as door:
        return [door.present(text)[1] for text in texts]


def _inside(centre: Centre) -> dict[str, int]:
    return {area: count.people for area, count in centre.headcount(wall_ms()).items()}


def test_a_registry_put_back_from_an_old_backup_ends_as_if_nothing_had_happened(
    registry: Registry, kiosk_at: Callable[[str], Kiosk], tmp_path: Path
) -> None:
    east, west, late = kiosk_at("east-1"), kiosk_at("west-1"), kiosk_at("east-2")
    with registry.here() as centre:
        for kiosk in (east, west):
            kiosk.enrol_with(centre, registry.url, registry.pin)
            kiosk.sync()
        green = _people(registry, east, registry.texts[:6])
        east.sync()
    backup = tmp_path / "backup.db"
    shutil.copy(registry.data / "registry.db", backup)

    # After the backup: more people, a late registration, a revocation, another kiosk.
    with registry.here() as centre:
        walk_in = centre.register(Person(ref="late", ticket="delegate"))
        centre.revoke(centre.person("p30").badge, None, "cancelled")
        late.enrol_with(centre, registry.url, registry.pin)
        green += _people(registry, east, registry.texts[6:10])
        green += _people(registry, west, registry.texts[10:15])
        for kiosk in (east, west, late, east):
            kiosk.sync()
        green += _people(registry, late, [walk_in.text])
        late.sync()
        before, held = _inside(centre), set(registry.marks())
        logs = {mark[0] for mark in held if mark[0].startswith(registry.fingerprint)}
    for suffix in ("-wal", "-shm"):
        (registry.data / f"registry.db{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, registry.data / "registry.db")

    with registry.here() as centre:
        lost = held - set(registry.marks())
        assert lost
        assert _inside(centre) != before
        # Something is written before any kiosk has called: its numbers must not be taken already.
        newer = centre.register(Person(ref="after", ticket="delegate"))
        with pytest.raises(AssertionError, match="not enrolled here"):
            late.sync()  # the registry has forgotten it, until another kiosk brings its own word back
        for kiosk in (east, west, late):
            kiosk.sync()
        there = registry.marks()
        assert held <= set(there)
        assert len(there) == len(set(there))
        own = {mark[0] for mark in there if mark[0].startswith(registry.fingerprint)}
        assert logs < own, "a new epoch of the registry's own log"
        numbers = {(log, seq) for log, seq, _ in there}
        assert len(numbers) == len(there), "no number of any log was used twice"
        assert _inside(centre) == before
        assert [line.kind for line in centre.conflicts()] == []
        assert set(green) <= set(there)
        for kiosk in (east, west, late):
            kiosk.sync()
            assert set(kiosk.replica()) == set(registry.marks())
        assert _reasons(registry, east, [newer.text, registry.texts[30]]) == ["ok", "revoked"]


def _reasons(registry: Registry, kiosk: Kiosk, texts: list[str]) -> list[str]:
    with door_of(kiosk, registry) as door:
        return [door.present(text)[0] for text in texts]
