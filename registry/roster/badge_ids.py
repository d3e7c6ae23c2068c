"""Ids of new badges: random ones that nobody has, or those that codes of other systems give."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from access.badge import credential
from registry.roster.model import Person
from registry.roster.repository import People


def badge_ids(
    persons: Sequence[Person], people: People, random: Callable[[int], bytes]
) -> list[bytes]:
    """An id for each person's new badge: a foreign code's own, or a random one. `people` have the ids in use.

    To be asked for all who are registered together: of a million ids of 40 bits two are the same as often as not.
    """
    of_codes = [credential.foreign(one.code).badge if one.code else None for one in persons]
    used = {badge for badge in of_codes if badge is not None}
    drawn = iter(random_ids(of_codes.count(None), used, people, random))
    return [badge if badge is not None else next(drawn) for badge in of_codes]


def random_ids(
    count: int, used: AbstractSet[bytes], people: People, random: Callable[[int], bytes]
) -> list[bytes]:
    """So many random ids that nobody of `people` has, and that are not among `used`."""
    found: dict[bytes, None] = {}
    while len(found) < count:
        drawn = [random(credential.BADGE_BYTES) for _ in range(count - len(found))]
        taken = people.badges_taken(drawn)
        found |= {badge: None for badge in drawn if badge not in taken and badge not in used}
    return list(found)
