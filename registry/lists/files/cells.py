"""Single cells: as text, as a language, as yes or no; and what a spreadsheet has done to a number."""

import re
from datetime import date
from typing import TypeGuard

from access.event.definition import Language
from access.text import canonical, half_width
from registry.lists.files.table import Cell
from registry.lists.words.terms import cell_terms
from registry.lists.words.vocabulary import term_key

_POWER = re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]?\d{1,3}", re.IGNORECASE)
_EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""

_ERROR = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!|UNKNOWN!|EXTERNAL!"
    r"|PYTHON!|ERROR!|GETTING_DATA|名称\?|名稱\?|值!|引用!|參照!)|ERR:\d{3}"
)
"""What Excel, LibreOffice and Google show for a formula that has no value."""

_LINES = re.compile(r"[\t ]*[\r\n\v\f\u2028\u2029]+[\t ]*")
_BLANKS = re.compile(r"[ \t]+")

_ONLY_TRADITIONAL = frozenset(
    "張陳劉趙吳楊黃鄭馮許羅謝鄧葉蘇盧鍾譚陸賴蕭鄒湯龍萬錢嚴華國偉強麗軍傑濤剛輝飛欣軒澤銳曉蘭鳳蓮麥關簡區歐闕馬"
    "貝東會學興榮寶愛為業實應語詠詩慶顏顧齊麟龐龔寧賓婭嫻楓樺頤穎雲靜瑩縈藝銘鈞錦鋒鑫鴻鵬鶴馨駿勝協"
)


def is_text(cell: Cell) -> TypeGuard[str]:
    return isinstance(cell, str)


def is_filled(cell: Cell) -> bool:
    """Whether anything stands in a cell."""
    return not isinstance(cell, str) or bool(cell.strip())


def text_of(cell: Cell) -> str:
    """A cell as text in canonical form, in one line; a whole number without ".0"."""
    if isinstance(cell, str):
        if cell.isascii() and cell.isprintable():  # most cells
            return _BLANKS.sub(" ", cell.strip()) if " " in cell else cell
        return _BLANKS.sub(" ", _LINES.sub(" ", canonical(cell)))
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e21:
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def lines_of(cell: Cell) -> str:
    """A cell as text of ASCII width; its line breaks, which part the items of a list, stay as \\n."""
    if not isinstance(cell, str):
        return text_of(cell)
    return _LINES.sub("\n", half_width(cell))


def is_shortened(cell: Cell) -> bool:
    """Whether a spreadsheet has lost digits of a long number: 6.91235E+14 as text, or a number of 16 digits or more."""
    if isinstance(cell, str):
        return bool(cell) and _POWER.fullmatch(half_width(cell)) is not None
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return False
    return bool(abs(cell) >= 10**_EXACT_DIGITS)


def is_error(cell: Cell) -> bool:
    """Whether a spreadsheet's formula has left an error such as #N/A in a cell."""
    if not isinstance(cell, str) or not 4 <= len(cell) <= 40 or cell.isalnum():
        return False  # most cells
    return _ERROR.fullmatch(half_width(cell).strip().upper()) is not None


def yes_or_no(cell: Cell) -> bool | None:
    """What a tick, a Y or a 否 means; an empty cell is no; None: it is none of these."""
    text = text_of(cell)
    key = term_key(text) or text
    if key in cell_terms("yes"):
        return True
    return False if key in cell_terms("no") or not text else None


def language_of(cell: str, name: str, *, traditional: bool = False) -> Language | None:
    """The language that a cell names; an empty one, and "Chinese", by the script of the person's name. None: none.
    `traditional`: names of characters that both scripts have are in traditional Chinese."""
    key = term_key(cell).replace("_", "")
    if key in cell_terms("english") or (key.startswith("en") and len(key) == 4):
        return "en"
    if key in cell_terms("traditional"):
        return "zh-Hant"
    if key in cell_terms("simplified"):
        return "zh-Hans"
    if not key or key in cell_terms("chinese"):
        return script_of(name, chinese=bool(key), traditional=traditional)
    return None


def script_of(name: str, *, chinese: bool = False, traditional: bool = False) -> Language:
    """The language that a name suggests. `chinese`: it is one of the two; `traditional`: rather the traditional one."""
    if any(character in _ONLY_TRADITIONAL for character in name):
        return "zh-Hant"
    if not chinese and not any("\u3400" <= one <= "\u9fff" or one >= "\U00020000" for one in name):
        return "en"
    return "zh-Hant" if traditional else "zh-Hans"
