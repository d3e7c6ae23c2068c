"""A TOML file as read: its values, the line of each key, and the mistakes found in it."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from config.errors import ConfigError, Mistake, instead, shown

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w.\"' -]+?)\s*=")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Place(NamedTuple):
    """Where a value stands: ("gate", 3, "area") is the key `area` of the fourth `[[gate]]`."""

    section: str
    nth: int | None = None
    key: str | None = None


ROOT = Place("")


@dataclass
class Document:
    """The values of one file, and the mistakes that its readers find in it."""

    source: str
    values: Mapping[str, Any]
    lines: Mapping[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, place: Place, wrong: str, right: str) -> None:
        """Notes a mistake at a place, with its line (of the table, if the key has none)."""
        table = place._replace(key=None)
        line = self.lines.get(place) or self.lines.get(table)
        self.mistakes.append(Mistake(self.source, self._where(place), wrong, right, line))

    def table(self, section: str) -> dict[str, Any] | None:
        """The table `[section]`, or None (noted, unless it is not there at all)."""
        found = self.values.get(section)
        if found is None or isinstance(found, dict):
            return found
        self.mistake(Place(section), f"is {shown(found)}", f"should be one table, [{section}]")
        return None

    def tables(self, section: str) -> list[dict[str, Any]]:
        """The tables `[[section]]` in the order of the file; what is none is noted and is empty."""
        found = self.values.get(section, [])
        if not isinstance(found, list):
            brackets = f"should be a list of tables: write [[{section}]], with two brackets"
            self.mistake(Place(section), "is not a list", brackets)
            return []
        for index, entry in enumerate(found):
            if not isinstance(entry, dict):
                right = f"should be a table: write [[{section}]] and its keys below"
                self.mistake(Place(section, index), f"is {shown(entry)}", right)
        return [entry if isinstance(entry, dict) else {} for entry in found]

    def only(self, place: Place, found: Collection[str], known: Collection[str]) -> None:
        """Notes each key at a place that nobody reads, and the one that may have been meant."""
        for key in found:
            if key not in known:
                at = place._replace(key=key) if place.section else Place(key)
                self.mistake(at, "is no key here", instead(key, known))

    def finish(self) -> None:
        """Raises ConfigError if any mistake was noted."""
        if self.mistakes:
            raise ConfigError(self.mistakes)

    def _where(self, place: Place) -> str:
        if place.nth is None:
            return ".".join(filter(None, [place.section, place.key]))
        entry = self.values[place.section][place.nth]
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            return ".".join(filter(None, [f"{place.section}[{place.nth}]", place.key]))
        return ": ".join(filter(None, [f"{place.section} {shown(name)}", place.key]))


def read(path: Path) -> Document:
    """The TOML file at `path`; ConfigError if it is not there, not UTF-8 or not TOML."""
    source = str(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise _unusable(source, "there is no such file", "check the path") from None
    except IsADirectoryError:
        raise _unusable(source, "is a folder", "name a file in it") from None
    except OSError as error:
        wrong = f"cannot be read ({error.strerror})"
        raise _unusable(source, wrong, "check the path and who may read it") from None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8"
        line = data.count(b"\n", 0, error.start) + 1
        raise _unusable(source, wrong, "save the file as UTF-8", line) from None
    return parse(text, source)


def parse(text: str, source: str) -> Document:
    """The TOML text of `source`; ConfigError, with the line, if it is not TOML."""
    text = text.removeprefix("\ufeff")  # some editors on Windows begin a file with this mark
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise _unusable(source, "is nested too deep", "write flat tables") from None
    except ValueError as error:
        place = _TOML_PLACE.search(str(error))
        wrong = f"is not TOML here: {_TOML_PLACE.sub('', str(error))}"
        last = text.rstrip().count("\n") + 1
        line = int(place[1] or last) if place else None
        right = "see https://toml.io, or compare with a file that works"
        raise _unusable(source, wrong, right, line) from None
    return Document(source, values, _lines(text))


def _unusable(source: str, wrong: str, right: str, line: int | None = None) -> ConfigError:
    return ConfigError([Mistake(source, "", wrong, right, line)])


def _lines(text: str) -> dict[Place, int]:
    """The line of each table and key. `tomllib` keeps none; one misread here costs only a number."""
    lines: dict[Place, int] = {}
    counts: dict[str, int] = {}
    place = ROOT
    in_string = False
    for number, line in enumerate(text.split("\n"), start=1):
        was_in_string = in_string
        if (line.count('"""') + line.count("'''")) % 2:
            in_string = not in_string
        if was_in_string:
            continue
        if header := _HEADER.match(line):
            section, _, rest = header[2].partition(".")
            if header[1] == "[[" and not rest:
                counts[section] = counts.get(section, -1) + 1
            place = Place(section, counts.get(section), rest or None)
            lines.setdefault(Place(section), number)
            lines.setdefault(place, number)
        elif key := _KEY.match(line):
            path = key[1].replace('"', "").replace("'", "").replace(" ", "")
            for part in (path, path.partition(".")[0]):
                full = f"{place.key}.{part}" if place.key else part
                at = place._replace(key=full) if place.section else Place(full)
                lines.setdefault(at, number)
    return lines
