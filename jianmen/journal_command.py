"""`jianmen journal`: read and check a kiosk's own log, offline."""

import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from access.background import Held
from access.chain import ChainError, fingerprint, follow, vouched
from access.entry import GENESIS
from sync.identity import Identity
from sync.journal import JournalReader

PIECE = 1000


@click.group()
def journal() -> None:
    """Read and check a kiosk's log, offline. DATA is the kiosk's data folder, or a journal.db."""


def _open(data: Path) -> JournalReader:
    path = data / "journal.db" if data.is_dir() else data
    if not path.exists():
        click.echo(f"{path}: there is no such file; name a kiosk's data folder", err=True)
        sys.exit(2)
    try:
        reader = JournalReader.at(path)
        reader.logs()
    except sqlite3.Error as error:
        click.echo(f"{path}: not a journal that can be read: {error}", err=True)
        sys.exit(2)
    return reader


@journal.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--last", type=click.IntRange(1), help="Only the last N entries.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output.")
def show(data: Path, last: int | None, *, as_json: bool) -> None:
    """Print the entries, oldest first. No name is among them: a log holds none."""
    reader = _open(data)
    entries = list(reader.everything())
    reader.close()
    for held in entries[-last:] if last else entries:
        click.echo(_json_line(held) if as_json else _line(held))


def _line(held: Held) -> str:
    when = datetime.fromtimestamp(held.wall_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    said = []
    for name in (
        "gate",
        "direction",
        "verdict",
        "reason",
        "session",
        "source",
        "why",
        "area",
        "count",
    ):
        value = getattr(held.body, name, None)
        if value not in (None, ""):
            said.append(f"{name}={value}")
    badge = getattr(held.body, "badge", None)
    if badge is not None:
        said.insert(0, f"badge={badge.hex()}")
    return f"{held.log} {held.seq:>6}  {when}Z  {held.kind:<10} {' '.join(said)}".rstrip()


def _json_line(held: Held) -> str:
    shown: dict[str, Any] = {
        "log": held.log,
        "seq": held.seq,
        "hash": held.digest.hex(),
        "mono_ms": held.mono_ms,
        "wall_ms": held.wall_ms,
        "kind": held.kind,
        "body": _plain(held.body),
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
    """Check every chain of hashes and every kept head. Exit 1 if anything does not hold."""
    reader = _open(data)
    good = True
    for result in _check(reader, data):
        good = good and not result["wrong"]
        if as_json:
            click.echo(msgspec.json.encode(result).decode())
        else:
            word = "; ".join(result["wrong"]) or "every entry follows the one before it"
            click.echo(
                f"{result['log']}: {result['entries']} entries, {result['heads']} heads: {word}"
            )
    reader.close()
    sys.exit(0 if good else 1)


def _check(reader: JournalReader, data: Path) -> Iterator[dict[str, Any]]:
    key = (data if data.is_dir() else data.parent) / "device.key"
    public = Identity.at(key).public if key.exists() else None
    for log in reader.logs():
        wrong: list[str] = []
        digests: dict[int, bytes] = {}
        seq, prev = 0, GENESIS
        try:
            while pairs := reader.raws(log, seq, PIECE):
                run = follow(seq + 1, prev, [raw for _, raw in pairs])
                for (entry, digest), (kept, _) in zip(run, pairs, strict=True):
                    if digest != kept:
                        raise ChainError(entry.seq, "its bytes have another hash than the one kept")
                    digests[entry.seq] = digest
                seq, prev = run[-1][0].seq, run[-1][1]
        except ChainError as error:
            wrong.append(str(error))
        heads = reader.heads(log)
        if public is not None and fingerprint(public) == log[:16]:
            wrong += [
                f"the head at {head.seq} is not signed by this kiosk, or names another entry"
                for head in heads
                if not vouched(head, public) or digests.get(head.seq) != head.digest
            ]
        yield {"log": log, "entries": len(digests), "heads": len(heads), "wrong": wrong}
