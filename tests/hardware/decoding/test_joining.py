"""Badges that no single frame shows well enough, read from several; and never one that is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.reader.eyes import present
from bench.reader.presentations import Difficulty, Presentation, Shot, easy, hard, taking_turns
from bench.reader.readers import LiveReader, zxing
from bench.rooms import empty_frames
from hardware.decoding.following import movement, prepared
from hardware.decoding.guard import AGREES, agreement, own_modules
from hardware.decoding.joining import Joiner
from hardware.decoding.texture import likely_code
from hardware.decoding.zxing import ZxingDecoder
from hardware.ports.camera import Frame
from hardware.ports.decoder import DecoderSettings
from hardware.ports.events import Hint, Reading
from hardware.reader.factory import make_live
from hardware.reader.messages import Hinted, Message
from hardware.reader.motion_gate import MotionGate
from hardware.reader.process import ReaderLoop

Gray = NDArray[np.uint8]
TEXT = "J" + "BADGE7" * 4 + "ABCD"
DARK = Difficulty(distance_mm=350, electrons=7)
"""A corridor at night: seven photo-electrons a pixel at white, 2.8 pixels a module."""


def presented(how: Difficulty, seed: int = 1) -> list[Shot]:
    return list(Presentation("test", seed, (TEXT,), how).shots())


def joined(shots: Iterable[Shot], frames: int = 5) -> Iterator[str | None]:
    """What the joiner reads in each frame, where no decoder reads anything."""
    gate, joiner = MotionGate(), Joiner(ZxingDecoder(), frames, budget_ms=10_000)
    for shot in shots:
        gate.passes(shot.gray)
        code = joiner.read(shot.gray, gate.changed())
        yield code.text if code is not None else None


def live_texts(shots: Iterable[Shot], settings: DecoderSettings) -> list[str]:
    sent: list[Message] = []
    decoder, joiner = make_live(settings, lambda: 0.0)
    loop = ReaderLoop(decoder, bool, sent.append, joiner, lambda: 0.0)
    for shot in shots:
        loop.step(Frame(shot.gray, shot.taken_ms))
    return [message.text for message in sent if isinstance(message, Reading)]


def test_a_badge_in_the_dark_that_no_frame_shows_is_read_from_five() -> None:
    shots = presented(DARK)
    zxing = ZxingDecoder()
    assert not any(zxing.decode(shot.gray).codes for shot in shots)

    found = set(joined(shots))

    assert found == {None, TEXT}


def test_the_reader_joins_frames_unless_the_setting_turns_it_off() -> None:
    shots = presented(DARK)

    assert set(live_texts(shots, DecoderSettings())) == {TEXT}
    assert live_texts(shots, DecoderSettings(join_frames=0)) == []


def test_nothing_is_read_from_fewer_than_three_frames() -> None:
    found = list(joined(presented(DARK)[8:10]))

    assert found == [None, None]


def test_where_the_code_is_stands_in_pixels_of_the_newest_frame() -> None:
    gate, joiner = MotionGate(), Joiner(ZxingDecoder(), budget_ms=10_000)
    easy = Difficulty(distance_mm=280, shake_mm=4)
    for shot in presented(easy):
        gate.passes(shot.gray)
        code = joiner.read(shot.gray, gate.changed())
        (alone,) = ZxingDecoder().decode(shot.gray).codes or (None,)
        if code is not None and alone is not None:
            assert np.allclose(code.corners, alone.corners, atol=3)


@pytest.mark.parametrize("every", [5, 8, 15])
@pytest.mark.parametrize(
    "how", [DARK, Difficulty(350, 400, black=210), Difficulty(320, 60, glare=0.2)]
)
def test_of_badges_that_take_turns_only_the_one_in_view_is_read(
    every: int, how: Difficulty
) -> None:
    texts = (TEXT, "J" + "OTHER2" * 4 + "ABCD")
    shots = list(Presentation("turns", 3, texts, how, turn=every).shots())

    read = [(text, shot.text) for text, shot in zip(joined(shots), shots, strict=True) if text]

    assert all(text == shown for text, shown in read if shown is not None)


def test_without_the_guard_a_badge_that_is_gone_is_read_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the test above would show nothing."""
    monkeypatch.setattr("hardware.decoding.joining.AGREES", -1.0)
    late = 0
    for number in range(6):
        shots = list(taking_turns(number).shots())
        read = zip(joined(shots), shots, strict=True)
        late += sum(text is not None and shot.text not in (None, text) for text, shot in read)
    assert late > 0


def test_badges_that_take_turns_before_the_whole_reader_give_no_late_read() -> None:
    (result,) = present(map(taking_turns, range(4)), [partial(LiveReader, 1.0)], 1.0, whole=True)

    assert result.reads > 10
    assert (result.late, result.wrong) == (0, 0)


@pytest.mark.soak
def test_in_a_thousand_reads_of_badges_that_take_turns_none_is_late_or_wrong() -> None:
    turns = (taking_turns(number, seed=9) for number in range(120))

    (result,) = present(turns, [partial(LiveReader, 1.0)], 1.0, whole=True)

    assert result.reads >= 1000
    assert (result.late, result.wrong) == (0, 0)


@pytest.mark.soak
def test_in_five_thousand_reads_no_content_is_wrong() -> None:
    many = (
        make(number, seed) for seed in (7, 21) for number in range(120) for make in (hard, easy)
    )

    (result,) = present(many, [partial(LiveReader, 1.0)], 1.0, whole=True)

    assert result.reads >= 5000
    assert result.wrong == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_people_without_a_badge_give_no_read_and_are_mostly_left_alone(seed: int) -> None:
    gate, joiner = MotionGate(), Joiner(Counting(), budget_ms=10_000)
    for gray in empty_frames(100, seed, busy=True):
        gate.passes(gray)
        assert joiner.read(gray, gate.changed()) is None

    assert Counting.pictures <= 100


