"""No small wrong in the rule book or the folds goes unnoticed (ten minutes or more: run by `make soak`)."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.soak
def test_every_mutant_of_the_rule_book_and_the_folds_is_noticed() -> None:
    script = Path(__file__).parent / "run.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
