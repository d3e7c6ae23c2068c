"""What every test can count on: a known environment, and a machine left as it was found.

`HYPOTHESIS_PROFILE` chooses how hard the property tests look: `quick` (while one works), `ci` (the same
examples each time; `make test` and wherever `CI` is set) or `soak`.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from jianmen.testing.postgres import NoPostgresError, PostgresServer

OPEN_FILES = Path("/proc/self/fd")
QUICK = ("access/", "config/", "house/", "printing/", "sync/", "web/")
"""Folders without a file of many seconds."""
PATIENCE_S = 30.0  # how long a thread that was told to stop may take to do so, beside much else


def pytest_configure() -> None:
    _load_hypothesis_profile()
    _scrub_environment()


def pytest_xdist_auto_num_workers() -> int:
    """Three for each core: a test with processes of its own waits for them most of its time."""
    return 3 * len(os.sched_getaffinity(0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders with the longest tests come first, so that no worker is left alone with one at the end."""
    tests = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(tests).as_posix().startswith(QUICK))


def _load_hypothesis_profile() -> None:
    settings.register_profile("quick", deadline=None, max_examples=10)
    settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True, database=None)
    settings.register_profile(
        "soak", deadline=None, max_examples=3_000, suppress_health_check=[HealthCheck.too_slow]
    )
    fallback = "ci" if os.environ.get("CI") else "quick"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", fallback))


def _scrub_environment() -> None:
    for name in list(os.environ):
        if name.startswith(("JIANMEN_", "GPIOZERO_", "FLASK_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["LANG"] = os.environ["LC_ALL"] = "C.UTF-8"
    os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    # A zone that is neither UTC nor any event's, so that a clock read in local time by mistake shows.
    os.environ["TZ"] = "Asia/Kathmandu"
    time.tzset()


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a thread, a child process, or a file of its own `tmp_path` open.

    A database connection is an open file, so this catches one that was left to the garbage collector.
    Being the first fixture set up it is the last one torn down; what a module or session fixture holds was
    there before and may stay.
    """
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    threads_before = set(threading.enumerate())
    children_before = set(multiprocessing.active_children())
    yield
    threads = [thread for thread in threading.enumerate() if thread not in threads_before]
    for thread in threads:
        thread.join(PATIENCE_S)
    left = [f"thread {thread.name}" for thread in threads if thread.is_alive()]
    left += [
        f"process {child.name}"
        for child in multiprocessing.active_children()
        if child not in children_before
    ]
    left += [
        f"open file {path}" for path in _open_files() if folder and path.is_relative_to(folder)
    ]
    if left:
        pytest.fail(f"left behind: {', '.join(left)}", pytrace=False)


def _open_files() -> Iterator[Path]:
    for descriptor in OPEN_FILES.iterdir() if OPEN_FILES.exists() else ():
        try:
            yield descriptor.readlink()
        except FileNotFoundError:
            continue  # the descriptor that lists the folder itself


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium, one for all tests of a module: starting it takes longer than most of them. Skips them where
    none is installed."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of the tests' own, where this machine has one."""
    try:
        server = PostgresServer.new()
    except NoPostgresError as error:
        pytest.skip(str(error))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_server(postgres: PostgresServer) -> Path:
    """The folder of its socket."""
    return postgres.folder


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """An empty database, as an owner who is not the server's superuser sees it."""
    return postgres.new_database()
