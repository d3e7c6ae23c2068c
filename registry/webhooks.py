"""Sends every presentation at a door to other systems: JSON by POST, signed, in order, until it is accepted.

The log is the outbox. For each address the registry keeps the number up to which it has delivered; after a restart it
goes on from there, and nothing is written for an entry that nobody waits for. The exchange with kiosks never waits for
a webhook, and no webhook for another one: each has a thread of its own. An address that answers 410 is sent nothing
more; every other failure is tried again, later and later.

A call is signed by the Standard Webhooks specification (https://www.standardwebhooks.com): `webhook-id` is the entry's
hash, so a call that comes twice has the same one; `webhook-timestamp`, seconds since 1970; `webhook-signature`, `v1,`
and the HMAC-SHA256 of `id.timestamp.body` in base64. For receivers of version 0.1.0 it also carries
`X-Jianmen-Delivery` (the hash again) and `X-Jianmen-Signature: sha256=<hex>`, the HMAC-SHA256 of the body alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import random
import secrets
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import msgspec
from sqlalchemy import delete, func, or_, select, update

from access.log.entry import EntryRef, Override, Scan
from access.log.log_entry import LogEntry
from registry.queries.queries import Queries, badge_mark, entry_name
from registry.queries.shapes import EntryName
from registry.storage import tables
from registry.storage.database import OUTAGES
from registry.storage.errors import RegistryError
from web.addresses import Reach, reach_of

if TYPE_CHECKING:  # is loaded when there is something to deliver
    import requests

log = logging.getLogger(__name__)

LOOK_S = 1.0
TIMEOUT_S = (5.0, 10.0)
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
AT_ONCE = 500
"""Entries read from the database at a time."""

MOST_HOOKS = 32
"""Each has a thread while there is something to deliver."""

LEASE_MS = 60_000
"""One worker at a time delivers to a hook; if it dies, another continues after this long."""

NOTE_S = 10.0
"""How often a worker writes down how far it has come, and renews its lease; a call may take 15 s more."""

GONE = 410


class HookRow(NamedTuple):
    """An address, its HMAC key, and how far it has been served. `seen` is the ledger's own number of the last entry
    dealt with; `until_ms` how long the worker `owner` has it."""

    id: str
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

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._ledger = queries.service.ledger

    def all(self) -> dict[str, HookRow]:
        """Every hook by its id, the oldest first."""
        hook = tables.webhook.c
        found = self._ledger.read(select(tables.webhook).order_by(hook.made_ms, hook.id))
        return {row.id: HookRow(*row) for row in found}

    def newest(self) -> int:
        """The ledger's own number of the last entry that arrived."""
        found = self._ledger.read(select(func.max(tables.entry.c.id)))[0][0]
        return int(found or 0)

    def add(self, url: str) -> tuple[str, HookRow]:
        """Add an address, for what arrives from now on. Raises RegistryError where there are too many."""
        with self._ledger.transaction():
            if len(self.all()) >= MOST_HOOKS:
                raise RegistryError(f"There are {MOST_HOOKS} webhooks already. Remove one first.")
            row = HookRow(
                secrets.token_hex(4),
                url,
                secrets.token_bytes(32),
                self._queries.now_ms(),
                self.newest(),
            )
            self._ledger.write(tables.webhook.insert().values(**row._asdict()))
        return row.id, row

    def drop(self, hook_id: str) -> bool:
        """Delete a hook. Return whether there was one."""
        return self._ledger.write(delete(tables.webhook).where(tables.webhook.c.id == hook_id)) > 0

    def due(self, name: str) -> list[str]:
        """Hooks that the worker of this name may deliver to."""
        hook = tables.webhook.c
        free = or_(hook.owner == name, hook.until_ms <= self._queries.now_ms())
        question = select(hook.id).where(hook.ended.is_(False), hook.seen < self.newest(), free)
        return [row.id for row in self._ledger.read(question)]

    def lease(self, hook_id: str, name: str) -> HookRow | None:
        """Lease a hook to the worker of this name for a while; None: another one has it, or it is gone."""
        hook = tables.webhook.c
        now = self._queries.now_ms()
        free = or_(hook.owner == name, hook.until_ms <= now)
        with self._ledger.transaction():
            changed = self._ledger.write(
                update(tables.webhook)
                .where(hook.id == hook_id, hook.ended.is_(False), free)
                .values(owner=name, until_ms=now + LEASE_MS)
            )
            if not changed:
                return None
            return HookRow(*self._ledger.first(select(tables.webhook).where(hook.id == hook_id)))

    def note(self, hook_id: str, name: str, **changes: Any) -> bool:
        """Store how far the worker of this name has come, and renew its lease. Return whether it still has the hook."""
        hook = tables.webhook.c
        until = self._queries.now_ms() + LEASE_MS
        mine = update(tables.webhook).where(hook.id == hook_id, hook.owner == name)
        return self._ledger.write(mine.values(until_ms=until, **changes)) > 0


