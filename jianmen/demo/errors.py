"""What can go wrong with the demo itself."""


class DemoError(Exception):
    """The demo cannot go on. Says what happened, for people."""


class StoppedError(Exception):
    """Somebody stopped the demo before it was open."""
