from __future__ import annotations

import pytest

from hardware.ports.signals import PATTERNS, Light, Pins, SignalSettings, SignalSettingsError


def test_every_light_has_a_pattern_and_no_two_look_or_sound_the_same() -> None:
    looks = [(p.green, p.amber, p.red) for p in PATTERNS.values()]

    assert set(PATTERNS) == set(Light)
    assert len(set(looks)) == len(looks)


def test_admit_attention_refuse_and_fault_sound_different() -> None:
    sounds = [PATTERNS[light].beep for light in (Light.ADMIT, Light.ASK, Light.REFUSE, Light.FAULT)]

    assert len(set(sounds)) == 4


def test_all_mistakes_in_the_settings_are_named_at_once() -> None:
    with pytest.raises(SignalSettingsError) as caught:
        SignalSettings(pulse_ms=5000, pass_s=0, pins=Pins(green=2, amber=10, red=10))

    message = str(caught.value)
    assert "pulse_ms is 5000; a door pulse takes 200 to 500 ms" in message
    assert "pass_s is 0" in message
    assert "pin green is GPIO 2; use 9 to 27" in message
    assert "pins amber and red are both GPIO 10" in message
