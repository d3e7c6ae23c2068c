"""How lists are to be read, remembered by their titles: the next export of the same list is read the same way."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import delete, select

from registry.lists.columns import NO_MAPPING, Mapping, header_key
from registry.storage import tables
from registry.storage.ledger import Ledger


def recall(ledger: Ledger, headers: Iterable[Sequence[str]]) -> Mapping:
    """The mapping chosen for a list with one of these headers; `NO_MAPPING`: none."""
    keys = [_digest(titles) for titles in headers]
    header = tables.list_mapping.c
    row = ledger.first(
        select(header.mapping).where(header.header.in_(keys)).order_by(header.used_ms.desc())
    )
    return msgspec.msgpack.decode(row[0], type=Mapping) if row else NO_MAPPING


def remember(ledger: Ledger, titles: Sequence[str], mapping: Mapping, now_ms: int) -> None:
    """Store the mapping chosen for a list with these titles."""
    digest = _digest(titles)
    with ledger.transaction():
        ledger.write(delete(tables.list_mapping).where(tables.list_mapping.c.header == digest))
        values = {"header": digest, "mapping": msgspec.msgpack.encode(mapping), "used_ms": now_ms}
        ledger.write(tables.list_mapping.insert().values(**values))


def _digest(titles: Sequence[str]) -> str:
    return hashlib.sha256(header_key(titles).encode()).hexdigest()
