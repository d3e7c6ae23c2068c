"""The registry's errors; their texts are for the people who run it.

RegistryError
├── DatabaseError        the database cannot be opened
│   └── InUseError       another process has it
├── NotScrubbedError     what was deleted can still be read in the files
├── NotInitialisedError  there is no event yet: `jianmen registry init`
├── UnknownError         no such badge, person, device, gate or ticket
├── ChangedError         somebody else changed it meanwhile
├── ForbiddenError       only an admin may do this
├── UnstorableError      a character that no database stores
└── RegistrationError    people who cannot be registered as asked; every mistake is named
"""

from collections.abc import Sequence
from typing import NamedTuple


class RegistryError(Exception):
    """A request that the registry cannot carry out. Its text is for people."""


class DatabaseError(RegistryError):
    """The database cannot be opened."""


class InUseError(DatabaseError):
    """Another process has the database."""


class NotScrubbedError(RegistryError):
    """What was deleted can still be read in the database's files."""

    def __init__(self) -> None:
        super().__init__(
            "It is deleted, but the database's files may still hold it: something else is reading them, or their disk"
            " is full. Stop the registry and start it again; then it is gone."
        )


class NotInitialisedError(RegistryError):
    """No event is defined yet."""

    def __init__(self) -> None:
        super().__init__("There is no event here yet. Run: jianmen registry init EVENT.toml")


class UnknownError(RegistryError):
    """What was named does not exist here."""


class ChangedError(RegistryError):
    """Somebody else has changed meanwhile what was to be changed; `fields` of it."""

    def __init__(self, fields: Sequence[str], text: str = "") -> None:
        """`text` is for people; left out: a person was to be changed."""
        self.fields = tuple(fields)
        names = ", ".join(fields)
        super().__init__(
            text
            or f"Somebody else has changed this person meanwhile ({names}); nothing was saved. Look, and save again."
        )


class ForbiddenError(RegistryError):
    """Only an admin may do this."""


class UnstorableError(RegistryError):
    """A character that no database stores."""

    def __init__(self) -> None:
        super().__init__("There is a character or a number in this that cannot be stored.")


class Refusal(NamedTuple):
    """One mistake of one of the people to be registered: their number in the list, their ref (empty: none yet), what is
    wrong."""

    number: int
    ref: str
    what: str


class RegistrationError(RegistryError):
    """People who cannot be registered as asked: nothing was stored."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        self.mistakes = tuple(
            f"{one.ref!r}: {one.what}" if one.ref else one.what for one in refusals
        )
        """As lines for people."""
        super().__init__("\n".join(self.mistakes))


def refused(ref: str, *whys: str) -> RegistrationError:
    """The error for one person."""
    return RegistrationError([Refusal(0, ref, why) for why in whys])
