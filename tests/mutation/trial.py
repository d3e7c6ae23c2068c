"""Trying mutants: the tests are collected once, then each mutant has a process of its own, forked from there.

A change inside a function is made by giving the function other code. One outside (a table, a default) is there when
the module is imported: for it the tests are collected anew.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest
from _pytest.main import pytest_runtestloop as run_all
from hypothesis import HealthCheck, Phase, settings
from mutants import ROOT, Mutant

LIMIT_S = 60
"""Of processor time. A mutant that has not been noticed by then has made an endless loop: noticed."""

LIMIT_BYTES = 3 * 2**30

settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def unnoticed(mutants: Iterable[Mutant], own: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    """Try mutants of one module; yield the names of those with which every test still passes.

    `own` tests, files or folders, run before the others. Raises RuntimeError if a test fails without any mutant.
    """
    known = list(mutants)
    inside = [mutant for mutant in known if mutant.function is not None]
    reading, writing = os.pipe()
    child = _forked(lambda: _try_inside(inside, own, others, writing))
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as names:
        for name in names:
            yield name.rstrip("\n")
    if not _ended_well(child):
        raise RuntimeError("a test fails without any mutant, or none could be collected")
    for mutant in known:
        if mutant.function is None and _ended_well(
            _forked(lambda one=mutant: _try_outside(one, own, others))
        ):
            yield mutant.name


def _forked(work: Callable[[], int]) -> int:
    """Do something in a process of its own, which ends with the exit status that `work` gives; its id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = work()
        except Exception:  # noqa: BLE001 - the process ends here, whatever it was
            traceback.print_exc()
        finally:
            os._exit(status)
    return child


def _ended_well(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    return status == 0


def _try_inside(
    mutants: Sequence[Mutant], own: Sequence[str], others: Sequence[str], names: int
) -> int:
    return _pytest([*own, *others], _Trial(mutants, own, names))


def _try_outside(mutant: Mutant, own: Sequence[str], others: Sequence[str]) -> int:
    _limit()
    sys.meta_path.insert(0, _Changed(mutant))
    return _pytest([*own, *others], _OwnFirst(own))


def _pytest(tests: Sequence[str], plugin: object) -> int:
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    options = ["-x", "-q", "--tb=no", "-W", "ignore:Module already imported"]
    options += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
    return int(pytest.main([*options, *tests], plugins=[plugin]))


class _OwnFirst:
    """Puts a module's own tests before those of others."""

    def __init__(self, own: Sequence[str]) -> None:
        self._own = [ROOT / test for test in own]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: not any(item.path.is_relative_to(test) for test in self._own))


class _Trial(_OwnFirst):
    """Instead of running the tests once, runs them for each mutant; writes the names of those that pass."""

    def __init__(self, mutants: Sequence[Mutant], own: Sequence[str], names: int) -> None:
        super().__init__(own)
        self._mutants = mutants
        self._names = names

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed or not _ended_well(_forked(lambda: _run(session, None))):
            raise session.Failed("a test fails without any mutant")
        for mutant in self._mutants:
            if _ended_well(_forked(lambda one=mutant: _run(session, one))):
                os.write(self._names, f"{mutant.name}\n".encode())
        return True


def _run(session: pytest.Session, mutant: Mutant | None) -> int:
    _limit()
    if mutant is not None:
        _change(mutant)
    try:
        run_all(session)
    except session.Failed:
        return 1
    return int(session.testsfailed > 0)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES))
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)


def _change(mutant: Mutant) -> None:
    """Give the mutant's function its changed code, wherever it is known by now."""
    found: object = importlib.import_module(mutant.module)
    code = mutant.code
    assert mutant.function is not None
    for name in mutant.function.split("."):
        found = vars(found)[name]
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    _function(found).__code__ = code


def _function(found: object) -> FunctionType:
    match found:
        case property(fget=function):
            found = function
        case cached_property(func=function):
            found = function
        case staticmethod(__func__=function) | classmethod(__func__=function):
            found = function
    assert isinstance(found, FunctionType), found
    return found


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in the module's place."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, name: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._mutant.module:
            return None
        origin = Path(ROOT, f"{name.replace('.', '/')}.py")
        return importlib.util.spec_from_loader(name, self, origin=str(origin))

    def exec_module(self, module: ModuleType) -> None:
        exec(self._mutant.code, module.__dict__)
