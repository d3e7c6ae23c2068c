"""Event files: an event definition in TOML, read into `access.event.definition` with all its mistakes named."""

import re
import zoneinfo
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from access.event.definition import (
    Area,
    Event,
    Gate,
    Names,
    Policy,
    Session,
    Symbol,
    Ticket,
    Venue,
)
from config import document as toml
from config.document import ROOT, Document, Location
from config.errors import Mistake, instead, shown
from config.event_checks import check
from config.languages import languages
from config.shape import Reader, by_type, fit

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECTIONS = ("event", "venue", "area", "gate", "ticket", "session", "policy")
_SESSION_KEYS = {"starts_ms": "starts", "ends_ms": "ends"}

E = TypeVar("E", bound=msgspec.Struct)


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """The table [event]."""

    id: str
    name: Names
    timezone: str
    days: tuple[str, ...]
    day_ends: int = 240
    symbols: tuple[Symbol, ...] = ()


def load(path: Path) -> Event:
    """The event in the file `path`; ConfigError with all its mistakes."""
    return _read(toml.read(path))


def parse(text: str, source: str) -> Event:
    """The event in the TOML text of `source`; ConfigError with all its mistakes."""
    return _read(toml.parse(text, source))


def _read(document: Document) -> Event:
    document.only(ROOT, document.values, _SECTIONS)
    head = _head(document)
    event = Event(
        id=head.id,
        name=head.name,
        timezone=head.timezone,
        days=head.days,
        day_ends_min=head.day_ends,
        symbols=head.symbols,
        venues=_entries(document, "venue", Venue),
        areas=_entries(document, "area", Area),
        gates=_entries(document, "gate", Gate),
        tickets=_entries(document, "ticket", Ticket),
        sessions=_entries(document, "session", Session),
        policy=fit(Policy, document.table("policy") or {}, Location("policy"), document, {}),
    )
    check(event, document)
    document.finish()
    return event


def _head(document: Document) -> _Head:
    if "event" not in document.values:
        right = "should be a table [event] with id, name, timezone and days"
        document.mistake(Location("event"), "is missing", right)
    table = document.table("event")
    if table is None:
        return _Head(id="", name={}, timezone="", days=())
    return fit(_Head, table, Location("event"), document, _READERS)


def _entries(document: Document, section: str, kind: type[E]) -> tuple[E, ...]:
    keys = _SESSION_KEYS if kind is Session else {}
    return tuple(
        fit(kind, _with_parent(entry) if kind is Area else entry, at, document, _READERS, keys)
        for index, entry in enumerate(document.tables(section))
        for at in [Location(section, index)]
    )


