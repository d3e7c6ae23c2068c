"""What a help desk may not do: nothing with badges that give a role at the doors."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from registry.accounts.accounts import Accounts
from registry.roster.model import IssuedBadge, Person
from registry.service import RegistryService
from tests.registry.conftest import MORNING_MS, Api


@pytest.fixture
def desk(app: Flask, service: RegistryService) -> Api:
    """The public interface with the rights of the help desk."""
    _, token, _ = Accounts(service.ledger, lambda: MORNING_MS).add_token("desk 2", "desk")
    return Api(app.test_client(), token)


@pytest.fixture
def supervisor(service: RegistryService) -> IssuedBadge:
    return service.register(Person(ref="S1", name="Wang Fang", ticket="staff", form="signed"))


def refused(desk: Api, method: str, path: str, body: object = None) -> None:
    answer = desk.call(method, path, body)
    assert answer.status_code == 403, (path, answer.text)
    assert "only an admin may" in answer.json["error"]
    chinese = desk.call(method, path, body, headers={"Accept-Language": "zh-Hans"})
    assert "有通道工作人员权限" in chinese.json["error"]


def test_a_desk_gives_nobody_a_role(
    desk: Api, api: Api, service: RegistryService, delegates: list[IssuedBadge]
) -> None:
    refused(desk, "POST", "/registrants", {"ticket": "staff", "name": "Evil"})
    path = f"/registrants/{delegates[0].code}"
    refused(desk, "POST", path, {"ticket": "staff"})
    assert api.get(path)["ticket"] == "delegate"
    assert service.people.count() == len(delegates)
    desk.post(path, {"ticket": "media"})
    api.post(path, {"ticket": "staff"})
    assert api.get(path)["roles"]


def test_a_desk_changes_replaces_and_revokes_no_badge_with_a_role(
    desk: Api, api: Api, supervisor: IssuedBadge
) -> None:
    path = f"/registrants/{supervisor.code}"
    before = api.get(path)
    refused(desk, "POST", path, {"ticket": "delegate"})
    refused(desk, "POST", path, {"name": "Li Na"})
    refused(desk, "POST", f"{path}/reissue", {})
    refused(desk, "POST", f"{path}/revoke", {"why": "a prank"})
    assert api.get(path) == before
    api.post(f"{path}/revoke", {"why": "lost"})
    refused(desk, "POST", f"{path}/unrevoke", {})
    assert api.post(f"{path}/unrevoke", {})["issue"] == 1


def test_a_badge_that_is_signed_with_a_role_keeps_it_until_an_admin_replaces_it(
    desk: Api, api: Api, supervisor: IssuedBadge
) -> None:
    path = f"/registrants/{supervisor.code}"
    api.post(path, {"ticket": "delegate"})
    assert api.get(path)["roles"] == []
    refused(desk, "POST", f"{path}/reissue", {})
    refused(desk, "POST", "/badges/jobs?ref=S1")
    api.post(f"{path}/reissue", {})
    assert desk.post(f"{path}/reissue", {})["issue"] == 3
    desk.post("/badges/jobs?ref=S1", {})


def test_a_desk_prints_no_badge_with_a_role(
    desk: Api, api: Api, supervisor: IssuedBadge, delegates: list[IssuedBadge]
) -> None:
    for asked in ("ref=S1", "ref=P1&ref=S1", "ticket=staff"):
        refused(desk, "GET", f"/badges?{asked}")
        refused(desk, "POST", f"/badges/jobs?{asked}")
        refused(desk, "GET", f"/badges/picture?{asked}")
    printed = desk.ended(desk.post("/badges/jobs", {}))["result"]
    assert (printed["badges"], printed["staff"]) == (len(delegates), ["S1"])
    made = api.ended(api.post("/badges/jobs", {}))
    assert made["result"]["badges"] == len(delegates) + 1
    for path in (f"/jobs/{made['id']}", f"/jobs/{made['id']}/files/badges.pdf"):
        assert desk.call("GET", path).status_code == 403


def test_the_trail_names_the_fields_that_were_changed_and_what_ticket_was_given(
    api: Any, delegates: list[IssuedBadge]
) -> None:
    path = f"/registrants/{delegates[0].code}"
    api.post(path, {"name": "陳小文", "ticket": "staff", "venues": None, "sessions": []})
    api.post(path, {"name": "陳小文"})
    code = api.post("/registrants", {"ticket": "media", "name": "Pat Press"})["code"]
    first, second = api.get("/trail")["lines"]
    assert first["details"] == {"code": code, "ticket": "media"}
    assert second["details"] == {
        "code": delegates[0].code, "fields": "name, ticket", "ticket": "delegate → staff"
    }  # fmt: skip


def test_a_badge_that_is_revoked_for_good_is_not_printed_again(
    desk: Api, delegates: list[IssuedBadge]
) -> None:
    path = f"/registrants/{delegates[0].code}"
    desk.post(f"{path}/revoke", {"why": "a slip"})
    answer = desk.call("POST", f"{path}/reissue", {})
    assert (answer.status_code, answer.json["changed"]) == (409, ["revoked"])
    assert "Let this person in again" in answer.json["error"]
    chinese = desk.call("POST", f"{path}/reissue", {}, headers={"Accept-Language": "zh-Hant"})
    assert "恢復入場" in chinese.json["error"]
    assert desk.get(path)["issues"][-1]["issue"] == 1
    again = desk.post(f"{path}/unrevoke", {})
    assert desk.post(f"/registrants/{again['code']}/reissue", {})["issue"] == 2
