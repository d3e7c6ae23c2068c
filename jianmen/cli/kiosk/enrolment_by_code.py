"""A carrier that waits until its kiosk is enrolled, and enrols it by the code that the door has read."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.system.errand import Errand
from hardware.system.stop_signal import Stop
from hardware.system.systemd import Notifier
from sync.enrolment.client import enrol
from sync.enrolment.record import EnrolmentError, RegistryUnreachableError
from sync.store.data_folder import ENROLMENT_ERRAND, DataFolder
from sync.wire.device_key import DeviceKey
from sync.wire.enrolment_code import EnrolmentCode, EnrolmentCodeError

if TYPE_CHECKING:  # with the whole screen
    from kiosk.screen.attendee_screen import EnrolmentOutcome

LOOK_S = 1.0

log = logging.getLogger(__name__)


def enrolled(data: Path, notifier: Notifier, stop: Stop) -> bool:
    """Wait for the enrolment, and enrol the kiosk where the door has read a code for it. False: asked to stop."""
    errand, done = Errand(data, ENROLMENT_ERRAND), DataFolder(data).enrolment
    if not done.exists():
        notifier.ready()
        notifier.status("waiting: not enrolled")
    while not done.exists():
        text = errand.take()
        if text is not None:
            errand.say(_outcome(text, data))
        notifier.watchdog()
        if stop.wait(LOOK_S):
            return False
    return True


def _outcome(text: str, data: Path) -> EnrolmentOutcome:
    """Enrol, and tell what came of it."""
    try:
        code = EnrolmentCode.parse(text)
        enrol(code, DeviceKey.at(DataFolder(data).device_key)).save(data)
    except RegistryUnreachableError as error:
        log.warning("%s", error)
        return "enrol_unreachable"
    except EnrolmentError as error:
        log.warning("%s", error)
        return "enrol_refused"
    except (EnrolmentCodeError, ValueError, OSError) as error:
        log.warning("%s", error)
        return "enrol_failed"
    return "enrolled"
