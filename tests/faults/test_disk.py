"""Disks that are full, fail or turn read-only: the door shows it plainly, opens nothing, and recovers by itself."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jianmen.testing.processes import Program, Programs, jianmen
from jianmen.testing.waiting import until
from tests.faults.machines import Kiosk, Mark, Registry, wall_ms

ROOMY = 4 * 1024 * 1024


def _run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def small_disk(mount: Callable[..., Path | None]) -> Path:
    """A file system of a few MiB of its own."""
    folder = mount("-t", "tmpfs", "-o", f"size={ROOMY}", "tmpfs")
    if folder is None:
        pytest.skip("no tmpfs can be mounted here (needs root)")
    return folder


@pytest.fixture
def card(tmp_path: Path, mount: Callable[..., Path | None]) -> Path:
    """An ext4 file system of its own, which turns read-only when it finds an error, as cards do."""
    image = tmp_path / "card.img"
    with image.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    made = shutil.which("mkfs.ext4", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if made is None or not _run(made, "-q", "-F", str(image)):
        pytest.skip("no mkfs.ext4 here")
    folder = mount("-o", "loop,errors=remount-ro", str(image))
    if folder is None:
        pytest.skip("no loop device can be mounted here (needs root)")
    return folder


@pytest.fixture
def put_at_door(registry: Registry, programs: Programs) -> Callable[[Path], Kiosk]:
    """Makes a kiosk, enrolled and with the roster, in a folder."""

    def make(folder: Path) -> Kiosk:
        kiosk = Kiosk(folder / "kiosk", programs, "east-1")
        with registry.opened() as service:
            kiosk.enrol_with(service, "https://127.0.0.1:1", registry.pin)
            kiosk.fetch(service)
        return kiosk

    return make


def _out_of_order(kiosk: Kiosk, texts: list[str], *causes: str) -> list[Mark]:
    """People come until the door can record no more; the entries in its journal then."""

    def broken() -> bool:
        kiosk.scan(texts[:3])
        return bool(kiosk.status().get("state") == "out_of_order")

    until(broken, "the door to be out of order")
    recorded = kiosk.marks()
    kiosk.scan(texts[3:12])
    until(lambda: kiosk.status().get("cause") in causes, f"the cause to be {causes}")
    shown = kiosk.shows()
    assert "out of order" in shown.lower()
    assert '"colour":"green"' not in shown
    assert "Please go in" not in shown
    assert kiosk.marks() == recorded
    return recorded


def _works_again(kiosk: Kiosk, texts: list[str], recorded: list[Mark]) -> None:
    until(lambda: kiosk.status().get("state") == "working", "the door to recover by itself")
    kiosk.scan(texts[12:15])
    until(lambda: len(set(kiosk.marks()) - set(recorded)) >= 3, "people to be recorded again")
    assert set(recorded) < set(kiosk.marks())


def _whole(kiosk: Kiosk, door: Program) -> None:
    assert door.stop() == 0
    assert jianmen("journal", "verify", str(kiosk.data)).returncode == 0


def _fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2
    return filler


def test_a_full_disk_stops_the_door_until_there_is_room_again(
    registry: Registry, small_disk: Path, put_at_door: Callable[[Path], Kiosk]
) -> None:
    kiosk = put_at_door(small_disk)
    door = kiosk.run()
    filler = _fill(small_disk)
    recorded = _out_of_order(kiosk, registry.texts, "disk_full")
    filler.unlink()
    _works_again(kiosk, registry.texts, recorded)
    _whole(kiosk, door)


def test_a_full_disk_does_not_end_the_carrier(
    serving: Registry, programs: Programs, small_disk: Path
) -> None:
    kiosk = Kiosk(small_disk / "kiosk", programs, "east-1")
    kiosk.enrol(serving)
    carrier = kiosk.carry()
    until(lambda: kiosk.has_roster_of(serving), "the roster")
    filler = _fill(small_disk)
    until(lambda: "disk is full" in carrier.log_tail, "the carrier to say so")
    filler.unlink()
    now_ms = wall_ms()
    until(lambda: kiosk.target().get("last_contact_ms", 0) > now_ms, "the carrier to go on")
    carrier.check()


def test_a_disk_that_fails_stops_the_door_until_it_works_again(
    registry: Registry, tmp_path: Path, put_at_door: Callable[[Path], Kiosk]
) -> None:
    """A limit on file sizes stands in for a failing medium: every write past it is an I/O error to SQLite."""
    kiosk = put_at_door(tmp_path)
    door = kiosk.run()
    resource.prlimit(door.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    recorded = _out_of_order(kiosk, registry.texts, "disk_errors")
    resource.prlimit(
        door.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    _works_again(kiosk, registry.texts, recorded)
    _whole(kiosk, door)


def test_a_card_that_turns_read_only_keeps_all_that_was_recorded(
    registry: Registry, card: Path, put_at_door: Callable[[Path], Kiosk]
) -> None:
    device = next(
        line.split()[0].removeprefix("/dev/")
        for line in Path("/proc/mounts").read_text().splitlines()
        if line.split()[1] == str(card)
    )
    trigger = Path(f"/sys/fs/ext4/{device}/trigger_fs_error")
    if not trigger.exists():
        pytest.skip("this kernel cannot be asked to find an error on ext4")
    kiosk = put_at_door(card)
    door = kiosk.run()
    kiosk.scan(registry.texts[:2])
    trigger.write_text("the card is worn out")
    recorded = _out_of_order(kiosk, registry.texts, "disk_read_only", "disk_errors")
    door.kill()
    assert jianmen("journal", "verify", str(kiosk.data)).returncode == 0
    # An entry whose commit failed may have reached the card all the same: nobody was let in on it.
    assert set(recorded) <= set(kiosk.marks())


def test_a_door_that_cannot_open_its_journal_says_so_and_opens_by_itself_later(
    registry: Registry, tmp_path: Path, put_at_door: Callable[[Path], Kiosk]
) -> None:
    kiosk = put_at_door(tmp_path)
    in_the_way = kiosk.data / "journal.db"
    in_the_way.mkdir()
    door = kiosk.run(wait=False)
    until(lambda: "out of order" in kiosk.shows().lower(), "the screen to say so")
    in_the_way.rmdir()
    until(lambda: kiosk.status().get("state") == "working", "the door to open by itself")
    _whole(kiosk, door)


def _starts_out_of_order(kiosk: Kiosk, texts: list[str], cause: str) -> Program:
    """A door that starts on a disk that cannot be written: it shows so in each language, opens nothing, and goes on."""
    door = kiosk.run(wait=False)
    until(lambda: "Out of order" in kiosk.shows(), "the screen to say so")
    shown = kiosk.shows()
    assert "暫停服務" in shown
    assert "暂停服务" in shown
    kiosk.scan(texts[:5])
    shown = kiosk.status()
    assert (shown["state"], shown["cause"]) == ("waiting", cause)
    assert jianmen("kiosk", "status", "--data", str(kiosk.data)).returncode == 1
    assert door.alive
    return door


@pytest.mark.parametrize("before", ["never ran", "was stopped", "was killed"])
def test_a_door_that_starts_on_a_full_disk_opens_by_itself_once_there_is_room(
    registry: Registry, small_disk: Path, put_at_door: Callable[[Path], Kiosk], before: str
) -> None:
    kiosk = put_at_door(small_disk)
    if before != "never ran":
        door = kiosk.run()
        kiosk.scan(registry.texts[20:23])
        until(lambda: len(kiosk.marks()) >= 4, "people to be recorded")
        door.kill() if before == "was killed" else door.stop()
    recorded = kiosk.marks()
    filler = _fill(small_disk)

    door = _starts_out_of_order(kiosk, registry.texts, "The disk is full")
    filler.unlink()
    _works_again(kiosk, registry.texts, recorded)
    _whole(kiosk, door)


def test_a_door_that_starts_on_a_read_only_disk_opens_by_itself_once_it_can_write(
    registry: Registry, small_disk: Path, put_at_door: Callable[[Path], Kiosk]
) -> None:
    kiosk = put_at_door(small_disk)
    kiosk.run().stop()
    recorded = kiosk.marks()
    assert _run("mount", "-o", "remount,ro", str(small_disk))

    door = _starts_out_of_order(kiosk, registry.texts, "The disk cannot be written")
    assert _run("mount", "-o", "remount,rw", str(small_disk))
    _works_again(kiosk, registry.texts, recorded)
    _whole(kiosk, door)
