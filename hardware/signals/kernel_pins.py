"""What the kernel does with an output pin whose process has ended."""

from __future__ import annotations

from pathlib import Path

MODULES = Path("/sys/module")

REMEDY = (
    "add the line dtparam=strict_gpiod to /boot/firmware/config.txt and start this machine again"
)


def outputs_stay(modules: Path = MODULES) -> bool:
    """Whether a pin stays as a dead process had it, as on Raspberry Pi OS unless its kernel is told otherwise.

    False where the kernel does not say: others make an input of such a pin.
    """
    told = modules.glob("pinctrl*/parameters/persist_gpio_outputs")
    return any(file.read_text().strip() in ("Y", "1") for file in told)
