"""Scenarios through the command, as a person who plans an event runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jianmen.cli.main import main

SCENARIOS = Path(__file__).parents[1] / "scenarios"
TIGHT = SCENARIOS / "tight.toml"
MORNING = "2026-03-02T09:00:00+08:00"

Rehearse = Callable[..., Result]


@pytest.fixture
def rehearse(tmp_path: Path) -> Rehearse:
    """Runs `jianmen rehearse` on these lines: texts as they are, steps as JSON, after the line of the event."""

    def run(*steps: object, event: object = None, options: tuple[str, ...] = ()) -> Result:
        first = {"event": str(TIGHT)} if event is None else event
        lines = [line if isinstance(line, str) else json.dumps(line) for line in (first, *steps)]
        file = tmp_path / "scenario.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        return CliRunner().invoke(main, ["rehearse", *options, str(file)])

    return run


def outcomes(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def guest(ref: str, **more: object) -> dict[str, object]:
    return {"at": MORNING, "do": "register", "ref": ref, "ticket": "guest", **more}


def test_a_scenario_whose_expectations_are_met_has_a_line_for_each_step() -> None:
    file = SCENARIOS / "first-day.jsonl"
    result = CliRunner().invoke(main, ["rehearse", str(file)])
    assert (result.stderr, result.exit_code) == ("", 0)
    steps = [line for line in file.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    assert len(outcomes(result)) == len(steps)


def test_an_expectation_that_fails_names_line_expected_and_got(rehearse: Rehearse) -> None:
    step = {"do": "present", "gate": "loft-2", "badge": "ann", "expect": {"verdict": "refuse"}}
    later = {"do": "headcount", "expect": {"areas": {"loft": {"inside": 2}}}}
    result = rehearse(guest("ann"), step, later)
    assert result.exit_code == 1
    assert "line 3: verdict: expected 'refuse', got 'admit'" in result.stderr
    assert "line 4: areas.loft.inside: expected 2, got 1" in result.stderr
    assert len(outcomes(result)) == 3, "the steps after it are carried out all the same"


@pytest.mark.parametrize(
    ("expected", "met"),
    [
        ({}, True),
        ({"conflicts": []}, True),
        ({"conflicts": [{}]}, False),
        ({"lines": []}, False),
        ({"conflicts": None}, False),
    ],
)
def test_lists_are_expected_whole_and_objects_by_the_keys_named(
    rehearse: Rehearse, expected: object, met: bool
) -> None:
    result = rehearse({"at": MORNING, "do": "conflicts", "expect": expected})
    assert result.exit_code == (0 if met else 1)


def test_the_outcome_of_a_presentation_holds_what_tools_read(rehearse: Rehearse) -> None:
    result = rehearse(
        guest("ann"),
        {"do": "present", "gate": "loft-2", "badge": "ann"},
        {"do": "reissue", "ref": "ann"},
        {"do": "sync"},
    )
    assert outcomes(result) == [
        {"ref": "ann", "issue": 1},
        {"verdict": "admit", "reason": "ok", "opens": True, "entry": "loft-2/1", "session": None},
        {"ref": "ann", "issue": 2},
        {},
    ]


MISTAKES: list[tuple[object, str]] = [
    ("{not json", "line 3:"),
    ('["a list"]', "line 3:"),
    ({"gate": "loft-2"}, 'line 3: a step needs "do": one of register'),
    ({"do": "dance"}, 'line 3: "do" is one of register'),
    (
        {"do": "present", "gate": "loft-2", "bagde": "ann"},
        "line 3: the step contains unknown field `bagde`; the fields of present are",
    ),
    ({"do": "present", "badge": "ann"}, "line 3: the step missing required field `gate`"),
    ({"do": "present", "gate": "loft-9", "badge": "ann"}, 'line 3: "gate": "loft-9" is not a gate'),
    (
        {"do": "present", "gate": "loft-2", "badge": "bob"},
        'line 3: "badge": "bob" is registered by no',
    ),
    (
        {"do": "present", "gate": "loft-2", "badge": "ann#2"},
        'line 3: "badge": "ann#2" was never issued',
    ),
    ({"do": "present", "gate": "loft-2"}, 'line 3: a presentation has either "badge" or "code"'),
    (
        {"do": "present", "gate": "loft-2", "badge": "ann", "tamper": "claims"},
        'line 3: "tamper": a plain badge carries no claims',
    ),
    (
        {"do": "present", "gate": "loft-2", "code": "menu", "tamper": "proof"},
        'line 3: "tamper" goes with "badge"',
    ),
    (
        {"do": "present", "gate": "loft-out", "badge": "ann", "direction": "in"},
        'line 3: "direction": gate "loft-out" leads out only',
    ),
    ({"do": "present", "gate": "loft-2", "badge": "ann", "expect": []}, "line 3: "),
    (
        {"do": "register", "ref": "bob", "ticket": "gest"},
        'line 3: ticket "gest" is not in the event',
    ),
    (guest("bob", venues=["nort"]), 'line 3: venue "nort" is not in the event'),
    (guest("bob", days=["2026-03-09"]), 'line 3: day "2026-03-09" is not in the event'),
    (
        guest("bob", sessions=["tlk"]),
        'line 3: session "tlk" is not in the event; did you mean "talk"?',
    ),
    (guest("bob", lang="fr"), "line 3: "),
    (guest("bob#1"), 'line 3: "ref": "bob#1" has a "#"'),
    (guest("ann"), 'line 3: "ref": "ann" is registered already'),
    (guest("b" * 130), "line 3: ref has 130 characters"),
    ({"do": "reissue", "ref": "bob"}, 'line 3: "ref": "bob" is registered by no step'),
    ({"do": "revoke", "ref": "ann#7"}, 'line 3: "ref": "ann#7" was never issued'),
    (
        {"do": "override", "gate": "loft-2", "badge": "ann", "staff": "bob"},
        'line 3: "staff": "bob"',
    ),
    ({"do": "override", "gate": "loft-out", "badge": "ann", "staff": "ann"}, "leads nobody in"),
    (
        {"do": "void", "gate": "loft-2", "entry": "loft-2/1", "staff": "ann"},
        'line 3: "entry": "loft-2/1" is not made before this step',
    ),
    (
        {"do": "void", "gate": "loft-2", "entry": "first", "staff": "ann"},
        'line 3: "entry": "first" names none; an entry is <gate>/<n>',
    ),
    (
        {"do": "cut", "nodes": ["mars"]},
        'line 3: "nodes": "mars" is neither a gate of the event nor',
    ),
    ({"do": "cut", "groups": [["loft-1"], ["mars"]]}, 'line 3: "groups": "mars" is neither'),
    (
        {"do": "cut", "groups": [["loft-1"], ["loft-1"]]},
        'line 3: "groups": "loft-1" is named 2 times',
    ),
    ({"do": "cut"}, 'line 3: a cut names "nodes"'),
    ({"do": "heal", "nodes": ["mars"]}, 'line 3: "nodes": "mars"'),
    ({"do": "headcount", "node": "mars"}, 'line 3: "node": "mars"'),
    ({"do": "clock", "gate": "loft-2", "offset_s": 1e30}, "line 3: "),
    ({"at": "2026-03-02T08:59:59+08:00", "do": "sync"}, 'line 3: "at" goes backwards'),
    (
        {"at": "2026-03-02T09:00:00", "do": "sync"},
        "line 3: \"at\": '2026-03-02T09:00:00' lacks its offset",
    ),
    ({"at": "noon", "do": "sync"}, "line 3: \"at\": 'noon' is no time"),
    ({"at": "0031-03-02T09:00:00Z", "do": "sync"}, "is not between the years 1970 and 9000"),
]


@pytest.mark.parametrize(("step", "message"), MISTAKES, ids=lambda value: None)
def test_a_mistake_is_named_by_its_line_and_nothing_is_run(
    rehearse: Rehearse, step: object, message: str
) -> None:
    result = rehearse(guest("ann"), step)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "scenario.jsonl: line" in result.stderr


def test_all_mistakes_are_named_at_once(rehearse: Rehearse) -> None:
    steps = [step for step, _ in MISTAKES[:15]]
    result = rehearse(guest("ann"), *steps)
    assert (result.exit_code, result.stdout) == (2, "")
    named = [int(line.split("line ")[1].split(":")[0]) for line in result.stderr.splitlines()]
    assert set(named) == set(range(3, len(steps) + 3))


def test_the_first_step_says_when_it_is(rehearse: Rehearse) -> None:
    result = rehearse({"do": "sync"})
    assert result.exit_code == 2
    assert 'line 2: the first step needs "at"' in result.stderr


@pytest.mark.parametrize("first", ["{", {"events": "x"}, {"event": 5}, {"event": "x", "at": "y"}])
def test_the_first_line_names_the_event_and_nothing_else(rehearse: Rehearse, first: object) -> None:
    result = rehearse(guest("ann"), event=first)
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'line 1: the first line must be {"event": "file.toml"}' in result.stderr


def test_an_event_file_that_is_not_there_is_named(rehearse: Rehearse) -> None:
    result = rehearse(guest("ann"), "{", event={"event": "nowhere.toml"})
    assert result.exit_code == 2
    assert "nowhere.toml" in result.stderr
    assert "line 3" in result.stderr, "the mistakes of the steps are named as well"


def test_the_mistakes_of_an_event_file_are_all_named(rehearse: Rehearse, tmp_path: Path) -> None:
    broken = TIGHT.read_text(encoding="utf-8")
    broken = broken.replace('timezone = "Asia/Hong_Kong"', 'timezone = "Asia/Hongkong City"')
    broken = broken.replace('area = "cellar"', 'area = "celar"', 1)
    (tmp_path / "broken.toml").write_text(broken, encoding="utf-8")
    result = rehearse(guest("ann"), event={"event": "broken.toml"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert "timezone" in result.stderr
    assert "celar" in result.stderr


def test_a_file_that_is_not_there_empty_or_not_utf_8_is_named(tmp_path: Path) -> None:
    empty, latin = tmp_path / "empty.jsonl", tmp_path / "latin.jsonl"
    empty.write_text("\n\n", encoding="utf-8")
    latin.write_bytes(b'{"event": "caf\xe9.toml"}')
    for file, message in (
        (tmp_path / "gone.jsonl", "cannot be read"),
        (empty, "the file is empty"),
        (latin, "byte 14 is not UTF-8"),
    ):
        result = CliRunner().invoke(main, ["rehearse", str(file)])
        assert result.exit_code == 2
        assert f"{file}: " in result.stderr
        assert message in result.stderr


def test_an_entry_that_a_repeat_did_not_make_is_named_where_it_is_missed(
    rehearse: Rehearse,
) -> None:
    shown = {"do": "present", "gate": "loft-2", "badge": "ann"}
    void = {"do": "void", "gate": "loft-2", "entry": "loft-2/2", "staff": "ann"}
    result = rehearse(guest("ann"), shown, shown, void)
    assert result.exit_code == 2
    assert 'scenario.jsonl: line 5: entry "loft-2/2" has not been made' in result.stderr


def test_text_of_any_kind_is_answered(rehearse: Rehearse) -> None:
    codes = [
        "",
        " ",
        "J" * 4000,
        "JM1:",
        "\x00\x1b[2J",
        "门票\u2028",
        "J" + "A" * 28,
        "JM1:" + "0" * 117 + ".",
    ]
    result = rehearse(
        guest("ann"), *({"do": "present", "gate": "loft-2", "code": code} for code in codes)
    )
    assert result.exit_code == 0, result.stderr
    assert {outcome["verdict"] for outcome in outcomes(result)[1:]} <= {"refuse", "ask_staff"}


def test_a_scenario_comes_out_the_same_each_time(rehearse: Rehearse) -> None:
    steps = [
        guest("ann"),
        {"do": "cut", "groups": [["loft-1", "loft-2"]]},
        {"do": "present", "gate": "loft-1", "badge": "ann"},
        {"do": "headcount", "node": "loft-2"},
        {"do": "conflicts"},
    ]
    assert rehearse(*steps).stdout == rehearse(*steps).stdout


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"do": "event", "file": "none.toml"}, "line 3: the event cannot be used"),
        ({"do": "event", "file": str(SCENARIOS / "doors.toml")}, 'should stay "'),
        (
            {"do": "recount", "gate": "loft-1", "area": "attic", "inside": 1, "staff": "ann"},
            '"area": "attic" is no area of the event',
        ),
        ({"do": "set_time", "gate": "loft-1", "staff": "bob"}, '"staff": "bob" is registered by'),
        ({"do": "cut_off", "gate": "attic-1"}, '"gate": "attic-1" is not a gate of the event'),
        (
            {"do": "passed", "gate": "loft-1", "entry": "loft-1/1"},
            '"entry": "loft-1/1" is not made before this step',
        ),
        (
            {"do": "not_passed", "gate": "loft-1", "entry": "loft-2/1"},
            '"entry": "loft-2/1" is not of gate "loft-1"',
        ),
        ({"do": "spare", "kiosk": "loft-1"}, '"kiosk": "loft-1" is the name of another node'),
        ({"do": "clone", "gate": "loft-1", "kiosk": "registry"}, "is the name of another node"),
        (
            {"do": "give_gate", "kiosk": "box", "gate": "loft-1", "staff": "ann"},
            '"kiosk": "box" is no spare kiosk',
        ),
        (
            {"do": "register", "ref": "bob", "ticket": "guest", "form": "foreign"},
            "form is foreign and has no code",
        ),
    ],
)
def test_a_mistake_in_a_step_of_desk_or_definition_is_named(
    rehearse: Rehearse, step: object, message: str
) -> None:
    result = rehearse(guest("ann"), step)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_an_imported_code_is_one_persons_and_has_no_parts_to_flip(rehearse: Rehearse) -> None:
    code = {"form": "foreign", "code": "TICKET-7f3c9a41d2e8"}
    result = rehearse(
        guest("ann", **code),
        {"do": "register", "ref": "bob", "ticket": "guest", **code},
        {"do": "present", "gate": "loft-2", "badge": "ann", "tamper": "proof"},
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'line 3: "code": "TICKET-7f3c9a41d2e8" is the code of "ann"' in result.stderr
    assert 'line 4: "tamper": a code of another system has no parts' in result.stderr


def test_a_turnstile_tells_nothing_of_an_entry_that_did_not_open(rehearse: Rehearse) -> None:
    result = rehearse(
        guest("ann"),
        {"do": "present", "gate": "loft-2", "code": "no badge"},
        {"do": "passed", "gate": "loft-2", "entry": "loft-2/1"},
    )
    assert result.exit_code == 2
    assert 'line 4: entry "loft-2/1" opened nothing' in result.stderr


def test_a_spare_kiosk_goes_by_its_gate_once_it_has_one(rehearse: Rehearse) -> None:
    give = {"do": "give_gate", "kiosk": "box", "gate": "loft-1", "staff": "chief", "beside": True}
    spare = [
        {"at": MORNING, "do": "register", "ref": "chief", "ticket": "chief"},
        {"do": "spare", "kiosk": "box"},
        give,
    ]
    given = rehearse(*spare, {"do": "restart", "gate": "loft-1"}, {"do": "wipe", "gate": "loft-1"})
    assert given.exit_code == 0, given.stderr
    for late in (give, {"do": "cut", "nodes": ["box"]}, {"do": "headcount", "node": "box"}):
        result = rehearse(*spare, late)
        assert result.exit_code == 2
        assert 'line 5: no kiosk goes by "box" now' in result.stderr


def test_a_copied_kiosk_is_given_no_gate_and_can_be_wiped(rehearse: Rehearse) -> None:
    clone = {"do": "clone", "gate": "loft-1", "kiosk": "copy"}
    result = rehearse(guest("ann"), clone, {"do": "wipe", "gate": "copy"}, {"do": "conflicts"})
    assert result.exit_code == 0, result.stderr
    assert outcomes(result)[-1] == {"conflicts": []}
    give = {"do": "give_gate", "kiosk": "box", "gate": "copy", "staff": "ann"}
    wrong = rehearse(guest("ann"), clone, {"do": "spare", "kiosk": "box"}, give)
    assert 'line 5: "gate": "copy" is a copy of the kiosk at loft-1' in wrong.stderr


def test_at_a_gate_that_a_changed_definition_adds_stands_no_kiosk_yet(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    more = (
        TIGHT.read_text(encoding="utf-8")
        + '\n[[gate]]\nid = "loft-9"\narea = "loft"\ndirection = "both"\nmode = "self"\n'
    )
    (tmp_path / "more.toml").write_text(more, encoding="utf-8")
    change = {"do": "event", "file": "more.toml"}
    shown = {"do": "present", "gate": "loft-9", "badge": "ann"}
    result = rehearse(guest("ann"), change, shown)
    assert result.exit_code == 2
    assert 'line 4: no kiosk goes by "loft-9" now: a new gate needs a spare one' in result.stderr
