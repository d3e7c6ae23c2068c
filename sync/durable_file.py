"""Files that are whole, also after a power cut or a kill: the old one or the new one."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PART = ".jianmen.part"
"""How the name ends of what is being written. Whoever writes it has it locked, so that what a killed process has left
is told from what is going on."""


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Replace a file by new content, readable as `mode` says. Raises OSError; then the old file is as it was."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


@contextmanager
def whole_file(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file to write into, which gets its name when it is whole, in the place of an older one. Where the block raises,
    nothing of it stays; what a killed process has left of this file is removed first. Raises OSError: a
    BlockingIOError where another process is writing it."""
    part = path.with_name(path.name + PART)
    if not remove_leftover(part):
        raise BlockingIOError(0, "another process is writing it", str(path))
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


@contextmanager
def temporary_folder(beside: Path, name: str) -> Iterator[Path]:
    """A folder for what is not whole yet, gone afterwards; one that a killed process has left is removed first. Raises
    OSError: a BlockingIOError where another process has it."""
    folder = beside / (name + PART)
    if not remove_leftover(folder):
        raise BlockingIOError(0, "another process is writing it", str(folder))
    folder.mkdir(mode=0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def leftovers(folder: Path) -> list[Path]:
    """What killed processes have left unfinished in a folder. Raises OSError."""
    return [one for one in sorted(folder.glob(f"*{PART}")) if _is_left(one)]


def remove_leftover(path: Path) -> bool:
    """Remove what a killed process has left, if it is there. False: a process is still writing it. Raises OSError."""
    if not _is_left(path):
        return not path.exists()
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return True


def _is_left(path: Path) -> bool:
    """Whether it is there, and nobody is writing it."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True
    return False


def sync_folder(folder: Path) -> None:
    """New names in a folder are on the disk when this returns. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
