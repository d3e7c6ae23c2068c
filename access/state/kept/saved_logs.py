"""What scans say of their logs' lengths and clocks, without the scans: to be saved, and to go on from."""

import msgspec

from access.state.event_state import EventState


class SavedLog(msgspec.Struct, frozen=True, array_like=True):
    """A log's last number, its last instant (CLOCK_BOOTTIME, ms), and the offsets that its clock is not below, each
    with the number of the entry that says so."""

    last_seq: int
    last_mono: int
    floors: dict[int, int]


class SavedLogs(msgspec.Struct, frozen=True, array_like=True):
    """Every log, and the newest entry of the registry's: its wall clock (ms), log and number."""

    logs: dict[str, SavedLog]
    registry_newest: tuple[int, str, int]


def saved_logs(state: EventState) -> SavedLogs:
    """What has been observed."""
    clocks = state.clocks
    logs = {log: SavedLog(seq, *clocks.observed(log)) for log, seq in state.last_seq.items()}
    return SavedLogs(logs, state.registry_newest)


def take_logs(state: EventState, saved: SavedLogs) -> None:
    """Observe it again."""
    for log, one in saved.logs.items():
        state.last_seq[log] = max(one.last_seq, state.last_seq.get(log, 0))
        if not state.is_registry(log):
            state.clocks.observe(log, one.last_mono)
            for offset, seq in one.floors.items():
                state.clocks.not_before(log, seq, 0, offset)
    state.registry_newest = max(saved.registry_newest, state.registry_newest)
