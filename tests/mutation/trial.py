"""Trying mutants: the tests are collected once, then each mutant has a process of its own, forked from there.

A change inside a function is made by giving the function other code. One outside (a table, a default) is there when
the module is imported: for it the tests are collected anew.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType

import pytest
from _pytest.main import pytest_runtestloop as run_all
from hypothesis import HealthCheck, Phase, settings
from mutants import ROOT, Mutant

LIMIT_S = 20
"""Of processor time, several times what all tests take. A mutant that has not been noticed by then has made an endless
loop: noticed."""

LIMIT_BYTES = 3 * 2**30

settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=30,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def unnoticed(
    mutants: Iterable[Mutant], own: Sequence[str], others: Sequence[str]
) -> Iterator[str]:
    """Try mutants of one module; yield the names of those with which every test still passes.

    `own` tests, files or folders, run before the others. Raises RuntimeError if a test fails without any mutant.
    """
    known = list(mutants)
    inside = [mutant for mutant in known if mutant.function is not None]
    yield from _answers(partial(_try_inside, inside, own, others))
    for mutant in known:
        if mutant.function is None:
            yield from _answers(partial(_try_outside, mutant, own, others))


def _answers(work: Callable[[Callable[[str], None]], None]) -> Iterator[str]:
    """The lines that `work` says in a process of its own. Raises RuntimeError if that does not end well."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(lambda line: _say(writing, line))
            status = 0
        except Exception:  # noqa: BLE001 - the process ends here, whatever it was
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n")
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError("the tests could not be run")


def _say(to: int, line: str) -> None:
    data = f"{line}\n".encode()
    while data:
        data = data[os.write(to, data) :]


def _try_inside(
    mutants: Sequence[Mutant],
    own: Sequence[str],
    others: Sequence[str],
    say: Callable[[str], None],
) -> None:
    if mutants and _pytest([*own, *others], _Trial(mutants, own, say)) != 0:
        raise RuntimeError("a test fails without any mutant")


def _try_outside(
    mutant: Mutant, own: Sequence[str], others: Sequence[str], say: Callable[[str], None]
) -> None:
    def passes(say: Callable[[str], None]) -> None:
        _limit()
        sys.meta_path.insert(0, _Changed(mutant))
        if _pytest([*own, *others], _OwnFirst(own)) == 0:
            say(mutant.name)

    with suppress(RuntimeError):  # it was ended for what it took: noticed
        for name in _answers(passes):
            say(name)


def _pytest(tests: Sequence[str], plugin: object) -> int:
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    options = ["-x", "-q", "--tb=no", "-W", "ignore:Module already imported"]
    options += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
    return int(pytest.main([*options, *tests], plugins=[plugin]))


class _OwnFirst:
    """Puts a module's own tests before those of others, and remembers which failed."""

    def __init__(self, own: Sequence[str]) -> None:
        self._own = [ROOT / test for test in own]
        self.failed: str | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: not any(item.path.is_relative_to(test) for test in self._own))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid


class _Trial(_OwnFirst):
    """Instead of running the tests once, runs them for each mutant; says the names of those with which all pass.

    Only tests that come into the changed function are run, those first that noticed something last.
    """

    def __init__(
        self, mutants: Sequence[Mutant], own: Sequence[str], say: Callable[[str], None]
    ) -> None:
        super().__init__(own)
        self._mutants = mutants
        self._say = say

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return False
        items = list(session.items)
        (told,) = _answers(partial(self._come_into, items))
        into: dict[str, list[str]] = json.loads(told)
        for mutant in self._mutants:
            asked = [item for item in items if mutant.function in into[item.nodeid]]
            try:
                failed = list(_answers(partial(self._run, session, asked, mutant)))
            except RuntimeError:  # it was ended for what it took: noticed
                continue
            if not failed:
                self._say(mutant.name)
            items.sort(key=lambda item: item.nodeid not in failed)
        return True

    def _come_into(self, items: Sequence[pytest.Item], say: Callable[[str], None]) -> None:
        """Run every test without any mutant, and say which functions of the module each comes into."""
        source = importlib.import_module(self._mutants[0].module).__file__
        into: dict[str, set[str]] = {}
        for item, following in zip(items, [*items[1:], None], strict=True):
            called = into[item.nodeid] = set()

            def note(frame: FrameType, event: str, arg: object, called: set[str] = called) -> None:
                if event == "call" and frame.f_code.co_filename == source:
                    called.add(frame.f_code.co_qualname.partition(".<locals>")[0])

            sys.setprofile(note)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.setprofile(None)
            if self.failed is not None:
                raise RuntimeError(f"without any mutant {self.failed} fails")
        say(json.dumps({test: sorted(called) for test, called in into.items()}))

    def _run(
        self,
        session: pytest.Session,
        items: list[pytest.Item],
        mutant: Mutant,
        say: Callable[[str], None],
    ) -> None:
        """Run tests with a mutant, until one fails: say which."""
        _limit()
        _change(mutant)
        session.items = items
        with suppress(session.Failed):
            run_all(session)
        if self.failed is not None:
            say(self.failed)


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