def _with_parent(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An area without a parent lies in its venue; without a readable venue, nowhere."""
    venue = entry.get("venue")
    return {"parent": venue if isinstance(venue, str) and venue else "?", **entry}


def _identifier(value: Any, location: Location, document: Document) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        document.mistake(location, f"is {shown(value)}", f"should be {_READERS['id'].expects}")
    return value if isinstance(value, str) else ""


def _names(value: Any, location: Location, document: Document) -> Names:
    if not isinstance(value, dict):
        document.mistake(location, f"is {shown(value)}", f"should be {_READERS['name'].expects}")
        return {}
    document.only(location, value, languages())
    if "en" not in value:
        document.mistake(location, "has no English", 'should have en = "…" at least')
    for language, name in value.items():
        if not isinstance(name, str) or not name.strip():
            at = location._replace(key=f"{location.key}.{language}")
            document.mistake(at, f"is {shown(name)}", "should be a text in quotes")
    return {language: value[language] for language in languages() if language in value}


def _timezone(value: Any, location: Location, document: Document) -> str:
    known = zoneinfo.available_timezones()
    if value in known:
        return str(value)
    right = instead(value, known) if isinstance(value, str) else "should be a text in quotes"
    document.mistake(location, f"is {shown(value)}", right)
    return ""


def _days(value: Any, location: Location, document: Document) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        document.mistake(location, f"is {shown(value)}", f"should be {_READERS['days'].expects}")
        return ()
    days: list[str] = []
    known = len(document.mistakes)
    for day in value:
        if not _is_iso_day(day):
            right = f"should be {_READERS['days'].expects}, each a year, month and day in quotes"
            document.mistake(location, f"{shown(day)} is no day", right)
        elif day in days:
            document.mistake(location, f"{shown(day)} is there twice", "name each day once")
        elif days and day < days[-1]:
            wrong = f"{shown(day)} comes after {shown(days[-1])}"
            document.mistake(location, wrong, "should be in order, the first day first")
        else:
            days.append(day)
    return tuple(days) if len(document.mistakes) == known else ()


def _is_iso_day(value: Any) -> bool:
    # Python reads other spellings too (20201117, 2020-W47-2), which would not compare as text.
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _minutes(value: Any, location: Location, document: Document) -> int:
    hour = _HOUR.fullmatch(value) if isinstance(value, str) else None
    if hour is None:
        document.mistake(
            location, f"is {shown(value)}", f"should be {_READERS['day_ends'].expects}"
        )
        return 0
    return int(hour[1]) * 60 + int(hour[2])


def _instant(value: Any, location: Location, document: Document) -> int:
    if not isinstance(value, datetime):
        document.mistake(location, f"is {shown(value)}", f"should be {_READERS['starts'].expects}")
        return 0
    if value.tzinfo is None:
        right = f"should end in its distance from UTC, as in {value.isoformat()}+08:00"
        document.mistake(location, f"{shown(value)} names no time zone", right)
        return 0
    return (value - _EPOCH) // _MILLISECOND


_READERS = {
    "id": Reader(
        'an id of 1 to 40 letters a-z A-Z, digits and "-", "_", ".", a letter or digit first',
        _identifier,
        "",
    ),
    "name": Reader('a table { en = "…", zh-Hant = "…", zh-Hans = "…" }', _names, {}),
    "help": Reader('a table { en = "…", zh-Hant = "…", zh-Hans = "…" }', _names, {}),
    "timezone": Reader('the name of a time zone, such as "Asia/Hong_Kong"', _timezone, ""),
    "days": Reader('a list of days such as ["2020-11-17", "2020-11-18"]', _days, ()),
    "day_ends": Reader('a time of day such as "04:00"', _minutes, 0),
    "venue": by_type(str, "the id of a venue, in quotes"),
    "area": by_type(str, "the id of an area or a venue, in quotes"),
    "parent": by_type(str, "the id of an area or a venue, in quotes"),
    "areas": by_type(tuple[str, ...], 'a list of area and venue ids, or ["*"] for all'),
    "starts": Reader("a time such as 2020-11-17T14:00:00+08:00, without quotes", _instant, 0),
    "ends": Reader("a time such as 2020-11-17T16:00:00+08:00, without quotes", _instant, 0),
}


def grows_from(old: Event, new: Event) -> list[Mistake]:
    """Return the mistakes by which `new` would change the meaning of badges of `old`; without any it may replace it.

    Badges name the event by its id, and venues, sessions, days and tickets by their positions in
    the lists, so these may only grow at their ends.
    """
    source = f"event {shown(old.id)}"
    mistakes = []
    if new.id != old.id:
        wrong = f"is {shown(new.id)}"
        right = f"should stay {shown(old.id)}: badges name the event by it"
        mistakes.append(Mistake(source, "event.id", wrong, right))
    lists = {
        "venue": ([venue.id for venue in old.venues], [venue.id for venue in new.venues]),
        "session": ([one.id for one in old.sessions], [one.id for one in new.sessions]),
        "ticket": ([ticket.id for ticket in old.tickets], [ticket.id for ticket in new.tickets]),
        "event.days": (list(old.days), list(new.days)),
    }
    for where, (before, after) in lists.items():
        for index, name in enumerate(before):
            if after[index : index + 1] != [name]:
                found = f"is {shown(after[index])}" if index < len(after) else "is missing"
                wrong = f"{found}, and badges are printed that mean {shown(name)}"
                right = f"should stay {shown(name)}; add new ones at the end"
                mistakes.append(Mistake(source, f"{where}[{index}]", wrong, right))
    return mistakes


def moved_to(event: Event, first_day: date) -> Event:
    """Return the same event on other days, the first of them `first_day`, at the same local times."""
    zone = zoneinfo.ZoneInfo(event.timezone)
    by = first_day - date.fromisoformat(event.days[0])

    def later(ms: int) -> int:
        local = (_EPOCH + ms * _MILLISECOND).astimezone(zone)
        return ((local + by).astimezone(UTC) - _EPOCH) // _MILLISECOND

    return msgspec.structs.replace(
        event,
        days=tuple((date.fromisoformat(day) + by).isoformat() for day in event.days),
        sessions=tuple(
            msgspec.structs.replace(
                session, starts_ms=later(session.starts_ms), ends_ms=later(session.ends_ms)
            )
            for session in event.sessions
        ),
    )
