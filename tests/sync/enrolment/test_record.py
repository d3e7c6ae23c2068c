"""The file that remembers the registry, whole or not at all."""

from __future__ import annotations

import pytest

from sync.enrolment.record import Enrolment, EnrolmentError
from sync.store.data_folder import DataFolder
from sync.wire.device_key import DeviceKey


@pytest.fixture
def enrolment() -> Enrolment:
    registry = DeviceKey.new()
    return Enrolment(
        registry_url="https://registry.example:8743",
        registry_public=registry.public,
        registry=registry.fingerprint,
        event="smarthk-2020",
        gate="chengdu-main-1",
        certificate_pin="ab" * 32,
    )


def test_what_was_kept_is_read_again(tmp_path, enrolment):
    enrolment.save(tmp_path)

    assert Enrolment.load(tmp_path) == enrolment
    assert [path.name for path in tmp_path.iterdir()] == ["enrolment.json"]
    assert DataFolder(tmp_path).enrolment.stat().st_mode & 0o777 == 0o640


def test_a_kiosk_that_is_not_enrolled_has_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Enrolment.load(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"registry_url": "ftp://x"}', b"\xff"])
def test_a_damaged_file_says_to_enrol_again(tmp_path, damage):
    (DataFolder(tmp_path).enrolment).write_bytes(damage)

    with pytest.raises(EnrolmentError, match="enrol this kiosk again"):
        Enrolment.load(tmp_path)


def test_a_file_that_names_another_key_is_not_believed(tmp_path, enrolment):
    enrolment.save(tmp_path)
    path = DataFolder(tmp_path).enrolment
    path.write_text(path.read_text().replace(enrolment.registry, "0" * 16))

    with pytest.raises(EnrolmentError, match="another key"):
        Enrolment.load(tmp_path)
