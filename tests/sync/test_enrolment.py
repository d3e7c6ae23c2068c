"""What a kiosk knows of its registry: kept whole or not at all, and refused in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.enrolment import FILE, Enrolment, EnrolmentError
from sync.identity import Identity

REGISTRY = Identity.from_seed(b"\x01" * 32)


@pytest.fixture
def enrolment() -> Enrolment:
    return Enrolment(
        registry_url="https://registry.example",
        registry_public=REGISTRY.public,
        registry=REGISTRY.fingerprint,
        event="forum",
        gate="chengdu-main-1",
        certificate_pin="ab" * 32,
    )


def test_what_was_kept_is_found_again(tmp_path: Path, enrolment: Enrolment) -> None:
    enrolment.save(tmp_path)

    assert Enrolment.load(tmp_path) == enrolment
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_enrolling_again_replaces_the_file_as_a_whole(tmp_path: Path, enrolment: Enrolment) -> None:
    enrolment.save(tmp_path)
    old = (tmp_path / FILE).open("rb")
    with old:
        other = Enrolment(
            registry_url="http://10.0.0.1:8080",
            registry_public=REGISTRY.public,
            registry=REGISTRY.fingerprint,
            event="forum",
        )
        other.save(tmp_path)
        assert b"registry.example" in old.read()
    assert Enrolment.load(tmp_path) == other


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"registry_url": "ftp://x"}', b"\xff"])
def test_a_file_that_is_none_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(EnrolmentError, match="enrol"):
        Enrolment.load(tmp_path)


def test_a_file_that_names_another_key_is_refused(tmp_path: Path, enrolment: Enrolment) -> None:
    enrolment.save(tmp_path)
    path = tmp_path / FILE
    path.write_text(path.read_text().replace(REGISTRY.fingerprint, "0" * 16))

    with pytest.raises(EnrolmentError, match="another key"):
        Enrolment.load(tmp_path)
