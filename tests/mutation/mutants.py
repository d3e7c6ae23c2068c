"""Small wrongs put into the rule book and the folds, one at a time.

A mutant is the code of one module with one change: a comparison, a connective, a condition turned round or left out, a
number, a word, a truth value, a sum, a choice of the smaller, a statement left out. What no answer hangs on is never
changed: annotations, docstrings, the words of exceptions, how classes are laid out in memory.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).parents[2]

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
TURNS_ROUND = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
"""Comparisons whose change is the same as turning the condition round."""

SUMS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
}  # fmt: skip
OTHERS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list"}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: of which module, in which line and function (None: of none), and the changed module's code.

    `name` tells it from all others and stays as it is when other lines change.
    """

    module: str
    line: int
    function: str | None
    name: str
    code: CodeType


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module of ours, by its dotted name."""
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    tree = ast.parse(source)
    names: Counter[str] = Counter()
    for node, function in list(_places(tree, None, ())):
        for line, what in _changes(node, in_function=function is not None):
            where = module if function is None else f"{module}.{function}"
            name = f"{where}: {lines[line - 1].strip()}: {what}"
            names[name] += 1
            if names[name] > 1:
                name += f" ({names[name]})"
            code = compile(ast.fix_missing_locations(tree), module, "exec")
            yield Mutant(module, line, function, name, code)


def _places(
    node: ast.AST, function: str | None, outer: tuple[str, ...]
) -> Iterator[tuple[ast.AST, str | None]]:
    """The nodes that may be changed, each with the outermost function it is part of."""
    if isinstance(node, ast.FunctionDef):
        # Its defaults belong to the module: they are worked out when it is imported.
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                yield from _places(default, function, outer)
        function = function or ".".join((*outer, node.name))
    yield node, function
    match node:
        case ast.FunctionDef():
            children: list[ast.AST] = list(node.body)
        case ast.ClassDef(name=name):
            children, outer = list(node.body), (*outer, name)
        case ast.AnnAssign(value=value):
            children = [] if value is None else [value]
        case ast.Subscript(value=ast.Name(id="Literal")) | ast.Raise() | ast.arguments():
            return
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr():
            return
        case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("__"):
            return
        case ast.Call(func=ast.Name(id="TypeVar" | "NewType" | "field")):
            return
        case _:
            children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _places(child, function, outer)


def _changes(node: ast.AST, *, in_function: bool) -> Iterator[tuple[int, str]]:
    """Make a node's changes one after another, each undone before the next; says of each line and nature."""
    for what in _other_values(node, in_function=in_function):
        yield getattr(node, "lineno", 0), what
    if in_function:
        for what in _other_conditions(node):
            yield getattr(node, "lineno", 0) or node.target.lineno, what  # type: ignore[attr-defined]
        yield from _left_out(node)


def _other_values(node: ast.AST, *, in_function: bool) -> Iterator[str]:
    match node:
        case ast.BinOp(op=op) if type(op) in SUMS:
            node.op = SUMS[type(op)]()
            yield f"{type(op).__name__} -> {type(node.op).__name__}"
            node.op = op
        case ast.UnaryOp(op=ast.USub() as op):
            node.op = ast.UAdd()
            yield "minus left out"
            node.op = op
        case ast.Constant(value=bool(value)):
            node.value = not value
            yield f"{value} -> {not value}"
            node.value = value
        case ast.Constant(value=int(value)):
            node.value = value + 1
            yield f"{value} -> {value + 1}"
            node.value = value
        case ast.Constant(value=str(value)) if in_function:
            node.value = f"{value}?"
            yield f"another word than {value!r}"
            node.value = value
        case ast.Call(func=ast.Name(id=name)) if name in OTHERS:
            node.func = ast.Name(OTHERS[name], ast.Load())
            yield f"{name} -> {OTHERS[name]}"
            node.func = ast.Name(name, ast.Load())


def _other_conditions(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                if type(op) in COMPARISONS:
                    ops[place] = COMPARISONS[type(op)]()
                    yield f"{type(op).__name__} -> {type(ops[place]).__name__}"
                    ops[place] = op
        case ast.BoolOp(op=op, values=values):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and <-> or"
            node.op = op
            for place, value in enumerate(list(values)):
                rest = [*values[:place], *values[place + 1 :]]
                node.values = rest if len(rest) > 1 else rest * 2  # the grammar wants two
                yield f"without {ast.unparse(value)}"
            node.values = values
        case ast.UnaryOp(op=ast.Not() as op, operand=operand):
            node.op = ast.Not()
            node.operand = ast.UnaryOp(ast.Not(), operand)
            yield "not left out"
            node.op, node.operand = op, operand
        case ast.If(test=test) | ast.IfExp(test=test) if not _turned_round(test):
            node.test = ast.UnaryOp(ast.Not(), test)
            yield "if turned round"
            node.test = test
        case ast.comprehension(ifs=ifs):
            for place, condition in enumerate(list(ifs)):
                node.ifs = [*ifs[:place], *ifs[place + 1 :]]
                yield f"without if {ast.unparse(condition)}"
            node.ifs = ifs


def _turned_round(test: ast.expr) -> bool:
    """Whether another mutant turns this condition round already."""
    match test:
        case ast.Compare(ops=[op]):
            return isinstance(op, TURNS_ROUND)
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False


def _left_out(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Each statement below that does something and can be missed, left out."""
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        for place, statement in enumerate(block):
            last = isinstance(node, ast.FunctionDef) and statement is block[-1]
            if _can_be_missed(statement) and not (last and isinstance(statement, ast.Return)):
                block[place] = ast.Pass()
                yield statement.lineno, "left out"
                block[place] = statement


def _can_be_missed(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete() | ast.Continue():
            return True
        case ast.Break() | ast.Return(value=None | ast.Constant(value=None)):
            return True
        case ast.Assign(targets=targets):
            # Of a mere name left out, Python complains by itself.
            return not any(isinstance(target, ast.Name | ast.Tuple) for target in targets)
    return False
