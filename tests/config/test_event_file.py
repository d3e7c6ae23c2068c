"""Event files: what is read, and that every mistake is named with its location."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.event.definition import Policy
from config import event_file
from config.errors import ConfigError

EXAMPLE = Path(event_file.__file__).parent / "events" / "smarthk.toml"

SMALL = """\
[event]
id = "fair"
name = { en = "Fair" }
timezone = "Asia/Shanghai"
days = ["2020-11-17", "2020-11-18"]

[[venue]]
id = "hall"
name = { en = "Hall" }
[[venue]]
id = "annex"
name = { en = "Annex" }

[[area]]
id = "room"
venue = "hall"
name = { en = "Room" }
[[area]]
id = "box"
venue = "hall"
parent = "room"
name = { en = "Box" }

[[gate]]
id = "door"
area = "hall"

[[ticket]]
id = "guest"
name = { en = "Guest" }
areas = ["*"]

[[session]]
id = "talk"
area = "room"
starts = 2020-11-17T14:00:00+08:00
ends = 2020-11-17T16:00:00+08:00
name = { en = "Talk" }

[policy]
"""


def mistakes(text: str) -> list[str]:
    """The mistakes of an event file, a line each."""
    try:
        event_file.parse(text, "fair.toml")
    except ConfigError as error:
        return str(error).split("\n")
    return []


def changed(old: str, new: str) -> list[str]:
    """The mistakes of the small event after one change to its text."""
    assert old in SMALL
    return mistakes(SMALL.replace(old, new, 1))


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_the_example_event_is_read_whole() -> None:
    event = event_file.load(EXAMPLE)
    assert (event.id, event.timezone) == ("smarthk-2020", "Asia/Shanghai")
    assert event.days == ("2020-11-17", "2020-11-18")
    assert event.name["zh-Hans"] == "创新升级·香港论坛"
    assert [venue.id for venue in event.venues] == ["chengdu", "meishan", "mianyang"]
    assert (len(event.areas), len(event.gates), len(event.tickets)) == (5, 11, 5)
    assert event.tickets[4].roles == ("door", "supervisor")
    assert event.sessions[1].starts_ms == milliseconds("2020-11-17T14:00:00+08:00")
    assert event.sessions[1].standby_after_min == 10
    assert event.areas[1].clear_min == 20


def test_a_key_left_out_has_its_default() -> None:
    event = event_file.parse(SMALL, "fair.toml")
    gate, ticket, session = event.gates[0], event.tickets[0], event.sessions[0]
    assert event.policy == Policy(
        unknown="ask_staff",
        unlisted="admit_flagged",
        clock_unsure="admit_flagged",
        roster_stale="admit",
        roster_stale_min=240,
        hold_off_s=3,
        travel_min=30,
        retention_days=30,
    )
    assert event.day_ends_min == 4 * 60
    assert (gate.direction, gate.mode, gate.reentry) == ("in", "self", "free")
    assert (ticket.on_site, ticket.capacity_exempt, ticket.roles) == (True, False, ())
    assert (session.booking, session.early_min, session.closing_min) == ("open", 0, 0)
    assert session.standby_after_min is None
    assert [area.parent for area in event.areas] == ["hall", "room"]
    assert (event.areas[0].capacity, event.venues[0].capacity) == (None, None)


def test_a_capacity_of_0_is_a_room_that_is_always_full() -> None:
    text = SMALL.replace('id = "hall"', 'id = "hall"\ncapacity = 0', 1)
    assert event_file.parse(text, "fair.toml").venues[0].capacity == 0


def test_the_hour_of_the_day_end_is_read() -> None:
    text = SMALL.replace("days =", 'day_ends = "05:30"\ndays =', 1)
    assert event_file.parse(text, "fair.toml").day_ends_min == 330


def test_an_event_without_rooms_sessions_and_policy_is_read() -> None:
    head, _, _ = SMALL.partition("[[area]]")
    tail = SMALL[SMALL.index("[[gate]]") : SMALL.index("[[session]]")]
    assert event_file.parse(head + tail, "fair.toml").sessions == ()


def test_a_session_after_midnight_is_on_the_day_before() -> None:
    night = SMALL.replace("17T14:00", "19T01:00").replace("17T16:00", "19T03:00")
    assert mistakes(night) == []


def test_two_sessions_may_overlap_in_one_room_and_a_venue_and_a_gate_share_an_id() -> None:
    session = SMALL[SMALL.index("[[session]]") : SMALL.index("[policy]")]
    text = SMALL.replace("[policy]", session.replace("talk", "second"))
    assert mistakes(text.replace('id = "door"', 'id = "hall"')) == []


def test_300_gates_are_read() -> None:
    gates = "".join(f'[[gate]]\nid = "g{n}"\narea = "room"\n' for n in range(300))
    assert len(event_file.parse(SMALL.replace("[policy]", gates), "fair.toml").gates) == 301


# All mistakes at once


def test_five_mistakes_are_all_named_each_with_its_line() -> None:
    text = (
        SMALL.replace('area = "hall"', 'area = "hal"', 1)
        .replace("Asia/Shanghai", "Asia/Shangai")
        .replace("2020-11-17T16", "2020-11-17T13")
        .replace('areas = ["*"]', "areas = []\nrole = []")
        .replace("[policy]", '[policy]\nunknown = "let_in"')
    )
    verdicts = '"admit", "admit_flagged", "ask_staff" or "refuse"'
    assert mistakes(text) == [
        'fair.toml:4: event.timezone: is "Asia/Shangai"; did you mean "Asia/Shanghai"?',
        'fair.toml:26: gate "door": area: "hal" is no area or venue; did you mean "hall"?',
        'fair.toml:32: ticket "guest": role: is no key here; did you mean "roles"?',
        'fair.toml:38: session "talk": ends: is not after starts; should be later',
        f'fair.toml:42: policy.unknown: is "let_in"; should be {verdicts}',
    ]


def test_an_empty_file_is_told_what_an_event_needs() -> None:
    assert mistakes("") == [
        "fair.toml: event: is missing; should be a table [event] with id, name, timezone and days",
        "fair.toml: venue: is missing; write at least one [[venue]]",
        "fair.toml: gate: is missing; write at least one [[gate]]",
        "fair.toml: ticket: is missing; write at least one [[ticket]]",
    ]


ONE_MISTAKE = [
    # what is changed, to what, and what the message must say
    ('id = "fair"', 'id = "The Fair"', 'event.id: is "The Fair"; should be an id of 1 to 40'),
    ('id = "fair"', "", "event.id: is missing; should be an id"),
    ('id = "fair"', "id = 5", "event.id: is 5; should be an id"),
    ('id = "door"', 'id = "a/b"', 'gate "a/b": id: is "a/b"; should be an id'),
    ('id = "door"', 'id = "registry"', 'gate "registry": id: is what the registry itself'),
    ('name = { en = "Fair" }', 'name = "Fair"', 'event.name: is "Fair"; should be a table { en'),
    ('name = { en = "Fair" }', 'name = { zh-Hant = "會" }', "event.name: has no English"),
    ('{ en = "Fair" }', '{ en = "Fair", zh-hans = "会" }', 'zh-hans: is no key here; did you mean "zh'),
    ('{ en = "Fair" }', '{ en = " " }', 'event.name.en: is " "; should be a text'),
    ('{ en = "Fair" }', '{ en = 5, fr = "F" }', "event.name.en: is 5"),
    ('timezone = "Asia/Shanghai"', "timezone = 8", "event.timezone: is 8; should be a text"),
    ('timezone = "Asia/Shanghai"', 'timezone = "Asia"', 'event.timezone: is "Asia"; '),
    ('timezone = "Asia/Shanghai"', 'timezone = "../x"', 'event.timezone: is "../x"; '),
    ('timezone = "Asia/Shanghai"', "", "event.timezone: is missing; should be the name"),
    ('["2020-11-17", "2020-11-18"]', '"2020-11-17"', "event.days: is "),
    ('["2020-11-17", "2020-11-18"]', "[]", "event.days: is []; should be a list of days"),
    ('["2020-11-17", "2020-11-18"]', "[2020-11-17]", "event.days: 2020-11-17 is no day"),
    ('"2020-11-18"]', '"20201118"]', 'event.days: "20201118" is no day'),
    ('"2020-11-18"]', '"2020-02-30"]', 'event.days: "2020-02-30" is no day'),
    ('"2020-11-18"]', '"2020-11-17"]', 'event.days: "2020-11-17" is there twice'),
    ('"2020-11-18"]', '"2020-11-16"]', '"2020-11-16" comes after "2020-11-17"'),
    ("days =", 'day_ends = "24:00"\ndays =', 'event.day_ends: is "24:00"; should be a time of day'),
    ("days =", "day_ends = 04:00:00\ndays =", "event.day_ends: is 04:00:00; should be a time"),
    ("[event]", "[[event]]", "should be one table, [event]"),
    ('id = "annex"', 'id = "hall"', 'venue "hall": id: is taken by the venue in line 8'),
    ('id = "annex"', 'id = "room"', 'area "room": id: is taken by the venue in line 11'),
    ('id = "box"', 'id = "room"', 'area "room": id: is taken by the area in line 15'),
    ('venue = "hall"', 'venue = "hal"', 'area "room": venue: "hal" is no venue; did you mean'),
    ('venue = "hall"', "", 'area "room": venue: is missing; should be the id of a venue'),
    ('venue = "hall"', 'venue = ""', 'area "room": venue: is ""; should be the id of a venue'),
    ('parent = "room"', 'parent = "rom"', 'area "box": parent: "rom" is no area; did you mean'),
    ('parent = "room"', 'parent = "annex"', 'area "box": parent: "annex" is in another venue'),
    ('parent = "room"', 'parent = "box"', 'goes round in a circle, "box" in "box"; should lead up'),
    ('venue = "hall"', 'venue = "hall"\nparent = "box"', 'circle, "box" in "room" in "box"'),
    ('venue = "hall"', 'venue = "hall"\ncapacity = -1', "capacity: is -1; should be a whole number"),
    ('venue = "hall"', 'venue = "hall"\ncapacity = 9.5', "capacity: is 9.5; should be a whole"),
    ('venue = "hall"', 'venue = "hall"\ncapacity = true', "capacity: is true; should be a whole"),
    ('venue = "hall"', f'venue = "hall"\ncapacity = {10**30}', "should be a whole number from 0 to"),
    ('venue = "hall"', 'venue = "hall"\nclear_min = -5', "clear_min: is -5; should be a whole"),
    ('area = "hall"', 'area = "hal"', 'gate "door": area: "hal" is no area or venue; did you mean'),
    ('area = "hall"', "area = 7", 'gate "door": area: is 7; should be the id of an area'),
    ('area = "hall"', 'area = "hall"\ndirection = "inout"', 'gate "door": direction: is "inout"; should'),
    ('area = "hall"', 'area = "hall"\nmode = "auto"', 'mode: is "auto"; should be "print", "self" or "staffed"'),
    (
        'area = "hall"',
        'area = "hall"\nmode = "print"\ndirection = "out"',
        'direction: is "out" at a gate that prints badges; nobody goes in or out there',
    ),
    ('area = "hall"', 'area = "hall"\nreentry = true', "reentry: is true; should be"),
    ('areas = ["*"]', 'areas = ["romo"]', 'ticket "guest": areas: "romo" is no area or venue'),
    ('areas = ["*"]', 'areas = "*"', 'ticket "guest": areas: is "*"; should be a list of area'),
    ('areas = ["*"]', "", 'ticket "guest": areas: is missing; should be a list of area'),
    ('areas = ["*"]', 'areas = ["*"]\nroles = ["chef"]', 'roles: is ["chef"]; should be a list'),
    ('areas = ["*"]', 'areas = ["*"]\non_site = "no"', 'on_site: is "no"; should be true or false'),
    ('area = "room"', 'area = "ballroom"', 'session "talk": area: "ballroom" is no area or venue'),
    ("17T14:00:00+08:00", "17T14:00:00", "names no time zone; should end in its distance from UTC"),
    ("2020-11-17T14:00:00+08:00", '"2020-11-17T14:00:00+08:00"', 'starts: is "2020-11-17T14:00'),
    ("2020-11-17T14:00:00+08:00", "2020-11-17", 'session "talk": starts: is 2020-11-17; should be'),
    ("17T16:00", "17T14:00", 'session "talk": ends: is not after starts; should be later'),
    ("17T16:00", "18T16:00", 'session "talk": ends: is 26 hours after starts; a session is'),
    ('name = { en = "Talk" }', 'name = { en = "Talk" }\nclosing_min = 121', "session is 120 min"),
    ('name = { en = "Talk" }', 'name = { en = "Talk" }\nclosing_min = 120', "the doors never open"),
    ('name = { en = "Talk" }', 'name = { en = "Talk" }\nearly_min = -1', "early_min: is -1"),
    ('name = { en = "Talk" }', 'name = { en = "Talk" }\nbooking = "no"', 'booking: is "no"'),
    ("17T14:00:00+08:00", "17T03:59:59+08:00", "starts: is on 2020-11-16, no day of the event"),
    ("[policy]", '[policy]\nunlisted = "maybe"', 'policy.unlisted: is "maybe"; should be "admit"'),
    ("[policy]", "[policy]\nhold_off_s = -1", "policy.hold_off_s: is -1; should be a whole number"),
    ("[policy]", "[policy]\nretention = 3", 'policy.retention: is no key here; did you mean "reten'),
    ("[policy]", "[[gates]]", 'fair.toml:40: gates: is no key here; did you mean "gate"?'),
    ("[[gate]]", "[gate]", "gate: is not a list; should be a list of tables: write [[gate]]"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), ONE_MISTAKE)
def test_a_mistake_is_named_with_its_place_and_what_would_be_right(
    old: str, new: str, message: str
) -> None:
    found = changed(old, new)
    assert any(message in line for line in found), found
    assert all(line.startswith("fair.toml") and "; " in line for line in found)


def test_lists_are_held_to_what_a_badge_can_name() -> None:
    def many(section: str, count: int, rest: str) -> str:
        return "".join(
            f'[[{section}]]\nid = "{section}{n}"\nname = {{ en = "N" }}\n{rest}\n'
            for n in range(count)
        )

    times = "starts = 2020-11-17T14:00:00Z\nends = 2020-11-17T15:00:00Z\n"
    within = {
        "venue": (6, ""),
        "ticket": (254, "areas = []"),
        "session": (15, f'area = "room"\n{times}'),
    }
    for section, (count, rest) in within.items():
        assert mistakes(SMALL.replace("[policy]", many(section, count, rest))) == []
        found = mistakes(SMALL.replace("[policy]", many(section, count + 1, rest)))
        assert len(found) == 1
        assert f"an event has at most {count + 2 - (section != 'venue')} of" in found[0]
    days = [f"2020-11-{day}" for day in range(17, 26)]
    assert changed('["2020-11-17", "2020-11-18"]', str(days[:8]).replace("'", '"')) == []
    assert changed('["2020-11-17", "2020-11-18"]', str(days).replace("'", '"')) == [
        "fair.toml:5: event.days: has 9 days; an event has at most 8"
    ]


def test_entries_written_in_one_line_are_read_and_named_without_lines() -> None:
    venues = SMALL[SMALL.index("[[venue]]") : SMALL.index("[[area]]")]
    inline = (
        'venue = [{ id = "hall", name = { en = "H" } }, { id = "hall", name = { en = "H" } }]\n'
    )
    assert mistakes(inline + SMALL.replace(venues, ""))[0].startswith(
        'fair.toml: venue "hall": id: is taken by a venue; should be an id of its own'
    )


def test_an_unreadable_part_is_not_blamed_twice() -> None:
    assert len(changed('"2020-11-18"]', '"18 November"]')) == 1
    assert len(changed("starts = 2020-11-17T14:00:00+08:00", "starts = false")) == 1
    assert len(changed("Asia/Shanghai", "Mars/Olympus")) == 1
    assert len(changed('id = "room"', "")) == 3  # the id, and the two that name it


# Any text and any values


@given(st.text())
def test_no_text_makes_reading_fail_otherwise(text: str) -> None:
    mistakes(text)


def spelt(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {spelt(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelt, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, str | bool) else str(value)


VALUES = st.recursive(
    st.one_of(
        st.integers(),
        st.floats(),
        st.booleans(),
        st.sampled_from(["", "*", "hall", "Asia/Shanghai", "2020-11-17", "會"]),
        st.datetimes(timezones=st.none() | st.just(UTC)),
        st.dates(),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "en", "area", "venue", "starts", "ends", "days"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
SECTIONS = st.sampled_from(["event", "venue", "area", "gate", "ticket", "session", "policy"])


@given(st.dictionaries(SECTIONS, VALUES))
def test_no_values_make_reading_fail_otherwise(values: dict[str, object]) -> None:
    text = "\n".join(f"{section} = {spelt(value)}" for section, value in values.items())
    found = mistakes(text)
    assert found
    assert not any("is not TOML" in line for line in found), found


def test_an_event_says_which_symbols_badges_of_other_systems_carry():
    text = EXAMPLE.read_text("utf-8")
    assert event_file.parse(text, "event.toml").symbols == ()
    named = text.replace("[event]", '[event]\nsymbols = ["aztec", "code_128"]', 1)
    assert event_file.parse(named, "event.toml").symbols == ("aztec", "code_128")

    wrong = text.replace("[event]", '[event]\nsymbols = ["qr"]', 1)
    with pytest.raises(ConfigError, match=r"event\.symbols: is .*; should be a list"):
        event_file.parse(wrong, "event.toml")
