"""The registry as anybody sees it: through its public interface."""

from datetime import datetime
from typing import TypeVar

import msgspec
import requests

from registry.queries import shapes as answers
from registry.roster.model import Person

TIMEOUT_S = 4.0
"""A page that waits longer is not live."""

REGISTER_S = 20.0
"""The registry loads its dictionaries of Chinese when it meets the first name."""

Answer = TypeVar("Answer", bound=msgspec.Struct)


class SilentError(Exception):
    """The registry does not answer, or not as it should."""


class RegistryView:
    """Asks with an API token. For one thread."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of the machine's environment stands in between
        self._session.headers["Authorization"] = f"Bearer {token}"

    def headcount(self) -> answers.Headcount:
        """Raises SilentError, as all do."""
        return self._ask("headcount", answers.Headcount)

    def kiosks(self) -> answers.Kiosks:
        return self._ask("kiosks", answers.Kiosks)

    def gates(self) -> answers.Gates:
        return self._ask("gates", answers.Gates)

    def register(self, person: Person) -> answers.Issued:
        """Register somebody, and print their badge."""
        body = {
            key: value for key, value in msgspec.to_builtins(person).items() if value is not None
        }
        return self._said("POST", "registrants", answers.Issued, body)

    def _ask(self, path: str, kind: type[Answer]) -> Answer:
        return self._said("GET", path, kind)

    def _said(
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
