"""All lines of `jianmen bench`, and one table of them.

Each benchmark is a process of its own, as if it had been called alone: some of them measure memory.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click
import msgspec

from bench.support.figure import Figure

SHORT: dict[str, tuple[str, ...]] = {
    "centre": ("--people", "2000", "--entries", "20000"),
    "door": ("--people", "2000", "--entries", "5000"),
    "exchange": ("--people", "2000", "--entries", "500", "--trials", "30", "--cut", "3"),
    "eyes": ("--presentations", "20", "--frames", "40"),
    "names": ("--people", "2000"),
    "replacement": ("--people", "2000", "--entries", "500"),
    "rules": ("--entries", "20000"),
    "screen": ("--trials", "5", "--answers", "300"),
    "secrets": ("--trials", "3"),
    "wear": ("--entries", "300"),
}
"""Arguments with which each takes some seconds instead of some minutes."""


class BenchError(Exception):
    """A benchmark that ended without its figures."""


def measured(name: str, arguments: Sequence[str]) -> Iterator[Figure]:
    """The lines of one benchmark as they come. Raises BenchError if it fails."""
    command = [sys.executable, "-c", "from jianmen.cli.main import main; main()"]
    with subprocess.Popen(
        [*command, "bench", name, "--json", *arguments], stdout=subprocess.PIPE
    ) as process:
        for line in process.stdout or ():
            given = msgspec.json.decode(line)
            given.pop("ratio")  # follows from the other two
            yield Figure(**given)
    if process.returncode:
        raise BenchError(f"jianmen bench {name} ended with status {process.returncode}")


def arguments_of(command: click.Command, against: Path | None, *, short: bool) -> list[str]:
    """What is handed on to a benchmark: `--against` only to those that compare builds."""
    given = list(SHORT.get(str(command.name), ())) if short else []
    if against is not None and any("--against" in one.opts for one in command.params):
        given += ["--against", str(against)]
    return given


def machine() -> str:
    """This machine in a sentence: processor, cores, memory, system, Python."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{processor}, {cores} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def table(lines: Iterable[Figure], *, short: bool) -> str:
    """The page: how it was made, then one row for each line."""
    today, load = datetime.now().astimezone(), os.getloadavg()[2]
    sizes = "small numbers (`--short`)" if short else "full size"
    rows = [
        "# Performance",
        "",
        "Written by `make bench`: each figure beside its floor, measured in the same run; a smaller ratio is better.",
        "",
        f"{today:%Y-%m-%d}: {machine()}; {sizes}; load in the last quarter of an hour {load:.1f}.",
        "",
        "| line | figure | floor | ratio | what it is |",
        "| --- | --- | --- | --- | --- |",
    ]
    for one in lines:
        floor = "" if one.floor is None else f"{one.floor:,.3f}"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        note = one.note.replace("|", "\\|")
        rows.append(f"| {one.bench} | {one.figure:,.3f} {one.unit} | {floor} | {ratio} | {note} |")
    return "\n".join(rows) + "\n"
