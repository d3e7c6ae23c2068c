"""A body that is wrong is answered in words: which field, what is wrong, what would be right."""

from __future__ import annotations

from typing import Any

import pytest

DELEGATE = {"ref": "P1", "ticket": "delegate"}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (
            "/kiosks/code",
            {"url": "registry.example:8977"},
            "“url” should be an address such as https://registry.example:8743.",
        ),
        ("/kiosks/code", {"minutes": 0}, "“minutes” should be 1 or more."),
        ("/kiosks/code", {"minutes": 99999}, "“minutes” should be 1440 or less."),
        ("/kiosks/code", {"minutes": "ten"}, "“minutes” should be a whole number, not a text."),
        ("/kiosks/code", {"gate": 3}, "“gate” should be a text or null, not a whole number."),
        ("/tokens", {"label": "wall"}, "“access” is missing."),
        (
            "/tokens",
            {"label": "wall", "access": "king"},
            '“access” is \'king\'; it should be "admin", "desk" or "viewer".',
        ),
        ("/tokens", {"label": "", "access": "viewer"}, "“label” should not be empty."),
        (
            "/registrants",
            DELEGATE | {"ref": "x" * 501},
            "“ref” should have at most 500 characters.",
        ),
        ("/registrants", [], "The body should be an object, not a list."),
        (
            "/tokens",
            {"label": "wall", "access": "viewer", "colour": "red"},
            '“colour” is not known here; it should be "label" or "access".',
        ),
        (
            "/registrants",
            DELEGATE | {"venues": []},
            "“venues” should not be empty, since such a badge opens nothing; null stands for all.",
        ),
        (
            "/registrants/ABCD-EFGH-X",
            {"days": []},
            "“days” should not be empty, since such a badge opens nothing; null stands for all.",
        ),
        (
            "/tokens",
            {"label": "a\0b", "access": "viewer"},
            "There is a character or a number in this that cannot be stored.",
        ),
        ("/desk-key", {"bogus": 1}, "“bogus” is not known here."),
        ("/days/close", {"day": "today"}, "“day” should be a day such as 2026-11-22."),
        (
            "/webhooks",
            {"url": "ftp://x"},
            "“url” should be an address that begins with http:// or https://.",
        ),
    ],
)
def test_a_mistake_is_explained_in_a_sentence(api: Any, path: str, body: Any, message: str) -> None:
    answer = api.call("POST", path, body)
    assert (answer.status_code, answer.json["error"]) == (400, message)


@pytest.mark.parametrize("path", ["/registrants", "/conflicts", "/trail"])
def test_a_limit_is_1_or_more_and_no_nonsense(api: Any, path: str) -> None:
    for limit in ("0", "99999999999999999"):
        answer = api.call("GET", f"{path}?limit={limit}")
        wanted = f'limit is "{limit}"; it should be a whole number from 1 to 1000000000.'
        assert (answer.status_code, answer.json["error"]) == (400, wanted)
    assert api.get(f"{path}?limit=99999").get("limit", 200) == 200


def test_what_no_database_stores_is_searched_in_none(api: Any) -> None:
    assert api.call("GET", "/registrants?q=%00").status_code == 400
    assert api.get("/registrants?q=%5Cu0000")["total"] == 0


def test_a_flag_that_is_neither_0_nor_1_is_not_taken_for_no(api: Any) -> None:
    answer = api.call("POST", "/imports?check=2", b"ref,name,ticket\nR1,Pat,delegate\n")
    assert (answer.status_code, answer.json["error"]) == (400, 'check is "2"; it should be 1 or 0.')


def test_a_method_that_a_path_does_not_have_is_answered_with_those_it_has(api: Any) -> None:
    answer = api.call("PUT", "/headcount", None)
    assert answer.status_code == 405
    assert set(answer.allow) >= {"GET"}


@pytest.mark.both_stores
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/jobs/a%00b", None),
        ("DELETE", "/accounts/a%00b", None),
        ("DELETE", "/webhooks/a%00b", None),
        ("GET", "/registrants?q=a%00b", None),
        ("POST", "/registrants", DELEGATE | {"ref": "a\0b"}),
        ("POST", "/registrants", DELEGATE | {"extra": {"a": "a\0b"}}),
        (
            "POST",
            "/accounts",
            {"name": "a\0b", "role": "desk", "password": "correct horse battery"},
        ),
    ],
)
def test_a_character_that_a_database_does_not_take_is_a_mistake_and_no_failure(
    api: Any, method: str, path: str, body: Any
) -> None:
    assert api.call(method, path, body).status_code < 500


@pytest.mark.both_stores
def test_so_it_is_in_the_name_of_whoever_logs_in(api: Any) -> None:
    api.client.get("/login")
    with api.client.session_transaction() as session:
        token = session["page_token"]
    form = {"account": "a\0b", "password": "x", "page_token": token}
    assert api.client.post("/login", data=form).status_code < 500
