"""`jianmen registry event`: a changed definition is checked, confirmed and put in force."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config import event_file
from jianmen.cli.main import main

EXAMPLE = Path(event_file.__file__).parent / "events" / "smarthk.toml"

Run = Callable[..., Result]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "event.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path, file: Path) -> Run:
    """Runs `jianmen registry` on a registry that has the example event."""
    password = tmp_path / "password"
    password.write_text("a long enough password\n", encoding="utf-8")
    data = ["--data", str(tmp_path / "registry")]

    def command(*args: str) -> Result:
        return CliRunner().invoke(main, ["registry", *args, *data])

    begun = command("init", str(file), "--password-file", str(password))
    assert begun.exit_code == 0, begun.stderr
    return command


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_same_definition_is_nothing_new(run: Run, file: Path) -> None:
    result = run("event", str(file))
    assert (result.exit_code, result.stdout) == (0, "smarthk-2020: nothing new\n")


def test_check_says_what_would_change_and_changes_nothing(run: Run, file: Path) -> None:
    change(file, 'booking = "open"', "cancelled = true")
    for _ in range(2):
        result = run("event", str(file), "--check")
        assert result.exit_code == 0, result.stderr
        assert (
            "session opening is cancelled: its doors stay closed; badges that booked it keep the booking"
            in result.stdout
        )
    assert json.loads(run("event", str(file), "--check", "--json").stdout)["applied"] is False


def test_a_change_is_told_and_put_in_force(run: Run, file: Path) -> None:
    change(file, "capacity = 300", "capacity = 200")
    result = run("event", str(file))
    assert result.exit_code == 0, result.stderr
    assert "chengdu-room-a has other seats: capacity 300 → 200" in result.stderr
    assert result.stdout == "smarthk-2020: in force\n"
    assert "nothing new" in run("event", str(file)).stdout


def test_a_gate_with_a_kiosk_is_touched_only_when_confirmed(
    run: Run, file: Path, enrolled: None, tmp_path: Path
) -> None:
    change(file, 'id = "chengdu-main-1"', 'id = "chengdu-entrance-1"')
    result = run("event", str(file))
    assert result.exit_code == 1
    assert "! gate chengdu-main-1 is removed" in result.stderr
    assert "Nothing was changed" in result.stderr
    begun = run("init", str(file))
    assert begun.exit_code == 1
    again = shlex.join(["event", str(file), "--data", str(tmp_path / "registry"), "--yes"])
    assert f"jianmen registry {again}\n" in begun.stderr
    assert "gate chengdu-main-1 is removed" in run("event", str(file), "--check").stdout
    assert run("event", str(file), "--yes").stdout == "smarthk-2020: in force\n"


def test_a_definition_that_badges_contradict_is_refused_with_its_mistakes(
    run: Run, file: Path
) -> None:
    change(file, 'id = "financing"', 'id = "money"')
    result = run("event", str(file))
    assert result.exit_code == 1
    assert 'should stay "financing"' in result.stderr


@pytest.mark.parametrize("broken", ["[[gate]]\nid = 3\n", "\xff"])
def test_a_file_that_is_no_definition_is_named_with_its_mistakes(
    run: Run, file: Path, broken: str
) -> None:
    file.write_bytes(broken.encode("latin-1"))
    result = run("event", str(file))
    assert result.exit_code == 2
    assert str(file) in result.stderr
    assert run("event", str(file.with_name("none.toml"))).exit_code == 2


@pytest.fixture
def enrolled(run: Run, tmp_path: Path) -> None:
    """A kiosk at chengdu-main-1."""
    from config.settings import registry_settings
    from jianmen.cli.registry.client import opened
    from sync.wire.device_key import DeviceKey
    from sync.wire.messages import Enrol

    settings = registry_settings(None, {"data": str(tmp_path / "registry")})
    identity = DeviceKey.from_seed(b"k" * 32)
    with opened(settings) as service:
        code = service.enrol_code("chengdu-main-1")
        service.enrol(Enrol(identity.public, code, b"", "Door 1"))
