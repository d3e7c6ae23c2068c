"""The headcount as a stream of events."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from registry.http.streams import Streams
from registry.roster.model import IssuedBadge
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService

pytestmark = pytest.mark.both_stores

NewKiosk = Callable[[str], Any]


@pytest.fixture
def streams(app: Any) -> Streams:
    """Streams that end by themselves at the first chance."""
    return Streams(app.extensions["jianmen"].queries, lambda: True, most=2)


def events(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.response).decode()
    return [
        dict(line.split(": ", 1) for line in block.split("\n"))
        for block in text.strip().split("\n\n")
    ]


def test_a_stream_begins_with_the_whole_headcount(streams: Streams) -> None:
    with streams.answer("") as answer:
        retry, first = events(answer)
    assert retry == {"retry": "1000"}
    assert first["event"] == "headcount"
    assert json.loads(first["data"])["event"] == "smarthk-2020"


def test_who_comes_back_hears_only_that_nothing_has_changed(streams: Streams) -> None:
    with streams.answer("") as answer:
        mark = events(answer)[1]["id"]
    with streams.answer(mark) as answer:
        again = events(answer)[1]
    assert again["event"] == "alive"
    assert set(json.loads(again["data"])) == {"as_of"}


def test_a_change_is_told_to_who_comes_back(
    streams: Streams, new_kiosk: NewKiosk, delegates: list[IssuedBadge], clock: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    with streams.answer("") as answer:
        mark = events(answer)[1]["id"]
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    clock.wait(20_000)
    with streams.answer(mark) as answer:
        event = events(answer)[1]
    assert event["event"] == "headcount"
    assert json.loads(event["data"])["areas"][0]["inside"] == 1


def test_too_many_streams_are_asked_to_come_again_and_room_is_made_when_one_ends(
    streams: Streams,
) -> None:
    one, two = streams.answer(""), streams.answer("")
    refused = streams.answer("")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    one.close()
    with streams.answer("") as third:
        assert third.status_code == 200
    two.close()


def test_a_stream_ends_when_the_server_goes_down(service: RegistryService, clock: Any) -> None:
    going_down = threading.Event()
    app = create_app(service, clock, WebSettings(open_here=True, stopping=going_down.is_set))
    with app.test_client() as client:
        answer = client.get("/api/v1/headcount/stream", buffered=False)
        pieces: Iterator[bytes] = answer.iter_encoded()
        assert next(pieces).startswith(b"retry")
        assert b"headcount" in next(pieces)
        going_down.set()
        assert list(pieces) == []
        answer.close()
