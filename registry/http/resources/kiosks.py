"""Kiosks under /api/v1: their state, enrolment codes, gates, cutting off, seats."""

from collections.abc import Mapping
from functools import partial

import msgspec
from flask import request

from access.state.log_state import LogState
from access.text.wifi_code import Fault, WifiCode, WifiCodeError
from registry.http import requests as bodies
from registry.http.error_texts import in_readers_language
from registry.http.operations import Interface
from registry.http.qr import drawn
from registry.queries import admin_shapes
from registry.queries import shapes as answers
from registry.queries.queries import Queries
from registry.storage.errors import ChangedError, RegistryError
from sync.wire.enrolment_code import EnrolmentCode
from web.addresses import reach_of

DONE = answers.Done()

NO_NETWORK: Mapping[Fault, str] = {
    "no_name": "A network's name has 1 to 32 bytes: up to 32 letters, or 10 Chinese characters.",
    "password": "This cannot be the network's password: one of WPA has 8 to 63 letters, digits and signs.",
}
"""What is wrong with the name or the password of a network."""


class NoSuchNetworkError(RegistryError):
    """No network can have such a name or password."""


def add_kiosk_reads(api: Interface, queries: Queries) -> None:
    """Add the route that reads the kiosks."""

    @api.get(
        "/kiosks",
        "Every kiosk and its state, unhealthy ones first",
        access="viewer",
        answer=admin_shapes.Kiosks,
    )
    def kiosks() -> admin_shapes.Kiosks:
        return queries.kiosks()


def add_network_codes(api: Interface) -> None:
    """Add the route that draws the codes by which kiosks join a network."""

    @api.post(
        "/kiosks/network-code",
        "The QR code by which a kiosk joins a wireless network; nothing of it is kept",
        access="admin",
        body=bodies.NetworkCode,
        answer=answers.NetworkCode,
    )
    def network_code(body: bodies.NetworkCode) -> answers.NetworkCode:
        password = "" if body.security == "open" else body.password
        try:
            code = WifiCode(body.name, password, body.security, body.hidden)
        except WifiCodeError as error:
            raise NoSuchNetworkError(NO_NETWORK[error.fault]) from None
        return answers.NetworkCode(qr=drawn(code.text(), "m"))


def add_kiosk_changes(
    api: Interface, queries: Queries, pin: str | None, kiosk_url: str | None
) -> None:
    """Add the routes that enrol and change kiosks. An enrolment code has `pin`, the SHA-256 of the TLS certificate, and
    `kiosk_url`, the registry's address (None: as the request came)."""

    @api.post(
        "/kiosks/code",
        "A one-time code with which a kiosk is enrolled, and the QR code to show to it",
        access="admin",
        body=bodies.NewCode,
        answer=answers.Code,
    )
    def enrol_code(body: bodies.NewCode) -> answers.Code:
        code = queries.service.enrol_code(body.gate, body.minutes)
        url = body.url or kiosk_url or request.url_root.rstrip("/")
        text = EnrolmentCode(queries.service.identity.fingerprint, code, url, pin).text()
        return answers.Code(
            code=code,
            gate=body.gate,
            expires=queries.time(queries.now_ms() + body.minutes * 60_000),
            text=text,
            qr=drawn(text, "m"),
            warning=in_readers_language(unreachable(url)),
        )

    @api.post(
        "/kiosks/<device>/gate",
        "Put a kiosk at a gate, or (null) take it away from one",
        access="admin",
        body=bodies.Assign,
        answer=answers.Done,
    )
    def assign(body: bodies.Assign, device: str) -> answers.Done:
        queries.service.assign(device, body.gate, partial(_stands_at, device, body.was))
        return DONE

    @api.post(
        "/kiosks/<device>/cut-off",
        "Believe nothing more that a kiosk says",
        access="admin",
        body=bodies.CutOff,
        answer=answers.Done,
    )
    def cut_off(body: bodies.CutOff, device: str) -> answers.Done:
        queries.service.cut_off(device, body.believed)
        return DONE

    @api.post(
        "/kiosks/<device>/seats",
        "Give a kiosk seats of an area that a wiped one took with it",
        access="admin",
        body=bodies.FreeSeats,
        answer=answers.Done,
    )
    def free_seats(body: bodies.FreeSeats, device: str) -> answers.Done:
        queries.service.free_seats(device, body.area, body.seats)
        return DONE


def _stands_at(device: str, was: str | msgspec.UnsetType | None, log_state: LogState) -> None:
    """Raises ChangedError where a kiosk is not any more at the gate that somebody has seen it at."""
    now = log_state.event_state.gate_of(device)
    if was is not msgspec.UNSET and now != was:
        raise ChangedError(
            ["gate"],
            f"Somebody else has put this kiosk at another gate meanwhile ({now or 'none'}); nothing was changed.",
        )


def unreachable(url: str) -> str:
    """Why no kiosk on another machine can reach an address; empty: one may."""
    if reach_of(url) != "this_machine":
        return ""
    return (
        f"No kiosk on another machine can reach {url}. Set public_url in the registry's settings, or serve with"
        " --host 0.0.0.0 and --tls."
    )
