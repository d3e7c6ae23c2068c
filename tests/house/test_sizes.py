"""Folders, files and functions of a size that can be read at sight."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from jianmen.own_packages import PACKAGES

ROOT = Path(__file__).parents[2]
MODULES = 12
FILE_LINES = 400
FUNCTION_LINES = 60

TABLES = ROOT / "access" / "names" / "tables"
"""Data in the form of source."""

FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_no_folder_has_more_modules_than_a_screen_shows() -> None:
    modules = Counter(path.parent for path in FILES if path.name != "__init__.py")
    assert {str(folder): n for folder, n in modules.items() if n > MODULES} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_too_long(package: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in FILES
        if (ROOT / package) in path.parents and TABLES not in path.parents
    }
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_too_long(package: str) -> None:
    lengths = {
        f"{path.relative_to(ROOT)} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        if (ROOT / package) in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}
