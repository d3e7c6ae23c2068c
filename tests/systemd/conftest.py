"""The tree that booted machines share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systemd.booted import make_tree


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Debian 12 with the packages, and the data of an event in /data; for one machine at a time."""
    folder = tmp_path_factory.mktemp("booted")
    yield make_tree(folder)
    shutil.rmtree(folder)
