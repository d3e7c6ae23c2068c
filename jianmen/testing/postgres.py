"""A PostgreSQL server of a test's own: made in a temporary folder, killed, and copied to a standby that takes over.

It refuses to run as root, so root starts it as nobody. Only its own socket is open; the server is as little careful of
its disk as it can be, but for a standby's sake. It ends with the process that made it, however that one ends.
"""

import os
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text

USER = "jianmen"
MOST_S = 120
OPTIONS = (
    "-c listen_addresses='' -c fsync=off -c max_connections=100 -c wal_level=replica"
    " -c max_wal_senders=4 -c hot_standby=on"
)

UNTIL_GONE = 'cat; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$2"'
"""A script that waits for the end of its input: whoever holds the other end of that pipe has closed it, or is dead."""

_numbers = count()


class NoPostgresError(Exception):
    """There is none on this machine, or it does not start; says why."""


class PostgresServer:
    """One server. `folder` has its socket."""

    def __init__(self) -> None:
        pg_ctl = _program("pg_ctl")
        self.folder = _folder()
        self._data = self.folder / "data"
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", UNTIL_GONE, "sh", pg_ctl, self.folder],
            user=_user(),
            cwd="/",
            start_new_session=True,  # a signal to all of a terminal's processes is not for this one
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @classmethod
    def new(cls) -> "PostgresServer":
        """A new server that runs. Raises NoPostgresError."""
        server = cls()
        try:
            _run("initdb", "-D", server._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
            server.start()
        except (subprocess.SubprocessError, OSError) as error:
            server.remove()
            raise NoPostgresError(f"PostgreSQL does not start here: {error}") from error
        return server

    def standby(self) -> "PostgresServer":
        """A standby that follows this server by streaming replication, and runs."""
        other = PostgresServer()
        primary = f"host={self.folder} user={USER}"
        _run("pg_basebackup", "-D", other._data, "-d", primary, "-R", "--checkpoint=fast", "-N")
        other.start()
        return other

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-k {self.folder} {OPTIONS}"
        log = self.folder / "log"
        _run("pg_ctl", "-D", self._data, "-l", log, "-o", options, "-w", "start")

    def kill(self) -> None:
        """As when its machine is lost: nothing is finished, nobody is told."""
        _run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def stop_following(self) -> None:
        """A standby receives nothing more of its primary."""
        self.run("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")

    def promote(self) -> None:
        """The standby takes over, on a new timeline."""
        _run("pg_ctl", "-D", self._data, "-w", "promote")

    def remove(self) -> None:
        """Stop it if it runs, and delete it."""
        self._watcher.communicate(timeout=MOST_S)

    def run(self, *statements: str) -> list[object]:
        """Run statements as the server's superuser; the first value of each answer (None: it has none)."""
        engine = create_engine(
            f"postgresql+psycopg://{USER}@/postgres?host={self.folder}",
            isolation_level="AUTOCOMMIT",
        )
        found: list[object] = []
        with engine.connect() as connection:
            for statement in statements:
                answer = connection.execute(text(statement))
                found.append(answer.scalar() if answer.returns_rows else None)
        engine.dispose()
        return found

    def new_database(self) -> str:
        """The address of an empty database, as an owner who is not the server's superuser sees it."""
        name = f"test_{next(_numbers)}"
        self.run(f"CREATE ROLE {name} LOGIN", f"CREATE DATABASE {name} OWNER {name}")
        return f"postgresql://{name}@/{name}?host={self.folder}"


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="jianmen-pg-"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    return folder


def _user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _program(name: str) -> Path:
    """Where a program of PostgreSQL is: Debian keeps most of them out of PATH. Raises NoPostgresError."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = debian[-1] if debian else shutil.which(name)
    if found is None:
        raise NoPostgresError("PostgreSQL is not installed")
    return Path(found)


def _run(program: str, *words: str | Path) -> None:
    subprocess.run(
        [_program(program), *words],
        user=_user(),
        cwd="/",
        check=True,
        timeout=MOST_S,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
