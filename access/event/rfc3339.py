"""RFC 3339 times for the public interface."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000
_LATEST_MS = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp() * 1000)
_EARLIEST_MS = int(datetime(1, 1, 2, tzinfo=UTC).timestamp() * 1000)


def rfc3339(at_ms: int, zone: ZoneInfo) -> str:
    """An instant to the millisecond, in a zone; instants beyond the calendar are clamped to its bounds."""
    within = min(max(at_ms, _EARLIEST_MS), _LATEST_MS)
    minute, rest_ms = divmod(within, MINUTE_MS)
    known = _minute(minute, zone)
    if known is not None:
        before, after = known
        return f"{before}{rest_ms // 1000:02}.{rest_ms % 1000:03}{after}"
    at = datetime.fromtimestamp(minute * 60, UTC) + timedelta(milliseconds=rest_ms)
    return at.astimezone(zone).isoformat(timespec="milliseconds")


@lru_cache(maxsize=4096)
def _minute(minute: int, zone: ZoneInfo) -> tuple[str, str] | None:
    """What stands before and after the seconds of a minute since 1970: an export asks for thousands of times of the
    same one. None where the zone's offset had seconds, or could change within a minute: long ago."""
    if minute < 0:
        return None
    local = datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)
    if local.second:
        return None
    text = local.isoformat(timespec="seconds")
    return text[:17], text[19:]
