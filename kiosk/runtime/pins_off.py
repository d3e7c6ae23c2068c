"""Switches off whatever a door that has ended left on: lamps, sounder, and above all the relay.

The kernels of Raspberry Pi OS leave a pin as a dead process had it. systemd runs this after every end of the door,
whatever ended it: `python -m kiosk.runtime.pins_off SETTINGS`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from config.errors import ConfigError
from config.settings import kiosk_settings
from hardware.system.errors import HardwareError


def main(settings_file: Path) -> int:
    """Return the exit code: 1 where the settings cannot be read or the pins cannot be had; standard error says why."""
    try:
        settings = kiosk_settings(settings_file, {})
        if settings.signals.adapter == "gpio":
            # Most doors have no pins, and each is to be back at once.
            from hardware.reader.factory import open_signals
            from kiosk.runtime.parts import signal_settings

            open_signals(signal_settings(settings)).close()
    except (ConfigError, HardwareError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
