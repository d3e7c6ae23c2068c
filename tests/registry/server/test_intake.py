"""A request is whole when its head and its body are here, however it is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.server.intake import MOST_HEAD, MOST_WAITED, Intake

HEAD = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"


@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=10))
def test_a_request_cut_anywhere_is_whole_at_its_last_byte_and_not_before(
    body: bytes, cuts: list[int]
) -> None:
    request = b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    cuts_at = sorted({0, len(request), *(cut for cut in cuts if cut < len(request))})
    intake = Intake()
    for begin, end in itertools.pairwise(cuts_at):
        assert intake.state == "more"
        intake.add(request[begin:end])
    assert intake.state == "whole"
    assert bytes(intake.data) == request


@pytest.mark.parametrize(
    ("request_bytes", "state"),
    [
        (b"", "more"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", "more"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "whole"),
        (b"GET / HTTP/1.1\nHost: x\n\n", "whole"),
        (HEAD, "more"),
        (HEAD + b"12345", "whole"),
        (HEAD + b"12345GET / HTTP/1.1", "whole"),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_WAITED + 1), "long"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", "long"),
        (b"POST / HTTP/1.1\r\nContent-Length: 0000000000000050000\r\n\r\n", "long"),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 0000000000000050000\r\n\r\n12345",
            "long",
        ),
        (b"GET / HTTP/1.1\r\nX-Content-Length: -\r\n\r\n", "whole"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * MOST_HEAD, "bad"),
    ],
)
def test_what_is_here_of_a_request(request_bytes: bytes, state: str) -> None:
    assert Intake(request_bytes).state == state
