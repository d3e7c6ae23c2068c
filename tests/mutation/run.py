"""Try every mutant of the given modules; print those that nothing noticed, and the figure. Exit 1 if there are any.

python tests/mutation/run.py [MODULE ...]
"""

import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TESTS = Path("tests/access")

MODULES = (
    "access.rules.decide",
    "access.rules.session_times",
    "access.rules.overrides",
    "access.rules.repeat",
    "access.state.time_repair",
    "access.state.badge_history",
    "access.state.seat_leases",
    "access.state.headcount",
    "access.state.conflicts",
)

FOLDERS = ("rules", "state")
"""The tests of the other folders know none of the modules."""

EQUIVALENT = HERE / "equivalent.txt"
"""Mutants looked at one by one that change no answer, by name; a line that begins with # says why."""


def tests_of(module: str) -> tuple[list[str], list[str]]:
    """A module's own tests, and the others that may notice something."""
    name = module.rpartition(".")[2]
    files = [file for folder in FOLDERS for file in (ROOT / TESTS / folder).glob("test_*.py")]
    files += (ROOT / TESTS).glob("test_*.py")
    own = {file for file in files if file.stem.startswith(f"test_{name}")}
    return _named(own), _named(set(files) - own)


def _named(files: Iterable[Path]) -> list[str]:
    return sorted(str(file.relative_to(ROOT)) for file in files)


def main(modules: Sequence[str]) -> int:
    sys.path[:0] = [str(HERE), str(ROOT)]
    from mutants import mutants
    from trial import unnoticed

    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    known = {line for line in lines if line and not line.startswith("#")}
    wrong = 0
    for module in modules:
        begun = time.monotonic()
        every = {mutant.name: mutant for mutant in mutants(module)}
        alike = known & every.keys()
        tried = [mutant for name, mutant in every.items() if name not in alike]
        survived = 0
        for name in unnoticed(tried, *tests_of(module)):
            survived += 1
            say(f"line {every[name].line}: {name}")
        gone = {
            name for name in known if f"{name.partition(':')[0]}.".startswith(f"{module}.")
        } - every.keys()
        for name in sorted(gone):
            say(f"{EQUIVALENT.name}: no such mutant any more: {name}")
        wrong += survived + len(gone)
        say(
            f"{module}: {len(every)} mutants, {len(tried) - survived} noticed, {len(alike)} known to change no answer, "
            f"{survived} not noticed; {(time.monotonic() - begun) / 60:.1f} minutes"
        )
    return 1 if wrong else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or MODULES))
