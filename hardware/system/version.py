"""The versions of this kiosk's software, recorded in its log at each start."""

import platform
import sqlite3
from datetime import UTC, datetime

BUILT_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
"""A clock that shows an earlier time is wrong. Moved on with every release."""

WAL_RESET_FIXED = (3, 51, 3)
"""The first SQLite in which two connections cannot damage a WAL (https://www.sqlite.org/wal.html#walresetbug); it was
also fixed in 3.50.7 and 3.44.6. One writer for each file keeps clear of it in every version."""


def versions() -> dict[str, str]:
    """Names and versions of what matters when something went wrong."""
    from importlib.metadata import PackageNotFoundError, version  # slow to load

    try:
        ours = version("jianmen")
    except PackageNotFoundError:
        ours = "from source"
    return {"jianmen": ours, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
