"""Try every mutant of the given modules; print those that nothing noticed, and the figure. Exit 1 if there are any.

python tests/mutation/run.py [MODULE ...]
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

OWN_TESTS: dict[str, list[str]] = {
    "access.rules": ["tests/access/rules"],
    "access.timing": ["tests/access/test_timing.py", "tests/access/rules"],
    "access.overrides": ["tests/access/test_overrides.py"],
    "access.hold_off": ["tests/access/test_hold_off.py"],
    "access.clocks": ["tests/access/test_clocks.py"],
    "access.history": ["tests/access/test_history.py"],
    "access.seats": ["tests/access/test_seats.py"],
    "access.headcount": ["tests/access/test_headcount.py"],
    "access.conflicts": ["tests/access/test_conflicts.py"],
}
ALL_TESTS = ["tests/access"]

EQUIVALENT = HERE / "equivalent.txt"
"""Mutants looked at one by one that change no answer, as "module: what the line says: what was changed"."""


def main(modules: list[str]) -> int:
    sys.path[:0] = [str(HERE), str(ROOT)]
    import hypothesis  # noqa: F401 - loaded once, for all the mutants' processes
    import pytest  # noqa: F401
    from mutants import mutants, noticed

    known = set(EQUIVALENT.read_text(encoding="utf-8").splitlines())
    tried = 0
    survived: list[str] = []
    for module in modules or list(OWN_TESTS):
        lines = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8").splitlines()
        for mutant in mutants(module):
            tried += 1
            name = f"{module}: {lines[mutant.line - 1].strip()}: {mutant.what}"
            if name in known or noticed(mutant, OWN_TESTS[module]) or noticed(mutant, ALL_TESTS):
                continue
            survived.append(name)
            sys.stdout.write(f"line {mutant.line}: {name}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{tried} mutants, {len(survived)} not noticed; {len(known)} others are known to change no answer\n"
    )
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
