"""What the public interface is asked to do: the shapes of the JSON that is sent to it."""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from access.text.wifi_code import Security
from config.languages import KnownLanguage
from registry.queries.shapes import Access, EntryName

Text = Annotated[str, Meta(min_length=1, max_length=500)]

Extra = dict[Annotated[str, Meta(max_length=100)], Annotated[str, Meta(max_length=500)]]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON object; a field that is not known is a mistake, and named. `traced` fields go into the trail: none that
    names a person or is a secret. `most_bytes`: nearly none that is right has more than a few hundred."""

    traced: ClassVar[tuple[str, ...]] = ()
    most_bytes: ClassVar[int] = 64 * 1024


class NewRuling(Body, frozen=True, kw_only=True):
    """An admin's answer to a conflict line. `was`: the answer that the asker has seen (null: none); nothing is done
    where there is another one (409). Left out: whatever was answered."""

    traced = ("kind", "answer")

    kind: Literal["would_refuse", "two_places", "fork"]
    entry: EntryName
    answer: Text
    was: str | msgspec.UnsetType | None = msgspec.UNSET


Some = Annotated[tuple[str, ...], Meta(min_length=1)]
"""Venues or days: a badge without any opens nothing."""


class NewPerson(Body, frozen=True, kw_only=True):
    """A person to be registered, in the event definition's ids; `venues` and `days` null: all of them. `ref` null: the
    registry gives a number. A `signed` badge is let in by doors that have not heard of it yet."""

    ref: Text | None = None
    ticket: Text
    name: Annotated[str, Meta(max_length=200)] = ""
    organisation: Annotated[str, Meta(max_length=200)] = ""
    language: KnownLanguage = "en"
    venues: Some | None = None
    days: Some | None = None
    sessions: tuple[str, ...] = ()
    form: Literal["plain", "signed"] = "signed"
    extra: Extra = {}


class ChangedPerson(Body, frozen=True, kw_only=True):
    """What changes of a person; what is left out stays as it is. `venues` and `days` null: all. `extra` replaces all
    fields for staff. `version` is that of the person as it was read: nothing changes where somebody else has changed
    them meanwhile (409, which names the fields). Left out: the change is made whatever they are now."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    organisation: Annotated[str, Meta(max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    language: KnownLanguage | msgspec.UnsetType = msgspec.UNSET
    ticket: Text | msgspec.UnsetType = msgspec.UNSET
    venues: Some | msgspec.UnsetType | None = msgspec.UNSET
    days: Some | msgspec.UnsetType | None = msgspec.UNSET
    sessions: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    extra: Extra | msgspec.UnsetType = msgspec.UNSET
    version: Annotated[str, Meta(max_length=200)] | msgspec.UnsetType = msgspec.UNSET


Issue = Annotated[int, Meta(ge=1, le=63)]


class Revoke(Body, frozen=True, kw_only=True):
    """`issue` null: the badge, all issues and later ones too. `newest`: the newest issue that the asker has seen;
    nothing is revoked where there is a newer one (409). Null: whatever there is."""

    traced = ("issue", "why")

    issue: Issue | None = None
    why: Text
    newest: Issue | None = None


class Reissue(Body, frozen=True, kw_only=True):
    """`newest`: the newest issue that the asker has seen; nothing is made where there is a newer one (409). Null:
    whatever there is."""

    newest: Issue | None = None


class StaffPin(Body, frozen=True, kw_only=True):
    """The PIN of a key card's owner: eight digits or more, or a phrase (null: one is drawn)."""

    pin: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class NewCode(Body, frozen=True, kw_only=True):
    """Ask for a one-time code with which a kiosk is enrolled at a gate (null: a spare). `url` is where kiosks reach the
    registry; left out: as its settings say, else as this request did."""

    traced = ("gate",)

    gate: str | None = None
    minutes: Annotated[int, Meta(ge=1, le=1440)] = 10
    url: (
        Annotated[
            str,
            Meta(
                pattern=r"^https?://[^\s#]+$",
                max_length=200,
                description="an address such as https://registry.example:8743",
            ),
        ]
        | None
    ) = None


