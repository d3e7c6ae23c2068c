"""What a blank card is given so that it becomes a kiosk without a keyboard."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJianmen venue's key"
NETWORK = {"WIFI_NAME": "venue's: 场馆", "WIFI_PASSWORD": 'a "quoted" $one', "WIFI_COUNTRY": "CN"}
PYTHON = {"trixie": "3.13", "bookworm": "3.11"}

pytestmark = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed"
)


def run(
    command: list[str | Path], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each release, with packages for a Pi around next to no programs."""
    folder = tmp_path_factory.mktemp("packages")
    (folder / "site").mkdir()
    for release, python in PYTHON.items():
        settings = {"SITE": str(folder / "site"), "FOR": f"{python} aarch64", "VERSION": "1"}
        done = run([SYSTEMD / "debian/build", folder / release], settings)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key.pub"
    file.write_text(f"{KEY}\n")
    return file


def files(
    out: Path, packages: Path, release: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [SYSTEMD / "image/build", out, packages]
    return run(command, {"RELEASE": release, **environment})


def test_a_card_with_os_13_gets_what_cloud_init_reads(
    packages: Path, tmp_path: Path, key: Path
) -> None:
    out = tmp_path / "card"
    done = files(out, packages / "trixie", "trixie", SSH_KEY=str(key), **NETWORK)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {
        *("user-data", "meta-data", "network-config", "jianmen"),
    }
    assert {path.name.split("_")[0] for path in (out / "jianmen").glob("*.deb")} == {
        *("jianmen", "jianmen-kiosk"),
    }


def test_cloud_init_itself_finds_no_fault(packages: Path, tmp_path: Path, key: Path) -> None:
    if shutil.which("cloud-init") is None:
        pytest.skip("cloud-init is not installed")
    out = tmp_path / "card"
    assert files(out, packages / "trixie", "trixie", SSH_KEY=str(key)).returncode == 0
    done = run(["cloud-init", "schema", "--config-file", out / "user-data"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Valid" in done.stdout


def test_the_network_is_what_was_given_whatever_is_in_its_name(
    packages: Path, tmp_path: Path
) -> None:
    out = tmp_path / "card"
    assert files(out, packages / "trixie", "trixie", **NETWORK).returncode == 0
    text = (out / "network-config").read_text(encoding="utf-8")
    assert """"venue's: 场馆":""" in text
    assert r'''password: "a \"quoted\" $one"''' in text
    assert "regulatory-domain: CN" in text


def test_without_a_key_nobody_can_log_in(packages: Path, tmp_path: Path) -> None:
    out = tmp_path / "card"
    assert files(out, packages / "trixie", "trixie").returncode == 0
    text = (out / "user-data").read_text(encoding="utf-8")
    assert "ssh_pwauth: false" in text
    assert "lock_passwd: true" in text
    assert "ssh_authorized_keys" not in text
    assert "wifis" not in (out / "network-config").read_text(encoding="utf-8")


def test_a_card_with_os_12_gets_a_sound_script(packages: Path, tmp_path: Path, key: Path) -> None:
    out = tmp_path / "card"
    done = files(out, packages / "bookworm", "bookworm", SSH_KEY=str(key), **NETWORK)
    assert done.returncode == 0, done.stderr
    assert run(["bash", "-n", out / "firstrun.sh"]).returncode == 0
    if shutil.which("shellcheck") is not None:
        # The text after the functions calls each at most once, with quoted words.
        checked = run(["shellcheck", out / "firstrun.sh"])
        assert checked.returncode == 0, checked.stdout
    assert "systemd.run=/boot/firmware/firstrun.sh" in (out / "add-to-cmdline.txt").read_text()


@pytest.mark.parametrize("release", ["trixie", "bookworm"])
def test_the_radio_is_told_its_country_with_or_without_a_network(
    packages: Path, tmp_path: Path, release: str
) -> None:
    out = tmp_path / "card"
    assert files(out, packages / release, release, WIFI_COUNTRY="CN").returncode == 0
    assert (out / "jianmen/country").read_text() == "CN\n"


def test_settings_of_a_venue_go_along(packages: Path, tmp_path: Path) -> None:
    settings = tmp_path / "venue.toml"
    settings.write_text('[kiosk]\ngate = "chengdu-main-1"\n')
    out = tmp_path / "card"
    assert files(out, packages / "trixie", "trixie", SETTINGS=str(settings)).returncode == 0
    assert (out / "jianmen/kiosk.toml").read_text() == settings.read_text()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"RELEASE": "buster"}, "trixie"),
        ({"RELEASE": "bookworm"}, "3.11 aarch64"),
        ({"WIFI_NAME": "venue", "WIFI_PASSWORD": "short"}, "8 to 63"),
        ({"SSH_KEY": os.devnull}, "no public key"),
        ({"WIFI_COUNTRY": "China"}, "two capital letters"),
    ],
)
def test_what_would_not_work_on_the_card_is_refused_at_the_desk(
    packages: Path, tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    settings = {"RELEASE": "trixie", **environment}
    done = run([SYSTEMD / "image/build", tmp_path / "card", packages / "trixie"], settings)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "card").exists()


def test_the_unit_is_one_that_systemd_reads(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    unit = SYSTEMD / "image/jianmen-setup.service"
    done = run(["systemd-analyze", "verify", "--man=no", unit])
    assert (done.returncode, done.stderr) == (0, "")


def test_the_scripts_are_sound() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    scripts = [SYSTEMD / "image" / name for name in ("build", "setup", "firstrun.sh")]
    done = run(["shellcheck", *scripts])
    assert done.returncode == 0, done.stdout
