"""`jianmen rehearse --plan`, as a person who orders kiosks runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from jianmen.cli.main import main

TIGHT = Path(__file__).parents[2] / "scenarios" / "tight.toml"


def plan(*options: str) -> Result:
    return CliRunner().invoke(main, ["rehearse", "--plan", *options])


def lines(*options: str) -> dict[str, Any]:
    result = plan("--json", *options)
    assert (result.stderr, result.exit_code) == ("", 0)
    return {
        f"{line['kind']} {line['at']}": line
        for line in map(json.loads, result.stdout.splitlines()[1:])
    }


def test_people_are_spread_over_the_gates_of_the_venues() -> None:
    planned = lines("--people", "4000", "--printed", "0")
    assert {name: line["people"] for name, line in planned.items()} == {
        "gate chengdu-main-1": 1000,
        "gate chengdu-main-2": 1000,
        "gate meishan-main-1": 1000,
        "gate mianyang-main-1": 1000,
    }


def test_so_many_kiosks_keep_the_wish_and_one_fewer_does_not() -> None:
    crowd = ("--at", "meishan=1500", "--wait", "2m")
    gate = lines(*crowd)["gate meishan-main-1"]
    assert gate["open"] == gate["needed"]
    assert gate["wait_95_s"] <= 120
    fewer = lines(*crowd, "--kiosks", str(gate["needed"] - 1))["gate meishan-main-1"]
    assert fewer["needed"] == gate["needed"]
    assert fewer["wait_95_s"] > 120


def test_a_longer_patience_needs_fewer_kiosks() -> None:
    needed = [
        lines("--at", "meishan=1500", "--wait", wait)["gate meishan-main-1"]["needed"]
        for wait in ("10s", "3m", "30m")
    ]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > needed[-1]


def test_a_failure_at_the_worst_minute_costs_time_and_perhaps_a_kiosk_more() -> None:
    gate = lines("--at", "meishan=1500", "--fail", "--repair", "20m")["gate meishan-main-1"]
    failure = gate["failure"]
    assert failure["wait_95_s"] > gate["wait_95_s"]
    assert failure["needed"] >= gate["needed"]
    assert "08:00" <= failure["fails_at"] <= "09:10", "in the rush, or just before it"
    kiosks = ("--kiosks", str(failure["needed"]))
    spare = lines("--at", "meishan=1500", "--fail", "--repair", "20m", *kiosks)
    assert spare["gate meishan-main-1"]["failure"]["wait_95_s"] <= 180


def test_those_without_a_badge_go_to_the_print_stations_first() -> None:
    planned = lines("--at", "chengdu=2000", "--printed", "0.5", "--stations", "2")
    assert planned["print chengdu"]["people"] == pytest.approx(1000, rel=0.1)
    gates = [planned[f"gate chengdu-main-{number}"] for number in (1, 2)]
    assert [gate["people"] for gate in gates] == [1000, 1000]
    assert planned["print chengdu"]["wait_95_s"] > 600
    assert sum(step["came"] for step in gates[0]["morning"]) == pytest.approx(1000)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert lines("--people", "400") == lines("--people", "400", "--seed", "1")
    assert lines("--people", "400") != lines("--people", "400", "--seed", "2")


def test_the_tables_fit_a_terminal_and_say_what_is_assumed() -> None:
    result = plan("--people", "4000", "--fail", "--opens", "07:30")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "4,000 people come from 07:30 on, half of them within 40 minutes" in result.stdout
    for name in ("chengdu-main-1", "chengdu printing", "mianyang-main-1"):
        assert name in result.stdout


def test_one_of_a_kind_is_called_one(tmp_path: Path) -> None:
    picture = tmp_path / "plan.svg"
    options = ("--people", "40", "--kiosks", "1", "--stations", "1", "--picture", str(picture))
    said = plan(*options).stdout + picture.read_text(encoding="utf-8")
    for one, several in (("1 kiosk", "1 kiosks"), ("1 print station", "1 print stations")):
        assert one in said
        assert several not in said


def test_people_of_a_list_come_to_the_venue_of_their_badge(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "ref,name,ticket,venues,days\n"
        + "".join(f"m{n},Ada,delegate,meishan,\n" for n in range(6))
        + "c1,Ada,delegate,chengdu,\nc2,Ada,media,chengdu,2020-11-17\n"
        + "late,Ada,delegate,meishan,2020-11-18\nhome,Ada,online,,\ncrew,Ada,staff,meishan,\n",
        encoding="utf-8",
    )
    planned = lines("--list", str(people), "--printed", "0")
    assert {name: line["people"] for name, line in planned.items()} == {
        "gate chengdu-main-1": 1,
        "gate chengdu-main-2": 1,
        "gate meishan-main-1": 6,
    }
    people.write_text("ref,name,ticket\nhome,Ada,online\n", encoding="utf-8")
    assert "nobody comes; list people with a ticket" in plan("--list", str(people)).stderr
    people.write_text("ref,name,ticket,venues\nm1,Ada,delegate,mei\n", encoding="utf-8")
    result = plan("--list", str(people))
    assert result.exit_code == 2
    assert "people.csv:2" in result.stderr


def test_the_picture_is_an_svg_with_a_panel_for_each_line(tmp_path: Path) -> None:
    picture = tmp_path / "plan.svg"
    assert plan("--people", "400", "--fail", "--picture", str(picture)).exit_code == 0
    tree = ET.parse(picture)
    svg = "{http://www.w3.org/2000/svg}"
    assert len(tree.findall(f"{svg}polygon")) == 7
    assert len(tree.findall(f"{svg}polyline[@class='failed']")) == 7
    drawn_text = " ".join("".join(text.itertext()) for text in tree.iter(f"{svg}text"))
    assert "chengdu-main-1: 100 people" in drawn_text


def test_another_event_and_a_gate_inside(tmp_path: Path) -> None:
    planned = lines(str(TIGHT), "--at", "loft=50", "--printed", "1")
    assert planned
    assert not any(name.startswith("print ") for name in planned), "badges are printed at a venue"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--at", "meishn=4"), 'there is no gate, area or venue "meishn"; did you mean "meishan"?'),
        (("--at", "chengdu-exit=4"), 'nobody comes in at "chengdu-exit"'),
        (("--at", "meishan"), "should be a place and 1 to 200,000 people, such as chengdu=20000"),
        (("--wait", "soon"), "should be such as 90s, 3m or 1h"),
        (("--scan", "15-5"), "should be seconds such as 10 or 5-15"),
        (("--opens", "25:00"), "should be such as 08:00"),
        (("--curve", "/no/such.csv"), "/no/such.csv: cannot be read"),
        (("--list", "/no/such.csv"), "/no/such.csv: cannot be read"),
        (
            ("--picture", "/no/such/folder.svg", "--people", "4"),
            "name a file in a folder that exists",
        ),
        (("--invent", "3"), "--plan goes with an event FILE"),
        (("--people", "4", "--at", "meishan=3"), "--people, --at and --list"),
        (("--repair", "5m"), "--repair goes with --fail"),
    ],
)
def test_what_cannot_be_planned_is_said_with_what_would_be_right(
    options: tuple[str, ...], message: str
) -> None:
    result = plan(*options)
    assert result.exit_code == 2
    assert message in result.stderr


def test_what_goes_with_the_plan_alone_is_refused_without_it() -> None:
    result = CliRunner().invoke(main, ["rehearse", "--invent", "3", "--fail"])
    assert result.exit_code == 2
    assert "--fail goes with --plan" in result.stderr
