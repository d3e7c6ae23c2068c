"""Two processes of a registry over one PostgreSQL, and the one that does a job is killed: the other one says so, goes
on, and does the job anew; nothing half done is there in between."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from access.badge.name_card import Card, open_with_desk
from jianmen.testing.waiting import until
from registry.storage.database import POSTGRES_LOCK
from tests.registry.server.conftest import PATIENCE_S, Centre

PEOPLE = 2000
ROWS = "".join(f"R{n},王小{chr(0x4E00 + n)},zh-Hans,delegate\n" for n in range(PEOPLE))
LIST = f"ref,name,language,ticket\n{ROWS}".encode()
BADGE_KEYS = {"master", "desk", "signing"}
"""Among the registry's own values."""


class Watched:
    """The database, as its administrator sees it."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(question.encode()).fetchall()

    def number(self, question: str) -> int:
        return int(self.ask(question)[0][0])

    @property
    def desk_key(self) -> bytes | None:
        found = self.ask("SELECT value FROM meta WHERE key = 'desk'")
        return bytes(found[0][0]) if found else None

    def closed_cards(self) -> int:
        """How many name cards the present desk key does not open."""
        key, cards = self.desk_key, self.ask("SELECT raw FROM card WHERE raw IS NOT NULL")
        decode = msgspec.msgpack.Decoder(Card).decode
        return sum(key is None or open_with_desk(decode(raw), key) is None for (raw,) in cards)

    def staged(self) -> int:
        return self.number(
            "SELECT (SELECT count(*) FROM staged_card) + (SELECT count(*) FROM staged_entry)"
            " + (SELECT count(*) FROM staged_person)"
        )

    def people(self) -> tuple[int, int, bool]:
        """How many people and name cards there are, and whether badges can still be made."""
        keys = {key for (key,) in self.ask("SELECT key FROM meta")}
        return (
            self.number("SELECT count(*) FROM person"),
            self.number("SELECT count(*) FROM card WHERE raw IS NOT NULL"),
            keys >= BADGE_KEYS,
        )

    def is_written(self) -> bool:
        """Whether a transaction of the one writer is going on, and not a short one."""
        for _ in range(5):
            if not self.number(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                f" AND (classid::bigint << 32) + objid::bigint = {POSTGRES_LOCK}"
            ):
                return False
            time.sleep(0.005)
        return True


@pytest.fixture
def database(postgres_url: str) -> Iterator[Watched]:
    with closing(Watched(postgres_url)) as watched:
        yield watched


@pytest.fixture
def start(folders: list[Path], serve: Callable[..., Any]) -> Callable[[int], Centre]:
    """Starts the process of one of the two machines."""

    def run(number: int) -> Centre:
        folder = folders[number]
        settings = folder / "settings.toml"
        return Centre(folder, serve(folder, "--settings", settings, "--workers", "1"))

    return run


def interrupted(other: Centre, kind: str) -> None:
    """Wait until the process that lives says of the newest job of a kind that nobody does it any more."""

    def ended() -> str | None:
        jobs = other.call("GET", "/jobs")["jobs"]
        state: str = next(job["state"] for job in jobs if job["kind"] == kind)
        return None if state in ("waiting", "running") else state

    assert until(ended, f"the end of {kind}") == "interrupted"


def killed_while_it_writes(centre: Centre, database: Watched, path: str, body: bytes) -> None:
    """Begin a job, and kill its process in the middle of the one transaction that changes everything; or, where that
    was too short to be met, right after it."""
    asked = threading.Thread(target=_asked, args=(centre, path, body), daemon=True)
    asked.start()
    until(lambda: not asked.is_alive() or database.is_written(), "a long transaction")
    centre.kill()
    asked.join(PATIENCE_S)
    until(lambda: not database.is_written(), "the database to let go of a dead process")


def _asked(centre: Centre, path: str, body: bytes) -> None:
    with suppress(OSError, http.client.HTTPException):  # it is killed under the request
        centre.call("POST", path, body)


def test_the_other_process_goes_on_when_one_is_killed_in_a_new_desk_key(
    start: Callable[[int], Centre], database: Watched
) -> None:
    one, other = start(0), start(1)
    one.call("POST", "/import?file=people.csv", LIST)
    before = database.desk_key
    one.begin("/desk-key/jobs", b"{}", stage="desk_key.sealing")
    one.kill()
    interrupted(other, "desk_key")
    assert database.desk_key == before
    assert (database.closed_cards(), database.staged()) == (0, 0)
    assert other.people() == PEOPLE

    one = start(0)
    killed_while_it_writes(one, database, "/desk-key", b"{}")
    assert database.closed_cards() == 0
    assert other.call("POST", "/desk-key", b"{}")["cards"] == PEOPLE
    assert (database.closed_cards(), database.staged()) == (0, 0)
    assert database.desk_key not in (before, None)


def test_the_other_process_goes_on_when_one_is_killed_in_a_purge(
    start: Callable[[int], Centre], database: Watched
) -> None:
    one, other = start(0), start(1)
    one.call("POST", "/import?file=people.csv", LIST)
    assert other.call("GET", "/registrants?q=R599")["total"] == 1
    killed_while_it_writes(one, database, "/purge", b'{"early": true}')
    assert database.people() in ((PEOPLE, PEOPLE, True), (0, 0, False))
    assert other.people() == database.people()[0]

    other.call("POST", "/purge", b'{"early": true}')
    assert database.people() == (0, 0, False)
    assert other.call("GET", "/registrants?q=R599")["total"] == 0
    one = start(0)
    assert one.people() == 0
    assert one.call("GET", "/registrants?q=R599")["total"] == 0
