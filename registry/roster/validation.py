"""All reasons why people cannot be registered, found at once."""

from collections.abc import Collection, Iterator, Sequence

from access.badge import credential
from access.event.definition import Event
from registry.roster.model import Person, mistakes
from registry.storage.errors import Refusal


def refusals(
    people: Sequence[Person],
    event: Event,
    refs_taken: Collection[str],
    badges_taken: Collection[bytes],
) -> list[Refusal]:
    """Why these people cannot be registered; empty: they can. `badges_taken` are ids in use among those that the
    codes of other systems give."""
    refs: set[str] = set()
    owners: dict[bytes, Person] = {}
    found: list[Refusal] = []
    for index, person in enumerate(people):
        whys = mistakes(person, event)
        if person.ref in refs_taken:
            whys.append("is registered already; change that registration instead")
        elif person.ref in refs:
            whys.append("is there twice; each person has a ref of their own")
        refs.add(person.ref)
        if person.form == "foreign" and person.code:
            whys += _collisions(person, person.code, owners, badges_taken)
        found += [Refusal(index, person.ref, why) for why in whys]
    return found


def _collisions(
    person: Person, code: str, owners: dict[bytes, Person], taken: Collection[bytes]
) -> Iterator[str]:
    """What is wrong with the id that another system's code gives: it is a hash of 40 bits."""
    badge = credential.foreign(code).badge
    owner = owners.setdefault(badge, person)
    if owner is not person and owner.code == code:
        yield f"has the same code as {owner.ref!r}"
    elif owner is not person:
        yield f"has a code that doors cannot tell from that of {owner.ref!r}; give one a badge of ours"
    elif badge in taken:
        yield "has a code that somebody registered earlier has, or that doors cannot tell from it"
