"""Which machine the host of a URL is, in every spelling that an HTTP client follows there."""

import ipaddress
import socket
import unicodedata
from typing import Literal
from urllib.parse import unquote, urlsplit

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Reach = Literal["this_machine", "own_link", "elsewhere"]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_address(url: str) -> bool:
    """Whether a URL names a host, and a port that there can be."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def reach_of(url: str) -> Reach:
    """Whether a URL leads to this machine, to its own link alone, or elsewhere. Names are not resolved, but those that
    always mean this machine are known."""
    try:
        host = unquote(urlsplit(url).hostname or "")
    except ValueError:
        return "elsewhere"
    host = unicodedata.normalize("NFKC", host).replace("。", ".").rstrip(".").lower()
    ip = _ip_of(host)
    if ip is None:
        local = host in _LOCAL_NAMES or host.endswith(".localhost")
        return "this_machine" if local else "elsewhere"
    if ip.is_loopback or ip.is_unspecified or (ip.version == 4 and ip.packed[0] == 0):
        return "this_machine"
    return "own_link" if ip.is_link_local else "elsewhere"


_LOCAL_NAMES = {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}


def _ip_of(host: str) -> IpAddress | None:
    """The address that a host is written as: also one number, octal, hexadecimal, shortened (all as inet_aton reads
    them), or an IPv4 address inside an IPv6 one."""
    try:
        ip: IpAddress = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host)) if " " not in host else None
        except (OSError, UnicodeError, ValueError):
            return None
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour
        if inside is None and (ip in _NAT64 or (ip.packed[:12] == bytes(12) and int(ip) > 1)):
            inside = ipaddress.IPv4Address(ip.packed[12:])
        return inside or ip
    return ip
