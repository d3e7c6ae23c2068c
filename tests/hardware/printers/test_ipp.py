"""What is particular to printers that speak IPP, asked of CUPS' own test printer and of servers that misbehave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.ports.printer import PrinterSettings
from hardware.printers.ipp import IppPrinter
from jianmen.testing.ipp_printer import PAPER_MM, IppPrinterProcess, missing
from jianmen.testing.waiting import until

PAGE = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[IppPrinterProcess]:
    if lacking := missing():
        pytest.skip(f"no test printer here: {lacking}")
    process = IppPrinterProcess(tmp_path / "printer")
    yield process
    process.close()


def printer_at(address: str, width: float = PAPER_MM[0], height: float = PAPER_MM[1]) -> IppPrinter:
    return IppPrinter(PrinterSettings(address=address, width_mm=width, height_mm=height))


def test_paper_of_another_size_is_named_before_anything_is_printed(
    process: IppPrinterProcess,
) -> None:
    printer = printer_at(process.address, 86, 122)
    assert printer.state().troubles == ("no_media",)
    assert printer.submit("jianmen-a1", PAGE) == "refused"
    assert process.printed == []


def test_a_printer_that_takes_no_pdf_is_named(tmp_path: Path) -> None:
    if lacking := missing():
        pytest.skip(f"no test printer here: {lacking}")
    process = IppPrinterProcess(tmp_path / "printer", formats="image/pwg-raster")
    try:
        printer = printer_at(process.address)
        assert printer.state().troubles == ("no_pdf",)
        assert printer.submit("jianmen-a1", PAGE) == "refused"
    finally:
        process.close()


@pytest.mark.parametrize(
    ("keyword", "trouble"), [("media-jam", "jam"), ("cover-open", "cover_open")]
)
def test_faults_are_named(process: IppPrinterProcess, keyword: str, trouble: str) -> None:
    printer = printer_at(process.address)
    process.fault(keyword)
    printer.submit("jianmen-a1", PAGE)
    until(lambda: trouble in printer.state().troubles, trouble)


def test_a_page_that_the_printer_gave_up_is_in_doubt(process: IppPrinterProcess) -> None:
    printer = printer_at(process.address)
    process.fail_pages()
    assert printer.submit("jianmen-a1", PAGE) == "taken"
    until(lambda: printer.job("jianmen-a1") == "unknown", "the end of the job")
    assert process.printed == []


def test_a_second_badge_is_refused_while_the_printer_is_busy(process: IppPrinterProcess) -> None:
    printer = printer_at(process.address)
    process.fault("media-empty")
    printer.submit("jianmen-a1", PAGE)
    until(lambda: printer.job("jianmen-a1") == "printing", "the job to begin")
    assert printer.state().busy
    assert printer.submit("jianmen-a2", PAGE) == "refused"


@pytest.fixture
def breaks_off() -> Iterator[str]:
    """A server that takes every connection, reads a little and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            connection, _ = listener.accept()
            with connection:
                connection.recv(64)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    yield f"ipp://127.0.0.1:{port}/ipp/print"
    stop.set()
    socket.create_connection(("127.0.0.1", port)).close()
    thread.join()
    listener.close()


def test_a_server_that_hangs_up_is_a_printer_that_is_away(breaks_off: str) -> None:
    printer = printer_at(breaks_off)
    assert printer.state().troubles == ("away",)
    assert printer.job("jianmen-a1") == "away"
    assert printer.submit("jianmen-a1", PAGE) == "refused"
