"""A device's key: made once, the same for all its processes, and readable by nobody else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from access.log.chain import vouched
from sync.wire.device_key import DeviceKey, verifies


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    made = DeviceKey.at(path)

    assert DeviceKey.at(path).public == made.public
    assert len(path.read_bytes()) == 32
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["device.key"]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_file_of_another_length_is_no_key_and_is_left_alone(tmp_path: Path, length: int) -> None:
    path = tmp_path / "device.key"
    path.write_bytes(b"k" * length)

    with pytest.raises(ValueError, match=f"a device key has 32 bytes, this file has {length}"):
        DeviceKey.at(path)
    assert len(path.read_bytes()) == length


def test_two_processes_that_start_together_have_one_key(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    together = threading.Barrier(4)

    def start(_: int) -> bytes:
        together.wait()
        return DeviceKey.at(path).public

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["device.key"]


def test_what_an_earlier_start_left_half_done_is_in_nobodys_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut between writing the key and naming it; the next start may well have the same process id."""
    path = tmp_path / "device.key"

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda *_, **__: None)
        patched.setattr(Path, "hardlink_to", power_cut)
        with pytest.raises(KeyboardInterrupt):
            DeviceKey.at(path)
    assert not path.exists()
    assert len(list(tmp_path.iterdir())) == 1

    assert DeviceKey.at(path).public == DeviceKey.at(path).public


def test_a_folder_that_is_not_there_is_an_error_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        DeviceKey.at(tmp_path / "gone" / "device.key")


def test_a_name_follows_from_the_key_and_a_signature_from_both() -> None:
    one, two = DeviceKey.from_seed(b"1" * 32), DeviceKey.from_seed(b"2" * 32)

    assert one.fingerprint == DeviceKey.from_seed(b"1" * 32).fingerprint != two.fingerprint
    assert verifies(one.public, one.sign(b"message"), b"message")
    assert not verifies(one.public, one.sign(b"message"), b"another")
    assert not verifies(two.public, one.sign(b"message"), b"message")
    assert not verifies(b"no key", one.sign(b"message"), b"message")
    assert not verifies(one.public, b"no signature", b"message")


def test_a_head_says_what_it_was_signed_for() -> None:
    one = DeviceKey.new()
    head = one.head(one.fingerprint + "00000001", 3, b"d" * 32, 99)

    assert vouched(head, one.public)
    assert (head.seq, head.digest, head.at_ms) == (3, b"d" * 32, 99)
