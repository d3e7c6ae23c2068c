"""The pages of a door: for its own machine, and never older than the door."""

from __future__ import annotations

import socket
import urllib.request

import msgspec
import pytest

from config.languages import languages
from kiosk.pages.app import STREAMS, create_app, stream
from kiosk.pages.serving import PageServer
from kiosk.screen.attendee_screen import notice


@pytest.fixture
def client(stand, service_of):
    return create_app(service_of(stand), sounds=True).test_client()


def token_of(client) -> str:
    return client.application.jinja_env.globals["token"]


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080"])
def test_the_machines_own_browser_is_served(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["kiosk.example", "10.0.0.7:8080", "localhost.example", ""])
def test_a_page_asked_for_under_another_name_is_refused(client, host):
    assert client.get("/", headers={"Host": host}).status_code in (400, 403)


def test_another_page_in_the_browser_cannot_speak_for_the_staff(client):
    assert client.post("/staff/lock").status_code == 403
    assert client.post("/staff/lock", headers={"X-Jianmen-Token": "guess"}).status_code == 403
    given = {"X-Jianmen-Token": token_of(client)}
    assert client.post("/staff/lock", headers=given).status_code == 200


def test_a_stream_begins_with_the_screen_that_stands_and_brings_the_next(stand):
    events = stream(stand.screen_feed, "")
    assert next(events).startswith("retry:")
    name, data = next(events).splitlines()[:2]
    assert msgspec.json.decode(data.removeprefix("data: "))["tone"] == "idle"

    stand.show(stand.world.walk_up().text)
    assert '"flagged"' in next(events)
    events.close()

    resumed = stream(stand.screen_feed, name.removeprefix("id: "))
    next(resumed)
    assert '"flagged"' in next(resumed)
    resumed.close()


def test_a_stream_that_is_up_to_date_hears_at_once_that_the_door_is_there(stand):
    name, _ = stand.screen_feed.after("", 0)
    events = stream(stand.screen_feed, name)
    next(events)

    assert next(events).startswith("event: beat")
    events.close()


def test_a_stream_ends_by_itself_and_with_the_door(stand, monkeypatch):
    stand.screen_feed.close()
    assert list(stream(stand.screen_feed, "")) == ["retry: 500\n\n"]


def test_too_many_screens_are_told_so_and_a_closed_one_makes_room(client):
    streams = [client.get("/events", buffered=False) for _ in range(STREAMS)]
    assert client.get("/events").status_code == 503
    streams.pop().close()
    again = client.get("/events", buffered=False)
    assert again.status_code == 200
    for one in [*streams, again]:
        one.close()


def test_status_tells_how_the_door_is_and_names_nobody(stand, client, at_work):
    guest = stand.world.register("Jane Smith")
    stand.world.deliver()
    at_work(stand)
    stand.loop.submit(lambda: stand.door.present(guest.text, "in")).result(10)
    answer = client.get("/status.json")
    found = answer.get_json()

    assert found["state"] == "working"
    assert found["gate"] == "chengdu-main-1"
    assert found["clock"]["sure"] is True
    assert "Smith" not in answer.text
    assert guest.badge.hex() not in answer.text


def test_the_health_page_fails_when_the_door_is_out_of_order(stand, client):
    stand.loop.step()
    assert client.get("/healthz").status_code == 200
    stand.loop.presenter.broken = "disk_full"
    assert client.get("/healthz").status_code == 503


def test_a_door_that_is_not_open_yet_says_what_it_waits_for(stand, service_of):
    service = service_of(stand)
    service.loop = None
    service.screen_feed.show(notice("not_enrolled", ("en", *languages()[1:])))
    client = create_app(service, sounds=False).test_client()

    assert client.get("/status.json").get_json()["says"] == "This kiosk is not set up yet"
    assert client.get("/healthz").status_code == 503


def test_the_headcount_page_counts_whom_this_door_let_in(stand, client):
    for _ in range(2):
        stand.show(stand.world.walk_up().text)
    areas = client.get("/headcount.json").get_json()["areas"]

    assert areas["chengdu"]["inside"] == 2
    assert areas["chengdu"]["heard_ms"] is not None
    assert areas["meishan"]["heard_ms"] is None


def test_a_taken_port_is_an_error_that_names_itself(stand, service_of):
    app = create_app(service_of(stand), sounds=False)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        PageServer(app, "127.0.0.1", taken.getsockname()[1])


def test_pages_are_served_until_the_door_closes(stand, service_of):
    server = PageServer(create_app(service_of(stand), sounds=False), "127.0.0.1", 0)
    server.start()
    with urllib.request.urlopen(server.url) as page:
        assert b'id="screen"' in page.read()
    stand.screen_feed.close()
    server.close()
