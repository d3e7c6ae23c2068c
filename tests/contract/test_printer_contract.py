"""What every printer must do, asked of each adapter: CUPS' own test printer over IPP, and the simulated one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fpdf import FPDF

from hardware.ports.errors import UnknownAdapter
from hardware.ports.printer import JobState, Printer, PrinterSettings
from hardware.printers.simulated import SimulatedPrinter
from hardware.reader.factory import PRINTERS, open_printer
from jianmen.testing.ipp_printer import PAPER_MM, IppPrinterProcess, missing
from jianmen.testing.waiting import until


@dataclass
class Bench:
    """A printer under test, whose paper, cover and plug the test controls."""

    printer: Printer
    printed: Callable[[], int]
    run_out: Callable[[], None]
    repair: Callable[[], None]
    switch_off: Callable[[], None]
    switch_on: Callable[[], None]

    def ends(self, job: str) -> JobState:
        """What a job comes to."""
        ended = ("printed", "not_printed", "unknown")
        return until(lambda: (s := self.printer.job(job)) in ended and s, f"the end of {job}")  # type: ignore[return-value]


def simulated(folder: Path) -> Bench:
    printer = SimulatedPrinter(PrinterSettings(adapter="simulated", path=str(folder)))
    fault = folder / "fault"

    def switch_on() -> None:
        printer.restart()
        fault.unlink()

    return Bench(
        printer,
        lambda: len(list(folder.glob("*.pdf"))),
        lambda: void(fault.write_text("paper_out")),
        lambda: fault.unlink(missing_ok=True),
        lambda: void(fault.write_text("away")),
        switch_on,
    )


def void(_: object) -> None:
    """For what is done and not asked."""


@pytest.fixture(params=sorted(PRINTERS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "simulated":
        yield simulated(tmp_path)
        return
    if lacking := missing():
        pytest.skip(f"no test printer here: {lacking}")
    process = IppPrinterProcess(tmp_path / "printer")
    printer = open_printer(PrinterSettings("ipp", process.address, "", *PAPER_MM))
    yield Bench(
        printer,
        lambda: len(process.printed),
        lambda: process.fault("media-empty"),
        process.repair,
        process.switch_off,
        process.switch_on,
    )
    printer.close()
    process.close()


@pytest.fixture(scope="session")
def page() -> bytes:
    pdf = FPDF(format=PAPER_MM, unit="mm")
    pdf.add_page()
    return bytes(pdf.output())


def test_an_unknown_adapter_is_named() -> None:
    with pytest.raises(UnknownAdapter, match="ipp, simulated"):
        open_printer(PrinterSettings(adapter="parallel"))


def test_a_printer_at_rest_is_ready(bench: Bench) -> None:
    state = bench.printer.state()
    assert (state.ready, state.troubles, state.busy) == (True, (), False)
    assert "Printer" in state.name


def test_a_badge_is_printed_once(bench: Bench, page: bytes) -> None:
    assert bench.printer.submit("jianmen-a1", page) == "taken"
    assert bench.ends("jianmen-a1") == "printed"
    assert bench.printed() == 1
    assert bench.ends("jianmen-a1") == "printed"
    assert bench.printer.unfinished() == []


def test_a_job_that_the_printer_does_not_know_is_unknown(bench: Bench) -> None:
    assert bench.printer.job("jianmen-never") == "unknown"


def test_with_the_paper_out_the_badge_waits_and_is_printed_when_there_is_some(
    bench: Bench, page: bytes
) -> None:
    bench.run_out()
    assert bench.printer.submit("jianmen-a1", page) == "taken"
    until(lambda: "paper_out" in bench.printer.state().troubles, "the word that paper is out")
    assert bench.printer.job("jianmen-a1") in ("waiting", "printing")
    assert bench.printer.unfinished() == ["jianmen-a1"]
    assert bench.printed() == 0
    bench.repair()
    assert bench.ends("jianmen-a1") == "printed"
    assert bench.printed() == 1
    until(lambda: bench.printer.state().ready, "a printer that is well again")


def test_a_badge_cancelled_when_it_was_begun_may_be_on_paper(bench: Bench, page: bytes) -> None:
    bench.run_out()
    bench.printer.submit("jianmen-a1", page)
    until(lambda: bench.printer.job("jianmen-a1") == "printing", "the job to begin")
    bench.printer.cancel("jianmen-a1")
    bench.repair()
    assert bench.ends("jianmen-a1") == "unknown"
    assert bench.printer.unfinished() == []


def test_a_printer_that_is_off_takes_nothing_and_comes_back(bench: Bench, page: bytes) -> None:
    bench.switch_off()
    assert bench.printer.state().troubles == ("away",)
    assert bench.printer.submit("jianmen-a1", page) == "refused"
    assert bench.printer.job("jianmen-a1") == "away"
    assert bench.printer.unfinished() == []
    bench.printer.cancel("jianmen-a1")
    bench.switch_on()
    assert bench.printer.state().ready
    assert bench.printed() == 0


def test_a_printer_switched_off_in_the_middle_leaves_the_badge_in_doubt(
    bench: Bench, page: bytes
) -> None:
    bench.run_out()
    assert bench.printer.submit("jianmen-a1", page) == "taken"
    bench.switch_off()
    assert bench.printer.job("jianmen-a1") == "away"
    bench.switch_on()
    bench.repair()
    assert bench.ends("jianmen-a1") == "unknown"


def test_a_number_that_is_given_out_again_is_not_taken_for_the_old_job(
    bench: Bench, page: bytes
) -> None:
    bench.printer.submit("jianmen-a1", page)
    assert bench.ends("jianmen-a1") == "printed"
    bench.switch_off()
    bench.switch_on()
    bench.printer.submit("jianmen-a2", page)
    assert bench.ends("jianmen-a2") == "printed"
    assert bench.printer.job("jianmen-a1") == "unknown"
    assert bench.printed() == 2
