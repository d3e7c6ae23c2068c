"""Numbers for Prometheus, read by its own parser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from registry.roster.model import IssuedBadge


def numbers(api: Any) -> dict[tuple[str, str], float]:
    answer = api.client.get("/metrics", headers={"Authorization": f"Bearer {api.token}"})
    assert answer.status_code == 200
    return {
        (sample.name, sample.labels.get("area", sample.labels.get("gate", ""))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_prometheus_reads_counts_and_kiosks(
    api: Any, delegates: list[IssuedBadge], new_kiosk: Callable[[str], Any], clock: Any
) -> None:
    kiosk = new_kiosk("chengdu-main-1")
    kiosk.show(delegates[0].text)
    kiosk.exchange()
    clock.wait(2000)
    kiosk.exchange()
    found = numbers(api)
    assert found["jianmen_area_inside", "chengdu"] == 1
    assert found["jianmen_area_kiosks", "meishan"] == 0
    assert found["jianmen_registered", ""] == 3
    assert found["jianmen_kiosk_troubles", "chengdu-main-1"] == 0
    clock.wait(120_000)
    assert numbers(api)["jianmen_kiosk_troubles", "chengdu-main-1"] > 0


def test_nobody_reads_the_numbers_without_a_token(
    stranger: FlaskClient, delegates: list[IssuedBadge]
) -> None:
    answer = stranger.get("/metrics")
    assert answer.status_code == 401
    assert "jianmen_" not in answer.text
