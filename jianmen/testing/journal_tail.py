"""The entries of a door's journal so far, whether or not the registry has received them."""

import sqlite3
from collections import Counter
from pathlib import Path

from access.event.definition import Verdict
from access.log.entry import Scan
from access.log.log_entry import read_entry
from sync.store.data_folder import DataFolder
from sync.store.journal import JournalReader

AT_ONCE = 1000


class JournalTail:
    """Reads one journal, as far as it has come. For one thread."""

    def __init__(self, data: Path) -> None:
        self._path = DataFolder(data).journal
        self._journal: JournalReader | None = None
        self._read: dict[str, int] = {}
        self.verdicts: Counter[tuple[Verdict, str]] = Counter()
        """What the door has answered, by verdict and reason."""

    @property
    def entries(self) -> int:
        """Entries of every kind in all its logs."""
        return sum(self._read.values())

    @property
    def answers(self) -> int:
        return self.verdicts.total()

    def look(self) -> None:
        """Read what is new. A journal that is not there yet is empty."""
        if self._journal is None:
            try:
                self._journal = JournalReader.at(self._path)
            except sqlite3.OperationalError:
                return
        for log in self._journal.logs():
            while raws := self._journal.raws(log, self._read.get(log, 0), AT_ONCE):
                for digest, raw in raws:
                    log_entry = read_entry(log, digest, raw)
                    if isinstance(log_entry.body, Scan):
                        self.verdicts[log_entry.body.verdict, log_entry.body.reason] += 1
                    self._read[log] = log_entry.seq

    def close(self) -> None:
        """Safe to repeat."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