class WebhookSender:
    """Delivers to the hooks. `step` does what is due now; `run` goes on until stopped."""

    def __init__(self, queries: Queries, hooks: Hooks, name: str) -> None:
        """`name` is this worker's: rows it works on are leased to it."""
        self._queries = queries
        self._hooks = hooks
        self._name = name
        self._due: dict[str, float] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Until stopped. A failure of our own is logged, and tried again later."""
        self._stop = stop
        while not stop.wait(LOOK_S):
            try:
                self._begin()
            except OUTAGES as error:
                log.warning(
                    "webhooks wait: the database does not answer (%s)", type(error).__name__
                )
                stop.wait(FIRST_WAIT_S)
            except (
                Exception
            ):  # the thread's own boundary: hooks must outlive a database that is away
                log.exception("webhooks")
                stop.wait(FIRST_WAIT_S)

    def close(self) -> None:
        """Wait for calls that are going on. Safe to repeat."""
        self._stop.set()
        self._wait()

    def step(self) -> None:
        """Deliver to every hook what it lacks, as far as it accepts it."""
        self._begin()
        self._wait()

    def _begin(self) -> None:
        """Start a thread for each hook that is due and has none."""
        self._threads = {name: one for name, one in self._threads.items() if one.is_alive()}
        for hook_id in self._hooks.due(self._name):
            if hook_id in self._threads or time.monotonic() < self._due.get(hook_id, 0):
                continue
            thread = threading.Thread(
                target=self._deliver_safely, args=(hook_id,), name=f"webhook {hook_id}", daemon=True
            )
            self._threads[hook_id] = thread
            thread.start()

    def _wait(self) -> None:
        for thread in self._threads.values():
            thread.join()

    def _deliver_safely(self, hook_id: str) -> None:
        import requests

        try:
            with requests.Session() as connection:
                connection.trust_env = False
                self._deliver(hook_id, connection)
        except OUTAGES:  # `run` logs it
            self._due[hook_id] = time.monotonic() + FIRST_WAIT_S
        except Exception:  # the thread's own boundary: its lease ends, and it is tried again
            log.exception("webhook %s", hook_id)
            self._due[hook_id] = time.monotonic() + FIRST_WAIT_S

    def _deliver(self, hook_id: str, connection: requests.Session) -> None:
        row = self._hooks.lease(hook_id, self._name)
        if row is None:
            return
        done, trouble, noted = row.seen, "", time.monotonic()
        for entry_id, entry in self._queries.service.ledger.since(row.seen, AT_ONCE):
            if self._stop.is_set():
                break
            if time.monotonic() - noted > NOTE_S:
                if not self._hooks.note(hook_id, self._name, seen=done):
                    return  # removed, or another worker's by now
                noted = time.monotonic()
            call = self._call(entry)
            if call is not None:
                trouble = self._post(row, call, connection)
                if trouble:
                    break
            done = entry_id
        self._note(row, done, trouble)

    def _note(self, row: HookRow, done: int, trouble: str) -> None:
        if trouble == str(GONE):
            gone = "the address is gone (410)"
            self._hooks.note(row.id, self._name, seen=done, ended=True, trouble=gone)
            return
        tries = row.tries + 1 if trouble and done == row.seen else 1 if trouble else 0
        if trouble:
            wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries, 10))
            self._due[row.id] = time.monotonic() + wait * random.uniform(0.7, 1.3)  # noqa: S311 - jitter
        self._hooks.note(row.id, self._name, seen=done, tries=tries, trouble=trouble)

    def _call(self, entry: LogEntry) -> CheckIn | None:
        body = entry.body
        if not isinstance(body, Scan | Override) or body.test:
            return None
        programme = self._queries.programme
        gate = programme.gates.get(body.gate)
        with self._queries.snapshot() as log_state:
            at_ms = log_state.event_state.at_ms(entry)
        return CheckIn(
            id=entry.digest.hex(),
            event=programme.event.id,
            at=self._queries.time(at_ms),
            gate=body.gate,
            area=gate.area if gate else None,
            venue=programme.venue_of(gate.area) if gate else None,
            direction=body.direction if isinstance(body, Scan) else "in",
            badge=badge_mark(body.badge),
            issue=body.issue,
            verdict=body.verdict,
            reason=body.reason,
            session=body.session,
            entry=entry_name(EntryRef(entry.log, entry.seq, entry.digest)),
        )

    def _post(self, row: HookRow, call: CheckIn, connection: requests.Session) -> str:
        """Make one call. Return what went wrong; empty: nothing."""
        import requests

        body = msgspec.json.encode(call)
        at_s = self._queries.now_ms() // 1000
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Jianmen",
            "webhook-id": call.id,
            "webhook-timestamp": str(at_s),
            "webhook-signature": standard_signature(row.secret, call.id, at_s, body),
            "X-Jianmen-Delivery": call.id,
            "X-Jianmen-Signature": signature(row.secret, body),
        }
        try:
            with connection.post(
                row.url,
                data=body,
                headers=headers,
                timeout=TIMEOUT_S,
                stream=True,
                allow_redirects=False,
            ) as answer:
                if answer.status_code == GONE:
                    return str(GONE)
                good = answer.ok and answer.status_code < 300
                return "" if good else f"it answered {answer.status_code}"
        except requests.exceptions.Timeout:
            return "no answer in time"
        except requests.exceptions.RequestException as error:
            return f"cannot be reached ({type(error).__name__})"


def standard_signature(secret: bytes, call_id: str, at_s: int, body: bytes) -> str:
    """The value of webhook-signature."""
    signed = b".".join((call_id.encode(), str(at_s).encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def standard_secret(secret: bytes) -> str:
    """A hook's key as libraries for Standard Webhooks take it."""
    return "whsec_" + base64.b64encode(secret).decode()


def signature(secret: bytes, body: bytes) -> str:
    """The value of X-Jianmen-Signature."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def shown_url(url: str) -> str:
    """An address for lists: without the password in it."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at or ":" not in user:
        return url
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:••••@{host}"))


def oddity(url: str) -> str:
    """What an admin should know about an address; empty: nothing."""
    return _ODD.get(reach_of(url), "")


_ODD: dict[Reach, str] = {
    "this_machine": "This address is the registry's own machine.",
    "own_link": "This address is link-local: it reaches only the registry's own link.",
}
