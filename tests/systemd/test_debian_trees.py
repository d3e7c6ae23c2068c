"""The Debian packages in real trees of Debian 12 and 13, without network: install, data of version 0.1.0, upgrade,
roll-back, removal, purge. Takes minutes and some gigabytes, and fetches the trees and wheels first."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.systemd.debian_tree import ROOT, run

DEBIAN = ROOT / "systemd" / "debian"
RELEASES = {"bookworm": ("3.11", "libzbar0"), "trixie": ("3.13", "libzbar0t64")}
"""The releases that the packages are for: their Python, and the name that a library has there."""

RUNS_ARM = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists()

NEEDED = "python3,fonts-noto-cjk,systemd,udev,init-system-helpers"
LACKING = [name for name in ("debootstrap", "dpkg-deb", "unshare") if shutil.which(name) is None]

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(os.geteuid() != 0, reason="a tree of Debian is made and entered by root"),
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}"),
]


@pytest.mark.parametrize("release", RELEASES)
def test_the_packages_hold_what_they_promise(release: str, tmp_path: Path) -> None:
    tree, wheels = tmp_path / "tree", tmp_path / "wheels"
    version_of_python, zbar = RELEASES[release]
    python = f"{version_of_python} x86_64"
    run("debootstrap", "--variant=minbase", f"--include={NEEDED},{zbar}", release, tree)
    run("setup/wheels", wheels, FOR=python)
    for version in ("0.2.0+1", "0.2.0+2"):
        run(DEBIAN / "build", tmp_path / version, WHEELS=str(wheels), FOR=python, VERSION=version)

    printed = run(
        DEBIAN / "try",
        tree,
        tmp_path / "0.2.0+1",
        tmp_path / "0.2.0+2",
        DATA=str(ROOT / "tests" / "upgrade" / "v0_1_0"),
    )
    shutil.rmtree(tree)

    assert "All of it held for 0.2.0+1 and the newer version, without network." in printed


@pytest.mark.skipif(
    not RUNS_ARM,
    reason="programs for ARM do not run here: install qemu-user-static, and mount binfmt_misc",
)
def test_the_packages_of_a_raspberry_pi_run_on_its_processor(tmp_path: Path) -> None:
    """Simulated by qemu: as slow as an old Pi, and with the same machine code."""
    tree, wheels, debs = tmp_path / "tree", tmp_path / "wheels", tmp_path / "debs"
    python = "3.11 aarch64"
    run(
        *("debootstrap", "--arch=arm64", "--variant=minbase"),
        *(f"--include={NEEDED},libzbar0", "bookworm", tree),
    )
    run("setup/wheels", wheels, FOR=python)
    run(DEBIAN / "build", debs, WHEELS=str(wheels), FOR=python)
    shutil.copytree(debs, tree / "debs")
    (tree / "spool").mkdir()
    shutil.copy(ROOT / "tests/samples/photos/qrcode-1/1.png", tree / "spool/1.png")

    def inside(command: str) -> str:
        return run(
            *("unshare", "--net", "--mount", "--pid", "--fork", f"--mount-proc={tree}/proc"),
            *("chroot", tree, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
            *("LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", command),
        )

    inside("dpkg --install /debs/*.deb")
    assert "wikipedia.org/wiki/Main_Page" in inside("jianmen decode /spool/1.png")
    doctor = "jianmen kiosk doctor --settings /etc/jianmen/kiosk.toml --camera simulated:/spool"
    assert "good  camera: simulated gives pictures" in inside(f"{doctor} || true")
    shutil.rmtree(tree)
