"""Bodies of entries with which people sign something off: a door before it opens, the end of an event day."""

from typing import Annotated

import msgspec
from msgspec import Meta

from access.log.fields import BadgeId, FreeText, Id, Issue


class OpeningChecked(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """A supervisor's sign-off of a door before it opens, `opening`: "good", "bad" or "not_done" by check, by case."""

    gate: Id
    findings: dict[str, str]
    test_badges: dict[str, str]
    staff: BadgeId
    staff_issue: Issue
    note: FreeText = ""


class Close(msgspec.Struct, frozen=True, array_like=True, gc=False, kw_only=True):
    """The end of an event day, with the last entry number of each log stored by the registry (`held`)."""

    day: Annotated[str, Meta(max_length=10)]
    held: dict[str, int]
