from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.system.systemd import Notifier


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """systemd's end of the channel, and the address it would put into NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        if request.param == "path":
            channel.bind(str(tmp_path / "notify"))
            yield channel, str(tmp_path / "notify")
        else:
            name = f"jianmen-test-{tmp_path.name}-{id(channel)}"
            channel.bind(f"\0{name}")
            yield channel, f"@{name}"


def test_the_service_manager_hears_every_message(manager: tuple[socket.socket, str]) -> None:
    channel, address = manager
    notifier = Notifier({"NOTIFY_SOCKET": address})

    notifier.ready()
    notifier.watchdog()
    notifier.status("two\nlines")
    notifier.stopping()

    heard = [channel.recv(1024) for _ in range(4)]
    assert heard == [b"READY=1", b"WATCHDOG=1", b"STATUS=two lines", b"STOPPING=1"]


def test_without_a_service_manager_nothing_happens() -> None:
    notifier = Notifier({})

    notifier.ready()

    assert notifier.watchdog_s is None


def test_a_service_manager_that_went_away_disturbs_nobody(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).watchdog()


def test_the_watchdog_is_fed_twice_as_often_as_it_must() -> None:
    assert Notifier({"WATCHDOG_USEC": "10000000"}).watchdog_s == 5.0
    assert Notifier({"WATCHDOG_USEC": "soon"}).watchdog_s is None
