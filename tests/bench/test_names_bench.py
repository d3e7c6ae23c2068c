"""`jianmen bench names`: which lines it gives, each search and page with its floor."""

import json

from click.testing import CliRunner

from jianmen.cli.main import main

WITH_FLOOR = (
    *("names door", "names door worst"),
    *("names registry", "names registry worst", "names registry page"),
)


def test_searches_and_pages_are_set_against_their_floors() -> None:
    done = CliRunner().invoke(main, ["bench", "names", "--people", "300", "--json"])
    assert done.exit_code == 0, done.output
    lines = {line["bench"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(lines) == {*WITH_FLOOR, "names door index", "names registry index"}
    assert all(lines[name]["ratio"] > 0 for name in WITH_FLOOR)
