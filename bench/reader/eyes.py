"""How often, how soon and at what cost the door's camera reader reads, beside zxing-cpp alone.

All times are CPU time of one thread. Presentations run on a simulated slower machine: every call's
CPU time is multiplied by a factor, and the reader takes the newest frame when it is free again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from bench.reader.photos import Photo, decoded_by_builds, photos_below
from bench.reader.presentations import Presentation, Shot, easy, hard, taking_turns
from bench.reader.readers import LiveReader, Reader, others, still_reader, zxing
from bench.rooms import FRAMES_PER_S, empty_frames
from bench.support.figure import Figure
from hardware.files.picture_file import read_gray, reduced
from hardware.ports.camera import Gray

PERIOD_S = 1 / FRAMES_PER_S
CAPTURE_S = 0.004
"""What fetching a frame costs the reader's core on the simulated machine."""

VIDEO_FRAMES = 30
"""Frames of each photograph: two seconds of a camera that shakes."""

FRAME = (1280, 720)


def everything(
    photos: Path | None,
    presentations: int,
    frames: int,
    factor: float,
    seed: int,
    against: Path | None = None,
    *,
    full: bool,
) -> Iterator[Figure]:
    """Every line of the bench, as it is measured. See `jianmen bench eyes --help`."""
    cv2.setNumThreads(1)
    yield from empty(frames, seed + 1)
    pair: list[Callable[[], Reader]] = [partial(LiveReader, factor), zxing]
    compete = [*pair, *others()] if full else pair
    many = (hard(number, seed) for number in range(presentations))
    yield from compared("hard", present(many, compete, factor), factor)
    some = (easy(number, seed) for number in range(max(1, presentations // 3)))
    yield from compared("easy", present(some, pair, factor), factor)
    alternate = (taking_turns(number, seed) for number in range(max(1, presentations // 5)))
    yield from turns(alternate, factor)
    if photos is not None:
        known = photos_below(photos)
        yield from live_photos(known)
        yield from decoded_photos(known)
        if against is not None:
            yield from decoded_by_builds(photos, against)


def empty(count: int = 150, seed: int = 1) -> Iterator[Figure]:
    """CPU time of a frame without a code: a still room, and one with people walking through it.

    Raises RuntimeError for a read where nothing is.
    """
    for name, busy in (("still", False), ("busy", True)):
        frames = list(empty_frames(count, seed, busy=busy))
        figure, floor = _cpu_ms([LiveReader(), zxing()], frames)
        note = f"CPU time of an empty {name} 720p frame, {count} frames; floor: zxing-cpp alone"
        yield Figure(f"eyes {name}", figure, floor, "ms", note)
        for make in others():
            reader = make()
            (figure,) = _cpu_ms([reader], frames[:: max(1, count // 20)])
            note = f"the same with {reader.name} alone; floor: zxing-cpp alone"
            yield Figure(f"eyes {name}, {reader.name}", figure, floor, "ms", note)


def _cpu_ms(readers: Sequence[Reader], frames: Sequence[Gray]) -> list[float]:
    """Mean CPU milliseconds of a frame; the readers take turns, so that a busy machine slows all alike."""
    spent = [0.0] * len(readers)
    for number, gray in enumerate(frames):
        # In turns: whoever comes first pays for fetching the frame from memory.
        numbered = list(enumerate(readers))
        for index, reader in numbered if number % 2 else reversed(numbered):
            start = time.thread_time()
            texts = reader.read(gray, round(number * PERIOD_S * 1000))
            spent[index] += time.thread_time() - start
            if texts:
                raise RuntimeError(f"{reader.name} read {texts} in a room without a code")
    return [seconds / len(frames) * 1000 for seconds in spent]


@dataclass
class Result:
    """What one reader made of a set of presentations."""

    name: str
    first_ms: list[float] = field(default_factory=list)
    """Of each presentation that was read, milliseconds from its start to the first read."""
    shown: int = 0
    wrong: int = 0
    """Reads of a content that no badge in the presentation has."""
    late: int = 0
    """Reads of a badge that is not in the newest frame any more."""
    reads: int = 0

    @property
    def missed(self) -> int:
        return self.shown - len(self.first_ms)


def present(
    presentations: Iterable[Presentation],
    readers: Sequence[Callable[[], Reader]],
    factor: float,
    *,
    whole: bool = False,
) -> list[Result]:
    """Show every presentation to every reader, each with a fresh one.

    A presentation ends for a reader with its first read unless it is shown `whole`.
    """
    results = [Result(make().name) for make in readers]
    for presentation in presentations:
        runs = [
            _Run(make(), result, factor, whole)
            for make, result in zip(readers, results, strict=True)
        ]
        for number, shot in enumerate(presentation.shots()):
            # In turns: whoever comes first pays for fetching the frame from memory.
            for run in runs if number % 2 else reversed(runs):
                run.see(shot, presentation.texts)
            if all(run.done for run in runs):
                break
    return results


class _Run:
    """One reader before one presentation, on the simulated machine."""

    def __init__(self, reader: Reader, result: Result, factor: float, whole: bool) -> None:
        self._reader, self._result = reader, result
        self._factor, self._whole = factor, whole
        self._free_at = 0.0
        self._read = False
        result.shown += 1

    @property
    def done(self) -> bool:
        return self._read and not self._whole

    def see(self, shot: Shot, texts: Sequence[str]) -> None:
        """Take the frame if the reader is free before the next one comes."""
        taken = shot.taken_ms / 1000
        start = max(taken, self._free_at)
        if self.done or start >= taken + PERIOD_S:
            return
        began = time.thread_time()
        found = self._reader.read(shot.gray, shot.taken_ms)
        self._free_at = start + (time.thread_time() - began) * self._factor + CAPTURE_S
        for text in found:
            self._result.reads += 1
            if text not in texts:
                self._result.wrong += 1
            elif shot.text is not None and text != shot.text:
                self._result.late += 1
            elif not self._read:
                self._read = True
                self._result.first_ms.append(self._free_at * 1000)


def compared(name: str, results: Sequence[Result], factor: float) -> Iterator[Figure]:
    """The lines of one set: misses, first reads and wrong contents of ours beside zxing-cpp alone."""
    ours, alone, *rest = results
    base = f"of {ours.shown} {name} presentations on a machine {factor:g} times slower"
    note = f"misses {base}, ours {len(ours.first_ms)} read; floor: zxing-cpp alone, {len(alone.first_ms)} read"
    yield Figure(f"eyes {name} missed", ours.missed, alone.missed, "presentations", note)
    if alone.first_ms and ours.first_ms:
        percent, figure, floor = _latest(ours, alone)
        note = f"first read at the percentile ({percent} %) where ours compares worst, {base}; floor: zxing-cpp alone"
        yield Figure(f"eyes {name} first read", figure, floor, "ms", note)
    for other in rest:
        note = f"misses {base} with {other.name} alone; floor: zxing-cpp alone"
        yield Figure(
            f"eyes {name} missed, {other.name}", other.missed, alone.missed, "presentations", note
        )
    note = f"wrong contents in {ours.reads} reads {base}; wanted: 0"
    yield Figure(f"eyes {name} wrong", ours.wrong, None, "reads", note)


def _latest(ours: Result, alone: Result) -> tuple[int, float, float]:
    """Where the time by which this part of all presentations is read compares worst."""
    worst = (0, 0.0, 1.0)
    for percent in range(1, 100):
        index = int(ours.shown * percent / 100)
        if index >= min(len(alone.first_ms), len(ours.first_ms)):
            break
        figure, floor = sorted(ours.first_ms)[index], sorted(alone.first_ms)[index]
        if figure / floor > worst[1] / worst[2]:
            worst = (percent, figure, floor)
    return worst


def turns(presentations: Iterable[Presentation], factor: float) -> Iterator[Figure]:
    """Badges that take turns at one position: a badge that is gone must never be read late."""
    (ours,) = present(presentations, [partial(LiveReader, factor)], factor, whole=True)
    note = f"reads of a badge that is no longer in view, of {ours.reads} reads in {ours.shown} presentations; wanted: 0"
    yield Figure("eyes turns late", ours.late, None, "reads", note)
    note = f"wrong contents in {ours.reads} reads of badges that take turns; wanted: 0"
    yield Figure("eyes turns wrong", ours.wrong, None, "reads", note)


def live_photos(photos: Sequence[Photo]) -> Iterator[Figure]:
    """Photographs as two seconds of shaken, noisy video before the live reader."""
    makers: list[Callable[[], Reader]] = [LiveReader, zxing]
    read, false = [0, 0], 0
    for number, photo in enumerate(photos):
        video = list(_shaken(read_gray(photo.path), number))
        for index, make in enumerate(makers):
            text = _first(make(), video)
            read[index] += photo.text is not None and text == photo.text
            false += index == 0 and photo.text is None and text is not None
    known = sum(photo.text is not None for photo in photos)
    ours, alone = read
    note = f"photographs not read live, of {known} ({ours} read); floor: zxing-cpp alone ({alone} read)"
    yield Figure("eyes photos missed", known - ours, known - alone, "photographs", note)
    note = f"reads on {len(photos) - known} pictures without a code; wanted: 0"
    yield Figure("eyes photos false", false, None, "reads", note)


def _first(reader: Reader, video: Sequence[Gray]) -> str | None:
    for number, gray in enumerate(video):
        if texts := reader.read(gray, round(number * PERIOD_S * 1000)):
            return texts[0]
    return None


def _shaken(gray: Gray, seed: int) -> Iterator[Gray]:
    """A photograph in the middle of the frame, moved a little, with the noise of a sensor."""
    rng = np.random.default_rng(seed)
    scale = min(1.0, FRAME[0] / gray.shape[1], FRAME[1] / gray.shape[0])
    small = reduced(gray, scale) if scale < 1 else gray
    left, top = (FRAME[0] - small.shape[1]) / 2, (FRAME[1] - small.shape[0]) / 2
    for _ in range(VIDEO_FRAMES):
        move = np.array([[1, 0, left], [0, 1, top]]) + rng.normal(0, 1.5, (2, 3)) * [0, 0, 1]
        seen = cv2.warpAffine(small, move, FRAME, borderMode=cv2.BORDER_REPLICATE)
        noisy = seen + rng.standard_normal(seen.shape, dtype=np.float32) * 3
        yield np.asarray(np.clip(noisy, 0, 255), np.uint8)


def decoded_photos(photos: Sequence[Photo]) -> Iterator[Figure]:
    """Photographs as `jianmen decode` reads them, beside the other decoders, and the CPU time of it."""
    pictures = [(read_gray(photo.path), photo.text) for photo in photos]
    known = sum(text is not None for _, text in pictures)
    tallies = [_decoded(make(), pictures) for make in (still_reader, zxing, *others())]
    (_, ours, ours_ms), (_, alone, alone_ms), *rest = tallies
    note = f"photographs not read by `jianmen decode`, of {known} ({ours} read); floor: zxing-cpp alone ({alone} read)"
    yield Figure("eyes decode missed", known - ours, known - alone, "photographs", note)
    note = "mean CPU time of a photograph in `jianmen decode`; floor: zxing-cpp alone"
    yield Figure("eyes decode time", ours_ms, alone_ms, "ms", note)
    for name, read, ms in rest:
        note = f"photographs not read by {name} alone ({ms:.1f} ms each); floor: zxing-cpp alone"
        yield Figure(
            f"eyes decode missed, {name}", known - read, known - alone, "photographs", note
        )


def _decoded(reader: Reader, pictures: Sequence[tuple[Gray, str | None]]) -> tuple[str, int, float]:
    """Name of the reader, photographs read, mean CPU milliseconds."""
    read = 0
    start = time.thread_time()
    for number, (gray, text) in enumerate(pictures):
        read += text is not None and text in reader.read(gray, number * 1000)
    return reader.name, read, (time.thread_time() - start) / max(1, len(pictures)) * 1000
