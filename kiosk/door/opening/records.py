"""What the logs say of each kiosk before the doors open: which versions it runs, and the last try of its door."""

from access.log.entry import Boot, OpeningChecked
from access.log.log_entry import LogEntry


class OpeningRecords:
    """A fold: the newest of each by device, whatever the order of entries."""

    def __init__(self) -> None:
        self._boots: dict[str, tuple[tuple[int, str], Boot]] = {}
        self._checks: dict[str, tuple[tuple[int, str, int], LogEntry, OpeningChecked]] = {}

    def add(self, entry: LogEntry) -> None:
        """Fold one entry of any kind."""
        body = entry.body
        if type(body) is Boot and entry.seq == 1:
            began = ((entry.wall_ms, entry.log), body)
            known = self._boots.get(entry.device)
            if known is None or began[0] > known[0]:
                self._boots[entry.device] = began
        elif type(body) is OpeningChecked:
            checked = ((entry.wall_ms, entry.log, entry.seq), entry, body)
            before = self._checks.get(entry.device)
            if before is None or checked[0] > before[0]:
                self._checks[entry.device] = checked

    def versions(self, device: str) -> dict[str, str]:
        """The versions that a kiosk named when it last started; none are known of one never heard of."""
        known = self._boots.get(device)
        return dict(known[1].versions) if known is not None else {}

    def checked(self, device: str) -> tuple[LogEntry, OpeningChecked] | None:
        """The last sign-off of a kiosk's door."""
        known = self._checks.get(device)
        return (known[1], known[2]) if known is not None else None
