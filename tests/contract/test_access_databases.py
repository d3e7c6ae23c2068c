"""Accounts, sessions, counts of attempts, the trail and webhooks, on every database that the registry runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from access.log.clock_reading import ClockReading
from config import event_file
from registry.accounts.accounts import Accounts
from registry.accounts.logins import Logins
from registry.accounts.throttle import FREE_TRIES, Throttle, login_limits
from registry.accounts.trail import Trail
from registry.queries.queries import Queries
from registry.service import RegistryService
from registry.storage.errors import RegistryError
from registry.storage.ledger import Ledger
from registry.webhooks import Hooks

EVENT = Path(__file__).parents[1] / "scenarios" / "smarthk.toml"
NOW_MS = 1_605_573_000_000
PASSWORD = "correct horse battery"


def clock() -> ClockReading:
    return ClockReading(NOW_MS, NOW_MS, True)


def now_ms() -> int:
    return NOW_MS


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with closing(Ledger(url, tmp_path)) as ledger:
        yield ledger


def test_accounts_sessions_and_tokens(ledger: Ledger) -> None:
    accounts, logins = Accounts(ledger, now_ms, cost=2**8), Logins(ledger, now_ms)
    accounts.add("陳大文", "admin", PASSWORD)
    assert accounts.log_in("陳大文", PASSWORD) is not None
    session_id = logins.begin("陳大文", "192.0.2.7", "a browser")
    visitor = logins.visitor(session_id, active=True)
    assert visitor is not None
    assert (visitor.name, visitor.access) == ("陳大文", "admin")
    with pytest.raises(RegistryError, match="only admin"):
        accounts.remove("陳大文")
    logins.end_id(session_id)
    assert logins.visitor(session_id, active=True) is None
    token_id, text, _ = accounts.add_token("wall", "viewer")
    found = accounts.by_token(text)
    assert found is not None
    assert found.access == "viewer"
    assert accounts.drop_token(token_id)
    assert accounts.by_token(text) is None


def test_attempts_are_counted(ledger: Ledger) -> None:
    throttle, limits = Throttle(ledger, now_ms), login_limits("chan", "192.0.2.7", None)
    assert [throttle.attempt(limits) == 0 for _ in range(FREE_TRIES + 1)].count(True) == FREE_TRIES
    throttle.worked(limits)
    assert throttle.attempt(limits) == 0


def test_the_trail_is_read_from_its_end(ledger: Ledger) -> None:
    trail = Trail(ledger, now_ms)
    for number in range(5):
        trail.note("chan", "rule", {"line": number})
    newest = trail.newest(2)
    assert [one.subject for one in newest] == ["line 4", "line 3"]
    assert [one.subject for one in trail.newest(2, newest[-1].number)] == ["line 2", "line 1"]


def test_a_webhook_is_one_workers_at_a_time(ledger: Ledger) -> None:
    service = RegistryService(ledger, clock)
    service.init(event_file.load(EVENT))
    hooks = Hooks(Queries(service, clock))
    hook_id, row = hooks.add("https://hooks.example/")
    assert hooks.due("one") == []
    service.open_epoch("something to tell")
    assert hooks.due("one") == [hook_id]
    assert hooks.lease(hook_id, "one") is not None
    assert hooks.lease(hook_id, "other") is None
    assert hooks.due("other") == []
    assert not hooks.note(hook_id, "other", seen=7)
    assert hooks.note(hook_id, "one", seen=row.seen + 1)
    assert hooks.drop(hook_id)
    assert not hooks.note(hook_id, "one", seen=9)
