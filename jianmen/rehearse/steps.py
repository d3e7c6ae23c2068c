"""The steps of a scenario, as they stand in its lines."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from access.event.definition import Direction
from config.languages import KnownLanguage

Name = Annotated[str, Meta(min_length=1, max_length=200)]


Note = Annotated[str, Meta(max_length=500)]

MOST_OFFSET_S = 10_000_000_000
"""Some 300 years: further off no clock can be set."""


class Step(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """What every step has: when it happens, and what its outcome must contain."""

    at: str | None = None
    expect: dict[str, Any] | None = None


class Register(Step, tag="register"):
    ref: Name
    ticket: Name
    venues: list[str] | None = None
    days: list[str] | None = None
    sessions: list[str] = []
    name: str = "Guest"
    lang: KnownLanguage = "en"
    form: Literal["plain", "signed", "foreign"] = "plain"
    code: str | None = None


class Reissue(Step, tag="reissue"):
    ref: Name


class Revoke(Step, tag="revoke"):
    ref: Name
    why: Note = ""


class Present(Step, tag="present"):
    gate: Name
    badge: Name | None = None
    code: str | None = None
    tamper: Literal["proof", "claims"] | None = None
    direction: Direction | None = None


class Override(Step, tag="override"):
    gate: Name
    badge: Name
    staff: Name
    why: Note = ""


class Void(Step, tag="void"):
    gate: Name
    entry: Name
    staff: Name
    why: Note = ""


class Passed(Step, tag="passed"):
    gate: Name
    entry: Name


class NotPassed(Step, tag="not_passed"):
    gate: Name
    entry: Name


class Recount(Step, tag="recount"):
    gate: Name
    area: Name
    inside: Annotated[int, Meta(ge=0, le=1_000_000)]
    staff: Name
    why: Note = ""


class SetTime(Step, tag="set_time"):
    gate: Name
    staff: Name
    off_s: Annotated[float, Meta(ge=-MOST_OFFSET_S, le=MOST_OFFSET_S)] = 0.0


class CutOff(Step, tag="cut_off"):
    gate: Name


class Spare(Step, tag="spare"):
    kiosk: Name


class GiveGate(Step, tag="give_gate"):
    kiosk: Name
    gate: Name
    staff: Name
    beside: bool = False


class Clone(Step, tag="clone"):
    gate: Name
    kiosk: Name


class ChangeEvent(Step, tag="event"):
    file: Name


class Cut(Step, tag="cut"):
    nodes: list[str] | None = None
    groups: list[list[str]] | None = None


class Heal(Step, tag="heal"):
    nodes: list[str] | None = None


class Sync(Step, tag="sync"):
    pass


class SetClock(Step, tag="clock"):
    gate: Name
    offset_s: Annotated[float, Meta(ge=-MOST_OFFSET_S, le=MOST_OFFSET_S)] | None = None
    trusted: bool | None = None


class Restart(Step, tag="restart"):
    gate: Name


class Wipe(Step, tag="wipe"):
    gate: Name


class AskHeadcount(Step, tag="headcount"):
    node: str = "registry"


class AskConflicts(Step, tag="conflicts"):
    pass


AnyStep = (
    Register | Reissue | Revoke | Present | Override | Void | Cut | Heal | Sync | SetClock | Restart
    | Wipe | Passed | NotPassed | Recount | SetTime | CutOff | Spare | GiveGate | Clone
    | ChangeEvent | AskHeadcount | AskConflicts
)  # fmt: skip
