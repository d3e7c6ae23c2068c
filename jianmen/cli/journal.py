"""`jianmen journal`: read and check a kiosk's own log, offline."""

import sqlite3
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from access.log.chain import ChainError, device_id, device_of, follow, vouched
from access.log.entry import GENESIS, Boot, EntryError, body_of
from access.log.log_entry import LogEntry
from jianmen.cli.help_pages import WholeHelpGroup
from jianmen.cli.options import counted
from sync.store.data_folder import DataFolder
from sync.store.journal import JournalReader
from sync.store.replica_reader import ReplicaReader
from sync.wire.device_key import DeviceKey

PIECE = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SHOWN = ("gate", "direction", "verdict", "reason", "session", "source", "why", "area", "count")
"""The fields of an entry that a line for people shows, where it has them."""


@click.group(cls=WholeHelpGroup)
def journal() -> None:
    """Read and check a kiosk's log, offline. DATA is the kiosk's data folder, or a journal.db."""


@contextmanager
def _opened(data: Path) -> Iterator[JournalReader]:
    """The journal of a data folder; ends the command with 2 where there is none to read."""
    path = DataFolder(data).journal if data.is_dir() else data
    if not path.is_file():
        click.echo(f"{path}: there is no such file; name a kiosk's data folder", err=True)
        sys.exit(2)
    try:
        with closing(JournalReader.at(path)) as reader:
            reader.logs()
            yield reader
    except sqlite3.Error as error:
        click.echo(f"{path}: not a journal that can be read: {error}", err=True)
        sys.exit(2)


@journal.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--last", type=click.IntRange(1), help="Only the last N entries.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")
def show(data: Path, last: int | None, *, as_json: bool) -> None:
    """Print the entries, oldest first. No name is among them: a log holds none.

    Exit 1 where an entry cannot be read; those before it are printed.
    """
    with _opened(data) as reader:
        entries: deque[LogEntry] = deque(maxlen=last)
        damage = None
        try:
            for log_entry in reader.everything():
                entries.append(log_entry)
        except EntryError as error:
            damage = error
    for log_entry in entries:
        click.echo(_json_line(log_entry) if as_json else _line(log_entry))
    if damage is not None:
        click.echo(f"{data}: {damage}; jianmen journal verify says where", err=True)
        sys.exit(1)


def _line(log_entry: LogEntry) -> str:
    parts = []
    for name in SHOWN:
        value = getattr(log_entry.body, name, None)
        if value not in (None, ""):
            parts.append(f"{name}={value}")
    badge = getattr(log_entry.body, "badge", None)
    if badge is not None:
        parts.insert(0, f"badge={badge.hex()}")
    when = _when(log_entry.wall_ms)
    return f"{log_entry.log} {log_entry.seq:>6}  {when}  {log_entry.kind:<10} {' '.join(parts)}".rstrip()


def _when(wall_ms: int) -> str:
    """The time of the machine's own clock; a broken one can give times that no calendar has."""
    try:
        return (EPOCH + timedelta(milliseconds=wall_ms)).strftime("%Y-%m-%d %H:%M:%SZ")
    except OverflowError:
        return f"{wall_ms} ms"


def _json_line(log_entry: LogEntry) -> str:
    shown: dict[str, Any] = {
        "log": log_entry.log,
        "seq": log_entry.seq,
        "hash": log_entry.digest.hex(),
        "mono_ms": log_entry.mono_ms,
        "wall_ms": log_entry.wall_ms,
        "kind": log_entry.kind,
        "body": _plain(log_entry.body),
    }
    return msgspec.json.encode(shown).decode()


def _plain(value: Any) -> Any:
    """A body as an object of its fields, bytes as hex digits."""
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        return {name: _plain(getattr(value, name)) for name in fields}
    if isinstance(value, bytes | msgspec.Raw):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


