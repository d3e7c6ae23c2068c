"""What the rule book says of its rules: phrases by key, so that a receipt can be read in any language.

Here they are in English; the pages have them in three languages under the same keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Union

Value = Union[str, int, tuple[str, ...], "Phrase"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A key of `ENGLISH`, and what stands in its braces: ids of the event, numbers, local times, other phrases."""

    key: str
    values: Mapping[str, Value]

    def english(self) -> str:
        """The sentence, without capital and full stop."""
        return ENGLISH[self.key].format_map({name: _text(one) for name, one in self.values.items()})


def phrase(key: str, **values: Value) -> Phrase:
    """A phrase of this key."""
    return Phrase(key, values)


def _text(value: Value) -> str:
    if isinstance(value, Phrase):
        return value.english()
    return ", ".join(value) if isinstance(value, tuple) else str(value)


ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "repeat": "the same code was seen here just now: its first answer stands",
        "form.none": "the text is neither a badge of ours nor an imported code",
        "form.plain": "it has the form of a plain badge",
        "form.signed": "it has the form of a signed badge",
        "form.foreign": "it has the form of a foreign badge",
        "event.unnamed": "only signed badges name their event",
        "event.other": "the badge names another event",
        "event.this": "the badge names this event",
        "signature.proven": "a key of this event signed it",
        "signature.failed": "no key of this event signed it",
        "signature.unproven": "this door has not heard of the key that it names",
        "secret.proven": "its secret is the roster's",
        "secret.failed": "its secret is not the roster's",
        "secret.unproven": "the roster has nothing to prove it by",
        "proof.vouched": "staff vouches for it",
        "roster.unproven": "nobody here can tell whether it is genuine; policy unknown = {policy}",
        "roster.listed": "the roster lists issue {issue} of this badge",
        "roster.own_claims": "the roster does not list it, but it carries its own claims",
        "roster.unlisted": "the roster does not list it; policy unknown = {policy}",
        "roster.unlisted_seat": "the roster does not list it; policy unknown = {policy}, and {seats}",
        "way.in": "this is the way in",
        "way.out_inside": "this is the way out, which opens; presence had the person inside",
        "way.out_not_inside": "this is the way out, which opens; presence had the person not inside",
        "revoked.yes": "the badge is revoked",
        "revoked.no": "the badge is not revoked",
        "issue.higher": "issue {newest} is known, and this is issue {issue}",
        "issue.newest": "no issue above {issue} is known",
        "ticket.none": "the event has no ticket type of number {number}",
        "ticket.on_site": "ticket type {ticket} is for people on site",
        "ticket.online": "ticket type {ticket} is for the live broadcast",
        "venue.valid": "valid at {venues}; the gate is at {venue}",
        "venue.nowhere": "valid at nothing; the gate is at {venue}",
        "day.valid": "valid on {days}; the day is {day}",
        "day.never": "valid on nothing; the day is {day}",
        "area.open": "the ticket admits to {area}",
        "area.closed": "the ticket admits to {areas}, which does not reach {area}",
        "area.none": "the ticket admits to nothing, which does not reach {area}",
        "doors.too_early": "at {now} no doors in {area} are open yet",
        "doors.too_late": "at {now} the day's last doors in {area} have closed",
        "doors.no_session": "{area} has no session on this day",
        "doors.all_day": "{area} has no sessions, so it is open all day",
        "doors.open": "the doors of {session} are open from {opens} until {closes}",
        "booking.no_session": "there is no session to book",
        "booking.open": "{session} needs no booking",
        "booking.booked": "the badge has booked {session}",
        "booking.exempt": "the ticket needs no booking for {session}",
        "booking.standby_now": "the badge has not booked {session}, which takes standby now",
        "booking.standby_later": "the badge has not booked {session}, which takes standby from {standby}",
        "booking.no_standby": "the badge has not booked {session}, which takes no standby",
        "inside.yes": "presence has the person in {place}; re-entry at this gate is {reentry}",
        "inside.no": "presence has the person outside {area}",
        "inside.standby": "{where}; standby needs a seat, and {seats}",
        "seats.no_capacity": "{area} has no capacity set",
        "seats.exempt": "the ticket type needs no seat",
        "seats.has_one": "the person holds a seat of this gate already",
        "seats.left": "this gate has {seats} seats left",
        "when.later": "{time} or later",
        "nothing_against": "nothing stands against it",
        "exit_opens": "nobody is ever kept in",
        "condition.unlisted": "the badge is genuine, and not on the roster held here",
        "condition.clock_unsure": "the clock is not sure enough for the time rules",
        "condition.roster_stale": "the newest word of the registry is {minutes} minutes old, more than {limit}",
        "condition.changes": "{condition}; policy {name} = {policy}: the answer is now {verdict}",
        "condition.stays": "{condition}; policy {name} = {policy}: the answer stays as it is",
    }
)
