"""The help desk: people who register during the event and go straight to a door, where nobody may know them yet."""

import logging
import threading
from collections.abc import Callable
from random import Random

import msgspec

from access.badge.credential import read_human_code
from access.event.definition import Event
from jianmen.demo.crowd import Crowd, Guest
from jianmen.demo.people import invent_person
from jianmen.demo.registry_view import RegistryView, SilentError
from registry.roster.model import IssuedBadge, Person

log = logging.getLogger(__name__)

EVERY_S = 12.0
"""Mean seconds between two walk-ups."""


class HelpDesk:
    """Registers a walk-up now and then, in a thread of its own. They get signed badges: a door that is cut off lets
    them in all the same, and it is there that they go while one is."""

    def __init__(
        self,
        event: Event,
        registry: RegistryView,
        crowd: Crowd,
        cut_off: Callable[[], list[str]],
        seed: int,
    ) -> None:
        """`cut_off` names the venues that are cut off just now."""
        self._event = event
        self._registry = registry
        self._crowd = crowd
        self._cut_off = cut_off
        self._dice = Random(f"{seed} walk-ups")  # noqa: S311 - people who do not exist
        self._count = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="help desk")

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Safe to repeat."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._registry.close()

    def _work(self) -> None:
        while not self._stop.wait(self._dice.expovariate(1 / EVERY_S)):
            self._count += 1
            person = self._walk_up()
            try:
                issued = self._registry.register(person)
            except SilentError as error:
                log.warning("a walk-up had to leave again: %s", error)
                continue
            badge = IssuedBadge(
                ref=person.ref,
                badge=read_human_code(issued.code) or b"",
                issue=issued.issue,
                form=issued.form,
                text=issued.text,
                code=issued.code,
            )
            self._crowd.join(Guest(person, badge, at_once=True))

    def _walk_up(self) -> Person:
        person = invent_person(self._event, f"W{self._count:05}", self._dice, "signed")
        venues = self._cut_off() or [venue.id for venue in self._event.venues]
        venue = self._dice.choice(venues)
        return msgspec.structs.replace(person, ticket="delegate", venues=(venue,), sessions=())
