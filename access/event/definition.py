"""What an event is: its venues, areas, gates, tickets, sessions and policy.

These are the values of the event definition (a TOML file, read by `config`), in the form in which they travel in
the registry's log. Ids are chosen by the organiser. Badges name tickets, venues, sessions and days by their index
in these lists, so once a badge exists the lists may only grow at their ends.
"""

from typing import Literal

import msgspec

Direction = Literal["in", "out"]
Language = str
"""A language tag such as "en" or "zh-Hant". Which languages there are is known to those who show texts: what travels in
a log may name others, of a newer version."""

Verdict = Literal["admit", "admit_flagged", "ask_staff", "refuse"]
Role = Literal["door", "supervisor"]
Reentry = Literal["free", "flag", "exit_first"]
GateMode = Literal["self", "staffed", "print"]
Arrow = Literal["left", "right", "ahead", "back"]
Symbol = Literal["aztec", "data_matrix", "pdf417", "code_128"]
"""Kinds of codes besides QR, as `hardware.ports.decoder` names them."""

VERDICTS: tuple[Verdict, ...] = ("admit", "admit_flagged", "ask_staff", "refuse")
"""From the kindest to the strictest."""

MAX_VENUES = 8
MAX_SESSIONS = 16
MAX_DAYS = 8
MAX_ISSUES = 63
MAX_TICKETS = 255

MINUTE_MS = 60_000

Names = dict[Language, str]
"""One name by language; English is always there, and stands in where a language has none."""


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """A site in a city, and the top area of its own tree of areas. `help` is where its help desk is."""

    id: str
    name: Names
    capacity: int | None = None
    help: Names | None = None


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A hall or a room; `parent` is an area of the same venue, or the venue."""

    id: str
    venue: str
    parent: str
    name: Names
    capacity: int | None = None
    clear_min: int | None = None


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A door: into `area`, out of it, or both. `help_arrow` is the direction of the help desk as seen by a person
    facing the screen."""

    id: str
    area: str
    direction: Literal["in", "out", "both"] = "in"
    mode: GateMode = "self"
    reentry: Reentry = "free"
    help_arrow: Arrow | None = None

    @property
    def lets_in(self) -> bool:
        return self.direction != "out" and self.mode != "print"

    @property
    def lets_out(self) -> bool:
        return self.direction != "in" and self.mode != "print"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of ticket. `areas` are area and venue ids as written, or "*" for all. `booking_exempt`: its holders need
    no booking for any session."""

    id: str
    name: Names
    areas: tuple[str, ...]
    on_site: bool = True
    capacity_exempt: bool = False
    roles: tuple[Role, ...] = ()
    booking_exempt: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session in a room. Times are milliseconds since 1970, UTC. A cancelled one stays in the list
    (badges name it by its index) and opens no doors."""

    id: str
    area: str
    starts_ms: int
    ends_ms: int
    name: Names
    booking: Literal["required", "open"] = "open"
    early_min: int = 0
    closing_min: int = 0
    standby_after_min: int | None = None
    cancelled: bool = False

    @property
    def doors_open_ms(self) -> int:
        """The first instant at which the doors are open."""
        return self.starts_ms - self.early_min * MINUTE_MS

    @property
    def doors_close_ms(self) -> int:
        """The first instant at which the doors are closed."""
        return self.ends_ms - self.closing_min * MINUTE_MS

    @property
    def standby_ms(self) -> int | None:
        """From then on people without a booking pass, or None: never."""
        if self.standby_after_min is None:
            return None
        return self.starts_ms + self.standby_after_min * MINUTE_MS


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts of doors that cannot be sure, and the event's limits; field names end in their unit."""

    unknown: Verdict = "ask_staff"
    unlisted: Verdict = "admit_flagged"
    clock_unsure: Verdict = "admit_flagged"
    roster_stale: Verdict = "admit"
    roster_stale_min: int = 240
    hold_off_s: int = 3
    travel_min: int = 30
    retention_days: int = 30


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A whole event definition. `days` are ISO dates; `day_ends` is minutes after midnight."""

    id: str
    name: Names
    timezone: str
    days: tuple[str, ...]
    venues: tuple[Venue, ...]
    gates: tuple[Gate, ...]
    tickets: tuple[Ticket, ...]
    areas: tuple[Area, ...] = ()
    sessions: tuple[Session, ...] = ()
    policy: Policy = Policy()
    day_ends_min: int = 240
    symbols: tuple[Symbol, ...] = ()
    """What badges of other systems carry besides QR codes: cameras look for these too."""
