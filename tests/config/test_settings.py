"""Settings: the shipped ones, under a file, under the command line."""

import contextlib
import dataclasses
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import settings
from config.errors import ConfigError
from config.settings import (
    kiosk_settings,
    registry_settings,
    require_permission,
    require_writable,
)
from hardware.ports.camera import CameraSettings
from hardware.ports.decoder import DecoderSettings
from hardware.ports.scanner import ScannerSettings
from hardware.ports.signals import SignalSettings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kiosk.toml"


def complaints(path: Path | None, **overrides: object) -> list[str]:
    """The mistakes, without the name of the file."""
    with pytest.raises(ConfigError) as caught:
        kiosk_settings(path, overrides)
    return [line.removeprefix(str(path)) for line in str(caught.value).split("\n")]


# Layers


def test_a_machine_runs_on_the_shipped_settings() -> None:
    kiosk = kiosk_settings(None, {})
    assert kiosk.data == Path("/var/lib/jianmen/kiosk")
    assert kiosk.gate is None
    assert (kiosk.pages.host, kiosk.pages.port) == ("127.0.0.1", 8080)
    assert (kiosk.camera.adapter, kiosk.camera.width) == ("usb", 1280)
    assert (kiosk.scanner.adapter, kiosk.registry.url) == (None, None)
    registry = registry_settings(None, {})
    assert (registry.database_url, registry.certificate) == (None, None)


def test_a_file_goes_over_the_shipped_settings_and_the_command_line_over_the_file(
    file: Path,
) -> None:
    file.write_text(
        "[kiosk]\ngate = 'chengdu-main-1'\n"
        "[kiosk.camera]\nadapter = 'pictures'\npath = 'a'\nwidth = 640\n"
        "[registry]\nport = 1\n"
    )
    overrides = {"camera.path": "b", "data": file.parent, "pages.port": 0, "gate": None}
    kiosk = kiosk_settings(file, overrides)
    assert (kiosk.camera.path, kiosk.camera.width, kiosk.camera.height) == ("b", 640, 720)
    assert (kiosk.data, kiosk.pages.port, kiosk.gate) == (file.parent, 0, "chengdu-main-1")
    assert registry_settings(file, {}).port == 1


def test_an_empty_text_takes_away_what_can_be_done_without(file: Path) -> None:
    file.write_text("[kiosk]\ngate = 'a'\n[kiosk.signals.pins]\nrelay = ''\nred = 5\n")
    kiosk = kiosk_settings(file, {"gate": "", "camera.adapter": ""})
    assert (kiosk.gate, kiosk.camera.adapter) == (None, None)
    assert (kiosk.signals.pins.relay, kiosk.signals.pins.red, kiosk.signals.pins.green) == (
        None,
        5,
        17,
    )


def test_a_folder_in_the_home_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert kiosk_settings(None, {"data": "~/jianmen"}).data == Path("/home/somebody/jianmen")


# Mistakes


def test_all_mistakes_of_file_and_command_line_are_named_at_once(file: Path) -> None:
    file.write_text(
        "[kiosk]\nlanguage = 'fr'\n[kiosk.camera]\nwidht = 640\nheight = 'tall'\n"
        "[kiosk.registry]\nurl = 'registry.example'\nfingerprint = 'AB'\n[kisok]\n"
    )
    address = 'an address such as "https://registry.example:8743"'
    digits = "64 hex digits in small letters, in quotes"
    assert complaints(file, **{"pages.port": 70_000, "lan_prt": 5}) == [
        'command line: kiosk.lan_prt: is no key here; did you mean "lan_port"?',
        "command line: kiosk.pages.port: is 70000; should be a whole number from 0 to 65535",
        ':2: kiosk.language: is "fr"; should be "en", "zh-Hans" or "zh-Hant"',
        ':4: kiosk.camera.widht: is no key here; did you mean "camera.width"?',
        ':5: kiosk.camera.height: is "tall"; should be a whole number from 0 to 1000000',
        f':7: kiosk.registry.url: is "registry.example"; should be {address}',
        f':8: kiosk.registry.fingerprint: is "AB"; should be {digits}',
        ':9: kisok: is no key here; did you mean "kiosk"?',
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kiosk]\ncamera = 'usb'", "kiosk.camera: is no key here"),
        ("kiosk = 5", "kiosk: is 5; should be one table, [kiosk]"),
        ("[kiosk.camera]\nadapter = 'webcam'", 'adapter: is "webcam"; should be "pi", "pictures"'),
        ("[kiosk.camera]\nwidth = {}\nseed.a = 1", "kiosk.camera.seed.a: is no key here"),
        ("[kiosk.decoder]\nbudget_ms = -1", "budget_ms: is -1; should be a number from 0 to"),
        ("[kiosk.decoder]\nbudget_ms = nan", "budget_ms: is nan; should be a number from 0 to"),
        ("[kiosk]\nlanguage = ''", 'kiosk.language: is ""; should be "en"'),
        ("[kiosk]\ndata = 5", "kiosk.data: is 5; should be a path in quotes"),
        ("[kiosk]\ndata = ''", 'kiosk.data: is ""; should be a path in quotes'),
        ("[kiosk", "is not TOML here"),
    ],
)
def test_a_mistake_in_a_file_is_named(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    found = complaints(file)
    assert len(found) == 1
    assert message in found[0]


def test_a_settings_file_that_is_not_there_is_named(file: Path) -> None:
    assert complaints(file) == [": there is no such file; check the path"]


def test_half_a_certificate_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="only one of certificate and certificate_key is set"):
        registry_settings(None, {"certificate": "tls.pem"})
    both = registry_settings(None, {"certificate": "tls.pem", "certificate_key": "tls.key"})
    assert both.certificate_key == Path("tls.key")


