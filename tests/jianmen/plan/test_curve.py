"""Arrival curves: the forum's, and those of a file."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import xlsxwriter

from config.errors import ConfigError
from jianmen.rehearse.plan.curve import FORUM_CURVE, ArrivalCurve, read_curve


def curve_of(folder: Path, text: str) -> ArrivalCurve:
    file = folder / "curve.csv"
    file.write_text(text, encoding="utf-8")
    return read_curve(file)


def test_half_of_a_forum_come_within_forty_minutes() -> None:
    assert FORUM_CURVE.half_within_min() == pytest.approx(40)
    drawn = FORUM_CURVE.draw(20_000, Random(1))
    in_the_rush = sum(20 * 60 <= at_s < 60 * 60 for at_s in drawn)
    assert in_the_rush / 20_000 == pytest.approx(0.5, abs=0.02)
    assert drawn == sorted(drawn)


def test_minute_and_share_are_each_others_inverse() -> None:
    for share in (0.05, 0.3, 0.6, 0.99):
        assert FORUM_CURVE.share_by(FORUM_CURVE.minute_of(share)) == pytest.approx(share)


def test_a_file_with_a_header_percent_and_pauses(tmp_path: Path) -> None:
    curve = curve_of(tmp_path, "minute,share\n0,0\n\n30, 65%\n60,0.65\n90,1\n")
    assert curve.points == ((0, 0), (30, 0.65), (60, 0.65), (90, 1))
    assert not any(31 * 60 < at_s < 59 * 60 for at_s in curve.draw(1000, Random(2)))


@pytest.mark.parametrize(
    "raw",
    [
        b"minute;share\n0;0\n30;65%\n90;1\n",
        b"0;0\n30;0,65\n90;1,0\n",
        b"0\t0\n30\t0.65\n90\t1\n",
        b"0,0,\n30,65,\n90,100,\n",
        "时间,已到\n8:00,0%\n08:30,65%\n9:30,100%\n".encode("gb18030"),
        "分钟\t已到\n0\t0\n30\t0.65\n90\t1\n".encode("utf-16"),
    ],
)
def test_a_file_as_people_have_it(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "curve.csv"
    file.write_bytes(raw)
    assert read_curve(file).points == ((0, 0), (30, 0.65), (90, 1))


def test_a_workbook(tmp_path: Path) -> None:
    file = tmp_path / "curve.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((("分钟", "已到"), (0, 0), (30, 0.65), (90, 1))):
            sheet.write_row(number, 0, row)
    assert read_curve(file).points == ((0, 0), (30, 0.65), (90, 1))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "0,0\n10,half\n60,1\n",
            2,
            'the share is "half"; should be the share of all who have come',
        ),
        ("0,0\n10\n60,1\n", 2, "has 1 cell; should be a minute and a share, such as 40,0.5"),
        ("0,0\nlate,0.5\n60,1\n", 2, 'the minute is "late"; should be a number of minutes'),
        ("0,0\n40,0.5\n20,0.7\n60,1\n", 3, "minute 20 follows minute 40; minutes should grow"),
        ("0,0\n40,0.5\n50,0.3\n60,1\n", 3, "the share falls from 0.5 to 0.3; should be"),
        ("0,0\n40,150%\n60,1\n", 2, 'the share is "150%"; should be'),
        ("0,nan\n40,1\n", 1, 'the share is "nan"; should be'),
        ("0,0.2\n60,1\n", 1, "begins with share 0.2; the first line should have share 0"),
        ("0,0\n60,0.9\n", 2, "ends with share 0.9; the last line should have share 1 (100%)"),
    ],
)
def test_a_bad_line_is_named_with_what_would_be_right(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        curve_of(tmp_path, text)
    assert f"curve.csv:{line}: {message}" in str(raised.value)


def test_files_that_are_no_curve_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has 0 usable lines; should have at least two"):
        curve_of(tmp_path, "minute,share\n")
    with pytest.raises(ConfigError, match=r"gone\.csv: cannot be read"):
        read_curve(tmp_path / "gone.csv")
    (tmp_path / "page.csv").write_text("<html>0,0</html>")
    with pytest.raises(ConfigError, match=r"page\.csv: cannot be read: .*name a list of minutes"):
        read_curve(tmp_path / "page.csv")
