"""Logs of a made-up event: its kiosks, what their doors wrote, its roster and its name cards. Always the same ones."""

import random
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from access.badge.credential import Claims
from access.event.definition import Event
from access.log.chain import HEAD_EVERY
from access.log.entry import (
    Body,
    EventDefined,
    Key,
    Kiosk,
    digest_of,
    pack,
)
from config.event_file import load
from jianmen.testing.log_writer import LogWriter, admission, listing
from sync.store.log_store import LogStore
from sync.wire.device_key import DeviceKey
from sync.wire.messages import Batch, SealedCard

EVENT = Path(__file__).parents[2] / "config" / "events" / "smarthk.toml"
START_MS = 1_605_571_200_000
DAY_MS = 86_400_000
GATES = ("chengdu-main-1", "meishan-main-1", "mianyang-main-1")
REGISTRY = DeviceKey.from_seed(b"r" * 32)

PEOPLE = 26_000
DEVICES = 30

CARD_BYTES = 583
"""A name card as the registry seals most of them: twice a content that is padded to 256 bytes."""


def present_event() -> Event:
    """The example event, moved so that it began yesterday: for programs that look at the clock."""
    event = load(EVENT)
    yesterday = datetime.now(ZoneInfo(event.timezone)).date() - timedelta(days=1)
    moved = yesterday - date.fromisoformat(event.days[0])
    moved_ms = moved.days * DAY_MS
    return msgspec.structs.replace(
        event,
        days=tuple((date.fromisoformat(day) + moved).isoformat() for day in event.days),
        sessions=tuple(
            msgspec.structs.replace(
                one, starts_ms=one.starts_ms + moved_ms, ends_ms=one.ends_ms + moved_ms
            )
            for one in event.sessions
        ),
    )


def wall_ms() -> int:
    """This machine's clock."""
    return time.time_ns() // 1_000_000


def kiosks(count: int) -> list[DeviceKey]:
    """As many devices, always the same ones."""
    return [DeviceKey.from_seed(number.to_bytes(32, "big")) for number in range(1, count + 1)]


def badge_of_person(person: int) -> bytes:
    """The badge id of a person on the roster, by number."""
    return sha256(f"person {person}".encode()).digest()[:5]


def scans(number: int, count: int) -> Iterator[tuple[str, Body]]:
    """A kiosk's day: people let in, one after another, each kiosk in an order of its own."""
    drawn = random.Random(number)
    for index in range(count):
        badge = badge_of_person(drawn.randrange(PEOPLE))
        body = admission(GATES[number % 3], badge, START_MS + index)
        yield "scan", msgspec.structs.replace(body, roster_head=("0" * 24, 1))


def roster(devices: list[DeviceKey], people: int) -> Iterator[tuple[str, Body]]:
    """The registry's log: the event, its key, the kiosks, the people with their name cards."""
    yield "event", EventDefined(event=msgspec.Raw(pack(load(EVENT))))
    yield "key", Key(number=0, public=bytes(32))
    for number, device in enumerate(devices):
        yield (
            "kiosk",
            Kiosk(device=device.fingerprint, public=device.public, gate=GATES[number % 3]),
        )
    claims = Claims(0, 7, 0, 3)
    for person in range(people):
        yield "badge", listing(badge_of_person(person), claims, card=card(person).digest)


def card(person: int) -> SealedCard:
    """The name card of one of the roster: bytes that do not shrink, as sealed ones do not."""
    raw = random.Random(person).randbytes(CARD_BYTES)
    return SealedCard(digest_of(raw), raw)


def batches(identity: DeviceKey, bodies: Iterator[tuple[str, Body]]) -> list[Batch]:
    """A log as batches, each up to a head that is signed at the time of its last entry."""
    log = LogWriter(identity, start_ms=START_MS)
    for seq, (kind, body) in enumerate(bodies, 1):
        log.write(kind, body, START_MS + seq)
    return log.batches(HEAD_EVERY)


def fill(store: LogStore, logs: list[list[Batch]]) -> None:
    """Store whole logs."""
    for log in logs:
        with store.transaction():
            for batch in log:
                store.take(batch)


def stored_entries(store: LogStore) -> int:
    """How many entries a store without forks has."""
    return sum(tips[0][0] for tips in store.vector().values())
