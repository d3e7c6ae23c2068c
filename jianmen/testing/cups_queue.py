"""A private CUPS with one queue before a printer that speaks IPP, for tests as root (cupsd gives up its rights)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from jianmen.testing.ipp_printer import begin_program, end_program, find_program, free_port
from jianmen.testing.waiting import until

QUEUE = "badges"
CUPSD = """
Listen localhost:{port}
Listen {folder}/sock
Browsing No
WebInterface No
PreserveJobFiles No
PreserveJobHistory 3600
ErrorPolicy abort-job
DefaultAuthType Basic
LogLevel warn
<Location />
Order allow,deny
Allow localhost
</Location>
<Location /admin>
AuthType Default
Require user @SYSTEM
</Location>
<Policy default>
JobPrivateAccess default
JobPrivateValues default
<Limit All>
Order deny,allow
</Limit>
</Policy>
"""
FILES = """
ServerRoot {folder}/etc
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/tmp
AccessLog {folder}/access_log
ErrorLog {folder}/error_log
PageLog {folder}/page_log
User lp
Group lp
SystemGroup root lpadmin
"""


def missing() -> str:
    """What this machine lacks to run it; "" if nothing."""
    lacking = [one for one in ("cupsd", "lpadmin") if find_program(one) is None]
    if lacking:
        return f"{', '.join(lacking)}: run setup/debian run test"
    return "" if os.geteuid() == 0 else "only root can start a CUPS of its own"


class CupsQueue:
    """One queue named `badges` in a CUPS of its own."""

    def __init__(self, folder: Path, printer: str, paper: str) -> None:
        """`printer` is the address of the printer, `paper` the name of what is in it."""
        self.folder = folder
        self.port = free_port()
        for name in ("etc/ppd", "spool", "cache", "state/certs", "tmp"):
            (folder / name).mkdir(parents=True)
        for path in (folder, *folder.parents):
            with suppress(OSError):
                path.chmod(path.stat().st_mode | 0o011)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "lp", "lp")
        (folder / "cupsd.conf").write_text(CUPSD.format(folder=folder, port=self.port))
        (folder / "cups-files.conf").write_text(FILES.format(folder=folder))
        self._server = self._begin()
        command = [str(find_program("lpadmin")), "-h", f"{folder}/sock", "-p", QUEUE, "-E"]
        command += ["-v", printer, "-m", "everywhere", "-o", f"media-default={paper}"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        until((folder / "etc" / "ppd" / f"{QUEUE}.ppd").exists, "the queue's description")
        self.restart()  # until then the queue is in memory alone

    @property
    def address(self) -> str:
        return f"ipp://localhost:{self.port}/printers/{QUEUE}"

    def _begin(self) -> subprocess.Popen[bytes]:
        files = [f"{self.folder}/cupsd.conf", "-s", f"{self.folder}/cups-files.conf"]
        server = begin_program("cupsd", "-f", "-c", *files)
        until(self._answers, "the private CUPS")
        return server

    def kill(self) -> None:
        """End it where it stands, as a power cut would, and start it again."""
        end_program(self._server)
        self._server = self._begin()

    def restart(self) -> None:
        """Stop it as a service manager would, and start it again."""
        self._server.terminate()
        self._server.wait()
        self._server = self._begin()

    def close(self) -> None:
        end_program(self._server)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("localhost", self.port), 1):
            return True
        return False
