"""Bodies of messages as they come over HTTP: bounded in size, unpacked size and time, whoever sends them."""

import time
import zlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from isal import isal_zlib

COMPRESS_FROM = 1024
"""Smaller bodies are sent as they are: packing them costs more than it saves."""

BODY_S = 60.0
"""A body must arrive within this time: 4 MiB at 0.5 Mbit/s."""

PIECE = 64 * 1024


class BodyError(Exception):
    """A body that is not taken: the HTTP status and the reason."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


def packed(body: bytes) -> bytes:
    """A body as gzip (RFC 1952) at the lowest level, since hashes and signatures do not shrink anyway. ISA-L needs a
    tenth of zlib's time for it."""
    pack = isal_zlib.compressobj(level=1, wbits=31)
    return pack.compress(body) + pack.flush()


def unpacked(body: bytes, limit: int) -> bytes:
    """The contents of one whole gzip stream of at most `limit` bytes. Raises BodyError."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        data = unpack.decompress(body, limit + 1)
    except zlib.error:
        raise BodyError(HTTPStatus.BAD_REQUEST, "the body is not gzip") from None
    if len(data) > limit:
        raise BodyError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body unpacks to more than {limit} bytes"
        )
    if not unpack.eof or unpack.unused_data:
        raise BodyError(HTTPStatus.BAD_REQUEST, "the body is not one whole gzip stream")
    return data


def content_length(environ: Mapping[str, Any], limit: int) -> int:
    """The Content-Length of a WSGI request, in bytes. Raises BodyError for none, or one above `limit`."""
    stated = environ.get("CONTENT_LENGTH") or ""
    if not stated.isdecimal():
        raise BodyError(HTTPStatus.LENGTH_REQUIRED, "the request must say its Content-Length")
    length = int(stated)
    if length > limit:
        raise BodyError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"a body of {length} bytes; at most {limit} are taken",
        )
    return length


def decoded(environ: Mapping[str, Any], body: bytes, limit: int) -> bytes:
    """A received body as its Content-Encoding says, unpacked to at most `limit` bytes. Raises BodyError."""
    encoding = str(environ.get("HTTP_CONTENT_ENCODING", "identity")).lower()
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise BodyError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Encoding {encoding[:40]!r}; gzip or none is taken",
        )
    return unpacked(body, limit)


def received(stream: Any, length: int) -> bytes:
    """Read `length` bytes of a request's body. Raises BodyError for a body that ends early or takes too long."""
    until = time.monotonic() + BODY_S
    body = bytearray()
    while len(body) < length:
        try:
            piece = stream.read(min(PIECE, length - len(body)))
        except OSError:
            raise BodyError(HTTPStatus.REQUEST_TIMEOUT, "the body did not arrive") from None
        if not piece:
            raise BodyError(
                HTTPStatus.BAD_REQUEST, f"the body ends after {len(body)} of {length} bytes"
            )
        body += piece
        if time.monotonic() > until:
            raise BodyError(HTTPStatus.REQUEST_TIMEOUT, f"the body took longer than {BODY_S:.0f} s")
    return bytes(body)
