"""Small wrongs put into the rule book and the folds, one at a time: the tests must notice each.

A mutant is the source of one module with one change: a comparison, a connective, a number, a truth value, a sum, a
choice of the smaller, a statement left out. Each is tried in a process of its own, forked from one that has loaded what
tests need; the module's own tests run first, those of the whole room for what survives them.
"""

import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
LIMIT_S = 120
"""A mutant that has not been noticed by then has made an endless loop: noticed."""

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: of which module, in which line, what, and the changed tree."""

    module: str
    line: int
    what: str
    tree: ast.Module


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module of ours, by its dotted name."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    for place, node in enumerate(ast.walk(tree)):
        for number, _ in enumerate(_changes(copy.deepcopy(node))):
            changed = copy.deepcopy(tree)
            target = next(n for p, n in enumerate(ast.walk(changed)) if p == place)
            changes = _changes(target)
            for _ in range(number + 1):
                what = next(changes)
            yield Mutant(
                module, getattr(node, "lineno", 0), what, ast.fix_missing_locations(changed)
            )


def _changes(node: ast.AST) -> Iterator[str]:
    """Make a node's changes one after another, each undone before the next; says what each is."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            node.ops = [COMPARISONS[type(op)]()]
            yield f"{type(op).__name__} -> {type(node.ops[0]).__name__}"
            node.ops = [op]
        case ast.BoolOp(op=op):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and <-> or"
            node.op = op
        case ast.UnaryOp(op=ast.Not()):
            node.op = ast.UAdd()
            node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
            yield "not left out"
        case ast.BinOp(op=op) if type(op) in SUMS:
            node.op = SUMS[type(op)]()
            yield f"{type(op).__name__} -> {type(node.op).__name__}"
            node.op = op
        case ast.Constant(value=bool(value)):
            node.value = not value
            yield f"{value} -> {not value}"
            node.value = value
        case ast.Constant(value=int(value)):
            node.value = value + 1
            yield f"{value} -> {value + 1}"
            node.value = value
        case ast.Call(func=ast.Name(id="min" | "max" as name)):
            node.func = ast.Name("max" if name == "min" else "min", ast.Load())
            yield "min <-> max"
            node.func = ast.Name(name, ast.Load())
        case ast.If(test=test):
            node.test = ast.UnaryOp(ast.Not(), test)
            yield "if turned round"
            node.test = test
        case ast.Break():
            return
    if isinstance(node, ast.FunctionDef):
        yield from _left_out(node)


def _left_out(function: ast.FunctionDef) -> Iterator[str]:
    """Each statement of a function's own body that does something, left out."""
    for place, statement in enumerate(function.body):
        call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        if call or isinstance(statement, ast.AugAssign):
            function.body[place] = ast.Pass()
            yield f"line {statement.lineno} left out"
            function.body[place] = statement


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in the module's place."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, name: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._mutant.module:
            return None
        origin = str(ROOT / f"{name.replace('.', '/')}.py")
        return importlib.util.spec_from_loader(name, self, origin=origin)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.tree, self._mutant.module, "exec"), module.__dict__)


def noticed(mutant: Mutant, tests: Sequence[str]) -> bool:
    """Whether these tests fail, or never end, with the mutant in place."""
    child = os.fork()
    if child == 0:
        _run_and_leave(mutant, tests)
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _run_and_leave(mutant: Mutant, tests: Sequence[str]) -> None:
    import pytest

    os.chdir(ROOT)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    sys.meta_path.insert(0, _Changed(mutant))
    code = 1
    try:
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
    finally:
        os._exit(code)
