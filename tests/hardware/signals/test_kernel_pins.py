"""Whether the kernel leaves an output as a dead process had it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.signals.kernel_pins import outputs_stay


@pytest.mark.parametrize("module", ["pinctrl_bcm2835", "pinctrl_rp1"])
@pytest.mark.parametrize(("says", "stay"), [("Y\n", True), ("N\n", False)])
def test_a_kernel_of_a_raspberry_pi_says_so(
    tmp_path: Path, module: str, says: str, stay: bool
) -> None:
    file = tmp_path / module / "parameters" / "persist_gpio_outputs"
    file.parent.mkdir(parents=True)
    file.write_text(says)

    assert outputs_stay(tmp_path) is stay


def test_other_kernels_do_not_have_the_question(tmp_path: Path) -> None:
    assert not outputs_stay(tmp_path)
    assert not outputs_stay(tmp_path / "no /sys at all")
