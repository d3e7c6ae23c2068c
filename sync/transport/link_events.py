"""Events for changes of this machine's network: a cable plugged in, an address assigned (Linux, rtnetlink(7))."""

import logging
import socket

log = logging.getLogger(__name__)

RTMGRP_LINK = 0x1
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV6_IFADDR = 0x100


def link_events() -> socket.socket | None:
    """A socket from which something can be read after a change; None where the kernel has no such events."""
    try:
        events = socket.socket(
            socket.AF_NETLINK,
            socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
            socket.NETLINK_ROUTE,
        )
        events.bind((0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
    except OSError as error:
        log.info("changes of the network are not heard of: %s", error)
        return None
    return events