@journal.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")
def verify(data: Path, *, as_json: bool) -> None:
    """Check every chain of hashes, every kept head, and that each log follows the one before it.

    Heads are checked where the kiosk's key (device.key) lies beside the journal. What a damaged journal has lost is not
    missed where replica.db beside it has it again. Exit 1 if anything does not hold.
    """
    public = _public_key(data)
    good = True
    with _opened(data) as reader, _replica_beside(data) as replica:
        for result in _check(reader, public, replica):
            good = good and not result["wrong"]
            if as_json:
                click.echo(msgspec.json.encode(result).decode())
                continue
            verdict = "; ".join(result["wrong"]) or "every entry follows the one before it"
            if result["end_before_in_replica"]:
                verdict += "; the end of the log before it is in replica.db alone"
            heads = f"{counted(result['heads'], 'head')}{'' if result['heads_checked'] else ' (not checked)'}"
            click.echo(
                f"{result['log']}: {counted(result['entries'], 'entry')}, {heads}: {verdict}"
            )
    sys.exit(0 if good else 1)


def _public_key(data: Path) -> bytes | None:
    """The kiosk's public key, if its key lies beside the journal."""
    key = DataFolder(data if data.is_dir() else data.parent).device_key
    if not key.exists():
        return None
    try:
        return DeviceKey.at(key).public
    except (OSError, ValueError) as error:
        click.echo(f"the heads are not checked: {error}", err=True)
        return None


@contextmanager
def _replica_beside(data: Path) -> Iterator[ReplicaReader | None]:
    """What the carrier has stored in the same folder, if that can be read."""
    path = DataFolder(data if data.is_dir() else data.parent).replica
    try:
        replica = ReplicaReader.at(path) if path.is_file() else None
    except sqlite3.Error:
        replica = None
    yield replica
    if replica is not None:
        replica.close()


def _check(
    reader: JournalReader, public: bytes | None, replica: ReplicaReader | None
) -> Iterator[dict[str, Any]]:
    ends: dict[str, tuple[int, bytes]] = {}
    for log in reader.logs():
        digests, boot, wrong = _chain(reader, log)
        ends[log] = (len(digests), digests.get(len(digests), GENESIS))
        elsewhere = False
        if boot is not None and boot.previous is not None:
            wrong_before = _wrong_before(boot.previous, ends)
            elsewhere = bool(wrong_before) and _has(replica, boot.previous)
            wrong += [] if elsewhere else wrong_before
        heads = reader.heads(log)
        checked = public is not None and device_id(public) == device_of(log)
        if checked and public is not None:
            wrong += [
                f"the head at {head.seq} is not signed by this kiosk, or names another entry"
                for head in heads
                if not vouched(head, public) or digests.get(head.seq) != head.digest
            ]
        yield {
            "log": log,
            "entries": len(digests),
            "heads": len(heads),
            "heads_checked": checked,
            "wrong": wrong,
            "end_before_in_replica": elsewhere,
        }


def _chain(reader: JournalReader, log: str) -> tuple[dict[int, bytes], Boot | None, list[str]]:
    """The hash of each entry up to the first that is wrong, the log's first entry, and what is wrong."""
    digests: dict[int, bytes] = {}
    boot: Boot | None = None
    prev = GENESIS
    wrong: list[str] = []
    try:
        while pairs := reader.raws(log, len(digests), PIECE):
            for kept, raw in pairs:
                (entry,), (digest,) = follow(len(digests) + 1, prev, [raw])
                if digest != kept:
                    raise ChainError(entry.seq, "its bytes have another hash than the one kept")
                body = body_of(entry)
                boot = body if isinstance(body, Boot) else boot
                digests[entry.seq] = prev = digest
    except ChainError as error:
        wrong.append(str(error))
    except sqlite3.Error as error:
        wrong.append(f"the file cannot be read after entry {len(digests)}: {error}")
    return digests, boot, wrong


def _has(replica: ReplicaReader | None, end: tuple[str, int, bytes]) -> bool:
    """Whether the end of a log is in the replica, which takes no entry without the one before it."""
    try:
        return replica is not None and replica.has_entry(*end)
    except sqlite3.Error:
        return False


def _wrong_before(named: tuple[str, int, bytes], ends: dict[str, tuple[int, bytes]]) -> list[str]:
    """What is wrong between a log and the end that its first entry names of the one before."""
    log, last, digest = named
    if log not in ends:
        return [f"the log before it, {log}, is not here"]
    if ends[log] != (last, digest):
        return [f"the log before it, {log}, ended at {last}, and here at {ends[log][0]}"]
    return []
