"""RFC 3339 times for the public interface."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_LATEST_MS = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp() * 1000)
_EARLIEST_MS = int(datetime(1, 1, 2, tzinfo=UTC).timestamp() * 1000)


def rfc3339(at_ms: int, zone: ZoneInfo) -> str:
    """An instant to the millisecond, in a zone; instants beyond the calendar are clamped to its bounds."""
    within = min(max(at_ms, _EARLIEST_MS), _LATEST_MS)
    return (
        datetime.fromtimestamp(within / 1000, UTC)
        .astimezone(zone)
        .isoformat(timespec="milliseconds")
    )
