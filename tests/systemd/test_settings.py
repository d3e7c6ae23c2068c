"""The settings that an installation lays out, and the units that rely on them."""

from __future__ import annotations

from pathlib import Path

from config.settings import kiosk_settings, registry_settings

SYSTEMD = Path(__file__).parents[2] / "systemd"


def unit(name: str) -> str:
    return (SYSTEMD / f"jianmen-{name}.service").read_text(encoding="utf-8")


def test_a_kiosk_keeps_its_data_where_door_and_carrier_may_write() -> None:
    data = kiosk_settings(SYSTEMD / "kiosk.toml", {}).data
    for service in ("door", "carrier"):
        assert f"\nReadWritePaths={data}\n" in unit(service)
    assert f"d {data} 2770 jianmen-door jianmen" in (SYSTEMD / "jianmen-kiosk.tmpfiles").read_text()


def test_the_registry_keeps_its_data_in_its_own_folder() -> None:
    data = registry_settings(SYSTEMD / "registry.toml", {}).data
    assert f"\nStateDirectory={data.relative_to('/var/lib')}\n" in unit("registry")


def test_the_screen_shows_the_page_that_the_door_serves() -> None:
    pages = kiosk_settings(SYSTEMD / "kiosk.toml", {}).pages
    assert f" http://{pages.host}:{pages.port}/\n" in unit("browser")


def test_after_a_door_its_pins_are_switched_off_with_the_same_settings() -> None:
    assert (
        "\nExecStopPost=-/opt/jianmen/.venv/bin/python -m kiosk.runtime.pins_off /etc/jianmen/kiosk.toml\n"
        in unit("door")
    )


def test_each_service_reads_the_settings_of_its_machine() -> None:
    for service, role in {"door": "kiosk", "carrier": "kiosk", "registry": "registry"}.items():
        assert f" --settings /etc/jianmen/{role}.toml\n" in unit(service)
        assert (SYSTEMD / f"{role}.toml").is_file()
