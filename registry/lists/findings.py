"""What is wrong or odd in a list, grouped by cause: one line for 26,000 equal ones."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import msgspec

from access.event.definition import Language
from registry.lists.wording import say
from registry.storage.errors import RegistryError

Level = Literal["mistake", "warning"]
NO_NAMES: Mapping[str, str] = MappingProxyType({})

LINES_KEPT = 5
"""Lines of one cause that are named; the rest is counted."""

MOST_CAUSES = 1000
"""Different causes that are distinguished; what follows is counted by column alone."""

_QUOTED = re.compile(r'"([^"]*)"')

MOST_VALUE = 60
"""Characters of a cell that a message repeats."""


class Finding(msgspec.Struct, kw_only=True):
    """One cause. `kind` is a key of the list texts, `values` what stands in its braces, `lines` its first rows."""

    level: Level
    kind: str
    column: str | None = None
    value: str | None = None
    values: dict[str, str | int] = {}
    lines: list[int] = []
    rows: int = 0

    def text(
        self, language: Language, *, command: bool = True, names: Mapping[str, str] = NO_NAMES
    ) -> str:
        """What is wrong and what would be right, without the location. `names` to show instead of the event's ids."""
        values = {"column": self.column or "", "value": self.value or "", **self.values}
        if self.kind.startswith("check."):
            values = {key: names.get(str(value), value) for key, value in values.items()}
        elif names and self.kind != "value.ambiguous":  # there the ids are what is asked for
            for key in ("right", "near"):
                if key in values:
                    values[key] = _in_words(str(values[key]), names, language)
        return say(language, self.kind, values, command=command)

    def where(self, language: Language) -> str:
        """The rows as text: "rows 2, 5, 7 and 25,997 more"."""
        values: dict[str, str | int] = {
            "n": self.rows,
            "rows": (", " if language == "en" else "、").join(map(str, self.lines)),
            "more": self.rows - len(self.lines),
        }
        return say(language, "rows" if self.rows <= len(self.lines) else "rows.more", values)


def _in_words(choices: str, names: Mapping[str, str], language: Language) -> str:
    """What would be right, with the names of the ids that stand in quotes."""
    quoted = {"en": '"{}"', "zh-Hant": "「{}」", "zh-Hans": "“{}”"}[language]
    named = _QUOTED.sub(lambda one: quoted.format(names.get(one[1], one[1])), choices)
    return named if language == "en" else named.replace(", ", "、")


class Findings:
    """Causes in the order of their first rows."""

    def __init__(self) -> None:
        self._by_cause: dict[tuple[str, str | None, str | None, str], Finding] = {}
        self.total = 0
        """Rows of all causes; one with two of them counts twice."""

    def mistake(
        self,
        kind: str,
        line: int,
        *,
        column: str | None = None,
        value: str | None = None,
        **values: str | int,
    ) -> None:
        """Add a mistake, which must be corrected before anybody is registered."""
        self._add("mistake", kind, line, column, value, values)

    def warn(
        self,
        kind: str,
        line: int,
        *,
        column: str | None = None,
        value: str | None = None,
        **values: str | int,
    ) -> None:
        """Add a warning: it may be intended."""
        self._add("warning", kind, line, column, value, values)

    def _add(
        self, level: Level, kind: str, line: int, column: str | None, value: str | None,
        values: dict[str, str | int],
    ) -> None:  # fmt: skip
        if value is not None and len(value) > MOST_VALUE:
            value = value[: MOST_VALUE - 1] + "…"
        cause = (kind, column, value, repr(values) if values else "")
        finding = self._by_cause.get(cause)
        if finding is None:
            if len(self._by_cause) >= MOST_CAUSES:
                kind, value, values, cause = f"many.{level}", None, {}, (level, column, None, "")
                finding = self._by_cause.get(cause)
            if finding is None:
                finding = Finding(
                    level=level, kind=kind, column=column, value=value, values=values, lines=[]
                )
                self._by_cause[cause] = finding
        self.total += 1
        finding.rows += 1
        if len(finding.lines) < LINES_KEPT:
            finding.lines.append(line)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._by_cause.values())

    def __len__(self) -> int:
        return len(self._by_cause)

    def of(self, level: Level) -> list[Finding]:
        """The findings of a level, those of the first rows in front."""
        return sorted((one for one in self if one.level == level), key=lambda one: one.lines)


class SpreadsheetError(RegistryError):
    """A list with mistakes: nobody was registered. `source` is what the file is called."""

    def __init__(self, source: str, findings: Sequence[Finding]) -> None:
        self.source = source
        self.findings = tuple(findings)
        super().__init__("\n".join(self.lines("en")))

    def lines(self, language: Language, *, command: bool = True) -> list[str]:
        """A line for each cause, with the first of its rows as editors and compilers write it."""
        return [with_location(self.source, one, language, command=command) for one in self.findings]

    @property
    def rows(self) -> int:
        """Rows with mistakes; one with two mistakes counts twice."""
        return sum(max(1, one.rows) for one in self.findings)


def with_location(
    source: str,
    finding: Finding,
    language: Language,
    *,
    command: bool = True,
    names: Mapping[str, str] = NO_NAMES,
) -> str:
    """A finding with its location: `people.csv:2: …`, and which other rows have it."""
    text = finding.text(language, command=command, names=names)
    location = f"{source}:{finding.lines[0]}" if finding.lines else source
    if finding.rows > 1:
        text = say(language, "rows.have", {"text": text, "where": finding.where(language)})
    return f"{location}: {text}"
