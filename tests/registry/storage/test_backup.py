"""A backup made while the registry runs is put into an empty folder, and works there: people, keys and log."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from access.event.definition import Event
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.backup import backup, restore
from registry.storage.errors import RegistryError


def test_a_backup_put_into_an_empty_place_is_the_same_registry(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "registry.backup"
    here.mkdir()
    (here / "layouts").mkdir()
    (here / "layouts" / "own.toml").write_text("x = 1\n")
    first = new_service(here)
    first.init(event)
    badge = first.register(Person(ref="P1", name="李雷", ticket="delegate"))
    size = backup(here, file)
    assert size == file.stat().st_size
    assert file.stat().st_mode & 0o077 == 0

    restore(file, there)
    second = new_service(there)
    assert second.identity.fingerprint == first.identity.fingerprint
    assert second.badge(badge.badge).text == badge.text
    assert (there / "layouts" / "own.toml").is_file()
    assert (there / "registry.db").stat().st_mode & 0o007 == 0
    # It was put back: what it writes now must not take numbers that the first may have used since.
    second.register(Person(ref="P2", name="韩梅梅", ticket="delegate"))
    first.register(Person(ref="P3", name="陳大文", ticket="delegate"))
    with first.snapshot() as one, second.snapshot() as other:
        logs = [set(known.event_state.last_seq) for known in (one, other)]
    assert logs[1] - logs[0]


@pytest.mark.parametrize("what", ["link", "pipe", "elsewhere"])
def test_a_file_that_leads_elsewhere_is_no_backup(tmp_path: Path, what: str) -> None:
    file, data, source = tmp_path / "a.backup", tmp_path / "data", tmp_path / "source"
    match what:
        case "link":
            source.symlink_to("/etc/hostname")
        case "pipe":
            os.mkfifo(source)
        case _:
            source.write_text("outside")
    with tarfile.open(file, "w:gz") as archive:
        archive.add(source, "../outside" if what == "elsewhere" else "registry.db")
    with pytest.raises(RegistryError, match="is in no backup"):
        restore(file, data)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.backup", "source"]


def test_what_is_no_backup_leaves_the_folder_empty(tmp_path: Path) -> None:
    file, data = tmp_path / "note.txt", tmp_path / "data"
    file.write_text("not a backup")
    with pytest.raises(RegistryError, match="no backup"):
        restore(file, data)
    assert not data.exists()
    data.mkdir()
    (data / "registry.db").write_bytes(b"")
    with pytest.raises(RegistryError, match="not empty"):
        restore(file, data)
    with pytest.raises(RegistryError, match="pg_dump"):
        backup(tmp_path / "nowhere", tmp_path / "out")
