#!/usr/bin/env bash
# sqlite-utils 4.2.1: `import sqlite_utils` loads numpy wherever numpy is installed, also in a program that never gives
# it an array: some 10 MB of resident memory and most of the time that the import takes. Expected: loaded when a value of
# a numpy type is first seen, or not at all.
#
# Jianmen's carrier runs on a Pi that has numpy for its camera. It loads sqlite-utils only where tables are to be made or
# changed, and then hides numpy from it (sync/store/sqlite.py, jianmen/cli/sync.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install sqlite-utils==4.2.1 numpy==2.2.6 ||
    cannot "no package index"

seen=$("$work/venv/bin/python" -c '
import sys
import sqlite_utils
print("numpy" in sys.modules)')
echo "sqlite-utils 4.2.1 beside numpy 2.2.6: numpy is loaded: $seen"
[ "$seen" = True ]