class Counting:
    """A reader that reads nothing and counts what it is shown."""

    pictures = 0

    def __init__(self) -> None:
        Counting.pictures = 0

    def decode_with_modules(self, gray: Gray) -> list[object]:
        Counting.pictures += 1
        return []


def test_a_badge_held_up_for_long_and_never_read_gives_a_hint_though_no_decoder_sees_a_code() -> (
    None
):
    sent: list[Message] = []
    decoder, joiner = make_live(DecoderSettings(), lambda: 0.0)
    loop = ReaderLoop(decoder, bool, sent.append, joiner, lambda: 0.0)
    for shot in presented(Difficulty(distance_mm=340, defocus=1.6)):
        loop.step(Frame(shot.gray, shot.taken_ms))

    assert {message.hint for message in sent if isinstance(message, Hinted)} == {Hint.HOLD_STILL}
    assert not any(isinstance(message, Reading) for message in sent)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_people_who_walk_by_get_no_hint(seed: int) -> None:
    sent: list[Message] = []
    decoder, joiner = make_live(DecoderSettings(), lambda: 0.0)
    loop = ReaderLoop(decoder, bool, sent.append, joiner, lambda: 0.0)
    for number, gray in enumerate(empty_frames(90, seed, busy=True)):
        loop.step(Frame(gray, number * 67))

    assert sent == []


def test_a_patch_that_never_reads_uses_up_its_credit() -> None:
    gate, joiner = MotionGate(), Joiner(Counting(), budget_ms=10_000)
    shots = presented(DARK)
    for shot in [*shots, *shots, *shots]:
        gate.passes(shot.gray)
        joiner.read(shot.gray, gate.changed())

    assert Counting.pictures < 0.7 * 3 * 3 * len(shots)


def test_a_mean_is_given_up_when_its_time_is_spent() -> None:
    clock = iter(range(100_000))
    gate = MotionGate()
    joiner = Joiner(Counting(), budget_ms=40, now=lambda: float(next(clock)))
    for shot in presented(DARK)[:14]:
        gate.passes(shot.gray)
        joiner.read(shot.gray, gate.changed())

    assert 0 < Counting.pictures <= 12, "one try for each frame"


def test_the_patch_with_the_code_is_found_while_nothing_else_changed() -> None:
    gate = MotionGate()
    shots = presented(Difficulty(distance_mm=350, defocus=0.9))
    for shot in shots[:20]:
        gate.passes(shot.gray)
    corners = presented_corners(shots[19])

    box = likely_code(shots[19].gray, gate.changed())

    assert box is not None
    x, y = np.mean(corners, axis=0)
    assert box.left < x < box.right
    assert box.top < y < box.bottom


def presented_corners(shot: Shot) -> NDArray[np.float64]:
    """Where the code is, from the same frame without its blur."""
    sharp = presented(Difficulty(distance_mm=350))[19]
    assert sharp.taken_ms == shot.taken_ms
    (code,) = ZxingDecoder().decode(sharp.gray).codes
    return np.array(code.corners)


@pytest.mark.parametrize("shape", [(1, 1), (20, 15), (15, 2000)])
def test_a_tiny_frame_has_no_patch(shape: tuple[int, int]) -> None:
    assert likely_code(np.zeros(shape, np.uint8), np.ones((45, 80), np.float32)) is None


def test_a_movement_is_found_to_a_fraction_of_a_pixel() -> None:
    sharp = presented(Difficulty(distance_mm=300))[30].gray[150:550, 300:900]
    turn = cv2.getRotationMatrix2D((300, 200), 4, 1.02)
    turn[:, 2] += (7.3, -4.8)
    moved = cv2.warpAffine(sharp, turn, (600, 400), borderMode=cv2.BORDER_REPLICATE)

    found = movement(prepared(sharp), prepared(np.asarray(moved, np.uint8)))

    assert found is not None
    point = np.array([300.0, 200.0, 1.0])
    assert np.allclose(found @ point, turn @ point, atol=0.7)


def test_a_blank_patch_does_not_say_how_it_moved() -> None:
    blank = np.full((120, 120), 200, np.uint8)

    assert movement(prepared(blank), prepared(blank)) is None


@pytest.mark.parametrize("inverted", [False, True])
def test_a_code_agrees_with_its_own_picture_and_not_with_another(
    print_code: Callable[..., Gray], badge: Callable[[str], str], inverted: bool
) -> None:
    own, other = print_code(badge("A")), print_code(badge("B"))
    if inverted:
        own, other = 255 - own, 255 - other
    ((code, modules),) = ZxingDecoder().decode_with_modules(own)

    assert agreement(own, code.corners, modules) > 0.9
    assert agreement(other, code.corners, modules) < AGREES
    assert agreement(np.full_like(own, 200), code.corners, modules) == 0


@pytest.mark.parametrize("count", [21, 25, 37])
def test_the_modules_that_all_codes_share_are_left_out(count: int) -> None:
    own = own_modules(count)

    assert not own[:9, :9].any()
    assert not own[:, 6].any()
    assert own[12, 12]
    assert own.sum() > count * count / 3


def test_the_door_reads_presentations_that_zxing_alone_cannot() -> None:
    kinds = {"low light", "thumb", "phone", "pale"}
    chosen = [one for one in map(hard, range(22)) if one.kind in kinds]

    ours, alone = present(chosen, [partial(LiveReader, 1.0), zxing], 1.0)

    assert ours.wrong == 0
    assert len(alone.first_ms) <= len(chosen) - 3
    assert len(ours.first_ms) == len(chosen)
