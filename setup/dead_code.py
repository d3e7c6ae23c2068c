"""Names that nothing uses, by vulture, with the settings of pyproject.toml.

Fields of structures that go over a wire are left out: their reader is another program. Exit status 1 if there is any.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

from vulture.config import make_config
from vulture.core import Vulture

STRUCTURES = {"Struct", "Answer"}
"""msgspec's class, and that of which every answer of the public interface is one."""


def wire_fields(path: Path) -> set[int]:
    """The lines on which a structure of this file declares a field."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and STRUCTURES & {
            _last_name(base) for base in node.bases
        }:
            lines |= {field.lineno for field in node.body if isinstance(field, ast.AnnAssign)}
    return lines


def _last_name(base: ast.expr) -> str:
    return ast.unparse(base).rpartition(".")[2]


def main() -> int:
    config = make_config([])
    vulture = Vulture(
        ignore_names=config["ignore_names"], ignore_decorators=config["ignore_decorators"]
    )
    vulture.scavenge(config["paths"], exclude=config["exclude"])
    unused = defaultdict(list)
    for item in vulture.get_unused_code(min_confidence=config["min_confidence"]):
        unused[Path(item.filename)].append(item)
    reports = [
        item.get_report()
        for path, items in unused.items()
        for fields in [wire_fields(path)]
        for item in items
        if not (item.typ == "variable" and item.first_lineno in fields)
    ]
    print(*reports, sep="\n", end="\n" if reports else "")
    return 1 if reports else 0


if __name__ == "__main__":
    sys.exit(main())
