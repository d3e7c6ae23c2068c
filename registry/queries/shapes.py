"""What the public interface says: the shapes of its JSON.

Times are RFC 3339 in the event's zone, ids are the event definition's own, names stand in three languages. A badge is
named by `b` and the first 12 hex digits of its id's SHA-256; its human code is shown to admins alone.
"""

from typing import Annotated, Literal, Union

import msgspec
from msgspec import Meta

from access.event.definition import Direction, GateMode, Names, Role, Verdict

Time = Annotated[
    str,
    Meta(description="RFC 3339, in the event's zone", extra_json_schema={"format": "date-time"}),
]
Access = Literal["viewer", "desk", "admin"]
"""A role; each may do what those before it may. A viewer sees counts; the help desk sees persons, registers them and
prints, revokes and renews badges; an admin enrols, rules on conflicts, erases and changes settings."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON object; fields may be added in later versions."""


class Problem(Answer, frozen=True, kw_only=True):
    """What went wrong, for people; `mistakes`: a line for each of several. `changed`: fields changed meanwhile."""

    error: str
    mistakes: list[str] = []
    changed: list[str] = []


class Done(Answer, frozen=True, kw_only=True):
    """It is done; `entry` is the number in the registry's log, where one was written."""

    done: bool = True


class SilentKiosk(Answer, frozen=True, kw_only=True):
    """A kiosk from which entries may be missing: since when (null: never reached), and how many are known missing
    (null: unknown). `touch`: entries are `in_flight`, it is `behind` (they do not become fewer) or `silent`."""

    device: str
    gate: str | None
    area: str | None
    venue: str | None
    since: Time | None
    missing: int | None
    touch: Literal["in_touch", "in_flight", "behind", "silent"]


class AreaCount(Answer, frozen=True, kw_only=True):
    """One venue, hall or room. `inside` and `people` (distinct, today) include everything below it; `entries`, `exits`
    and `refused` are those at its own gates today. `low` to `high` is the band in which `inside` may truly lie;
    `heard` is the oldest last contact of the kiosks that count for it (null: one never had any, or there is none), and
    `kiosks` their number: without one nobody counts there."""

    id: str
    name: Names
    venue: str
    parent: str | None
    inside: int
    people: int
    entries: int
    exits: int
    refused: int
    capacity: int | None
    places_left: int | None
    by_hand: int
    low: int
    high: int
    as_of: Time
    heard: Time | None
    missing: int
    silent: int
    kiosks: int


class Headcount(Answer, frozen=True, kw_only=True):
    """Everybody, everywhere, and how far it can be trusted: `kiosks` at work, `gates` that have one, who is silent."""

    event: str
    name: Names
    day: str
    as_of: Time
    areas: list[AreaCount]
    kiosks: int
    silent: list[SilentKiosk]
    missing: int
    gates: int


class GateCount(Answer, frozen=True, kw_only=True):
    """A gate, its kiosk, and what it answered today: presentations by reason."""

    id: str
    area: str
    venue: str
    direction: Literal["in", "out", "both"]
    mode: GateMode
    kiosk: str | None
    reasons: dict[str, int]


class Gates(Answer, frozen=True, kw_only=True):
    as_of: Time
    gates: list[GateCount]


class SessionCount(Answer, frozen=True, kw_only=True):
    """A session: distinct people let in for it, and how many may book it."""

    id: str
    area: str
    venue: str
    name: Names
    starts: Time
    ends: Time
    booking: Literal["required", "open"]
    capacity: int | None
    attended: int
    cancelled: bool


class Sessions(Answer, frozen=True, kw_only=True):
    as_of: Time
    sessions: list[SessionCount]


class KioskClock(Answer, frozen=True, kw_only=True):
    """The source of the kiosk's time (null: none yet), how sure it is, and whether sources disagree."""

    source: Literal["registry", "supervisor", "kernel", "neighbour"] | None
    error_ms: int | None
    disagree: bool


Trouble = Literal[
    "never_heard",
    "silent",
    "backlog",
    "unassigned",
    "clock_unsure",
    "clock_disagrees",
    "alarm",
    "health",
    "seats_lost",
    "cut_off",
    "printer",
]


class KioskOpening(Answer, frozen=True, kw_only=True):
    """A door was tried before it opened, and a supervisor signed it off; `not_good` are the checks and test badges that
    were bad or were not done."""

    at: Time
    gate: str
    good: bool
    not_good: list[str]
    note: str


class KioskState(Answer, frozen=True, kw_only=True):
    """One kiosk. `troubles` is empty for a healthy one; `missing` are entries that it has and the registry lacks, as
    far as its last head says; `held` its entries that are stored here; `readings` its own last health entry;
    `seats_lost` the seats of its area that a kiosk which stood at its gate before took with it;
    `opening` the last sign-off of its door."""

    device: str
    name: str
    gate: str | None
    area: str | None
    venue: str | None
    address: str
    heard: Time | None
    silent: bool
    missing: int
    held: int
    clock: KioskClock
    readings: dict[str, int | float | str | bool | None]
    readings_at: Time | None
    seats_lost: int
    troubles: list[Trouble]
    opening: KioskOpening | None = None


