"""The registry as a process: started, asked by commands, stopped; and what keeps it from starting."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import ssl
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jianmen.cli.registry.commands import registry
from registry.server.server import AddressError, listen
from sync.enrolment.client import enrol
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode

EVENT = Path(__file__).parents[2] / "scenarios" / "smarthk.toml"
JIANMEN = Path(sys.executable).with_name("jianmen")
PATIENCE_S = 60


def jianmen(*args: str | Path) -> Result:
    """A command of the registry, in this process."""
    return CliRunner().invoke(registry, [str(arg) for arg in args])


def test_commands_ask_the_server_that_is_running(data: Path, serve: Callable[..., Any]) -> None:
    server = serve(data)
    assert server.get("/api/v1/headcount")["event"] == "smarthk-2020"
    count = jianmen("headcount", "--json", "--data", data)
    assert json.loads(count.stdout)["areas"][0]["inside"] == 0
    code = json.loads(jianmen("enrol", "--gate", "chengdu-main-1", "--json", "--data", data).stdout)
    assert code["text"].endswith(server.url)
    done = jianmen("revoke", "A1", "--data", data)
    assert done.exit_code == 0, done.stderr
    assert "revoked" in done.stdout
    assert (data / "serving.json").stat().st_mode & 0o077 == 0
    assert server.stop(signal.SIGTERM) == (0, "")
    assert not (data / "serving.json").exists()


def test_a_worker_that_dies_is_replaced_and_a_stream_keeps_nobody_from_stopping(
    data: Path, serve: Callable[..., Any]
) -> None:
    server = serve(data)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    assert server.get("/api/v1/headcount")["event"] == "smarthk-2020"
    with urllib.request.urlopen(f"{server.url}/api/v1/headcount/stream", timeout=60) as stream:
        assert stream.readline().startswith(b"retry")
        assert server.stop(signal.SIGTERM)[0] == 0


def test_it_stops_at_ctrl_c_and_leaves_the_folder_free(
    data: Path, serve: Callable[..., Any]
) -> None:
    status, output = serve(data).stop(signal.SIGINT)
    assert (status, output) == (0, "")
    assert jianmen("conflicts", "--data", data).exit_code == 0


def test_tls_is_spoken_with_a_certificate_of_its_own_and_told_to_kiosks(
    data: Path, serve: Callable[..., Any]
) -> None:
    server = serve(data, "--tls")
    assert server.url.startswith("https://")
    assert server.get("/api/v1/headcount")["event"] == "smarthk-2020"
    host, port = server.url.removeprefix("https://").split(":")
    pem = ssl.get_server_certificate((host, int(port)))
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    code = json.loads(jianmen("enrol", "--spare", "--json", "--data", data).stdout)
    assert code["text"].endswith(f"{server.url}#{pin}")
    enrolled = enrol(EnrolmentCode.parse(code["text"]), DeviceKey.new())
    assert (enrolled.event, enrolled.certificate_pin) == ("smarthk-2020", pin)


def test_the_service_manager_hears_when_it_is_ready_and_that_it_lives(
    data: Path, tmp_path: Path, serve: Callable[..., Any]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        server = serve(data, NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert manager.recv(100) == b"READY=1"
        assert manager.recv(100) == b"WATCHDOG=1"
        server.process.terminate()
        while (message := manager.recv(100)) == b"WATCHDOG=1":
            pass
        assert message == b"STOPPING=1"
        server.process.communicate(timeout=PATIENCE_S)


def test_a_port_that_is_taken_is_one_clear_line(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = jianmen("serve", "--data", data, "--port", port)
    assert done.exit_code == 2
    assert (
        done.stderr
        == f"127.0.0.1 port {port}: Address already in use; choose another with --port\n"
    )


def test_a_host_that_is_not_ours_is_one_clear_line() -> None:
    with pytest.raises(AddressError, match="choose another"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("command", "why"),
    [(("serve",), "there is no event here yet"), (("init", EVENT), "cannot write in this folder")],
)
def test_a_folder_that_cannot_be_is_one_clear_line(
    tmp_path: Path, command: tuple[object, ...], why: str
) -> None:
    (tmp_path / "file").write_text("a password of mine")
    password = ["--password-file", tmp_path / "file"] if command[0] == "init" else []
    done = jianmen(*command, *password, "--data", tmp_path / "file" / "data")
    assert done.exit_code == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "headcount", "conflicts", "export", "enrol"])
def test_without_an_event_every_command_says_how_to_begin(tmp_path: Path, command: str) -> None:
    more = ["--spare"] if command == "enrol" else []
    done = jianmen(command, *more, "--data", tmp_path)
    assert done.exit_code == 2
    assert "jianmen registry init" in done.stderr


def test_a_wrong_event_file_names_its_mistakes(tmp_path: Path) -> None:
    wrong = tmp_path / "event.toml"
    wrong.write_text(EVENT.read_text(encoding="utf-8").replace('mode = "self"', 'mode = "slef"', 2))
    done = jianmen("init", wrong, "--data", tmp_path / "data")
    assert done.exit_code == 2
    assert done.stderr.count("slef") == 2


def test_nobody_is_asked_for_a_password_where_nobody_is(tmp_path: Path) -> None:
    done = jianmen("init", EVENT, "--data", tmp_path / "data")
    assert done.exit_code == 2
    assert "--password-file" in done.stderr


def test_a_certificate_that_is_none_is_named(data: Path, tmp_path: Path) -> None:
    settings = tmp_path / "registry.toml"
    (tmp_path / "tls.pem").write_text("nothing")
    settings.write_text(
        f'[registry]\ncertificate = "{tmp_path}/tls.pem"\ncertificate_key = "{tmp_path}/tls.key"\n'
    )
    done = jianmen("serve", "--data", data, "--settings", settings)
    assert done.exit_code == 2
    assert "is no PEM certificate" in done.stderr


def test_a_bad_password_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("short\n")
    begin = ("init", EVENT, "--data", tmp_path / "data", "--password-file", tmp_path / "password")
    done = jianmen(*begin)
    assert done.exit_code == 2
    assert done.stderr == "A password has 10 characters or more.\n"
    assert not (tmp_path / "data").exists()
    (tmp_path / "password").write_text("a password of mine\n")
    done = jianmen(*begin, "--account", "a b")
    assert done.exit_code == 2
    assert not (tmp_path / "data").exists()
    done = jianmen(*begin, "--account", "chan")
    assert done.exit_code == 0, done.stderr
    assert "in force; the password of chan is set" in done.stdout
    again = jianmen(*begin, "--account", "chan")
    assert "the same as before; the password of chan is set" in again.stdout


def test_without_a_password_nothing_is_made_where_nobody_can_be_asked(tmp_path: Path) -> None:
    done = jianmen("init", EVENT, "--data", tmp_path / "data")
    assert done.exit_code == 2
    assert not (tmp_path / "data").exists()


def test_a_server_whose_main_process_was_killed_starts_again(
    data: Path, serve: Callable[..., Any]
) -> None:
    """Its worker has the database for a moment longer, also where a stream is open."""
    server = serve(data)
    with urllib.request.urlopen(f"{server.url}/api/v1/headcount/stream", timeout=60) as stream:
        assert stream.readline().startswith(b"retry")
        server.process.kill()
        server.process.communicate()
        assert serve(data).get("/api/v1/headcount")["event"] == "smarthk-2020"


def test_a_server_that_runs_keeps_another_one_out(data: Path, serve: Callable[..., Any]) -> None:
    serve(data)
    done = jianmen("serve", "--data", data, "--port", "0")
    assert done.exit_code == 2
    assert "in use by another process" in done.stderr


def test_init_beside_a_server_that_runs_names_the_command_that_changes_the_event(
    data: Path, serve: Callable[..., Any]
) -> None:
    serve(data)
    done = jianmen("init", EVENT, "--data", data)
    assert done.exit_code == 2
    assert "jianmen registry event FILE" in done.stderr


def test_other_machines_do_not_come_without_tls_unless_asked_for(data: Path) -> None:
    done = jianmen("serve", "--data", data, "--host", "0.0.0.0", "--port", "0")
    assert done.exit_code == 2
    assert "--tls" in done.stderr
    assert "--plain-http" in done.stderr


def test_an_address_that_no_kiosk_can_reach_is_warned_of(
    data: Path, serve: Callable[..., Any]
) -> None:
    serve(data)
    done = jianmen("enrol", "--spare", "--data", data)
    assert done.exit_code == 0
    assert "No kiosk on another machine can reach http://127.0.0.1" in done.stderr
    there = jianmen("enrol", "--spare", "--data", data, "--url", "https://registry.example")
    assert "No kiosk" not in there.stderr
