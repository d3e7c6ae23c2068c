"""A later version opens what today's has written: `python -m tests.faults.migration_driver KIND WHERE [STEPS]`.

KIND is registry (WHERE a folder or an address, STEPS the folder of its migrations), journal or replica (WHERE the
kiosk's data). The files are opened by the product's own code, which knows of more steps here. Prints "opening" before
the first, what each step reports, and "done".
"""

from __future__ import annotations

import sys
from pathlib import Path

import registry.storage.database
from registry.storage.database import Database
from sync.enrolment.record import Enrolment
from sync.store import journal, replica
from sync.store.journal_recovery import open_journal, sound_or_gone
from sync.store.replica import Replica
from sync.wire.device_key import DeviceKey
from tests.faults.migration_steps import KIOSK_STEPS


def main(kind: str, where: str, steps: str = "") -> None:
    print("opening", flush=True)
    match kind:
        case "registry":
            registry.storage.database.MIGRATIONS = Path(steps)
            on_server = "://" in where
            Database(where if on_server else None, None if on_server else Path(where)).close()
        case "journal":
            for step in KIOSK_STEPS:
                journal.migrations()(step)
            path = Path(where) / "journal.db"
            open_journal(path, DeviceKey.at(path.with_name("device.key")))[0].close()
        case "replica":
            for step in KIOSK_STEPS:
                replica.migrations()(step)
            path = Path(where) / "replica.db"
            sound_or_gone(path)
            enrolment = Enrolment.load(path.parent)
            Replica(path, enrolment.registry_public, enrolment.registry).close()
    print("done", flush=True)


main(*sys.argv[1:])
