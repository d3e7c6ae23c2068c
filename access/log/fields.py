"""What a field of an entry may hold."""

from typing import Annotated

from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=64)]
FreeText = Annotated[str, Meta(max_length=500)]
BadgeId = Annotated[bytes, Meta(min_length=5, max_length=5)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
Issue = Annotated[int, Meta(ge=1, le=63)]
Count = Annotated[int, Meta(ge=0, le=2**31)]
Millis = Annotated[int, Meta(ge=-(2**53), le=2**53)]
LogId = Annotated[str, Meta(max_length=24, pattern=r"^[0-9a-f]{24}$")]
Device = Annotated[str, Meta(max_length=16, pattern=r"^[0-9a-f]{16}$")]
"""A pattern's $ would let a line end pass; the length does not."""
Seq = Annotated[int, Meta(ge=1, le=2**40)]
ClaimBytes = Annotated[bytes, Meta(min_length=14, max_length=14)]
