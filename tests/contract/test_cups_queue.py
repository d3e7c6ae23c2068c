"""A queue of CUPS as the printer: what CUPS itself gets wrong becomes doubt, and never a second badge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fpdf import FPDF

from hardware.ports.printer import PrinterSettings
from hardware.printers.ipp import IppPrinter
from jianmen.testing import cups_queue, ipp_printer
from jianmen.testing.cups_queue import CupsQueue
from jianmen.testing.ipp_printer import PAPER_MM, IppPrinterProcess
from jianmen.testing.waiting import until

JOB = "jianmen-a1"


@dataclass
class Desk:
    printer: IppPrinter
    queue: CupsQueue
    paper: IppPrinterProcess

    def ends(self, job: str = JOB) -> str:
        ended = ("printed", "not_printed", "unknown")
        until(lambda: self.printer.job(job) in ended, f"the end of {job}")
        return self.printer.job(job)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if lacking := ipp_printer.missing() or cups_queue.missing():
        pytest.skip(f"no CUPS here: {lacking}")
    folder = tmp_path_factory.mktemp("cups")
    paper = IppPrinterProcess(folder / "printer")
    queue = CupsQueue(folder / "cups", paper.address, "iso_dl_110x220mm")
    yield Desk(IppPrinter(PrinterSettings("ipp", queue.address, "", *PAPER_MM)), queue, paper)
    queue.close()
    paper.close()


@pytest.fixture(scope="module")
def page() -> bytes:
    pdf = FPDF(format=PAPER_MM, unit="mm")
    pdf.add_page()
    return bytes(pdf.output())


def test_a_badge_goes_through_the_queue_once(desk: Desk, page: bytes) -> None:
    assert desk.printer.state().ready
    assert desk.printer.submit(JOB, page) == "taken"
    assert desk.ends() == "printed"
    assert len(desk.paper.printed) == 1


def test_paper_out_is_seen_while_it_prints_and_forgotten_when_it_rests(
    desk: Desk, page: bytes
) -> None:
    desk.paper.fault("media-empty")
    desk.printer.submit(JOB, page)
    until(lambda: "paper_out" in desk.printer.state().troubles, "the word that paper is out")
    assert desk.printer.unfinished() == [JOB]
    desk.printer.cancel(JOB)
    assert desk.ends() == "unknown"
    until(lambda: not desk.printer.state().busy, "a queue at rest")
    assert desk.printer.state().ready, "CUPS keeps the reason until it prints again"


def test_a_printer_that_is_off_keeps_the_badge_waiting_until_it_is_called_off(
    desk: Desk, page: bytes
) -> None:
    desk.paper.switch_off()
    desk.printer.submit(JOB, page)
    assert desk.printer.job(JOB) in ("waiting", "printing")
    desk.printer.cancel(JOB)
    assert desk.ends() in ("unknown", "not_printed")
    desk.paper.switch_on()
    assert desk.printer.submit("jianmen-a2", page) == "taken"
    assert desk.ends("jianmen-a2") == "printed"
    assert len(desk.paper.printed) == 1


def test_a_spooler_killed_in_the_middle_leaves_doubt_and_no_second_badge(
    desk: Desk, page: bytes
) -> None:
    desk.paper.fault("media-empty")
    desk.printer.submit(JOB, page)
    until(lambda: "paper_out" in desk.printer.state().troubles, "the badge at the printer")
    desk.queue.kill()
    desk.paper.repair()
    assert desk.ends() == "unknown"
    until(lambda: len(desk.paper.printed) == 1, "the badge that the printer had")
    assert desk.printer.submit("jianmen-a2", page) == "taken"
    assert desk.ends("jianmen-a2") == "printed"
    assert desk.printer.job(JOB) == "unknown", "its number was given out again"
    assert len(desk.paper.printed) == 2


def test_a_job_of_before_a_restart_is_found_and_called_off(desk: Desk, page: bytes) -> None:
    """CUPS would print it after the start that follows."""
    desk.paper.fault("media-empty")
    desk.printer.submit(JOB, page)
    until(lambda: "paper_out" in desk.printer.state().troubles, "the badge at the printer")
    desk.queue.restart()
    until(lambda: desk.printer.unfinished() == [JOB], "the job that nobody waits for")
    desk.printer.cancel(JOB)
    until(lambda: desk.printer.unfinished() == [], "the queue to be empty")
    assert desk.ends() == "unknown"
    desk.queue.restart()
    assert desk.printer.unfinished() == []
