"""The fields of protocol buffers, found one after another without a schema; what is in them is stepped over."""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap

Buffer = bytes | mmap

_FIXED = {1: 8, 5: 4}  # bytes of a value, by its wire type
_LONGEST = 10  # bytes of a number


class Malformed(ValueError):
    """Bytes that are no message, or one with more fields than it may have."""


def fields(data: Buffer, span: range, *, most: int = 256) -> Iterator[tuple[int, int | range]]:
    r"""The fields of the message in `span`: number, and the value, or where the bytes of a text or message lie.

    Raises
    ------
    Malformed
        If the bytes are no message, or it has more than `most` fields.

    Examples
    --------
    >>> data = b"\x08\x09\x3a\x02hi"
    >>> [*fields(data, range(len(data)), most=10)]
    [(1, 9), (7, range(4, 6))]
    """
    at = span.start
    while at < span.stop:
        most -= 1
        tag, at = varint(data, at)
        kind = tag & 7
        if most < 0 or not tag >> 3:
            raise Malformed
        if kind == 0:
            value, at = varint(data, at)
            if at > span.stop:
                raise Malformed
            yield tag >> 3, value
            continue
        size, at = varint(data, at) if kind == 2 else (_FIXED.get(kind, 2**63), at)
        if size > span.stop - at:
            raise Malformed
        yield tag >> 3, range(at, at + size) if kind == 2 else int.from_bytes(data[at : at + size], "little")
        at += size


def varint(data: Buffer, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    raise Malformed
