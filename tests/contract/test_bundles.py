"""A stick carries logs from and to a registry, whichever database it is on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.event_file import load
from jianmen.cli.registry.client import read_clock
from jianmen.cli.sync import sync
from registry.service import RegistryService
from registry.storage.ledger import Ledger

EVENT = Path(__file__).parents[2] / "config" / "events" / "smarthk.toml"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The settings file of a registry with an event."""
    url = request.getfixturevalue("postgres_url") if request.param == "PostgreSQL" else None
    with closing(Ledger(url, tmp_path)) as ledger:
        RegistryService(ledger, read_clock()).init(load(EVENT))
    path = tmp_path / "registry.toml"
    path.write_text("[registry]\n" + (f'database_url = "{url}"\n' if url else ""))
    return path


@pytest.fixture
def run(settings: Path, tmp_path: Path) -> Callable[..., Result]:
    def run(verb: str, file: Path) -> Result:
        where = ["--registry", str(tmp_path), "--settings", str(settings)]
        return CliRunner().invoke(sync, [verb, str(file), *where])

    return run


def test_what_a_registry_writes_on_a_stick_it_takes_in_again(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    written = run("export", stick)
    assert (written.exit_code, written.stdout) == (0, f"{stick}: 3 entries\n")

    taken = run("import", stick)
    assert (taken.exit_code, taken.stdout) == (0, f"{stick}: 0 new entries, 0 name cards\n")
