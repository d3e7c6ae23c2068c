"""What is printed for a registered person: the texts of their badge, in their language."""

from access.event.definition import Event
from printing.card import Card
from printing.event_card import event_card
from registry.roster.model import Label


def card_of(label: Label, event: Event) -> Card:
    """The card of one badge."""
    return event_card(
        event,
        label.claims,
        label.language,
        qr_text=label.badge.text,
        form=label.badge.form,
        code=label.badge.code,
        issue=label.badge.issue,
        name=label.name,
        organisation=label.organisation,
        ref=label.badge.ref,
        extra=label.extra,
    )
