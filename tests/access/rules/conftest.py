"""The fair of fair.toml, and a person who has done everything right until a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from access.badge.credential import Claims
from access.event.programme import Programme
from access.log.entry import Span
from access.rules.decide import Decision, Facts, Presented, decide
from config import event_file

DAY = "2020-11-17T"


@dataclass
class World:
    """The fair, and a person who has done everything right: each test changes what goes wrong."""

    programme: Programme
    instant: Callable[[str], int]
    claims_of: Callable[..., Claims]

    def at(self, text: str) -> int:
        return self.instant(f"{text if 'T' in text else DAY + text}+08:00")

    def case(
        self,
        gate: str = "main",
        at: str | int | Span = "14:00",
        *,
        direction: str = "in",
        ticket: str = "guest",
        sessions: Iterable[str] = ("talk",),
        venues: Iterable[str] | None = None,
        days: Iterable[str] | None = None,
        listed: bool = True,
        **more: Any,
    ) -> tuple[Presented, Facts, Programme, Span]:
        """`more`: fields of Presented and Facts."""
        claims = self.claims_of(self.programme, ticket, sessions, venues, days)
        known = {name: more.pop(name) for name in list(more) if name in Facts.__struct_fields__}
        outcome: dict[str, Any] = {
            "form": "plain",
            "badge": b"\0" * 5,
            "issue": 1,
            "proof": "proven",
        }
        presented = Presented(gate, direction, **(outcome | more))  # type: ignore[arg-type]
        if presented.form == "signed" and presented.claims is None:
            presented = msgspec.structs.replace(presented, claims=claims)
        facts = Facts(listed=claims if listed else None, **known)
        when = self.at(at) if isinstance(at, str) else at
        span = when if isinstance(when, Span) else Span(when, when)
        return presented, facts, self.programme, span

    def ask(self, *args: Any, **more: Any) -> Decision:
        return decide(*self.case(*args, **more))

    def under(self, build: Any, **policy: object) -> World:
        return replace(self, programme=build.with_policy(self.programme, **policy))


@pytest.fixture
def fair(build: Any, instant: Callable[[str], int]) -> World:
    return World(
        Programme(event_file.load(Path(__file__).parent / "fair.toml")), instant, build.claims
    )
