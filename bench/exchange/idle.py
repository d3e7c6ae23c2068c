"""Nothing new: what kiosks that only ask once a second cost on the wire and at the registry, over real HTTP and TLS.

The registry is `jianmen registry serve`, a process of its own; the kiosks' carriers are in another. The floor is
another checkout of this product, run in the same way in the same run.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.support.figure import Figure
from bench.support.logs import EVENT, GATES
from jianmen.testing.tcp_proxy import TcpProxy

KIOSKS = 30
LOGS = 10
SETTLE_S = 8.0
"""Left out of the measurement: the first messages, by which the devices learn who is there."""

MEASURE_S = 20.0
STARTS_WITHIN_S = 120.0
OURS = Path(__file__).parents[2]


class Idle(NamedTuple):
    """What one kiosk costs each second: bytes on the wire both ways, and CPU time of the registry (ms)."""

    wire_bytes: float
    registry_ms: float


def idle(folder: Path, against: Path, kiosks: int = KIOSKS, logs: int = LOGS) -> list[Figure]:
    """Two lines: bytes, and CPU time at the registry; `against` is a checkout with its own `.venv`."""
    ours = _measure(OURS, Path(sys.executable), folder / "ours", kiosks, logs)
    python = against / ".venv" / "bin" / "python"
    theirs = _measure(against, python, folder / "theirs", kiosks, logs)
    note = (
        f"one of {kiosks} kiosks that hold {kiosks * logs} logs, each second; floor: the build in {against.name},"
        " in the same run"
    )
    return [
        Figure(
            "exchange nothing new: bytes",
            ours.wire_bytes,
            theirs.wire_bytes,
            "bytes/s",
            f"on the wire both ways with TLS and headers; {note}; wanted: 1/20",
        ),
        Figure(
            "exchange nothing new: registry",
            ours.registry_ms,
            theirs.registry_ms,
            "ms/s",
            f"CPU time of the registry's processes; {note}; wanted: 1/4",
        ),
    ]


def _measure(build: Path, python: Path, folder: Path, kiosks: int, logs: int) -> Idle:
    folder.mkdir()
    command = [str(python.parent / "jianmen"), "registry"]
    data = ["--data", str(folder / "registry")]
    event = folder / "event.toml"
    event.write_text((build / EVENT.relative_to(OURS)).read_text())  # as that build knows events
    password = folder / "password"
    password.write_text(secrets.token_hex(16))
    _run(build, [*command, "init", str(event), *data, "--password-file", str(password)])
    with _serving(
        build, [*command, "serve", *data, "--port", "0", "--tls", "--trust-clock"]
    ) as server:
        cable = TcpProxy(("127.0.0.1", server.port))
        try:
            url = f"https://127.0.0.1:{cable.port}"
            codes = [
                _run(
                    build,
                    [*command, "enrol", *data, "--gate", GATES[n % 3], "--url", url, "--json"],
                )
                for n in range(kiosks)
            ]
            text = " ".join(json.loads(code)["text"] for code in codes)
            return _ask(build, python, folder, server.pid, cable, text, logs)
        finally:
            cable.close()


def _ask(
    build: Path, python: Path, folder: Path, registry: int, cable: TcpProxy, codes: str, logs: int
) -> Idle:
    arguments = [
        str(python),
        "-P",  # the folder of the program is not where modules are sought
        str(Path(__file__).with_name("idle_kiosks.py")),
        str(folder),
        str(logs),
    ]
    with subprocess.Popen(
        [*arguments, GATES[0]],
        cwd=build,
        env={**os.environ, "PYTHONPATH": str(build)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(codes + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "quiet":
            raise RuntimeError(f"the kiosks of {build} did not come to rest")
        time.sleep(SETTLE_S)
        carried, cpu_s, began = cable.carried, _cpu_s(registry), time.monotonic()
        time.sleep(MEASURE_S)
        kiosk_seconds = (time.monotonic() - began) * len(codes.split())
        spent = Idle(
            (cable.carried - carried) / kiosk_seconds,
            (_cpu_s(registry) - cpu_s) * 1000 / kiosk_seconds,
        )
        process.stdin.close()
        process.wait(60)
        return spent


class _Server(NamedTuple):
    pid: int
    port: int


@contextmanager
def _serving(build: Path, command: list[str]) -> Iterator[_Server]:
    with subprocess.Popen([*command, "--json"], cwd=build, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            where = msgspec.json.decode(process.stdout.readline())
            yield _Server(process.pid, int(where["url"].rsplit(":", 1)[1].rstrip("/")))
        finally:
            process.terminate()
            process.wait(60)


def _run(build: Path, command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=build, capture_output=True, text=True, timeout=STARTS_WITHIN_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process and those under it (Linux, proc(5))."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total
