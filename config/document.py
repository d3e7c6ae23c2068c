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
_TOML_LOCATION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Location(NamedTuple):
    """The location of a value: ("gate", 3, "area") is the key `area` of the fourth `[[gate]]`."""

    section: str
    nth: int | None = None
    key: str | None = None


ROOT = Location("")


@dataclass
class Document:
    """The values of one file, and the mistakes that its readers find in it."""

    source: str
    values: Mapping[str, Any]
    lines: Mapping[Location, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, location: Location, wrong: str, right: str) -> None:
        """Note a mistake at a location, with its line (of the table, if the key has none)."""
        table = location._replace(key=None)
        line = self.lines.get(location) or self.lines.get(table)
        self.mistakes.append(Mistake(self.source, self._where(location), wrong, right, line))

    def table(self, section: str) -> dict[str, Any] | None:
        """Return the table `[section]`, or None; anything but a table is noted as a mistake."""
        found = self.values.get(section)
        if found is None or isinstance(found, dict):
            return found
        self.mistake(Location(section), f"is {shown(found)}", f"should be one table, [{section}]")
        return None

    def tables(self, section: str) -> list[dict[str, Any]]:
        """Return the tables `[[section]]` in the order of the file; whatever is no table is noted and returned
        empty."""
        found = self.values.get(section, [])
        if not isinstance(found, list):
            brackets = f"should be a list of tables: write [[{section}]], with two brackets"
            self.mistake(Location(section), "is not a list", brackets)
            return []
        for index, entry in enumerate(found):
            if not isinstance(entry, dict):
                right = f"should be a table: write [[{section}]] and its keys below"
                self.mistake(Location(section, index), f"is {shown(entry)}", right)
        return [entry if isinstance(entry, dict) else {} for entry in found]

    def only(self, location: Location, found: Collection[str], known: Collection[str]) -> None:
        """Note each key at a location that is not read, and the one that may have been meant."""
        for key in found:
            if key not in known:
                at = location._replace(key=key) if location.section else Location(key)
                self.mistake(at, "is no key here", instead(key, known))

    def finish(self) -> None:
        """Raise ConfigError if any mistake was noted."""
        if self.mistakes:
            raise ConfigError(self.mistakes)

    def _where(self, location: Location) -> str:
        if location.nth is None:
            return ".".join(filter(None, [location.section, location.key]))
        entry = self.values[location.section][location.nth]
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            return ".".join(filter(None, [f"{location.section}[{location.nth}]", location.key]))
        return ": ".join(filter(None, [f"{location.section} {shown(name)}", location.key]))


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
        found = _TOML_LOCATION.search(str(error))
        wrong = f"is not TOML here: {_TOML_LOCATION.sub('', str(error))}"
        last = text.rstrip().count("\n") + 1
        line = int(found[1] or last) if found else None
        right = "see https://toml.io, or compare with a file that works"
        raise _unusable(source, wrong, right, line) from None
    return Document(source, values, _lines(text))


def _unusable(source: str, wrong: str, right: str, line: int | None = None) -> ConfigError:
    return ConfigError([Mistake(source, "", wrong, right, line)])


def _lines(text: str) -> dict[Location, int]:
    """The line of each table and key. `tomllib` does not report them; a line misread here only gives a wrong line
    number."""
    lines: dict[Location, int] = {}
    counts: dict[str, int] = {}
    location = ROOT
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
            location = Location(section, counts.get(section), rest or None)
            lines.setdefault(Location(section), number)
            lines.setdefault(location, number)
        elif key := _KEY.match(line):
            path = key[1].replace('"', "").replace("'", "").replace(" ", "")
            for part in (path, path.partition(".")[0]):
                full = f"{location.key}.{part}" if location.key else part
                at = location._replace(key=full) if location.section else Location(full)
                lines.setdefault(at, number)
    return lines
