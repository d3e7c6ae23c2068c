"""What is wrong with a request's body, as a sentence for the person who sent it."""

import re
from collections.abc import Callable

import msgspec
from msgspec import inspect

from config.errors import one_of

_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}


def describe(error: msgspec.ValidationError, shape: type[msgspec.Struct]) -> str:
    """One sentence: which field, what is wrong with it, what would be right."""
    found = _AT.match(str(error))
    if found is None:
        return f"The body is not right: {error}."
    path = (found["path"] or "").lstrip(".")
    what, name = found["what"], f"“{path}”" if path else "The body"
    for pattern, message in _MESSAGES:
        match = re.fullmatch(pattern, what, re.DOTALL)
        if match is not None:
            return message(match, name, shape, path)
    return f"{name} is not right: {what}."


def _unknown(match: re.Match[str], name: str, shape: type[msgspec.Struct], path: str) -> str:
    inside = f" in {name}" if path else ""
    fields = [field.encode_name for field in msgspec.structs.fields(shape)]
    known = f"; it should be {one_of(fields)}" if fields and not path else ""
    return f"“{match[1]}” is not known here{inside}{known}."


def _missing(match: re.Match[str], name: str, _: type[msgspec.Struct], path: str) -> str:
    return f"“{match[1]}” is missing{f' in {name}' if path else ''}."


def _length(match: re.Match[str], name: str, _: type[msgspec.Struct], __: str) -> str:
    number = int(match[2])
    if (match[1], number) == (">=", 1):
        return f"{name} should not be empty."
    bound = f"{number} characters or more" if match[1] == ">=" else f"at most {number} characters"
    return f"{name} should have {bound}."


def _none_of_them(_: re.Match[str], name: str, __: type[msgspec.Struct], ___: str) -> str:
    return f"{name} should not be empty, since such a badge opens nothing; null stands for all."


def _size(match: re.Match[str], name: str, _: type[msgspec.Struct], __: str) -> str:
    return f"{name} should be {match[2]} or {'more' if match[1] == '>=' else 'less'}."


def _pattern(_: re.Match[str], name: str, shape: type[msgspec.Struct], path: str) -> str:
    right = _description(shape, path) or "written differently; the interface's document says how"
    return f"{name} should be {right}."


def _choice(match: re.Match[str], name: str, shape: type[msgspec.Struct], path: str) -> str:
    values = _values(shape, path)
    right = f"; it should be {one_of(values)}" if values else " and should not be"
    return f"{name} is {match[1]}{right}."


def _kind(match: re.Match[str], name: str, _: type[msgspec.Struct], __: str) -> str:
    wanted = " or ".join(_KINDS.get(one.strip(), one.strip()) for one in match[1].split("|"))
    return f"{name} should be {wanted}, not {_KINDS.get(match[2], match[2])}."


_MESSAGES: tuple[
    tuple[str, Callable[[re.Match[str], str, type[msgspec.Struct], str], str]], ...
] = (
    (r"Object contains unknown field `(.*)`", _unknown),
    (r"Object missing required field `(.*)`", _missing),
    (r"Expected `str` of length (>=|<=) (\d+)", _length),
    (r"Expected `array` of length >= 1", _none_of_them),
    (r"Expected `(?:int|float)` (>=|<=) (-?[\d.]+)", _size),
    (r"Expected `str` matching regex .*", _pattern),
    (r"Invalid enum value (.*)", _choice),
    (r"Expected `([^`]+)`, got `([^`]+)`", _kind),
)


def _field(shape: type[msgspec.Struct], path: str) -> inspect.Type | None:
    info = inspect.type_info(shape)
    for field in info.fields if isinstance(info, inspect.StructType) else ():
        if field.encode_name == path:
            return field.type
    return None


def _description(shape: type[msgspec.Struct], path: str) -> str:
    """The description in a field's own metadata; empty: none."""
    found = _field(shape, path)
    kinds = found.types if isinstance(found, inspect.UnionType) else (found,)
    for kind in kinds:
        if isinstance(kind, inspect.Metadata) and kind.extra_json_schema:
            return str(kind.extra_json_schema.get("description", ""))
    return ""


def _values(shape: type[msgspec.Struct], path: str) -> list[str]:
    """What a field may be, where there is a list of it."""
    found = _field(shape, path)
    if isinstance(found, inspect.Metadata):
        found = found.type
    return [str(one) for one in found.values] if isinstance(found, inspect.LiteralType) else []
