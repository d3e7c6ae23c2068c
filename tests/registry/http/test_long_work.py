"""A new desk key and the purge are jobs: they show how far they are, end as one answer, and change all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from jianmen.testing.waiting import until
from registry.jobs import Stopped
from registry.roster.model import IssuedBadge, Person
from registry.roster.repository import row_of
from registry.service import RegistryService
from registry.storage import tables

pytestmark = pytest.mark.both_stores

NewKiosk = Callable[[str], Any]


def ended(api: Any, job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def is_over() -> bool:
        found.update(api.get(f"/jobs/{job['id']}"))
        return found["state"] not in ("waiting", "running")

    until(is_over, "the job to end")
    return found


def cards(service: RegistryService) -> dict[bytes, bytes | None]:
    return {known.badge: service.ledger.card(known.badge, 1) for known in service.people.everyone()}


def test_a_new_desk_key_is_a_job(
    api: Any, service: RegistryService, delegates: list[IssuedBadge]
) -> None:
    before = cards(service)
    job = ended(api, api.post("/desk-key/jobs", {}))
    assert (job["state"], job["stage"]) == ("done", "desk_key.sealing")
    assert (job["done"], job["total"], job["result"]) == (
        len(delegates), len(delegates), {"cards": len(delegates)},
    )  # fmt: skip
    assert all(card != before[badge] for badge, card in cards(service).items())


def test_somebody_erased_since_a_backup_does_not_stop_the_job(
    api: Any, service: RegistryService, delegates: list[IssuedBadge]
) -> None:
    issued = service.register(Person(ref="gone", ticket="delegate", name="王芳"))
    [entry] = service.ledger.roster_of([issued.badge])
    kept = service.people.by_badge(issued.badge)
    service.erase(issued.badge)
    with service.ledger.transaction(), service.ledger.database.writing() as connection:
        connection.execute(tables.person.insert(), [row_of(kept)])  # as a backup has it

    job = ended(api, api.post("/desk-key/jobs", {}))
    assert (job["state"], job["result"]) == ("done", {"cards": len(delegates)})
    assert service.people.by_badge(issued.badge) is None
    assert entry.body.card is not None


def test_a_new_desk_key_that_is_stopped_has_changed_nothing(
    service: RegistryService, delegates: list[IssuedBadge]
) -> None:
    before = cards(service)

    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        service.staff_keys.new_desk_key(service.event, last_chance=stop)
    assert cards(service) == before
    assert service.staff_keys.new_desk_key(service.event) == len(delegates)


def test_a_purge_is_a_job_that_can_still_be_asked_about(
    api: Any, delegates: list[IssuedBadge], new_kiosk: NewKiosk
) -> None:
    new_kiosk("chengdu-main-1").exchange()
    job = ended(api, api.post("/purge/jobs", {"early": True}))
    assert (job["state"], job["result"]["persons"]) == ("done", len(delegates))
    assert [one["kind"] for one in api.get("/jobs")["jobs"]] == ["purge"]
    assert api.get("/registrants")["total"] == 0


def test_a_purge_that_is_too_early_says_when(api: Any, service: RegistryService) -> None:
    service.register(Person(ref="a", ticket="delegate", name="陳大文"))
    job = ended(api, api.post("/purge/jobs", {"early": False}))
    assert job["state"] == "failed"
    assert "People are kept until" in job["error"]
    answer = api.call("POST", "/purge", msgspec.json.encode({"early": False}))
    assert answer.status_code != 200
    assert "People are kept until" in answer.text
    assert service.people.count() == 1


def test_whoever_registers_while_a_purge_is_prepared_is_erased_too(
    service: RegistryService, delegates: list[IssuedBadge]
) -> None:
    came: list[IssuedBadge] = []

    def one_more() -> None:
        if not came:
            came.append(service.register(Person(ref="late", ticket="delegate", name="王芳")))

    assert service.purge(early=True, last_chance=one_more) == len(delegates) + 1
    assert service.people.count() == 0
    assert service.ledger.card(came[0].badge, 1) is None
    withdrawn = service.ledger.roster_of([came[0].badge])
    newest = max(withdrawn, key=lambda entry: (entry.wall_ms, entry.seq))
    assert newest.body.card is None  # type: ignore[union-attr]
