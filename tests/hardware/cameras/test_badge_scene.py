from __future__ import annotations

import random

import numpy as np
import pytest

from hardware.cameras.badge_scene import draw_badge_scene, draw_badges_scene, draw_empty_scene
from hardware.ports.decoder import DecoderSettings, Several, choose
from hardware.reader.factory import make_decoder

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def badge_text(rng: random.Random, form: str) -> str:
    if form == "plain":
        return "J" + "".join(rng.choices(BASE32, k=28))
    return "JM1:" + "".join(rng.choices(BASE45, k=117)) + "."


@pytest.mark.parametrize(("form", "error"), [("plain", "q"), ("signed", "m")])
def test_badges_held_up_well_are_read_from_the_scene(form: str, error: str) -> None:
    decoder = make_decoder(DecoderSettings())
    rng = random.Random(form)
    for seed in range(25):
        text = badge_text(rng, form)

        sight = decoder.decode(draw_badge_scene(text, seed=seed, error=error))

        assert [code.text for code in sight.codes] == [text]


def test_the_same_seed_draws_the_same_scene_and_another_one_another() -> None:
    first, again, other = (draw_badge_scene("J", seed=seed) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_scene_has_the_size_that_was_asked_for() -> None:
    assert draw_badge_scene("J", seed=1, size=(640, 480)).shape == (480, 640)


def test_two_people_holding_up_two_badges_are_asked_to_show_one() -> None:
    scene = draw_badges_scene(["J" + "A" * 28, "J" + "B" * 28], seed=3)

    sight = make_decoder(DecoderSettings()).decode(scene)

    assert choose(sight.codes, (720, 1280)) is Several.SHOW_ONE


def test_an_empty_room_reads_as_nothing() -> None:
    decoder = make_decoder(DecoderSettings())

    for seed in range(5):
        sight = decoder.decode(draw_empty_scene(seed=seed))

        assert (sight.codes, sight.unreadable) == ((), ())
