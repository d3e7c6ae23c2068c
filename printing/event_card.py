"""The card of a badge of an event: its texts in the person's language, from what the badge entitles to."""

from collections.abc import Iterable, Mapping
from datetime import date

from babel.dates import format_date

from access.badge.credential import Claims
from access.event.definition import Event, Language, Names, Ticket
from config.languages import about
from printing.card import Card, Form
from web.texts import text


def event_card(
    event: Event,
    claims: Claims,
    language: Language,
    *,
    qr_text: str,
    form: Form,
    code: str,
    issue: int,
    name: str,
    organisation: str,
    ref: str = "",
    extra: Mapping[str, str] | None = None,
) -> Card:
    """The card of one issue of a badge. `code` is its human code, `ref` the number on the list, `extra` further fields
    of the list. A ticket for the broadcast opens no door: instead of venues and days, and of how to show the badge to a
    camera, its card says what it is for."""
    venues = [venue.name for n, venue in enumerate(event.venues) if claims.venues >> n & 1]
    days = [day for n, day in enumerate(event.days) if claims.days >> n & 1]
    sessions = [one.name for n, one in enumerate(event.sessions) if claims.sessions >> n & 1]
    ticket = event.tickets[claims.ticket]
    texts = {
        "event": _named(event.name, language),
        "name": name,
        "organisation": organisation,
        "ticket": _named(ticket.name, language),
        **_where(ticket, venues, days, language),
        "sessions": _list((_named(one, language) for one in sessions), language),
        "code": code,
        "issue": f"#{issue}",
        "ref": ref,
    }
    return Card(
        qr_text=qr_text,
        form=form,
        language=language,
        ticket=ticket.id,
        texts={**(extra or {}), **{field: one for field, one in texts.items() if one}},
    )


def _where(
    ticket: Ticket, venues: Iterable[Names], days: Iterable[str], language: Language
) -> dict[str, str]:
    """What the badge opens, and how it is shown there. Every layout has the venues, so they say what opens nothing."""
    if not ticket.on_site:
        return {"venues": text("badge.online_only", language)}
    return {
        "venues": _list((_named(one, language) for one in venues), language),
        "days": _list((_day(day, language) for day in days), language),
        "hint": text("badge.hint", language),
    }


def _named(names: Names, language: Language) -> str:
    return names.get(language) or names["en"]


def _day(day: str, language: Language) -> str:
    pattern = text("format.short_day", language)
    return format_date(date.fromisoformat(day), pattern, locale=about(language).locale)


def _list(parts: Iterable[str], language: Language) -> str:
    return text("format.and", language).join(parts)
