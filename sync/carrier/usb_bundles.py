"""Imports bundles at a kiosk, whose replica has one writer.

The carrier locks `carrier.lock` as long as it runs. Without one, whoever imports is the writer for that moment; with
one, the bundle is put into the folder `bundles` of the kiosk's data, and the carrier imports it and stores the result.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sync.exchange.bundle_file import BundleError, Imported, take_in
from sync.store.data_folder import DataFolder
from sync.store.replica import Replica, ReplicaReader

WAIT_S = 120.0
LOOK_S = 0.2


class CarrierRunsError(Exception):
    """Another carrier runs on this kiosk's data."""


@contextmanager
def only_carrier(data: Path) -> Iterator[None]:
    """Lock the replica for writing. Raises CarrierRunsError, or OSError where the lock cannot be made."""
    descriptor = os.open(DataFolder(data).carrier_lock, os.O_RDWR | os.O_CREAT, 0o660)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CarrierRunsError(f"{data}: a carrier is running here already") from error
        yield
    finally:
        os.close(descriptor)


def submit_bundle(data: Path, bundle: Path) -> Imported:
    """Give a bundle to the running carrier, and wait for the result. Raises BundleError or OSError."""
    folder = DataFolder(data).bundles
    folder.mkdir(exist_ok=True)
    name = f"{time.time_ns()}-{bundle.name}"
    part = folder / f".{name}"
    shutil.copyfile(bundle, part)
    part.rename(folder / name)
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        time.sleep(LOOK_S)
        result = _import_result(data, name)
        if result is not None:
            if result.get("why"):
                raise BundleError(str(result["why"]).replace(str(folder / name), str(bundle)))
            return Imported(
                result["device"], result["entries"], result["cards"], result["rejected"]
            )
    raise BundleError(
        f"{bundle}: the carrier has not taken it in within {WAIT_S:.0f} s; it lies in {folder}"
    )


def _import_result(data: Path, name: str) -> dict[str, Any] | None:
    reader = ReplicaReader.at(DataFolder(data).replica)
    try:
        return reader.imports().get(name)
    finally:
        reader.close()


def take_waiting(replica: Replica, data: Path) -> int:
    """Import the bundles that wait, as the carrier. Return how many entries were new."""
    new = 0
    for path in sorted((DataFolder(data).bundles).glob("[!.]*")):
        try:
            imported = take_in(replica, path)
            result = {**asdict(imported), "why": ""}
            new += imported.entries
        except (BundleError, OSError) as error:
            result = {"why": str(error)}
        with replica.transaction():
            replica.keep_import(path.name, result)
        path.unlink()
    return new
