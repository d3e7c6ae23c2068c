"""Fits the values of a file into a msgspec struct, field by field, and notes every misfit.

`msgspec.convert` stops at the first mistake and names Python types; people who write a file need all mistakes
at once, in plain language. A value that does not fit is noted and a stand-in takes its place, so that
reading goes on; `Document.finish` sees to it that no stand-in gets further.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from config.document import Document, Location
from config.errors import one_of, shown

MOST = 1_000_000
"""The largest number accepted in a file, unless its field sets another limit; the least is 0."""

Info = inspect.Type
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True)
class Reader:
    """Reads a value that needs more than its type.

    `expects` describes what would be right; `read` notes mistakes itself and may answer with a
    stand-in; `stand_in` is for a value that is missing.
    """

    expects: str
    read: Callable[[Any, Location, Document], Any]
    stand_in: Any


def fit(
    kind: type[S],
    values: Mapping[str, Any],
    location: Location,
    document: Document,
    readers: Mapping[str, Reader],
    keys: Mapping[str, str] | None = None,
) -> S:
    """Return the struct described by the table `values` at `location`.

    `readers` by key; `keys` gives the key of each field that is called otherwise in the file.
    """
    fields = {
        (keys or {}).get(field.name, field.name): field for field in msgspec.structs.fields(kind)
    }
    document.only(location, values, fields)
    found: dict[str, Any] = {}
    for key, field in fields.items():
        at = location._replace(key=key)
        reader = readers.get(key) or by_type(field.type)
        if key in values:
            found[field.name] = reader.read(values[key], at, document)
        elif field.required:
            document.mistake(at, "is missing", f"should be {reader.expects}")
            found[field.name] = reader.stand_in
    return kind(**found)


def by_type(kind: Any, expects: str = "") -> Reader:
    """The reader of a field that its type describes completely: a number, a text, one of a few values …

    `expects` where there are a better description of what would be right than the type's own.
    """
    whole = inspect.type_info(kind)
    info = _bare(whole)
    expects = expects or _described(whole) or _expects(info)
    stand_in = _stand_in(info)

    def read(value: Any, location: Location, document: Document) -> Any:
        try:
            found = msgspec.convert(value, kind, dec_hook=_from_text)
        except msgspec.ValidationError:
            found = None
        if found is None or not _allowed(info, found):
            document.mistake(location, f"is {shown(value)}", f"should be {expects}")
            return stand_in
        return found

    return Reader(expects, read, stand_in)


def _bare(info: Info) -> Info:
    """The type without annotations and without None, which TOML cannot express."""
    if isinstance(info, inspect.Metadata):
        return _bare(info.type)
    if isinstance(info, inspect.UnionType):
        return next(_bare(kind) for kind in info.types if not isinstance(kind, inspect.NoneType))
    return info


def _described(info: Info) -> str:
    """The description that a type brings along: `Annotated[…, Meta(description=…)]`."""
    if isinstance(info, inspect.UnionType):
        return next(filter(None, map(_described, info.types)), "")
    schema = info.extra_json_schema if isinstance(info, inspect.Metadata) else None
    return str((schema or {}).get("description", ""))


def _range(info: inspect.IntType) -> tuple[int, int]:
    return (0 if info.ge is None else info.ge, MOST if info.le is None else info.le)


def _allowed(info: Info, value: Any) -> bool:
    """Check what the type alone does not express: numbers have a range, and no text is empty."""
    if isinstance(info, inspect.IntType):
        low, high = _range(info)
        return low <= int(value) <= high
    if isinstance(info, inspect.FloatType):
        return 0 <= float(value) <= MOST
    return value != "" if isinstance(info, inspect.StrType) else True


def _expects(info: Info) -> str:
    match info:
        case inspect.IntType():
            low, high = _range(info)
            return f"a whole number from {low} to {high}"
        case inspect.FloatType():
            return f"a number from 0 to {MOST}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType():
            return one_of(info.values)
        case inspect.VarTupleType():
            return f"a list [ … ], each item {_expects(_bare(info.item_type))}"
        case inspect.CustomType():
            return "a path in quotes"
        case _:
            return "a text in quotes"


def _stand_in(info: Info) -> Any:
    match info:
        case inspect.IntType():
            return 0
        case inspect.VarTupleType():
            return ()
        case inspect.LiteralType():
            return info.values[0]
        case _:
            return ""


def _from_text(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path) and str(value):
        try:
            return Path(value).expanduser()
        except RuntimeError as error:  # "~somebody" who is unknown here
            raise TypeError from error
    raise TypeError
