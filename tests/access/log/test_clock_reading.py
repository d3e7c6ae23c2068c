"""A look at the clocks is taken as a whole: two of them are equal where all three parts are."""

from access.log.clock_reading import ClockReading


def test_a_reading_has_the_three_clocks() -> None:
    reading = ClockReading(mono_ms=5, wall_ms=1_600_000_000_000, synced=True)
    assert reading == (5, 1_600_000_000_000, True)
    assert reading != reading._replace(synced=False)
