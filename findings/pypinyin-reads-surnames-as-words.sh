#!/usr/bin/env bash
# pypinyin 0.55.0: lazy_pinyin reads a surname as the common word, and reads rare forms of common characters not at all.
#
# The surnames 单 仇 解 查 区 are read shan, qiu, xie, zha, ou. Expected at the start of a personal name: that reading, or
# a way to ask for it. Instead lazy_pinyin gives dan, chou, jie, cha, qu; the right reading is among those of
# heteronym=True, never marked. 𠮷 (a form of 吉, in Japanese names) and ⼈ (the radical that PDF files give for 人) come
# back unread, as if they were no Chinese.
#
# Jianmen takes all readings of each character, after folding it to its common form (setup/name_tables.py).
set -euo pipefail

PYTHON=${PYTHON:-python3}
cannot() { echo "Cannot be tried here: $*" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" -m venv "$work/venv"
"$work/venv/bin/pip" --quiet --disable-pip-version-check install pypinyin==0.55.0 || cannot "no package index"

"$work/venv/bin/python" - <<'PYTHON_END'
from importlib.metadata import version

from pypinyin import Style, lazy_pinyin, pinyin

print("pypinyin", version("pypinyin"))

SEEN = {
    "单雄信": ("dan", "shan"),
    "仇英": ("chou", "qiu"),
    "解缙": ("jie", "xie"),
    "查良镛": ("cha", "zha"),
    "区瑞强": ("qu", "ou"),
}
changed = False
for name, (seen, right) in SEEN.items():
    first = lazy_pinyin(name)[0]
    every = pinyin(name[0], style=Style.NORMAL, heteronym=True)[0]
    print(name, "->", first, "of", every, "; the surname is", right)
    changed |= first != seen or right not in every
for character in "𠮷⼈":
    print(character, "->", lazy_pinyin(character))
    changed |= lazy_pinyin(character) != [character]
raise SystemExit("pypinyin reads otherwise now" if changed else 0)
PYTHON_END
