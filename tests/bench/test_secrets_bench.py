"""`jianmen bench secrets`: what each secret costs to find, beside the bare primitive."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bench.secrets import _cost, _hours
from jianmen.cli.main import main


def test_every_secret_has_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("access.badge.desk_key.SCRYPT_N", 2**4)
    monkeypatch.setattr("bench.secrets.SCRYPT_N", 2**4)
    run = CliRunner().invoke(main, ["bench", "secrets", "--json", "--trials", "1"])
    assert (run.exit_code, run.stderr) == (0, ""), run.exception
    lines = {line["bench"]: line for line in map(json.loads, run.stdout.splitlines())}
    assert list(lines) == [
        *(f"secrets code {digits} digits" for digits in (6, 8, 10, 12)),
        "secrets pin",
        "secrets key card",
        "secrets badge",
    ]
    assert all(line["floor"] > 0 and "64 cores" in line["note"] for line in lines.values())
    assert "years" in lines["secrets key card"]["note"]


def test_a_cost_is_told_in_a_unit_that_people_know() -> None:
    assert [_hours(hours) for hours in (0.001, 0.5, 7321.4, 1e9)] == [
        "3.6 s",
        "0.5 h",
        "7,321 h",
        "1.1e+05 years",
    ]
    assert _cost(3600 * 64).startswith("64 h of CPU")
