"""Phones of the staff: paired by a code of the kiosk's screen, unlocked on their own, through the carrier's TLS."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar

import pytest

from access.log.entry import Scan
from kiosk.pages.app import create_app
from kiosk.pages.phones.app import COOKIE, create_phone_app
from kiosk.pages.phones.pairing import CODE_S, IDLE_S, MOST, NotPairedError, Phones
from kiosk.pages.phones.serving import phones_of, serving_phones
from kiosk.pages.staff_session import StaffSessions
from sync.store.data_folder import DataFolder
from sync.transport.phone_proxy import phones_served
from sync.transport.tls_certificate import certificate_at

PIN = "60221407"


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def phones(make_desk, clock) -> Phones:
    desk = make_desk()
    return Phones(
        lambda: StaffSessions(lambda: desk.stand.loop, desk.world.data / "replica.db"), clock
    )


def test_a_code_pairs_one_phone_and_only_for_two_minutes(phones, clock):
    code = phones.new_code()
    phone = phones.pair(code)
    assert phones.room(phone.token) is phone.room
    with pytest.raises(NotPairedError):
        phones.pair(code)

    late = phones.new_code()
    clock.now_s += CODE_S + 1
    with pytest.raises(NotPairedError):
        phones.pair(late)
    with pytest.raises(NotPairedError):
        phones.room("guess")


def test_a_phone_that_went_home_is_forgotten_and_one_too_many_replaces_the_oldest(phones, clock):
    first = phones.pair(phones.new_code())
    clock.now_s += 1
    others = [phones.pair(phones.new_code()) for _ in range(MOST)]
    with pytest.raises(NotPairedError):
        phones.room(first.token)
    assert phones.room(others[0].token) is others[0].room

    clock.now_s += IDLE_S + 1
    with pytest.raises(NotPairedError):
        phones.room(others[0].token)


class Phone:
    """A browser on the venue's network. It trusts the certificate whose fingerprint its owner has compared."""

    def __init__(self, base: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.cookies = CookieJar()
        self.base = base
        self.token = ""
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(self.cookies),
        )

    def get(self, path: str) -> tuple[int, str]:
        return self._ask(urllib.request.Request(self.base + path))

    def post(self, path: str, **asked: object) -> tuple[int, dict]:
        headers = {"Content-Type": "application/json", "X-Jianmen-Token": self.token}
        status, text = self._ask(
            urllib.request.Request(self.base + path, json.dumps(asked).encode(), headers)
        )
        return status, json.loads(text) if text.startswith("{") else {}

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def open(self, path: str) -> None:
        status, page = self.get(path)
        assert status == 200
        self.token = page.partition('data-token="')[2].partition('"')[0]


@pytest.fixture
def venue(make_desk, service_of) -> Iterator[tuple]:
    """A seminar door at work, its carrier's proxy, and a phone that is paired."""
    desk = make_desk()
    service = service_of(desk.stand)
    paired = phones_of(service)
    data = desk.world.data
    with (
        serving_phones(service, paired),
        phones_served(data, "127.0.0.1", _free_port(), certificate_at(data)),
    ):
        desk.client = create_app(service, sounds=False, phones=paired).test_client()
        desk._token = {"X-Jianmen-Token": desk.client.application.jinja_env.globals["token"]}
        yield desk, json.loads(DataFolder(data).phones_reach.read_text())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def pair(desk, reach) -> Phone:
    """Unlock the kiosk's own staff page, ask for a code, and open it on a phone."""
    desk.unlock()
    shown = desk.post("phone").get_json()
    assert shown["fingerprint"] == reach["fingerprint"]
    assert shown["picture"].startswith("data:image/svg+xml")
    phone = Phone(f"https://{reach['address']}")
    phone.open(shown["url"].removeprefix(phone.base))
    return phone


def test_a_phone_is_paired_unlocked_and_scans_for_the_door(venue):
    desk, reach = venue
    phone = pair(desk, reach)
    guest = desk.world.register("Jane Smith", sessions=0xFFFF)
    desk.world.deliver()
    desk.stand.loop.submit(desk.stand.feed.catch_up).result(20)
    openings = desk.stand.signals.openings

    assert phone.post("/staff/scan", code=guest.text) == (409, {"why": "locked"})
    assert phone.post("/staff/card", code=desk.world.key_card(desk.card))[0] == 200
    assert phone.post("/staff/unlock", pin=PIN)[0] == 200
    status, answer = phone.post("/staff/scan", code=guest.text)
    state = json.loads(phone.get("/staff/state")[1])

    assert (status, answer["opens"]) == (200, True)
    assert [one["name"] for one in state["answers"]] == ["Jane Smith"]
    assert [b.reason for b in desk.world.written("scan") if isinstance(b, Scan)] == ["ok"]
    assert desk.stand.signals.openings == openings, "whoever stands before the kiosk is another"


def test_locking_a_phone_leaves_the_kiosk_open_and_the_other_way_round(venue):
    desk, reach = venue
    phone = pair(desk, reach)
    assert json.loads(phone.get("/staff/state")[1]) == {"why": "locked"}
    phone.post("/staff/card", code=desk.world.key_card(desk.card))
    phone.post("/staff/unlock", pin=PIN)

    desk.post("lock")
    assert phone.get("/staff/state")[0] == 200
    phone.post("/staff/lock")
    assert phone.get("/staff/state")[0] == 409


def test_a_phone_does_not_take_the_kiosks_camera_for_its_key_card(venue):
    desk, reach = venue
    phone = pair(desk, reach)

    assert phone.post("/staff/card") == (409, {"why": "no_card"})
    assert desk.stand.headline != "Show the staff card"


def test_nothing_but_the_staff_page_is_there_and_only_for_paired_phones(venue):
    desk, reach = venue
    stranger = Phone(f"https://{reach['address']}")
    assert stranger.get("/staff")[0] == 401
    assert "not paired" in stranger.get("/staff/state")[1]
    assert stranger.get("/p/guess")[0] == 401
    for path in ("/events", "/preview", "/status.json", "/headcount.json", "/opening/state"):
        assert stranger.get(path)[0] == 404

    phone = pair(desk, reach)
    assert phone.get("/staff/gate")[0] == 404
    (cookie,) = [one for one in phone.cookies if one.name == COOKIE]
    assert cookie.secure
    phone.token = "guess"
    assert phone.post("/staff/lock")[0] == 403


def test_a_page_of_the_door_itself_offers_no_phones_where_none_are_wanted(make_desk):
    desk = make_desk()
    desk.unlock()

    assert desk.post("phone").status_code == 404
    assert b"add-phone" not in desk.client.get("/staff").data


def test_without_a_network_there_is_no_code(make_desk, service_of):
    desk = make_desk()
    paired = phones_of(service_of(desk.stand))
    desk.client = create_app(service_of(desk.stand), sounds=False, phones=paired).test_client()
    desk._token = {"X-Jianmen-Token": desk.client.application.jinja_env.globals["token"]}
    desk.unlock()

    assert desk.why("phone") == "no_lan"
    assert create_phone_app(paired, "en").test_client().get("/staff").status_code == 401


def test_a_door_that_is_gone_is_told_to_the_phone(make_desk):
    data = make_desk().world.data
    with phones_served(data, "127.0.0.1", _free_port(), certificate_at(data)):
        reach = json.loads(DataFolder(data).phones_reach.read_text())
        assert Phone(f"https://{reach['address']}").get("/staff")[0] == 503
    assert not DataFolder(data).phones_reach.exists()