def test_a_key_that_no_layer_sets_is_named(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    file.write_text("[kiosk]\ndata = 'd'\n")
    monkeypatch.setattr(settings, "DEFAULTS", file)
    assert "command line: kiosk.camera.width: is missing; should be a whole number" in "\n".join(
        complaints(None)
    )


@given(
    st.dictionaries(
        st.sampled_from(["data", "gate", "camera", "camera.width", "signals.pins.red", "x"]),
        st.one_of(st.none(), st.integers(), st.text(), st.floats(), st.lists(st.text())),
    )
)
def test_no_command_line_makes_reading_fail_otherwise(overrides: dict[str, object]) -> None:
    with contextlib.suppress(ConfigError):
        kiosk_settings(None, overrides)


def test_a_database_address_is_masked_when_settings_are_printed() -> None:
    url = "postgresql+psycopg://jianmen:hunter2@db/jianmen"
    registry = registry_settings(None, {"database_url": url})
    assert registry.database_url == url
    for printed in (repr(registry), str(registry), f"{[registry]}"):
        assert "hunter2" not in printed
        assert "database_url=••••" in printed
    assert "database_url=None" in repr(registry_settings(None, {}))


# The devices' own settings


@pytest.mark.parametrize(
    ("section", "device"),
    [
        ("camera", CameraSettings),
        ("decoder", DecoderSettings),
        ("scanner", ScannerSettings),
        ("signals", SignalSettings),
    ],
)
def test_every_setting_of_a_device_can_be_set_and_ships_with_the_devices_default(
    section: str, device: Any
) -> None:
    shipped = msgspec.structs.asdict(getattr(kiosk_settings(None, {}), section))
    shipped["pins"] = msgspec.structs.asdict(shipped["pins"]) if "pins" in shipped else None
    own = {"pins": None, **dataclasses.asdict(device())}
    assert {**shipped, "adapter": None} == {**own, "adapter": None}


# The data folder


def test_a_missing_data_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    require_writable(folder)
    require_writable(folder)
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o007 == 0  # nobody else looks in


@pytest.mark.parametrize("require", [require_writable, require_permission])
@pytest.mark.parametrize("name", ["file", "file/below", "/proc/jianmen"])
def test_a_data_folder_that_cannot_be_written_is_named_with_what_to_do(
    tmp_path: Path, name: str, require: Callable[[Path], None]
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / name
    with pytest.raises(ConfigError) as caught:
        require(folder)
    message = str(caught.value)
    assert message.startswith(f"{folder}: user ")
    assert "cannot write in this folder" in message
    assert f"{folder}, or name another folder for the data" in message


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_cannot_be_written_now_is_no_mistake_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: int
) -> None:
    def failing(**_: object) -> None:
        raise OSError(trouble, os.strerror(trouble))

    monkeypatch.setattr("tempfile.TemporaryFile", failing)
    require_permission(tmp_path)
    with pytest.raises(
        ConfigError, match="make room on its disk, or repair the disk, or name another"
    ):
        require_writable(tmp_path)


def test_a_user_without_a_name_is_called_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="user 3999999999 cannot write in this folder"):
        require_writable(tmp_path / "file")


def test_a_printer_by_ipp_needs_an_address(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text('[kiosk.printer]\nadapter = "ipp"\n')
    with pytest.raises(ConfigError, match="has no address"):
        kiosk_settings(file, {})
    file.write_text('[kiosk.printer]\nadapter = "ipp"\naddress = "http://printer"\n')
    with pytest.raises(ConfigError, match="ipp://localhost/printers/badges"):
        kiosk_settings(file, {})
    file.write_text('[kiosk.printer]\nadapter = "ipp"\naddress = "ipp://printer/ipp/print"\n')
    assert kiosk_settings(file, {}).printer.layout == "label-62"
