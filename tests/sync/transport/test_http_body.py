"""Bodies as they come over HTTP: whole, in time and within bounds, or refused with a status and a reason."""

from __future__ import annotations

import gzip
import io
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.transport import http_body as bodies
from sync.transport.http_body import (
    BodyError,
    content_length,
    decoded,
    packed,
    received,
    unpacked,
)

LIMIT = 1000


def environ(body: bytes, length: object = None, encoding: str | None = None) -> dict[str, Any]:
    """A request as WSGI gives it."""
    stated = len(body) if length is None else length
    made = {"CONTENT_LENGTH": str(stated), "wsgi.input": io.BytesIO(body)}
    return made if encoding is None else made | {"HTTP_CONTENT_ENCODING": encoding}


def read_body(asked: dict[str, Any], limit: int) -> bytes:
    """The body of a request, step by step as the endpoint takes it."""
    length = content_length(asked, limit)
    return decoded(asked, received(asked["wsgi.input"], length), limit)


@given(st.binary(max_size=LIMIT))
def test_a_body_comes_out_as_it_went_in(body: bytes) -> None:
    assert read_body(environ(body), LIMIT) == body
    assert unpacked(packed(body), LIMIT) == body
    assert gzip.decompress(packed(body)) == body


def test_what_does_not_shrink_is_only_wrapped() -> None:
    sealed = os.urandom(900_000)

    assert len(packed(sealed)) < len(sealed) * 1.001
    assert unpacked(packed(sealed), 10**6) == sealed
    assert len(packed(b"words " * 10_000)) < 6_000


def test_a_packed_body_is_unpacked() -> None:
    body = b"x" * LIMIT

    assert read_body(environ(packed(body), encoding="gzip"), LIMIT) == body
    assert read_body(environ(b"x", encoding="identity"), LIMIT) == b"x"


@pytest.mark.parametrize(
    ("asked", "status", "why"),
    [
        (environ(b"x", length=""), 411, "Content-Length"),
        (environ(b"x", length="-1"), 411, "Content-Length"),
        (environ(b"x", length="1e3"), 411, "Content-Length"),
        (environ(b"x", length=LIMIT + 1), 413, "at most 1000"),
        (environ(b"x", length=10**30), 413, "at most 1000"),
        (environ(b"half", length=8), 400, "ends after 4 of 8"),
        (environ(b"x", encoding="br"), 415, "'br'"),
        (environ(b"x" * 20, encoding="gzip"), 400, "not gzip"),
        (environ(packed(b"x" * (LIMIT + 1)), encoding="gzip"), 413, "unpacks to more than 1000"),
        (environ(packed(b"x" * 50)[:-3], encoding="gzip"), 400, "not one whole"),
        (environ(packed(b"x") + b"more", encoding="gzip"), 400, "not one whole"),
        (environ(packed(b"x") * 2, encoding="gzip"), 400, "not one whole"),
        (environ(b"", encoding="gzip"), 400, "not one whole"),
    ],
)
def test_a_body_that_is_not_taken_is_refused_with_the_reason(
    asked: dict[str, Any], status: int, why: str
) -> None:
    with pytest.raises(BodyError, match=why) as error:
        read_body(asked, LIMIT)
    assert error.value.status == status


def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_S", -1.0)

    with pytest.raises(BodyError, match="longer than") as error:
        read_body(environ(b"drop by drop"), LIMIT)
    assert error.value.status == 408


def test_a_line_that_fails_half_way_is_the_senders_trouble() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise TimeoutError

    with pytest.raises(BodyError, match="did not arrive"):
        read_body({"CONTENT_LENGTH": "5", "wsgi.input": Broken()}, LIMIT)


@given(st.binary(max_size=200))
def test_bytes_that_are_not_packed_raise_nothing_else(body: bytes) -> None:
    try:
        assert len(unpacked(body, LIMIT)) <= LIMIT
    except BodyError as error:
        assert error.status in {400, 413}  # noqa: PT017
