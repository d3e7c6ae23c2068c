"""What the public interface says of what admins manage: kiosks, key cards, staff, signing keys, jobs."""

from typing import Literal

import msgspec

from access.event.definition import Role
from registry.queries.shapes import Alarm, Answer, KioskState, SilentKiosk, Time


class RefusedEnrolments(Answer, frozen=True, kw_only=True):
    """Attempts with wrong codes in the last hour, from how many addresses, and when the last one was."""

    attempts: int
    addresses: int
    last: Time | None


class Kiosks(Answer, frozen=True, kw_only=True):
    """Unhealthy ones first. Alarms are those of the last 24 hours, newest first."""

    as_of: Time
    kiosks: list[KioskState]
    alarms: list[Alarm]
    refused_enrolments: RefusedEnrolments


class Resealed(Answer, frozen=True, kw_only=True):
    """How many name cards were sealed again."""

    cards: int


class KeyCard(Answer, frozen=True, kw_only=True):
    """A key card, whose only copy this is: the text of its QR code and the code itself (SVG), the same for people to
    type, and its PIN. `code` is that of its owner's badge."""

    done: bool = True
    ref: str
    code: str
    text: str
    typed: str
    pin: str
    qr: str


class KeyCards(Answer, frozen=True, kw_only=True):
    """Key cards, whose only copies these are."""

    cards: list[KeyCard]


class StaffMember(Answer, frozen=True, kw_only=True):
    """Somebody whose ticket has a role. `unlocks`: what opens names for them (`badge_and_pin`: from before there were
    key cards; they should be given one). `guessable`: their badge's code can be found by trying; it gives no role."""

    ref: str
    code: str
    ticket: str
    roles: list[Role]
    unlocks: Literal["key_card", "badge_and_pin", "nothing"]
    guessable: bool


class Staff(Answer, frozen=True, kw_only=True):
    """Everybody whose ticket has a role."""

    staff: list[StaffMember]


class SigningKey(Answer, frozen=True, kw_only=True):
    """A key that signs badges. `fingerprint`: 16 hex digits of the SHA-256 of its public half; `badges`: how many
    badges it has signed that no newer issue replaces."""

    number: int
    fingerprint: str
    state: Literal["signs", "good", "retired"]
    badges: int


class SigningKeys(Answer, frozen=True, kw_only=True):
    """Every key that ever signed badges of this event."""

    keys: list[SigningKey]


class NewSigningKey(Answer, frozen=True, kw_only=True):
    """The number of a new key."""

    number: int


class RetiredSigningKey(Answer, frozen=True, kw_only=True):
    """How many badges are to be printed again, now that their key is retired."""

    badges: int


class EventEffect(Answer, frozen=True, kw_only=True):
    """One thing that a changed definition does, to the gate, session or area of that id; `asks`: it takes something
    from a door that is in use, so it is done only when confirmed."""

    kind: str
    id: str
    detail: str
    asks: bool


class EventChange(Answer, frozen=True, kw_only=True):
    """What a changed definition does. `applied`: it is in force now; `asks`: it must be confirmed first. `mark` stands
    for the definition that was in force before, and is what `expect` takes."""

    event: str
    changed: bool
    applied: bool
    asks: bool
    effects: list[EventEffect]
    mark: str


class Purged(Answer, frozen=True, kw_only=True):
    """How many persons were erased, and the kiosks that have not been heard from: they still have the name cards, until
    they hear of it or the event's retention days are over."""

    persons: int
    silent: list[SilentKiosk]


class Job(Answer, frozen=True, kw_only=True):
    """Long work. `stage` names what is being done, `done` of `total` how far that is (0: not known); `result` is of its
    kind; `error` says why it failed; `files` are the names of what it has made."""

    id: str
    kind: str
    state: Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]
    stage: str
    done: int
    total: int
    result: msgspec.Raw | None
    error: str
    files: list[str]


class Jobs(Answer, frozen=True, kw_only=True):
    jobs: list[Job]


class Imported(Answer, frozen=True, kw_only=True):
    """What an import did: people who are new, changed and the same; `missing` are registered and not in the list.
    `warnings` are lines for people. `applied` false: it only looked, and this is what would be."""

    added: int
    updated: int
    same: int
    missing: int
    warnings: list[str]
    applied: bool
