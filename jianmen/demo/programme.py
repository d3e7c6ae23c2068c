"""The example event, moved so that it is going on now."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from access.event.definition import Event, Session
from config.event_file import moved_to

SEMINAR_BEGINS = timedelta(minutes=10)
"""The seminar of the demo begins in so long: its doors are open, and nobody passes on standby yet."""

ROUND_MS = 5 * 60_000
"""Programmes begin at five past, not at seven past."""

EARLY, NOON = 4 * 60, 12 * 60
"""When the event's day ends (minutes after midnight): at four, unless that would be soon."""


def going_on(event: Event, now: datetime, seminar: str) -> Event:
    """`event` with its first day today and the session `seminar` open now; all its sessions move along.

    Presence is emptied when a day ends: where four o'clock is near, the day ends at noon instead.
    """
    local = now.astimezone(ZoneInfo(event.timezone))
    ends_min = EARLY if 4 <= local.hour < 16 else NOON
    today: date = (local - timedelta(minutes=ends_min)).date()
    moved = msgspec.structs.replace(moved_to(event, today), day_ends_min=ends_min)
    shown = next(session for session in moved.sessions if session.id == seminar)
    by_ms = _ms(now + SEMINAR_BEGINS) - shown.starts_ms
    by_ms -= by_ms % ROUND_MS
    return msgspec.structs.replace(
        moved, sessions=tuple(_later(session, by_ms) for session in moved.sessions)
    )


def _later(session: Session, by_ms: int) -> Session:
    return msgspec.structs.replace(
        session, starts_ms=session.starts_ms + by_ms, ends_ms=session.ends_ms + by_ms
    )


def _ms(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
