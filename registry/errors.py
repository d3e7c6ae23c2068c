"""What can go wrong at the centre, in words for the people who run it.

RegistryError
├── DatabaseError        the database cannot be opened, or another process has it
├── NotInitialisedError  there is no event yet: `jianmen registry init`
├── UnknownError         no such badge, person, device, gate or ticket
└── RegistrationError    people who cannot be registered as asked; every mistake is named
"""

from collections.abc import Sequence


class RegistryError(Exception):
    """Something that the centre cannot do as asked. Its text is for people."""


class DatabaseError(RegistryError):
    """The database cannot be opened."""


class NotInitialisedError(RegistryError):
    """No event is defined yet."""

    def __init__(self) -> None:
        super().__init__("There is no event here yet. Run: jianmen registry init EVENT.toml")


class UnknownError(RegistryError):
    """What was named does not exist here."""


class RegistrationError(RegistryError):
    """Registrations that cannot be: nothing of them was kept. `mistakes` are lines for people."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))
