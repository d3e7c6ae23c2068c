"""A backup made while the registry runs is put into an empty folder, and works there: people, keys and log."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from access.event.definition import Event
from jianmen.testing.waiting import until
from registry.roster.model import Person
from registry.service import RegistryService
from registry.storage.backup import backup, restore, unfinished
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


BACKUP = """
import signal
import sys
from pathlib import Path
from hardware.system.stop_signal import ended_cleanly
from registry.storage.backup import backup
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
with ended_cleanly():
    backup(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of which only the database matters."""
    folder = tmp_path / "data"
    (folder / "layouts").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "registry.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE person (name)")
        database.execute("INSERT INTO person VALUES ('Wang Fang')")
        database.commit()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_of_a_backup_that_is_ended_midway_no_copy_stays(
    data: Path, tmp_path: Path, how: signal.Signals
) -> None:
    stick, long = tmp_path / "stick", data / "layouts" / "long"
    stick.mkdir()
    with long.open("wb") as file:
        file.truncate(8 << 30)  # takes no room on the disk, and long to pack
    part = stick / "a.tgz.jianmen.part"
    process = subprocess.Popen(
        [sys.executable, "-c", BACKUP, data, stick / "a.tgz"], stderr=subprocess.DEVNULL
    )
    until(part.exists, "the beginning of the backup", 60)
    process.send_signal(how)
    assert process.wait() != 0

    left = [part] if how == signal.SIGKILL else []
    assert list(stick.iterdir()) == unfinished(data) == left
    assert [one for one in left if one.stat().st_mode & 0o077] == []
    long.unlink()
    backup(data, stick / "b.tgz")
    assert names(stick) == ["b.tgz"]
    assert unfinished(data) == []


def test_what_a_killed_backup_has_left_is_in_no_later_one(data: Path, tmp_path: Path) -> None:
    (data / "a.tgz.jianmen.part").write_bytes(b"half of it")
    (data / "layouts" / "b.tgz.jianmen.part").write_bytes(b"half of it")
    (data / "tmp1234abcd").mkdir()  # of version 0.1.0
    (data / "tmp1234abcd" / "registry.db").write_bytes(b"names and keys")
    assert len(unfinished(data)) == 2
    backup(data, tmp_path / "c.tgz")
    with tarfile.open(tmp_path / "c.tgz") as archive:
        assert archive.getnames() == ["registry.db", "layouts"]
    restore(tmp_path / "c.tgz", tmp_path / "there")
    assert names(tmp_path / "there") == ["layouts", "registry.db"]
    with closing(sqlite3.connect(tmp_path / "there" / "registry.db")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("SELECT name FROM person").fetchall() == [("Wang Fang",)]


def test_a_purge_deletes_what_a_killed_backup_has_left(
    new_service: Callable[..., RegistryService], event: Event, tmp_path: Path
) -> None:
    service = new_service(tmp_path)
    service.init(event)
    (tmp_path / "a.tgz.jianmen.part").write_bytes(b"names and keys")
    service.purge(early=True)
    assert unfinished(tmp_path) == []
