"""A PostgreSQL server of the tests' own, where this machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

USER = "jianmen"


def _programs() -> Path | None:
    """Where initdb and pg_ctl are: Debian keeps them out of PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = shutil.which("pg_ctl")
    if debian:
        return debian[-1].parent
    return Path(found).resolve().parent if found else None


def _run(user: str | None, *command: str | Path) -> None:
    subprocess.run(
        command,
        user=user,
        cwd="/",
        check=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The folder of a running server's socket. It refuses to run as root, so root starts it as nobody."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="jianmen-pg-"))
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
    pg_ctl = programs / "pg_ctl"
    try:
        initdb = programs / "initdb"
        _run(user, initdb, "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        _run(user, pg_ctl, "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {error}")
    yield folder
    _run(user, pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


_names = count()


@pytest.fixture
def postgres_url(postgres_server: Path) -> str:
    """An empty database, as an owner who is not the server's superuser sees it."""
    name = f"test_{next(_names)}"
    server = f"postgresql+psycopg://{USER}@/postgres?host={postgres_server}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN"))
        connection.execute(text(f"CREATE DATABASE {name} OWNER {name}"))
    engine.dispose()
    return f"postgresql://{name}@/{name}?host={postgres_server}"
