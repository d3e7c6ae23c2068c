"""Paper sizes by their names in IPP."""

from __future__ import annotations

import pytest

from hardware.printers.media import media_for, size_mm

RANGE = ["custom_min_25x25mm", "custom_max_102x3000mm"]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("om_label_62x100mm", (62, 100)),
        ("iso_a6_105x148mm", (105, 148)),
        ("na_letter_8.5x11in", (215.9, 279.4)),
        ("62x100mm.Borderless", (62, 100)),
        ("Custom.62x100mm", (62, 100)),
        ("labels", None),
    ],
)
def test_a_name_says_how_large_the_paper_is(name: str, size: tuple[float, float] | None) -> None:
    found = size_mm(name)
    assert found == (pytest.approx(size) if size is not None else None)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["iso_a6_105x148mm", "om_label_62x100mm"], "om_label_62x100mm"),
        (["oe_label_2.44x3.94in"], "oe_label_2.44x3.94in"),
        (["iso_a6_105x148mm", *RANGE], "custom_badge_62x100mm"),
        ([*RANGE, "om_label_62x100mm"], "om_label_62x100mm"),
        (["iso_a6_105x148mm"], None),
        (["custom_min_80x80mm", "custom_max_102x3000mm"], None),
        ([], None),
    ],
)
def test_the_paper_of_the_badges_size_is_chosen(names: list[str], chosen: str | None) -> None:
    assert media_for(62, 100, names) == chosen
