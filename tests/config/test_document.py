"""Files that cannot be read at all, and the line at which each mistake stands."""

from pathlib import Path

import pytest

from config import document
from config.document import Location
from config.errors import ConfigError, one_of, shown


def complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        document.parse(text, "fair.toml")
    return str(caught.value)


def test_toml_that_breaks_off_is_named_with_its_line() -> None:
    message = complaint("[event]\nid = 'fair\n")
    assert message.startswith("fair.toml:2: is not TOML here: ")
    assert message.endswith("; see https://toml.io, or compare with a file that works")
    assert complaint("[event]\nid = ").startswith("fair.toml:2: is not TOML here: Invalid value;")
    assert complaint("[event]\n\nid = [\n\n").startswith("fair.toml:3: is not TOML here")
    assert complaint("a = 1\na = 2").startswith("fair.toml:2: is not TOML here: Cannot overwrite")


def test_what_the_toml_reader_cannot_hold_is_a_mistake_too() -> None:
    assert complaint("id = " + "[" * 5_000).startswith("fair.toml: is nested too deep")
    assert complaint("id = " + "9" * 5_000).startswith("fair.toml: is not TOML here")


def test_a_file_that_is_not_there_or_not_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: there is no such file; check the path"):
        document.read(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match=r"is a folder; name a file in it"):
        document.read(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be read \(Not a directory\)"):
        document.read(tmp_path / "file" / "event.toml")


def test_a_file_that_is_not_utf_8_is_named_with_the_place_of_its_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_bytes(b"[event]\nname = '" + "會".encode("big5") + b"'\n")
    with pytest.raises(ConfigError, match=r"event\.toml:2: byte 16 \(0xb7\) is not UTF-8; save"):
        document.read(path)


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_bytes(b"\xef\xbb\xbf[event]\r\nid = 'fair'\r\n")
    assert document.read(path).values == {"event": {"id": "fair"}}


LINES = '''\
top = 1
"quoted" = 2
[event]
id = "fair" # [[gate]]
name.en = "Fair"
text = """
[[gate]]
id = 1
"""
days = [
  "2020-11-17",
]
[[gate]]
id = "a"
[[gate]]

  [gate.name]
  en = "B"
'''


def test_each_table_and_key_has_its_line() -> None:
    found = document.parse(LINES, "fair.toml").lines
    assert found[Location("top")] == 1
    assert found[Location("quoted")] == 2
    assert found[Location("event", None, "id")] == 4
    assert found[Location("event", None, "name")] == found[Location("event", None, "name.en")] == 5
    assert found[Location("event", None, "days")] == 10
    assert found[Location("gate")] == found[Location("gate", 0)] == 13
    assert found[Location("gate", 0, "id")] == 14
    assert found[Location("gate", 1)] == 15
    assert found[Location("gate", 1, "name")] == 17
    assert found[Location("gate", 1, "name.en")] == 18


def test_a_list_of_other_things_than_tables_is_noted() -> None:
    found = document.parse("gate = [1, {id = 'a'}]", "fair.toml")
    assert found.tables("gate") == [{}, {"id": "a"}]
    wrong = "fair.toml: gate[0]: is 1"
    with pytest.raises(ConfigError) as caught:
        found.finish()
    assert str(caught.value) == f"{wrong}; should be a table: write [[gate]] and its keys below"


def test_mistakes_come_in_the_order_of_the_file() -> None:
    found = document.parse("[b]\nx = 1\n[a]\nx = 1\n", "fair.toml")
    for section in ("a", "c", "b"):
        found.mistake(Location(section, None, "x"), "is wrong", "should be right")
    with pytest.raises(ConfigError) as caught:
        found.finish()
    assert [mistake.line for mistake in caught.value.mistakes] == [None, 2, 4]


def test_a_message_repeats_a_value_as_the_file_spells_it_and_only_its_beginning() -> None:
    assert [shown(value) for value in ("會", True, 5, ["a"])] == ['"會"', "true", "5", '["a"]']
    assert len(shown("x" * 10_000)) == 60
    assert one_of(["a"]) == '"a"'
    assert one_of(["a", "b", "c"]) == '"a", "b" or "c"'
    assert one_of(map(str, range(9))).endswith('"7" …')
