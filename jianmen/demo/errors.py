"""What can go wrong with the demo itself."""


class DemoError(Exception):
    """The demo cannot go on; the message is for people."""


class PortTakenError(Exception):
    """Another program listens at a port that the demo was to take."""


class StoppedError(Exception):
    """Somebody stopped the demo before it was open."""
