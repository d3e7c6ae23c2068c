"""Words of the event as people write them in cells: ids, names in three languages, dates in every order."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from access.event.definition import Event, Names
from access.text import half_width
from registry.lists.words.terms import cell_terms

_BETWEEN = re.compile(r"[\s\-_·.]+")
_LEVELS = (
    re.compile(r"[;；\n|｜┋]+"),
    re.compile(r"[、，,]+"),
    re.compile(r"[/／]+"),
    re.compile(r"[&＆+＋]+"),
    re.compile(r"[及和與与]+|\band\b", re.IGNORECASE),
    re.compile(r"\s+"),
)
"""What parts the items of a cell, the strongest first: a name may have a comma in it, or a blank."""

_DATE = re.compile(
    r"(?:(?P<y>\d{4})\s*[-/.年]\s*)?(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号號]?"
)
_TIME = re.compile(
    r"(?:(?<=[日号號])\s*|(?<=\d)(?:\s+|t))(?:[上下]午|[ap]m)?\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
    r"\s*(?:[ap]m|z|[+-]\d{2}:?\d{2})?(?:\s*[-–~至]\s*\d{1,2}:\d{2})?$"
)
"""The time of the day, at the end of a date."""
_DAY_FIRST = re.compile(r"(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})(?:[-/. ](?P<y>\d{4}|\d{2}))?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH = (
    re.compile(
        r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[ \-/]*(?P<m>[a-z]{3})[a-z]*\.?[ ,\-/]*(?P<y>\d{4}|(?<!\d)\d{2})?"
    ),
    re.compile(r"(?P<m>[a-z]{3})[a-z]*\.?[ \-]*(?P<d>\d{1,2})(?:st|nd|rd|th)?[ ,\-]*(?P<y>\d{4})?"),
)
_NTH = re.compile(r"(?:day|d|第)\s*([1-8一二三四五六七八])\s*[天日]?")
_RANGE = re.compile(r"\s*(?:至|到|~|～|—|–|\bto\b)\s*")
_YEAR_BEHIND = re.compile(r"(?<=\d)[\s,]+(?P<y>\d{4})$")
_BARE_DAY = re.compile(r"(?P<d>\d{1,2})\s*(?P<sure>[日号號]|st|nd|rd|th)?")
_WEEKDAYS = ("一mon", "二tue", "三wed", "四thu", "五fri", "六sat", "日sun", "天sun")
_WEEKDAY = re.compile(
    r"(?:星期|周|週|礼拜|禮拜)(?P<cn>[一二三四五六日天])|(?P<en>mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?"
)
_ASIDE = re.compile(r"[(（].*?[)）]|(?:星期|周|週)[一二三四五六日天]")
_BOTH = re.compile(
    r"both(?:days|venues|cities)?|[两兩](?:天|日|地|城|[个個]?(?:城市|[会會][场場]))|2(?:days|天)|twodays"
)
_THREE = re.compile(
    r"(?:all)?(?:3|three)(?:days|venues|cities)|3天|三(?:天|地|城|[个個]?(?:城市|[会會][场場]))"
)
"""All of them, where there are two or three; "三日" is the third of a month."""

_SERIAL_EPOCHS = (date(1899, 12, 30), date(1904, 1, 1))
"""From which Excel counts days, on Windows and on old Macs."""


_MARKS_AT_ENDS = " \t\n;；|｜┋、，,"
"""What questionnaires put after each of several answers, the last one too."""


def without_marks_at_ends(text: str) -> str:
    """A text without the marks that part items at its front and end: "5g;" is "5g"."""
    return text.strip(_MARKS_AT_ENDS)


def term_key(text: str) -> str:
    """A text without case, width, blanks and hyphens."""
    return _BETWEEN.sub("", half_width(text).casefold())


class Vocabulary:
    """The ids that a column may name, and how people write them."""

    def __init__(self, named: Iterable[tuple[str, Names]], *, optional: bool = False) -> None:
        """`named` are ids with their names. `optional`: a cell may also say that it names none."""
        self.ids: list[str] = []
        self._none = cell_terms("none") if optional else frozenset()
        self._by_term: dict[str, str | None] = {}
        for known, names in named:
            self.ids.append(known)
            for term in (known, *names.values()):
                key = term_key(term)
                taken = self._by_term.get(key, known)
                self._by_term[key] = known if taken == known else None
        for known in self.ids:  # an id is never ambiguous
            self._by_term[term_key(known)] = known
        self._seen: dict[str, tuple[tuple[str, ...] | None, tuple[str, ...]]] = {}

    def one(self, text: str) -> str | None:
        """The id that a text names, or None."""
        return self._by_term.get(term_key(text))

    def is_ambiguous(self, text: str) -> bool:
        """Whether a text names more than one."""
        return self._by_term.get(term_key(text), "") is None

    def several(self, cell: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """The ids that a cell names in the event's order, None for all of them; and the parts that name nothing."""
        known = self._seen.get(cell)
        if known is None:
            known = self._seen[cell] = self._read(cell)
            if len(self._seen) > 10_000:
                self._seen.clear()
        return known

    def _read(self, cell: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        cell = without_marks_at_ends(cell) or cell
        key = term_key(cell) or cell.strip()
        if key in cell_terms("all") or self._is_count(key):
            return None, ()
        if key in self._none:
            return (), ()
        named, strange = self._parted(cell, 0)
        return tuple(one for one in self.ids if one in named), tuple(dict.fromkeys(strange))

    def _is_count(self, key: str) -> bool:
        """Whether a term counts as many as there are: "both days", "三地"."""
        count = {2: _BOTH, 3: _THREE}.get(len(self.ids))
        return count is not None and count.fullmatch(key) is not None

    def _parted(self, text: str, level: int) -> tuple[set[str], list[str]]:
        text = text.strip()
        if not text:
            return set(), []
        found = self.found(text)
        if found:
            return set(found), []
        while level < len(_LEVELS):
            parts = [part for part in _LEVELS[level].split(text) if part.strip()]
            level += 1
            if len(parts) > 1:
                break
            if parts and parts[0] != text:  # a mark at an end parts nothing
                return self._parted(parts[0], level)
        else:
            return set(), [text]
        named: set[str] = set()
        strange: list[str] = []
        for part in parts:
            ids, unknown = self._parted(part, level)
            named |= ids
            strange += unknown
        # Of a name with blanks or a stroke, or of a date, that is not known, all is shown.
        if strange and level > 2 and (not named or isinstance(self, Days)):
            return set(), [text]
        return named, strange

    def found(self, text: str) -> Sequence[str]:
        """The ids that a text without separators names."""
        one = self.one(text)
        return (one,) if one is not None else ()


class Days(Vocabulary):
    """The event's days, in every way in which people and spreadsheets write dates."""

    def __init__(self, event: Event) -> None:
        super().__init__((day, {}) for day in event.days)
        self._dates = {date.fromisoformat(day): day for day in event.days}

    def one(self, text: str) -> str | None:
        found = self.found(text)
        return found[0] if len(found) == 1 else None

    def found(self, text: str) -> Sequence[str]:
        half = half_width(text).strip().casefold()
        tidy = _TIME.sub("", _ASIDE.sub("", half).strip())
        return [self._dates[one] for one in self._dates_in(tidy) or self._span(tidy)] or (
            self._on_weekday(half)
        )

    def _span(self, text: str) -> list[date]:
        """The event's dates from one day to another: "11月28日至29日", "28-29 Nov", "Nov 28-29, 2026"."""
        if year := _YEAR_BEHIND.search(text):
            some = self._span(text[: year.start()])
            return some if all(one.year == int(year["y"]) for one in some) else []
        ends = [part for part in _RANGE.split(text) if part]
        if len(ends) != 2:
            ends = [part.strip() for part in text.split("-") if part.strip()]
        if len(ends) != 2:
            return []
        first, last = (self._dates_in(part) for part in ends)
        # One of the two may leave out the month.
        if len(first) == 1 and (bare := _BARE_DAY.fullmatch(ends[1])):
            last = self._dates_in(f"{next(iter(first)).month}-{bare['d']}")
        elif len(last) == 1 and (bare := _BARE_DAY.fullmatch(ends[0])):
            first = self._dates_in(f"{next(iter(last)).month}-{bare['d']}")
        if not len(first) == len(last) == 1:
            return []
        low, high = first.pop(), last.pop()
        return [one for one in self._dates if low <= one <= high]

    def _on_weekday(self, text: str) -> Sequence[str]:
        """The event's one day of a weekday: "Saturday", "周六"."""
        match = _WEEKDAY.fullmatch(text)
        if match is None:
            return ()
        asked = next(n for n, one in enumerate(_WEEKDAYS) if (match["cn"] or match["en"]) in one)
        found = [day for one, day in self._dates.items() if one.weekday() == min(asked, 6)]
        return found if len(found) == 1 else ()

    def serial(self, number: float) -> str | None:
        """The day that a spreadsheet's number means: days since its epoch, the time of the day behind the point."""
        if not 0 < number < 200_000:
            return None
        for epoch in _SERIAL_EPOCHS:
            day = self._dates.get(epoch + timedelta(int(number)))
            if day is not None:
                return day
        return None

    def _dates_in(self, text: str) -> set[date]:
        """The event's dates that a text can mean; of one that is no date, none."""
        if text.isdecimal() and len(text) == 8:
            text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        elif text.isdecimal() and len(text) == 5:
            day = self.serial(int(text))
            return {date.fromisoformat(day)} if day else set()
        if match := _NTH.fullmatch(text):
            n = int(match[1]) if match[1].isdecimal() else "一二三四五六七八".index(match[1]) + 1
            return set(list(self._dates)[n - 1 : n])
        if match := _DATE.fullmatch(text):
            found = self._matching([(match["y"], int(match["m"]), int(match["d"]))])
            if found:
                return found
        if match := _DAY_FIRST.fullmatch(text):
            a, b = int(match["a"]), int(match["b"])
            asked = [(match["y"], b, a), (match["y"], a, b)]
            if match["y"] and len(match["y"]) == 2:  # 26/11/29
                asked.append((match["a"], b, int(match["y"])))
            return self._matching(asked)
        if match := _BARE_DAY.fullmatch(text):
            return self._on_day(int(match["d"]), sure=match["sure"] is not None)
        for named in _NAMED_MONTH:
            match = named.fullmatch(text)
            if match and match["m"] in _MONTHS:
                return self._matching(
                    [(match["y"], _MONTHS.index(match["m"]) + 1, int(match["d"]))]
                )
        return set()

    def _on_day(self, day: int, *, sure: bool) -> set[date]:
        """The event's one date of a day of the month. A small number alone may also mean the first or second day."""
        found = {one for one in self._dates if one.day == day}
        return found if len(found) == 1 and (sure or day > len(self._dates)) else set()

    def _matching(self, asked: Iterable[tuple[str | None, int, int]]) -> set[date]:
        return {
            one
            for one in self._dates
            for year, month, day in asked
            if (one.month, one.day) == (month, day)
            and (not year or one.year % 100 == int(year) % 100)
        }


def vocabularies(event: Event) -> dict[str, Vocabulary]:
    """What the cells of an event's lists may name, by field."""
    return {
        "ticket": Vocabulary((one.id, one.name) for one in event.tickets),
        "venues": Vocabulary((one.id, one.name) for one in event.venues),
        "sessions": Vocabulary(((one.id, one.name) for one in event.sessions), optional=True),
        "days": Days(event),
    }
