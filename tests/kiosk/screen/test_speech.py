"""The words of an answer, spoken by the real espeak-ng: each phrase once, and never a name."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from access.rules.decide import Decision
from config.languages import languages
from kiosk.screen import speech as speaking
from kiosk.screen.attendee_screen import answer_screen
from kiosk.screen.name_on_card import Person
from kiosk.screen.speech import Speech, usual_phrases
from tests.kiosk.screen.test_attendee_screen import PROGRAMME, answer, refusal

needs_espeak = pytest.mark.skipif(
    not speaking.is_installed(), reason=f"{speaking.PROGRAM} is not installed"
)


@pytest.fixture
def speech(tmp_path: Path) -> Iterator[Speech]:
    made = Speech(tmp_path / "spoken")
    yield made
    made.close()


def seconds(wav: bytes | None) -> float:
    assert wav is not None
    with wave.open(io.BytesIO(wav)) as sound:
        return sound.getnframes() / sound.getframerate()


@needs_espeak
@pytest.mark.parametrize(
    ("phrases", "language"),
    [
        (("Please go in", "\u2068Main Hall\u2069, 09:30"), "en"),
        (("請進", "主會場 09:30"), "zh-Hant"),
        (("欢迎回来，\u200b请进", "主会场 09:30"), "zh-Hans"),
    ],
)
def test_an_answer_is_spoken_in_each_language(
    speech: Speech, phrases: tuple[str, str], language: str
) -> None:
    both = seconds(speech.spoken(phrases, language))
    assert both > seconds(speech.spoken(phrases[:1], language)) > 0.3


@needs_espeak
def test_a_phrase_is_made_once_and_kept_for_the_next_start(
    speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = speech.spoken(["Please go in"], "en")
    monkeypatch.setattr(speaking, "PROGRAM", "no-such-program")
    assert Speech(tmp_path / "spoken").spoken(["Please go in"], "en") == said
    assert speech.spoken(["Something else"], "en") is None


@needs_espeak
def test_at_the_start_the_usual_phrases_are_made_and_those_of_an_earlier_event_go(
    speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = {"en": ["Please go in"], "zh-Hans": ["请进"]}
    monkeypatch.setattr(speaking, "usual_phrases", lambda language: usual.get(language, []))
    speech.spoken(["Room 9, 14:00"], "en")
    speech.start()
    speech._thread.join()
    assert len(list((tmp_path / "spoken").iterdir())) == 2


def test_where_nothing_can_speak_nothing_is_said(
    speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "PROGRAM", "no-such-program")
    assert speech.spoken(["Please go in"], "en") is None
    assert speech.spoken([], "en") is None


@pytest.mark.parametrize("decision", [Decision("admit", "ok", 17), refusal("revoked")])
def test_what_is_spoken_says_what_to_do_and_where_and_no_name(decision: Decision) -> None:
    screen = answer_screen(answer(decision), PROGRAMME, Person("郭**", "zh-Hans"), languages())
    for one in (*screen.wordings, *screen.each):
        assert one.headline in one.spoken
        assert set(one.spoken) <= {one.headline, *one.lines}
        assert not any("郭" in phrase for phrase in one.spoken)


def test_the_usual_phrases_are_those_without_a_value() -> None:
    phrases = list(usual_phrases("en"))
    assert {"Please go in", "Please go to the help desk"} <= set(phrases)
    assert not any("{" in phrase for phrase in phrases)
