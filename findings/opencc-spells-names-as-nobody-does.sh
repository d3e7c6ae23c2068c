#!/usr/bin/env bash
# OpenCC 1.4.2: converting a name to the other script gives a name that its owner does not have, so a search by
# conversion misses people.
#
# 刘峰, 张群, 余承东 and 钟楚红 are 劉峰, 張群, 余承東 and 鍾楚紅. Expected of s2t: those, or all candidates (the tables
# have them). Instead s2t writes 劉峯, 張羣, 餘承東, 鐘楚紅. t2s makes 顾嘉𪸩 of 顧嘉煇 (a character outside the basic plane
# that no keyboard gives, for 辉) and leaves Hong Kong's 衞 in 曾國衞 as it is. Each is right for running text by OpenCC's
# own lights: it converts to one best spelling, and a search needs "may be the same character".
#
# Jianmen joins all candidates of both directions into classes and folds both sides of a search (access/names).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install opencc==1.4.2 || cannot "no package index"

"$work/venv/bin/python" - <<'PYTHON_END'
from importlib.metadata import version

from opencc import OpenCC

print("opencc", version("opencc"))

SEEN = {
    "s2t": {"刘峰": "劉峯", "张群": "張羣", "余承东": "餘承東", "钟楚红": "鐘楚紅"},
    "t2s": {"顧嘉煇": "顾嘉𪸩", "曾國衞": "曾国衞"},
}
changed = False
for table, names in SEEN.items():
    for name, seen in names.items():
        now = OpenCC(table).convert(name)
        print(table, name, "->", now)
        changed |= now != seen
raise SystemExit("OpenCC converts otherwise now" if changed else 0)
PYTHON_END
