"""The registry's test badges: on the roster, nobody's, the same each time, and not among those registered."""

from __future__ import annotations

from typing import Any

from access.badge import credential
from access.badge.credential import Plain
from access.log.entry import BadgeIssued
from access.rules.opening_check import CASES
from registry.service import RegistryService


def test_they_are_written_once_and_are_the_same_each_time(service: RegistryService) -> None:
    first = service.issue_test_badges()
    newest = service.ledger.newest()
    again = service.issue_test_badges()

    assert first == again
    assert service.ledger.newest() == newest
    assert {one.case for one in first} == set(CASES)


def test_each_is_on_the_roster_as_its_case_says(service: RegistryService) -> None:
    for one in service.issue_test_badges():
        code = credential.read(one.text)
        assert isinstance(code, Plain)
        with service.snapshot() as known:
            history = known.history(code.badge)
        ((_, entry),) = history.issued
        assert isinstance(entry, BadgeIssued)
        assert entry.card is None
        assert history.revoked(1) is (one.case == "revoked")
        genuine = entry.verifier == credential.verifier(code.secret)
        assert genuine is (one.case != "forged")
        at_venue = bool(entry.claims.venues >> service.programme.venue_bit[one.venue] & 1)
        assert at_venue is (one.case != "other_venue")


def test_nobody_is_registered_by_them(service: RegistryService, api: Any) -> None:
    api.post("/badges/test", {})

    assert api.get("/attendance")["registered"] == 0
    assert api.get("/registrants")["registrants"] == []
