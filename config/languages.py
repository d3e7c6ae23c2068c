"""Which languages there are: each is one file of texts, which begins with what must be known of it (`language`).

A language is added by its file alone. What of the texts it lacks is shown in English.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import msgspec

from access.event.definition import Language
from config.errors import ConfigError, Mistake

FOLDER = Path(__file__).parents[1] / "web" / "texts"
ENGLISH: Language = "en"

_NAME = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be known of a language besides its texts.

    `own_name` and `short` are for buttons; `html_tag` is the value of `lang` attributes, which chooses the shapes of
    characters; `locale` is babel's, for dates, numbers and lists; `place` orders the buttons, English first. A browser
    asks for it by a tag whose parts are among `asked_as` (left out: the name of its file); of languages of one `family`
    the script or region of the tag decides (`written_as`). `voice` is that of espeak-ng.
    """

    own_name: str
    short: str
    html_tag: str
    locale: str
    place: int = 99
    family: str = ""
    asked_as: tuple[str, ...] = ()
    written_as: tuple[str, ...] = ()
    voice: str = ""


class _File(msgspec.Struct, frozen=True):
    language: About


def languages() -> tuple[Language, ...]:
    """All of them, as pages offer them: English first."""
    return tuple(known())


def about(language: Language) -> About:
    """What is known of a language; of one that is not known here what is known of English."""
    found = known()
    return found.get(language) or found[ENGLISH]


@cache
def known() -> Mapping[Language, About]:
    """The languages by the names of their files. Raises ConfigError for a file that does not say what it must."""
    found: dict[Language, About] = {}
    mistakes = []
    for path in sorted(FOLDER.glob("*.json")):
        try:
            if not _NAME.fullmatch(path.stem):
                raise ValueError(f"{path.stem!r} is no language tag")
            found[path.stem] = _with_defaults(path)
        except (ValueError, OSError) as error:
            right = 'the file is named as "zh-Hant.json" is, and begins as that does'
            mistakes.append(Mistake(str(path), "language", str(error), right))
    if mistakes:
        raise ConfigError(mistakes)
    order = sorted(found, key=lambda name: (name != ENGLISH, found[name].place, name))
    return MappingProxyType({name: found[name] for name in order})


def _with_defaults(path: Path) -> About:
    given = msgspec.json.decode(path.read_bytes(), type=_File).language
    return msgspec.structs.replace(
        given,
        family=given.family or path.stem,
        asked_as=given.asked_as or (path.stem.lower(),),
    )


if TYPE_CHECKING:
    KnownLanguage = Language
else:
    KnownLanguage = Literal[languages()]
"""One of them, for what people write: in settings, in a scenario, in a request."""


def asked_for(tag: str) -> Language | None:
    """The language of a browser's tag such as `zh-Hans-HK` or `cmn-Hant`; None: none that is known here."""
    first, *others = tag.lower().replace("_", "-").split("-")
    family = next((one.family for one in known().values() if first in one.asked_as), None)
    kin = {name: one for name, one in known().items() if one.family == family}
    for part in others:  # a script stands before a region
        for name, one in kin.items():
            if part in one.written_as:
                return name
    # Parts that are languages themselves: the last says the most, as in `zh-yue`.
    named = [name for part in (first, *others) for name, one in kin.items() if part in one.asked_as]
    return named[-1] if named else None
