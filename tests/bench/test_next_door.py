"""The measurement from door to door: real carriers, and a cable that is really cut."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bench.exchange.venue import Unknown, known, venue
from jianmen.testing.tcp_proxy import TcpProxy


def test_what_never_reaches_the_next_door_is_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with venue(tmp_path, 3) as (here, there):
        monkeypatch.setattr("bench.exchange.venue.PATIENCE_S", 0.0)
        for one in (here, there):
            one.cable.cut()
        with pytest.raises(RuntimeError, match="not known at the next door"):
            known([Unknown(there, here.let_in(2))])


def test_a_carrier_that_has_ended_is_no_figure(tmp_path: Path) -> None:
    with venue(tmp_path, 3) as (here, there):
        assert there.carrier is not None
        there.carrier.kill()
        with pytest.raises(RuntimeError, match="ended by itself"):
            known([Unknown(there, here.let_in(2))])


def test_a_door_that_stays_closed_is_no_figure(tmp_path: Path) -> None:
    with venue(tmp_path, 2) as (here, _), pytest.raises(RuntimeError, match="stays closed: repeat"):
        here.let_in(1)


def test_nothing_passes_a_cable_that_is_cut_until_it_is_healed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        cable = TcpProxy(("127.0.0.1", server.getsockname()[1]))
        try:
            with _call(cable) as near, server.accept()[0] as far:
                near.sendall(b"before")
                assert far.recv(10) == b"before"
                far.sendall(b"yes")
                assert near.recv(10) == b"yes"
                cable.cut()
                assert near.recv(10) == b""
            with _call(cable) as near:
                assert near.recv(10) == b""
            cable.heal()
            with _call(cable) as near, server.accept()[0] as far:
                near.sendall(b"after")
                assert far.recv(10) == b"after"
        finally:
            cable.close()


def _call(cable: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", cable.port), timeout=10)