class NetworkCode(Body, frozen=True, kw_only=True):
    """Ask for the code by which kiosks join a wireless network; nothing of it is kept. `security`: WPA with a password
    (`wpa`), WPA3 alone (`sae`) or none (`open`); `hidden`: the network does not show its name."""

    name: Annotated[str, Meta(max_length=100)]
    password: Annotated[str, Meta(max_length=500)] = ""
    security: Security = "wpa"
    hidden: bool = False


class Assign(Body, frozen=True, kw_only=True):
    """`was`: the gate that the asker has seen the kiosk at; nothing is done where it is at another one (409). Left out:
    wherever it is."""

    traced = ("gate",)

    gate: str | None
    was: str | msgspec.UnsetType | None = msgspec.UNSET


class CutOff(Body, frozen=True, kw_only=True):
    """`believed`: the last number of each of its logs that still counts; left out: everything held now."""

    believed: dict[str, int] | None = None


class FreeSeats(Body, frozen=True, kw_only=True):
    """Seats given to a kiosk: those that a wiped one at its gate had."""

    traced = ("area", "seats")

    area: str
    seats: Annotated[int, Meta(ge=1, le=100_000)]


class NewToken(Body, frozen=True, kw_only=True):
    traced = ("label", "access")

    label: Text
    access: Access


class NewHook(Body, frozen=True, kw_only=True):
    """An address told of every check-in from now on."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^https?://[^\s]+$",
            max_length=500,
            description="an address that begins with http:// or https://",
        ),
    ]


Password = Annotated[str, Meta(min_length=10, max_length=200)]
AccountName = Annotated[str, Meta(min_length=1, max_length=64)]


class NewPassword(Body, frozen=True, kw_only=True):
    """The password of an account. `version`: that of the password that the asker has seen in the list of accounts;
    nothing is done where there is another one (409). Left out: whichever it is."""

    traced = ("account",)

    account: AccountName
    password: Password
    version: str | msgspec.UnsetType = msgspec.UNSET


class OwnPassword(Body, frozen=True, kw_only=True):
    """The password of whoever asks: the one of now, and the new one."""

    old: Annotated[str, Meta(max_length=200)]
    password: Password


class NewAccount(Body, frozen=True, kw_only=True):
    """Somebody who may log in from now on."""

    traced = ("name", "role")

    name: AccountName
    role: Access
    password: Password


class NewRole(Body, frozen=True, kw_only=True):
    """What an account may do from now on. `was`: what the asker has seen; nothing is done where that has changed (409).
    Left out: whatever it is."""

    traced = ("role",)

    role: Access
    was: Access | msgspec.UnsetType = msgspec.UNSET


class CloseDay(Body, frozen=True, kw_only=True):
    traced = ("day",)

    day: Annotated[
        str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="a day such as 2026-11-22")
    ]


class Purge(Body, frozen=True, kw_only=True):
    """`early`: before the retention days are over."""

    traced = ("early",)

    early: bool = False


class ChangedEvent(Body, frozen=True, kw_only=True):
    """An event definition as its TOML text, to be put in force. `check`: only tell what it would do; `confirmed`: do so
    also where it takes something from a door that is in use. `expect`: the mark of the definition in force that an
    answer gave; nothing is done where another one is in force by now (409). Null: whatever is."""

    traced = ("file", "confirmed")
    most_bytes = 8 * 1024 * 1024

    toml: Annotated[str, Meta(max_length=1_000_000)]
    file: Annotated[str, Meta(min_length=1, max_length=200)] = "event.toml"
    check: bool = False
    confirmed: bool = False
    expect: Annotated[str, Meta(max_length=64)] | None = None
