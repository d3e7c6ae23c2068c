"""An answer that many ask for: who pays for it, and how old it may be."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.queries.queries import CachedAnswer


@dataclass
class Machine:
    """A clock and the CPU time of its one thread; neither moves by itself."""

    now_ms: int = 0
    cpu_s: float = 0.0

    def waits(self, ms: int) -> None:
        """Somebody else has the machine, a lock, or the database."""
        self.now_ms += ms

    def works(self, ms: int) -> None:
        self.now_ms += ms
        self.cpu_s += ms / 1000


class Count:
    """A count that is kept for 1 to 5 s."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.somebody_folds = False
        self.kept: CachedAnswer[int] = CachedAnswer(
            1000, 5000, lambda: machine.now_ms, lambda: machine.cpu_s
        )

    def as_of(self, *, fold_ms: int = 0, wait_ms: int = 0, work_ms: int = 0) -> int:
        """As of when the answer is that one gets now, where making another one would take so long."""

        def count(now_ms: int) -> int:
            self.machine.waits(wait_ms)
            self.machine.works(work_ms)
            return now_ms

        def fold(patience_s: float) -> bool:
            if patience_s >= 0 and self.somebody_folds:
                self.machine.waits(int(patience_s * 1000))
                return False
            self.machine.works(fold_ms)
            return True

        return self.kept.get(fold, count)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_waiting_for_others_makes_no_answer_older(machine: Machine) -> None:
    count = Count(machine)
    count.as_of(wait_ms=10_000)
    assert count.as_of() == machine.now_ms


def test_the_fold_before_it_makes_no_answer_older(machine: Machine) -> None:
    count = Count(machine)
    assert count.as_of(fold_ms=20_000) == machine.now_ms == 20_000
    machine.waits(1000)
    assert count.as_of() == machine.now_ms


def test_a_tenth_of_the_machine_goes_into_counting(machine: Machine) -> None:
    count = Count(machine)
    count.as_of(work_ms=300)
    machine.waits(2600)
    assert count.as_of() == 0
    machine.waits(200)
    assert count.as_of() == machine.now_ms


def test_while_somebody_folds_the_kept_answer_is_given_until_it_is_too_old(
    machine: Machine,
) -> None:
    count = Count(machine)
    count.as_of()
    count.somebody_folds = True
    machine.waits(4000)
    assert count.as_of() == 0
    machine.waits(1000)
    assert count.as_of(fold_ms=700) == machine.now_ms


def test_while_somebody_counts_the_kept_answer_is_given(machine: Machine) -> None:
    count = Count(machine)
    count.as_of()
    machine.waits(2000)
    meanwhile: list[int] = []

    def work(now_ms: int) -> int:
        other = threading.Thread(target=lambda: meanwhile.append(count.as_of()))
        other.start()
        other.join()
        return now_ms

    assert count.kept.get(lambda _: True, work) == 2000
    assert meanwhile == [0]


@given(st.lists(st.tuples(*[st.integers(0, 90_000)] * 4), max_size=20))
def test_no_kept_answer_is_older_than_five_seconds(asked: list[tuple[int, int, int, int]]) -> None:
    machine = Machine()
    count = Count(machine)
    for pause, fold, wait, work in asked:
        machine.waits(pause)
        count.somebody_folds = bool(pause % 2)
        before = machine.now_ms
        as_of = count.as_of(fold_ms=fold, wait_ms=wait, work_ms=work)
        assert as_of > before - 5000  # when it was asked
