"""Telling other systems of every presentation at a door: JSON by POST, signed, in order, until it is taken.

The log is the outbox. For each address the registry keeps the number up to which it has told; after a restart it goes
on from there, and nothing is written for an entry that nobody waits for. The exchange with kiosks never waits for a
hook. An address that answers 410 is told nothing more; every other failure is tried again, later and later.

A call carries `X-Jianmen-Signature: sha256=<hex>`, the HMAC-SHA256 of the body under the hook's secret, and
`X-Jianmen-Delivery`, the entry's hash: a call that comes twice has the same one.
"""

import hashlib
import hmac
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import requests
from sqlalchemy import func, select

from access.log.entry import EntryRef, Override, Scan
from access.state.event_state import Held
from registry.queries.queries import Board, badge_mark, entry_name
from registry.queries.shapes import EntryName
from registry.storage import tables

log = logging.getLogger(__name__)

KEY = "webhooks"
"""The row of the registry's own values."""

LOOK_S = 1.0
TIMEOUT_S = (5.0, 10.0)
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
AT_ONCE = 500
LEASE_MS = 60_000
"""One worker at a time tells a hook; if it dies, another goes on after this long."""


class HookRow(msgspec.Struct, frozen=True):
    """An address, its HMAC key, and how far it has been told. `seen` is the ledger's own number of the last entry
    dealt with; `until_ms` how long the worker `owner` has it."""

    url: str
    secret: bytes
    made_ms: int
    seen: int
    tries: int = 0
    trouble: str = ""
    ended: bool = False
    owner: str = ""
    until_ms: int = 0


class CheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a call. No person is in it."""

    id: str
    event: str
    at: str
    gate: str
    area: str | None
    venue: str | None
    direction: str
    badge: str | None
    issue: int | None
    verdict: str
    reason: str
    session: str | None
    entry: EntryName


class Hooks:
    """The addresses, as the registry keeps them."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._ledger = board.centre.ledger

    def all(self) -> dict[str, HookRow]:
        raw = self._ledger.value(KEY)
        return msgspec.msgpack.decode(raw, type=dict[str, HookRow]) if raw else {}

    def newest(self) -> int:
        """The ledger's own number of the last entry that arrived."""
        found = self._ledger.read(select(func.max(tables.entry.c.id)))[0][0]
        return int(found or 0)

    def change(self, change: Callable[[dict[str, HookRow]], None]) -> None:
        with self._ledger.transaction():
            rows = self.all()
            change(rows)
            self._ledger.set_value(KEY, msgspec.msgpack.encode(rows))

    def add(self, url: str) -> tuple[str, HookRow]:
        """A new address, told of what arrives from now on."""
        hook_id = secrets.token_hex(4)
        newest = self.newest()
        row = HookRow(url, secrets.token_bytes(32), self._board.now_ms(), newest)
        self.change(lambda rows: rows.update({hook_id: row}))
        return hook_id, row

    def drop(self, hook_id: str) -> bool:
        found = hook_id in self.all()
        self.change(lambda rows: _ignore(rows.pop(hook_id, None)))
        return found

    def update(self, hook_id: str, **changes: Any) -> None:
        """Change a row, unless it was dropped meanwhile."""

        def put(rows: dict[str, HookRow]) -> None:
            if hook_id in rows:
                rows[hook_id] = msgspec.structs.replace(rows[hook_id], **changes)

        self.change(put)


def _ignore(_: object) -> None:
    """`dict.pop` says what it took; a change says nothing."""


