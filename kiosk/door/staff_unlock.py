"""Unlocking staff mode: whose card it is, how often its PIN was tried, and the desk key that both open.

The desk key is locked to a key card, which its owner keeps in a pocket. A badge with a PIN still opens it at events
where it was given out so; the screen then asks for a key card to be made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from access.badge.desk_key import StaffNameCard, unwrap, unwrap_with_badge
from access.badge.key_card import KeyCard, is_genuine, read_human_key, read_key_card
from access.event.definition import Role
from access.rules.overrides import roles, ticket_roles
from kiosk.door.door import Door
from kiosk.door.staff_actions import StaffActions, StaffError

FREE_TRIES = 5
"""Wrong PINs without a pause: fingers are clumsy in the cold."""

FIRST_PAUSE_MS = 60_000
LONGEST_PAUSE_MS = 3_600_000
"""Each further wrong PIN doubles the pause, up to an hour: somebody who has found a card gets a few tries a day, and
its owner is not locked out for long."""


@dataclass(frozen=True)
class StaffUnlock:
    """A staff card before its PIN is tried.

    `signs` names its owner in what they do afterwards: the badge's text, or its id where a key card was shown.
    `open` gives the 32 byte desk key for the right PIN, else None; it takes a second of a Pi and 32 MiB.
    `outdated`: the badge itself locks the key, and a photograph of it is half of what a thief needs.
    """

    badge: bytes
    signs: str | bytes = field(repr=False)
    roles: frozenset[Role]
    open: Callable[[str], bytes | None] = field(repr=False)
    outdated: bool


def staff_unlock(door: Door, text: str) -> StaffUnlock:
    """What a card that was shown (or a key card's code, typed) would unlock here. Raises StaffError."""
    key_card = read_key_card(text) or read_human_key(text)
    return _by_badge(door, text) if key_card is None else _by_key_card(door, key_card)


def _by_key_card(door: Door, key_card: KeyCard) -> StaffUnlock:
    staff_roles, badge, issue = _staff(door, key_card.badge)
    locked = _name_card(door, badge, issue).locked
    if locked is None or not is_genuine(key_card, locked.verifier):
        raise StaffError("key_card_replaced")
    return StaffUnlock(
        badge, badge, staff_roles, lambda pin: unwrap(locked, key_card, pin), outdated=False
    )


def _by_badge(door: Door, text: str) -> StaffUnlock:
    staff_roles, badge, issue = _staff(door, text)
    card = _name_card(door, badge, issue)
    wrapped, subject = card.wrapped, door.identify(text, "in", gate="")
    if wrapped is None or subject.secret is None:
        raise StaffError("no_pin" if card.locked is None else "key_card_needed")
    secret = subject.secret
    return StaffUnlock(
        badge, text, staff_roles, lambda pin: unwrap_with_badge(wrapped, secret, pin), outdated=True
    )


def _staff(door: Door, who: str | bytes) -> tuple[frozenset[Role], bytes, int]:
    """Roles, badge and issue of a staff card. Raises StaffError for any other."""
    card, badge, issue = StaffActions(door).card(who)
    staff_roles = roles(card, door.programme)
    if not staff_roles and not card.strong and ticket_roles(card, door.programme):
        raise StaffError("weak_code")
    if not staff_roles or badge is None or issue is None:
        raise StaffError("not_staff")
    return staff_roles, badge, issue


def _name_card(door: Door, badge: bytes, issue: int) -> StaffNameCard:
    raw = door.name_card(badge, issue)
    if raw is None:
        raise StaffError("no_pin")
    try:
        return msgspec.msgpack.decode(raw, type=StaffNameCard)
    except msgspec.DecodeError as error:
        raise StaffError("no_pin") from error  # made by a newer registry


def begin_pin_try(door: Door, badge: bytes) -> None:
    """Count a PIN as wrong before it is tried, so that a power cut forgives nothing. Raises StaffError during a pause.

    The count is the card's own: another card's success does not touch it, and its pause stops nobody else.
    """
    wrong, last_ms = door.pin_tries(badge)
    now_ms = door.read_clock().mono_ms
    # The clock counts from the machine's start: after a restart the pause begins again.
    since_ms = now_ms - last_ms if now_ms >= last_ms else now_ms
    if since_ms < pause_ms(wrong):
        raise StaffError("too_many")
    door.set_pin_tries(badge, wrong + 1)


def end_pin_tries(door: Door, badge: bytes) -> None:
    """The right PIN was given: the card's count begins again."""
    door.set_pin_tries(badge, 0)


def pause_ms(wrong: int) -> int:
    """How long after so many wrong PINs the next one waits."""
    if wrong < FREE_TRIES:
        return 0
    doublings = min(wrong - FREE_TRIES, 10)
    return min(FIRST_PAUSE_MS << doublings, LONGEST_PAUSE_MS)
