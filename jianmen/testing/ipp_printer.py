"""CUPS' own test printer, `ippeveprinter`, with a paper tray that can be emptied and a page that takes its time.

It is a whole IPP printer in one process. It needs a system D-Bus to start, so it gets a private one.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from jianmen.testing.waiting import until

SBIN = "/usr/sbin:/sbin"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
<allow eavesdrop="true"/></policy></busconfig>
"""
ENGINE = """#!/bin/sh
on=
while [ -s {folder}/fault ]; do
    k=$(cat {folder}/fault)
    [ "$k" != "$on" ] && echo "STATE: $k" >&2
    on=$k
    sleep 0.05
done
[ -n "$on" ] && echo "STATE: -$on" >&2
[ -e {folder}/broken ] && exit 1
echo "$1" >>{folder}/printed
"""
PAPER_MM = (110, 220)
"""The paper that is in it: the only small one of its list."""


def missing() -> str:
    """What this machine lacks to run the printer; "" if nothing."""
    lacking = [one for one in ("ippeveprinter", "dbus-daemon") if find_program(one) is None]
    return f"{', '.join(lacking)}: run setup/debian run test" if lacking else ""


def find_program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SBIN}")


class IppPrinterProcess:
    """One printer on a port of its own. What it printed is counted on its own paper, not asked of it."""

    def __init__(self, folder: Path, formats: str = "application/pdf,image/pwg-raster") -> None:
        self.folder = folder
        self.port = free_port()
        self._spool = folder / "spool"
        self._spool.mkdir(parents=True)
        engine = folder / "engine"
        engine.write_text(ENGINE.format(folder=folder), encoding="ascii")
        engine.chmod(0o755)
        bus = folder / "bus.conf"
        bus.write_text(BUS.format(folder=folder), encoding="ascii")
        self._engine, self._formats = engine, formats
        self._bus = begin_program("dbus-daemon", f"--config-file={bus}", "--nofork")
        until((folder / "bus").exists, "the private D-Bus")
        self._printer: subprocess.Popen[bytes] | None = None
        self.switch_on()

    @property
    def address(self) -> str:
        return f"ipp://localhost:{self.port}/ipp/print"

    @property
    def printed(self) -> list[str]:
        """The documents that came out on paper."""
        path = self.folder / "printed"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def fault(self, keyword: str) -> None:
        """Cause a fault from the next page on ("media-empty"), until `repair`."""
        (self.folder / "fault").write_text(keyword, encoding="ascii")

    def repair(self) -> None:
        (self.folder / "fault").unlink(missing_ok=True)
        (self.folder / "broken").unlink(missing_ok=True)

    def fail_pages(self) -> None:
        """Abort every page from now on."""
        (self.folder / "broken").touch()

    def switch_on(self) -> None:
        environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/bus"}
        arguments = ["-n", "localhost", "-p", str(self.port), "-k", "-d", str(self._spool)]
        arguments += ["-r", "off", "-c", str(self._engine), "-f", self._formats]
        self._printer = begin_program(
            "ippeveprinter", *arguments, "Badges", environment=environment
        )
        until(self._answers, "the test printer")

    def switch_off(self) -> None:
        """Pull its plug: jobs and their numbers are forgotten."""
        if self._printer is not None:
            end_program(self._printer)
            self._printer = None

    def close(self) -> None:
        self.repair()
        self.switch_off()
        end_program(self._bus)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("localhost", self.port), 1):
            return True
        return False


def begin_program(
    program: str, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    path = find_program(program)
    if path is None:
        raise FileNotFoundError(program)
    return subprocess.Popen(
        [path, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        process_group=0,
    )


def end_program(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # with the page that it is printing
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
