"""The other kiosks of a venue: who they are and where, from the registry's log; mDNS gives hints only.

A hint is only an address to try: whoever answers there must show the certificate that the registry's log names and
sign with the device's key, so a stranger gains nothing by announcing himself.
"""

from dataclasses import dataclass

import ifaddr

from access.event.programme import Programme
from access.log.entry import Kiosk


@dataclass(frozen=True)
class Peer:
    """A kiosk to exchange with: its fingerprint, the addresses to try in order (host:port), and its certificate."""

    device: str
    gate: str | None
    addresses: tuple[str, ...]
    certificate: str


def peers_of(
    own: str,
    kiosks: dict[str, Kiosk],
    programme: Programme | None,
    hints: dict[str, str],
) -> list[Peer]:
    """The other kiosks of this one's venue, spare ones included, as far as they can be addressed."""
    mine = _venue(kiosks.get(own), programme)
    found = []
    for device, kiosk in sorted(kiosks.items()):
        venue = _venue(kiosk, programme)
        if device == own or kiosk.cut_off or not kiosk.certificate:
            continue
        if mine is not None and venue is not None and venue != mine:
            continue
        addresses = tuple(dict.fromkeys(a for a in (hints.get(device), kiosk.address) if a))
        if addresses:
            found.append(Peer(device, kiosk.gate, addresses, kiosk.certificate))
    return found


def _venue(kiosk: Kiosk | None, programme: Programme | None) -> str | None:
    """The venue of a kiosk; None: a spare one, or not known yet."""
    if kiosk is None or kiosk.gate is None or programme is None:
        return None
    gate = programme.gates.get(kiosk.gate)
    return programme.venue_of(gate.area) if gate is not None else None


def lan_host() -> str | None:
    """The IPv4 address of this machine on its LAN: of the first interface that is not loopback; None without any."""
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if ip.is_IPv4 and isinstance(ip.ip, str) and not ip.ip.startswith(("127.", "169.254.")):
                return ip.ip
    return None
