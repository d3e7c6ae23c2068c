"""What a badge looks like, apart from whether it is good. The camera's process imports this: it is to stay small."""


def looks_like_badge(text: str) -> bool:
    """Whether a code has the form of a badge: of several in view it goes first."""
    # Only where there are several: neither a door nor its camera waits for this to begin.
    from access.badge.credential import read

    return read(text) is not None
