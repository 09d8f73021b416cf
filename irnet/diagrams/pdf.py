"""A PDF whose objects stand in one order, with a title and a language.

The converter writes fonts and states of the pen down in an order that changes from call to call. Here objects are
numbered anew in the order in which they are reached from the first, references sorted by the names that they go by, so
that the same picture always gives the same bytes.
"""

from __future__ import annotations

import re

_OBJECT = re.compile(rb"^(\d+) 0 obj\n(.*)\nendobj\s*$", re.DOTALL)
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_RESOURCES = re.compile(rb"(?:[ \t]*/[A-Za-z]+\d+ \d+ 0 R\n)+")  # fonts, states of the pen


def normalise(pdf: bytes, title: str = "") -> bytes:
    """The same document in one order, whatever order its writer chose.

    Raises
    ------
    ValueError
        If the bytes are not those of a PDF as the converter writes them.
    """
    trailer = re.search(rb"/Root (\d+) 0 R\s+/Info (\d+) 0 R", pdf)
    table = re.search(rb"\nxref\n0 \d+\n(.*?)trailer", pdf, re.DOTALL)
    if not trailer or not table:
        raise ValueError("this is not a PDF as the converter writes them")
    objects = _objects(pdf, table)
    root, info = int(trailer[1]), int(trailer[2])
    if title:
        utf16 = ("\ufeff" + title).encode("utf-16-be").hex().upper().encode()
        objects[root] = _with(objects[root], b"/Lang (en) /ViewerPreferences << /DisplayDocTitle true >>")
        objects[info] = _with(objects[info], b"/Title <%b>" % utf16)
    order: list[int] = []
    for start in (root, info):
        _reach(objects, start, order)
    number = {old: new for new, old in enumerate(order, start=1)}
    bodies = [_renumber(objects[old], number) for old in order]
    return _document(bodies, number[root], number[info])


def _objects(pdf: bytes, table: re.Match[bytes]) -> dict[int, bytes]:
    """Number to body; the table of offsets says where each starts, so what streams hold doesn't matter."""
    starts = sorted(int(line[:10]) for line in table[1].splitlines() if line[17:18] == b"n")
    ends = [*starts[1:], table.start()]
    found = (_OBJECT.match(pdf[start:end].rstrip() + b"\n") for start, end in zip(starts, ends, strict=True))
    return {int(one[1]): _sort_keys(one[2]) for one in found if one}


def _head(body: bytes) -> tuple[bytes, bytes]:
    """The dictionary of an object, and its stream if it has one."""
    at = body.find(b"stream\n")
    return (body, b"") if at < 0 else (body[:at], body[at:])


def _sort_keys(body: bytes) -> bytes:
    head, stream = _head(body)
    return _RESOURCES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), head) + stream


def _with(body: bytes, entry: bytes) -> bytes:
    at = body.rindex(b">>")
    return body[:at] + entry + b"\n" + body[at:]


def _reach(objects: dict[int, bytes], start: int, order: list[int]) -> None:
    """Append `start` and what it leads to, first mentioned first, unless it is there already."""
    if start in order:
        return
    order.append(start)
    for found in _REFERENCE.findall(_head(objects[start])[0]):
        _reach(objects, int(found), order)


def _renumber(body: bytes, number: dict[int, int]) -> bytes:
    head, stream = _head(body)
    return _REFERENCE.sub(lambda found: b"%d 0 R" % number[int(found[1])], head) + stream


def _document(bodies: list[bytes], root: int, info: int) -> bytes:
    made, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    return (
        made
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, info, len(made))
    )
