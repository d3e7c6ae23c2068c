"""Two admins change the same thing by two processes over one database: the second one is told, and nothing is lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from access.state.log_state import LogState
from registry.accounts.accounts import Accounts
from registry.roster.model import IssuedBadge
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService
from registry.storage.errors import ChangedError
from tests.registry.conftest import CONTROL, MORNING_MS, Api, Clock

pytestmark = pytest.mark.both_stores

NewKiosk = Callable[[str], Any]


@pytest.fixture
def other_service(service: RegistryService, clock: Clock) -> RegistryService:
    """A second process of the registry: folds and cached answers of its own."""
    return RegistryService(service.ledger, clock, random.Random(7).randbytes)


@pytest.fixture
def other(other_service: RegistryService, clock: Clock) -> Iterator[Api]:
    app: Flask = create_app(other_service, clock, WebSettings(control=CONTROL, open_here=True))
    yield Api(app.test_client())
    app.extensions["jianmen"].jobs.close()


def refused(api: Api, path: str, body: object, words: str) -> None:
    answer = api.call("POST", path, body)
    assert answer.status_code == 409, answer.text
    assert words in answer.json["error"]
    chinese = api.call("POST", path, body, headers={"Accept-Language": "zh-Hans"})
    assert "其他人刚才" in chinese.json["error"]


def test_a_password_that_somebody_else_has_just_set_is_kept(
    service: RegistryService, api: Api, other: Api
) -> None:
    accounts = Accounts(service.ledger, lambda: MORNING_MS)
    accounts.add("wong", "desk", "the first of them")
    (seen,) = [one for one in other.get("/accounts")["accounts"] if one["name"] == "wong"]
    mine = {"account": "wong", "password": "mine, I thought", "version": seen["version"]}
    theirs = {"account": "wong", "password": "theirs, set first", "version": seen["version"]}
    api.post("/password", theirs)
    refused(other, "/password", mine, "Somebody else has changed this account meanwhile")
    assert accounts.log_in("wong", "theirs, set first")
    (seen,) = [one for one in other.get("/accounts")["accounts"] if one["name"] == "wong"]
    other.post("/password", {**mine, "version": seen["version"]})
    assert accounts.log_in("wong", "mine, I thought")


def test_an_answer_to_a_conflict_is_known_to_every_process_at_once(
    api: Api, other: Api, new_kiosk: NewKiosk, delegates: list[IssuedBadge]
) -> None:
    for kiosk in (new_kiosk("chengdu-main-1"), new_kiosk("meishan-main-1")):
        kiosk.show(delegates[0].text)
        kiosk.exchange()
    (line,) = other.get("/conflicts")["conflicts"]
    answer = {"kind": line["kind"], "entry": line["entry"], "was": None}
    api.post("/conflicts", {**answer, "answer": "a twin"})
    mine = {**answer, "answer": "copied_badge"}
    refused(other, "/conflicts", mine, "Somebody else has answered this line")
    assert other.get("/conflicts")["conflicts"][0]["ruling"] == "a twin"
    other.post("/conflicts", {**mine, "was": "a twin"})
    assert api.get("/conflicts")["conflicts"][0]["ruling"] == "copied_badge"


def test_a_kiosk_that_somebody_else_has_just_moved_stays_there(
    api: Api, other: Api, new_kiosk: NewKiosk
) -> None:
    device = new_kiosk("chengdu-main-1").identity.fingerprint
    body = {"gate": "meishan-main-1", "was": "chengdu-main-1"}
    api.post(f"/kiosks/{device}/gate", {**body, "gate": "mianyang-main-1"})
    refused(other, f"/kiosks/{device}/gate", body, "at another gate meanwhile (mianyang-main-1)")


def test_everybody_who_comes_to_several_desks_at_once_gets_a_number(api: Api, other: Api) -> None:
    def desk(number: int) -> set[int]:
        body = {"ticket": "delegate", "name": f"Walk In {number}", "form": "plain"}
        asked = (api, other)[number % 2]
        return {asked.call("POST", "/registrants", body).status_code for _ in range(6)}

    with ThreadPoolExecutor(4) as desks:
        assert set().union(*desks.map(desk, range(4))) == {200}
    refs = [one["ref"] for one in api.get("/registrants")["registrants"]]
    assert refs == [f"W-{number:04}" for number in range(1, 25)]


def test_who_writes_between_a_look_and_its_change_is_seen(
    service: RegistryService, other_service: RegistryService, new_kiosk: NewKiosk
) -> None:
    device = new_kiosk("chengdu-main-1").identity.fingerprint
    seen: list[str | None] = []

    def look(log_state: LogState) -> None:
        seen.append(log_state.event_state.gate_of(device))
        if len(seen) == 1:
            other_service.assign(device, "mianyang-main-1")
        else:
            raise ChangedError(["gate"])

    with pytest.raises(ChangedError):
        service.assign(device, "meishan-main-1", look)
    assert seen == ["chengdu-main-1", "mianyang-main-1"]