class Teller:
    """Tells the hooks. `step` does what is due now; `run` goes on until stopped."""

    def __init__(self, board: Board, hooks: Hooks, name: str) -> None:
        """`name` is this worker's: rows it works on are leased to it."""
        self._board = board
        self._hooks = hooks
        self._name = name
        self._due: dict[str, float] = {}
        self._session = requests.Session()
        self._session.trust_env = False

    def run(self, stop: threading.Event) -> None:
        """Until stopped. A failure of our own is logged, and tried again later."""
        while not stop.wait(LOOK_S):
            try:
                self.step(stop.is_set)
            except (
                Exception
            ):  # the thread's own boundary: hooks must outlive a database that is away
                log.exception("webhooks")
                stop.wait(FIRST_WAIT_S)
        self.close()

    def close(self) -> None:
        """Safe to repeat."""
        self._session.close()

    def step(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Tell every hook what it lacks, as far as it takes it."""
        for hook_id, row in self._hooks.all().items():
            if (
                not row.ended
                and time.monotonic() >= self._due.get(hook_id, 0)
                and self._lease(hook_id)
            ):
                self._tell(hook_id, stopped)

    def _lease(self, hook_id: str) -> bool:
        """Whether this worker has the hook. Renewed only when half over: most looks write nothing."""
        now = self._board.now_ms()
        row = self._hooks.all().get(hook_id)
        if row is None or (row.owner != self._name and row.until_ms > now):
            return False
        newest = self._hooks.newest()
        if row.seen >= newest:
            return False
        if row.owner != self._name or row.until_ms - now < LEASE_MS // 2:
            self._hooks.update(hook_id, owner=self._name, until_ms=now + LEASE_MS)
            return self._hooks.all()[hook_id].owner == self._name
        return True

    def _tell(self, hook_id: str, stopped: Callable[[], bool]) -> None:
        row = self._hooks.all().get(hook_id)
        if row is None:
            return
        done, trouble = row.seen, ""
        for place, held in self._board.centre.ledger.since(row.seen, AT_ONCE):
            if stopped():
                break
            call = self._call(held)
            if call is not None:
                trouble = self._post(row, call)
                if trouble:
                    break
            done = place
        self._note(hook_id, row, done, trouble)

    def _note(self, hook_id: str, row: HookRow, done: int, trouble: str) -> None:
        if trouble == "410":
            self._hooks.update(hook_id, seen=done, ended=True, trouble="the address is gone (410)")
            return
        tries = row.tries + 1 if trouble and done == row.seen else 1 if trouble else 0
        if trouble:
            wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries, 10))
            self._due[hook_id] = time.monotonic() + wait * random.uniform(0.7, 1.3)  # noqa: S311 - jitter
        if done != row.seen or trouble != row.trouble or tries != row.tries:
            self._hooks.update(hook_id, seen=done, tries=tries, trouble=trouble)

    def _call(self, held: Held) -> CheckIn | None:
        body = held.body
        if not isinstance(body, Scan | Override) or body.test:
            return None
        programme = self._board.programme
        gate = programme.gates.get(body.gate)
        with self._board.knowing() as knowledge:
            at_ms = knowledge.background.at_ms(held)
        return CheckIn(
            id=held.digest.hex(),
            event=programme.event.id,
            at=self._board.time(at_ms),
            gate=body.gate,
            area=gate.area if gate else None,
            venue=programme.venue_of(gate.area) if gate else None,
            direction=body.direction if isinstance(body, Scan) else "in",
            badge=badge_mark(body.badge),
            issue=body.issue,
            verdict=body.verdict,
            reason=body.reason,
            session=body.session,
            entry=entry_name(EntryRef(held.log, held.seq, held.digest)),
        )

    def _post(self, row: HookRow, call: CheckIn) -> str:
        """Make one call; what went wrong, or nothing."""
        body = msgspec.json.encode(call)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Jianmen",
            "X-Jianmen-Delivery": call.id,
            "X-Jianmen-Signature": signature(row.secret, body),
        }
        try:
            with self._session.post(
                row.url,
                data=body,
                headers=headers,
                timeout=TIMEOUT_S,
                stream=True,
                allow_redirects=False,
            ) as answer:
                if answer.status_code == 410:
                    return "410"
                return (
                    ""
                    if answer.ok and answer.status_code < 300
                    else f"it answered {answer.status_code}"
                )
        except requests.exceptions.Timeout:
            return "no answer in time"
        except requests.exceptions.RequestException as error:
            return f"cannot be reached ({type(error).__name__})"


def signature(secret: bytes, body: bytes) -> str:
    """The value of X-Jianmen-Signature."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
