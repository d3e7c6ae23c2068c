"""The short words of an answer, spoken: what to do and where to go, never a name.

espeak-ng makes a WAV file of each phrase, once, and it is kept in the kiosk's data folder: those of every event when
the door starts, those with a room or a time when they are first shown. No answer waits for it: a page asks after it
has shown the answer.
"""

import io
import logging
import shutil
import subprocess
import threading
import wave
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from access.event.definition import Language
from config.languages import about, languages
from kiosk.screen.phrases import END_OF_ISOLATE, ISOLATE
from web.texts import catalogue

log = logging.getLogger(__name__)

PROGRAM = "espeak-ng"
"""Also the name of its Debian package."""

PAUSE_S = 0.2
"""Between two phrases of an answer."""

LONGEST = 200
"""Characters of a phrase that is still spoken."""

MAKING_S = 10.0
"""A phrase that takes longer is left out: its person is gone."""

_MARKS = str.maketrans({ISOLATE: "", END_OF_ISOLATE: "", "\u200b": "", "|": ""})
_PREFIXES = ("attendee.go_in", "attendee.checked_out", "attendee.repeat_in", "attendee.repeat_out", "attendee.ask.",
    "attendee.refused.", "attendee.next.help_desk", "attendee.next.staff_here")  # fmt: skip


def is_installed() -> bool:
    """Whether this machine can speak."""
    return shutil.which(PROGRAM) is not None


def usual_phrases(language: Language) -> Iterator[str]:
    """What is said at every event: the texts without a value to be filled in."""
    for key, phrase in catalogue(language).items():
        if key.startswith(_PREFIXES) and "{" not in phrase:
            yield phrase


class Speech:
    """The phrases of one kiosk. From any thread."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where the phrases are kept; it is made. Raises OSError."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._making = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._prepare, name="speech")

    def start(self) -> None:
        """Begin to make the usual phrases, and throw away what an earlier start was asked for besides."""
        self._thread.start()

    def close(self) -> None:
        """Safe to repeat."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def spoken(self, phrases: Sequence[str], language: Language) -> bytes | None:
        """The phrases as one WAV; None where nothing can be said: a language without a voice, a program that fails."""
        made = [self._phrase(phrase, language) for phrase in phrases]
        parts = [part for part in made if part is not None]
        return _joined(parts) if parts else None

    def _prepare(self) -> None:
        wanted = [
            (phrase, language) for language in languages() for phrase in usual_phrases(language)
        ]
        kept = {self._file(phrase, language) for phrase, language in wanted}
        try:
            for file in set(self._folder.iterdir()) - kept:
                file.unlink()
        except OSError as error:
            log.warning("old phrases are kept: %s", error)
        for phrase, language in wanted:
            if self._closing.is_set():
                return
            self._phrase(phrase, language)

    def _file(self, phrase: str, language: Language) -> Path:
        name = sha256(f"{about(language).voice}\0{phrase}".encode()).hexdigest()[:32]
        return self._folder / f"{name}.wav"

    def _phrase(self, phrase: str, language: Language) -> bytes | None:
        """One phrase as WAV, made where it is not there yet."""
        voice, file = about(language).voice, self._file(phrase, language)
        if not voice or not phrase or len(phrase) > LONGEST:
            return None
        with self._making:
            try:
                if not file.exists():
                    self._make(phrase, voice, file)
                return file.read_bytes()
            except (OSError, subprocess.SubprocessError) as error:
                log.warning("nothing is said: %s", error)
                return None

    def _make(self, phrase: str, voice: str, file: Path) -> None:
        unfinished = file.with_suffix(".part")
        subprocess.run(
            [PROGRAM, "-v", voice, "-w", str(unfinished), "--stdin"],
            input=phrase.translate(_MARKS).encode(),
            capture_output=True,
            timeout=MAKING_S,
            check=True,
        )
        unfinished.replace(file)


def _joined(parts: Sequence[bytes]) -> bytes:
    """One WAV after the other, with a pause between."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as out:
        for number, part in enumerate(parts):
            with wave.open(io.BytesIO(part)) as one:
                if number == 0:
                    out.setparams(one.getparams())
                else:
                    frames = int(PAUSE_S * one.getframerate())
                    out.writeframes(bytes(frames * one.getsampwidth() * one.getnchannels()))
                out.writeframes(one.readframes(one.getnframes()))
    return whole.getvalue()
