"""Parts of a sentence in the language of the reader: names of areas, days, times, lists of them.

What must not be broken across two lines (a date, a time, the name of an area or a person) is set between the Unicode
marks of an isolate. The marks are invisible; the pages keep what is between them together, and a name in a script
written from right to left does not turn the sentence around it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from babel.dates import format_date
from babel.lists import format_list

from access.event.definition import Gate, Language, Names
from access.event.programme import Programme
from config.languages import about, languages
from web.texts import text

ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"


def whole(part: str) -> str:
    """`part`, marked as not to be broken."""
    return f"{ISOLATE}{part}{END_OF_ISOLATE}" if part else ""


def own_first(first: Language) -> tuple[Language, ...]:
    """All languages, the kiosk's own first."""
    return (first, *(language for language in languages() if language != first))


def named(names: Names, language: Language) -> str:
    """A name of the event in a language, or in English where it has none in that one."""
    return names.get(language) or names["en"]


def area_name(programme: Programme, area: str, language: Language) -> str:
    """The name of a venue or an area."""
    known = programme.venues.get(area) or programme.areas[area]
    return named(known.name, language)


def full_area_name(programme: Programme, area: str, gate: Gate, language: Language) -> str:
    """The name of an area, with its city where that is not the gate's."""
    venue = programme.venue_of(area)
    name = area_name(programme, area, language)
    if venue in (area, programme.venue_of(gate.area)):
        return name
    city = area_name(programme, venue, language)
    return text("attendee.place", language, city=city, area=name)


def one_of(parts: Iterable[str], language: Language) -> str:
    """ "A, B or C", none of them broken."""
    marked = [whole(part) for part in parts]
    return format_list(marked, locale=about(language).locale, style="or") if marked else ""


def day_name(day: str, language: Language) -> str:
    """An ISO date as people say it, with the day of the week."""
    return _formatted(day, "format.day", language)


def short_day_name(day: str, language: Language) -> str:
    """An ISO date without the day of the week."""
    return _formatted(day, "format.short_day", language)


def _formatted(day: str, pattern: str, language: Language) -> str:
    return format_date(
        date.fromisoformat(day), text(pattern, language), locale=about(language).locale
    )


def hour_name(programme: Programme, at_ms: int) -> str:
    """An instant as the clock on the wall of the venue shows it: 13:40."""
    return datetime.fromtimestamp(at_ms / 1000, programme.zone).strftime("%H:%M")


def other_day(programme: Programme, at_ms: int, now_ms: int) -> str | None:
    """The ISO date of an instant if it is on another day than `now_ms`."""
    day = programme.day_of(at_ms)
    return programme.day_name(day) if day != programme.day_of(now_ms) else None


def time_name(programme: Programme, at_ms: int, now_ms: int, language: Language) -> str:
    """An instant in the event's zone: the hour, and the day if it is not today; neither is broken."""
    hour = whole(hour_name(programme, at_ms))
    day = other_day(programme, at_ms, now_ms)
    return hour if day is None else f"{whole(day_name(day, language))} {hour}"


def two_scripts(names: Names, order: Sequence[Language]) -> tuple[str, ...]:
    """A name for people whose language is not known: in the first Chinese of the kiosk and in English."""
    others = [language for language in order if language != "en"]
    return tuple(dict.fromkeys([*(named(names, one) for one in others[:1]), names["en"]]))


def in_two_scripts(names: Names, order: Sequence[Language]) -> str:
    """Both in one."""
    return " ".join(two_scripts(names, order))
