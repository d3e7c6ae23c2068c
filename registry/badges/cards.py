"""What is printed for a registered person: the texts of their badge, in their language."""

from collections.abc import Iterable
from datetime import date

from babel.dates import format_date
from babel.lists import format_list

from access.event.definition import Event, Language, Names
from printing.card import Card
from registry.roster.model import Label
from web.texts import LOCALES, text


def card_of(label: Label, event: Event) -> Card:
    """The card of one badge."""
    claims, language = label.claims, label.language
    venues = [venue.name for n, venue in enumerate(event.venues) if claims.venues >> n & 1]
    days = [day for n, day in enumerate(event.days) if claims.days >> n & 1]
    sessions = [
        session.name for n, session in enumerate(event.sessions) if claims.sessions >> n & 1
    ]
    texts = {
        "event": label.event,
        "name": label.name,
        "organisation": label.organisation,
        "ticket": label.ticket,
        "venues": _list(_names(venues, language), language),
        "days": _list((_day(day, language) for day in days), language),
        "sessions": _list(_names(sessions, language), language),
        "code": label.badge.code,
        "issue": f"#{label.badge.issue}",
        "ref": label.badge.ref,
        "hint": text("badge.hint", language),
    }
    return Card(
        qr_text=label.badge.text,
        form=label.badge.form,
        language=language,
        ticket=event.tickets[claims.ticket].id,
        texts={**label.extra, **{name: one for name, one in texts.items() if one}},
    )


def _names(names: Iterable[Names], language: Language) -> Iterable[str]:
    return (name.get(language) or name["en"] for name in names)


def _day(day: str, language: Language) -> str:
    pattern = "d MMM" if language == "en" else "M月d日"
    return format_date(date.fromisoformat(day), pattern, locale=LOCALES[language])


def _list(parts: Iterable[str], language: Language) -> str:
    return (
        format_list(list(parts), locale=LOCALES[language], style="unit")
        if language == "en"
        else "、".join(parts)
    )
