"""The base of every error that `hardware` raises on purpose."""


class HardwareError(Exception):
    """Anything this package raises on purpose."""
