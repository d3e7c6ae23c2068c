"""What devices may say to the registry over HTTP, and what it answers to nonsense."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from access.log.entry import Kiosk, pack
from registry.roster.model import IssuedBadge
from registry.server.app import WebSettings, create_app
from registry.service import RegistryService
from sync.exchange.exchange import Asker
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_certificate import certificate_for
from sync.wire.messages import Enrol, Enrolled, Envelope, Message, read

pytestmark = pytest.mark.both_stores

NewKiosk = Callable[[str], Any]


def enrolment(identity: DeviceKey, code: str) -> bytes:
    body = pack(Enrol(identity.public, code, b"nonce"))
    return pack(Envelope(body, identity.fingerprint, identity.sign(body)))


def test_a_kiosk_enrols_with_its_code_and_gets_the_roster(
    new_kiosk: NewKiosk, delegates: list[IssuedBadge]
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    assert kiosk.enrolled.gate == "chengdu-main-1"
    assert kiosk.show(delegates[0].text).decision.reason == "ok"


def test_what_a_door_did_arrives_at_the_centre(
    new_kiosk: NewKiosk, delegates: list[IssuedBadge], service: RegistryService, clock: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    assert service.headcount(clock.now_ms)["chengdu"].inside == 1


def test_a_wrong_code_is_refused_in_a_signed_answer(
    client: FlaskClient, service: RegistryService
) -> None:
    answer = client.post("/v1/enrol", data=enrolment(DeviceKey.new(), "AAAAAAAA"))
    reply = read(Enrolled, read(Envelope, answer.data).body)
    assert answer.status_code == 200
    assert reply.public == service.identity.public
    assert "code is wrong" in reply.refused


def refusal(client: FlaskClient, code: str, address: str) -> str:
    """Why a new kiosk at this address is not enrolled; empty: it is."""
    raw = enrolment(DeviceKey.new(), code)
    answer = client.post("/v1/enrol", data=raw, environ_overrides={"REMOTE_ADDR": address})
    return read(Enrolled, read(Envelope, answer.data).body).refused


def test_a_stranger_who_knows_how_a_code_begins_does_not_spend_it(
    client: FlaskClient, service: RegistryService
) -> None:
    code = service.enrol_code("chengdu-main-1")
    for number in range(20):
        assert refusal(client, code[:2] + "AAAAAA", f"203.0.113.{number % 4}")
    assert refusal(client, code, "192.0.2.7") == ""


def test_wrong_codes_in_the_kiosks_own_network_leave_it_its_tries(
    client: FlaskClient, service: RegistryService
) -> None:
    code = service.enrol_code("chengdu-main-1")
    others = (f"{one}{two}AAAAAA" for one in "BCDEF" for two in "GH")
    for other in (one for one in others if one[:2] != code[:2]):
        assert refusal(client, other, "192.0.2.7")
    assert refusal(client, code, "192.0.2.7") == ""


def test_who_has_tried_too_often_does_not_learn_how_an_open_code_begins(
    client: FlaskClient, service: RegistryService
) -> None:
    code = service.enrol_code("chengdu-main-1")
    unknown = next(one for one in ("AAAAAAAA", "BBAAAAAA") if one[:2] != code[:2])
    while "Too many" not in refusal(client, unknown, "192.0.2.7"):
        pass
    assert "Too many" in refusal(client, code[:2] + "AAAAAA", "192.0.2.7")


def test_refused_enrolments_are_shown_for_an_hour(
    api: Any, client: FlaskClient, clock: Any
) -> None:
    assert api.get("/kiosks")["refused_enrolments"] == {"attempts": 0, "addresses": 0, "last": None}
    for address in ("192.0.2.7", "192.0.2.7", "203.0.113.9"):
        refusal(client, "AAAAAAAA", address)
    shown = api.get("/kiosks")["refused_enrolments"]
    assert (shown["attempts"], shown["addresses"]) == (3, 2)
    assert shown["last"]
    clock.wait(3_600_001)
    assert api.get("/kiosks")["refused_enrolments"]["attempts"] == 0


def test_an_enrolment_signed_by_another_key_is_refused(client: FlaskClient) -> None:
    one, other = DeviceKey.new(), DeviceKey.new()
    body = pack(Enrol(one.public, "AAAAAAAA", b"nonce"))
    answer = client.post("/v1/enrol", data=pack(Envelope(body, one.fingerprint, other.sign(body))))
    assert answer.status_code == 403
    assert answer.mimetype == "text/plain"


def test_a_device_that_nobody_enrolled_gets_no_answer(client: FlaskClient) -> None:
    identity = DeviceKey.new()
    body = pack(Message(1, b"n" * 16, b"", {}))
    raw = pack(Envelope(body, identity.fingerprint, identity.sign(body)))
    answer = client.post("/v1/exchange", data=raw)
    assert answer.status_code == 403
    assert "not enrolled" in answer.text


def test_a_kiosk_that_a_restored_registry_has_forgotten_gets_a_new_entry(
    new_kiosk: NewKiosk, service: RegistryService
) -> None:
    neighbour = new_kiosk("chengdu-main-1")
    identity = DeviceKey.new()
    lost = Kiosk(
        device=identity.fingerprint, public=identity.public, gate="meishan-main-1", name="tablet 7"
    )
    forgotten = new_kiosk("chengdu-main-2")
    forgotten.become(identity, certificate_for(lost, service.identity))

    forgotten.exchange()
    neighbour.exchange()
    assert service.ledger.introduced() == []
    with service.snapshot() as known:
        assert known.event_state.kiosks[identity.fingerprint] == lost
    assert neighbour.replica.kiosk(identity.fingerprint) == lost


@pytest.mark.parametrize("body", [b"GET / HTTP/1.1", b"\x93\x01\x02\x03", b"\xc1" * 5000])
@pytest.mark.parametrize("path", ["/v1/exchange", "/v1/enrol"])
def test_garbage_is_refused_with_a_short_reason(
    client: FlaskClient, path: str, body: bytes
) -> None:
    answer = client.post(path, data=body)
    assert answer.status_code == 400
    assert len(answer.text) < 300
    assert "Traceback" not in answer.text


def test_a_body_must_say_its_length(client: FlaskClient) -> None:
    answer = client.post("/v1/exchange", environ_overrides={"CONTENT_LENGTH": ""})
    assert answer.status_code == 411


def test_a_body_that_says_it_is_huge_is_not_read(client: FlaskClient) -> None:
    answer = client.post("/v1/exchange", environ_overrides={"CONTENT_LENGTH": str(2 * 1024**3)})
    assert answer.status_code == 413


def test_a_zip_bomb_is_refused_before_it_unpacks(client: FlaskClient) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    answer = client.post("/v1/exchange", data=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_bodies_may_be_gzip_both_ways(new_kiosk: NewKiosk, delegates: list[IssuedBadge]) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.publish()
    answer = kiosk.client.post(
        "/v1/exchange",
        data=gzip.compress(kiosk.asker.request()),
        headers={"Content-Encoding": "gzip", "Accept-Encoding": "gzip"},
    )
    assert answer.status_code == 200
    raw = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") else answer.data
    kiosk.asker.receive(raw)


def test_the_registry_tells_the_time_while_its_clock_is_synchronised(new_kiosk: NewKiosk) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    assert said_time(kiosk) == kiosk.clock.now_ms


@pytest.mark.parametrize("trusted", [False, True])
def test_an_unsynchronised_registry_tells_no_time_unless_its_operator_vouches_for_it(
    new_kiosk: NewKiosk, service: RegistryService, clock: Any, *, trusted: bool
) -> None:
    kiosk = new_kiosk("chengdu-main-1")

    def unsure() -> Any:
        return clock()._replace(synced=False)

    app = create_app(service, unsure, WebSettings(trust_clock=trusted))
    kiosk.client = app.test_client()
    assert (said_time(kiosk) is not None) == trusted


def said_time(kiosk: Any) -> int | None:
    """The trusted time of the registry's next answer."""
    kiosk.asker = Asker(
        kiosk.replica,
        kiosk.identity,
        lambda: kiosk.clock().wall_ms,
        lambda: None,
        kiosk.asker.other,
    )
    times = []
    again = True
    while again:
        answer = kiosk.client.post("/v1/exchange", data=kiosk.asker.request())
        taken, again = kiosk.asker.receive(answer.data)
        times.append(taken.time)
    return times[-1].at_ms if times[-1] is not None else None


def test_entries_left_on_the_way_are_known_missing(
    new_kiosk: NewKiosk,
    delegates: list[IssuedBadge],
    api: Any,
    clock: Any,
    service: RegistryService,
) -> None:
    kiosk = new_kiosk("meishan-main-1")
    for badge in delegates:
        kiosk.show(badge.text)
    kiosk.publish()
    kiosk.asker.forget()
    # A call of which only the vector arrived, as when the link breaks before the entries are sent.
    assert kiosk.client.post("/v1/exchange", data=kiosk.asker.request()).status_code == 200
    clock.wait(20_000)
    count = api.get("/headcount")
    assert count["missing"] == 3
    assert [one["gate"] for one in count["silent"]] == ["meishan-main-1"]
    # Another process over the same database, to which the kiosk has not spoken.
    app = create_app(service, clock, WebSettings(control=api.token))
    assert type(api)(app.test_client()).get("/headcount")["missing"] == 3
    kiosk.exchange()
    clock.wait(20_000)
    assert api.get("/headcount")["missing"] == 0
