"""The registry through its public interface, and the help desk that registers people with it during the event."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import TypeVar

import msgspec
import requests

from access.badge.credential import read_human_code
from access.event.definition import Event
from jianmen.demo.ground_truth import GroundTruth, Guest
from jianmen.demo.opening import invent_person
from registry.queries import admin_shapes
from registry.queries import shapes as answers
from registry.roster.model import IssuedBadge, Person

TIMEOUT_S = 4.0
"""A page that waits longer is not live."""

REGISTER_S = 20.0
"""The registry loads its dictionaries of Chinese when it meets the first name."""

Answer = TypeVar("Answer", bound=msgspec.Struct)


class SilentError(Exception):
    """The registry does not answer, or not as it should."""


class RegistryClient:
    """Asks with an API token. For one thread."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of the machine's environment stands in between
        self._session.headers["Authorization"] = f"Bearer {token}"

    def headcount(self) -> answers.Headcount:
        """Raises SilentError, as all do."""
        return self._ask("headcount", answers.Headcount)

    def kiosks(self) -> admin_shapes.Kiosks:
        return self._ask("kiosks", admin_shapes.Kiosks)

    def gates(self) -> answers.Gates:
        return self._ask("gates", answers.Gates)

    def register(self, person: Person) -> answers.Issued:
        """Register somebody, and print their badge."""
        body = {
            key: value for key, value in msgspec.to_builtins(person).items() if value is not None
        }
        return self._decoded("POST", "registrants", answers.Issued, body)

    def _ask(self, path: str, kind: type[Answer]) -> Answer:
        return self._decoded("GET", path, kind)

    def _decoded(
        self, method: str, path: str, kind: type[Answer], body: object | None = None
    ) -> Answer:
        try:
            answer = self._session.request(
                method,
                f"{self.url}/api/v1/{path}",
                json=body,
                timeout=TIMEOUT_S if body is None else REGISTER_S,
            )
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=kind)
        except (requests.RequestException, msgspec.DecodeError) as error:
            raise SilentError(f"the registry does not answer {path}: {error}") from error

    def close(self) -> None:
        """Safe to repeat."""
        self._session.close()


def seconds_between(earlier: str, later: str) -> float:
    """Between two of its times (RFC 3339)."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


log = logging.getLogger(__name__)

EVERY_S = 12.0
"""Mean seconds between two walk-ups."""


class HelpDesk:
    """Registers a walk-up now and then, in a thread of its own. They get signed badges: a door that is cut off lets
    them in all the same, and it is there that they go while one is."""

    def __init__(
        self,
        event: Event,
        registry: RegistryClient,
        truth: GroundTruth,
        cut_off: Callable[[], list[str]],
        seed: int,
    ) -> None:
        """`cut_off` names the venues that are cut off just now."""
        self._event = event
        self._registry = registry
        self._truth = truth
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
            self._truth.join(Guest(person, badge, at_once=True))

    def _walk_up(self) -> Person:
        person = invent_person(self._event, f"W{self._count:05}", self._dice, "signed")
        venues = self._cut_off() or [venue.id for venue in self._event.venues]
        venue = self._dice.choice(venues)
        return msgspec.structs.replace(person, ticket="delegate", venues=(venue,), sessions=())