class Alarm(Answer, frozen=True, kw_only=True):
    """Something people must look at, reported by a kiosk."""

    at: Time
    device: str
    gate: str | None
    what: str
    detail: str


class EntryName(Answer, frozen=True, kw_only=True):
    """Names one entry of one branch of a log."""

    log: Annotated[str, Meta(pattern="^[0-9a-f]{24}$")]
    seq: Annotated[int, Meta(ge=1)]
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class ConflictLine(Answer, frozen=True, kw_only=True):
    """A line of the partition report: what the door did, why that is odd, and a proposed reading. `ruling` is the
    answer of an admin, once there is one; `code` the badge's human code, for admins."""

    kind: Literal["would_refuse", "two_places", "fork"]
    reason: str | None
    badge: str | None
    code: str | None
    gate: str | None
    gates: list[str]
    at: Time
    latest: Time
    overlap: bool
    reading: str
    ruling: str | None
    receipt: str | None
    entry: EntryName


class ConflictReport(Answer, frozen=True, kw_only=True):
    """A page of the report: the unanswered first, and of these the newest. `total` and `open` count all lines."""

    as_of: Time
    total: int
    open: int
    conflicts: list[ConflictLine]


class IssueState(Answer, frozen=True, kw_only=True):
    """One print of a badge."""

    issue: int
    form: Literal["plain", "signed", "foreign"]
    revoked: bool
    superseded: bool


class Registrant(Answer, frozen=True, kw_only=True):
    """A person and what their badge may do. `place` is where presence has them (null: not here); `extra` are fields for
    staff: phone, mail, seat, note. `version` stands for all that can be changed; give it back with a change."""

    code: str
    badge: str
    ref: str
    name: str
    organisation: str
    language: str
    ticket: str
    ticket_name: Names
    roles: list[Role]
    venues: list[str]
    days: list[str]
    sessions: list[str]
    issues: list[IssueState]
    revoked: bool
    place: str | None
    last: Time | None
    extra: dict[str, str]
    version: str


class Registrants(Answer, frozen=True, kw_only=True):
    """A page of people; `total` counts all that match, `limit` is the number that was used.

    `next` is the `cursor` of the next page, null after the last. `near`: nobody has all the words that were typed, and
    these have all but one.
    """

    total: int
    offset: int
    registrants: list[Registrant]
    limit: int
    next: str | None
    near: bool = False


class Issued(Answer, frozen=True, kw_only=True):
    """A badge as issued, with the text of its QR code."""

    code: str
    issue: int
    form: Literal["plain", "signed", "foreign"]
    text: str


class Code(Answer, frozen=True, kw_only=True):
    """`text` is what the QR code says, `qr` that code as an SVG; `warning` says why kiosks may not reach the
    address."""

    code: str
    gate: str | None
    expires: Time
    text: str
    qr: str
    warning: str = ""


class NetworkCode(Answer, frozen=True, kw_only=True):
    """The code by which a kiosk joins a wireless network, as an SVG."""

    qr: str


class Deed(Answer, frozen=True, kw_only=True):
    """What a presentation at a door came to: `rule` is the number in the rule book, null for what was done by hand."""

    verdict: Verdict
    reason: str
    rule: int | None
    session: str | None
    conditions: list[str]


class RulePhrase(Answer, frozen=True, kw_only=True):
    """Why a rule spoke or did not: the key of a text, and what is filled in: ids of the event, numbers, local times,
    other phrases."""

    key: str
    values: dict[str, Union[str, int, list[str], "RulePhrase"]]


class RuleStep(Answer, frozen=True, kw_only=True):
    """One rule that was asked, and why it spoke or did not (in English, and as a phrase for other languages); `rule`
    null: after the table."""

    rule: int | None
    name: str
    spoke: bool
    why: str
    phrase: RulePhrase


class Receipt(Answer, frozen=True, kw_only=True):
    """A decision found again by its receipt: what was held up, the facts used, and what the door said (`then`).

    `again` is what these facts say when decided again, rule by rule in `steps`; `today` what would be said with all
    that is known by now of that moment. Null where the entry does not hold enough."""

    receipt: str
    gate: str
    direction: Direction
    at: Time
    latest: Time
    badge: str | None
    code: str | None
    issue: int | None
    proof: str | None
    method: str
    voided: bool
    place: str | None
    seats: int | None
    roster_issue: int
    why: str
    then: Deed
    again: Deed | None
    steps: list[RuleStep]
    today: Deed | None
    entry: EntryName


class Receipts(Answer, frozen=True, kw_only=True):
    """All decisions with this receipt: 20 bits of a hash, so seldom more than one."""

    receipts: list[Receipt]


class Closed(Answer, frozen=True, kw_only=True):
    """A closed day, and the kiosks from which entries of it may be missing."""

    day: str
    drained: bool
    silent: list[SilentKiosk]


class Health(Answer, frozen=True, kw_only=True):
    """The registry itself. `fingerprint` names its key, `entries` counts what it has folded."""

    event: str
    fingerprint: str
    entries: int
    synced: bool
    as_of: Time
