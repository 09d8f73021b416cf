"""A network whose arrows run right, broken into rows as text is into lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from itertools import pairwise

from irnet.diagrams.graph_builder import GraphBuilder, Rows
from irnet.spec import Network
from irnet.tree import resolve

ROW = 10.5  # inches: three shut stages, and what an open one may share its row with
SHUT, STEP = 3.4, 1.9  # inches that a shut stage and one step of an open one take
AWAY = 7  # points from a row's boxes to the arrow that leads to the next
_SHAPE = r'<(?:path|polygon) [^>]*(?:d|points)="([^"]+)"'
_BOX = re.compile(rf'<g id="([^"]*)" class="(?:node|cluster)[^"]*">.*?{_SHAPE}', re.DOTALL)
_TURN = re.compile(
    r'(class="edge turn">\n<title>([^<]*)</title>\n<path [^>]* d=")[^"]+("[^>]*>\n<polygon [^>]*points=")[^"]+'
)


def rows_of(network: Network, sheet: GraphBuilder) -> Rows:
    """What stands in each row, from a sheet on which `network` runs right in one."""
    rank: dict[str, int] = {}
    for link in sheet.links:
        rank[link.head] = max(rank.get(link.head, 0), rank.get(link.tail, 0) + 1)
    own = ["input", *(s.name for s in network.stages if s.repeat), *(layer.path for layer in resolve(network).head)]
    parts = [f"{sheet.before}{part}" for part in own]
    lengths = {}
    for part in parts:
        ranks = [at for path, at in rank.items() if path.startswith(f"{part}.")]
        lengths[part] = STEP * (max(ranks) - min(ranks) + 1) if ranks else SHUT
    rows, used, room = [[parts[0]]], SHUT, max(ROW, *lengths.values())
    sides: dict[str, list[str]] = {}
    for one in network.auxiliary:
        sides.setdefault(f"{sheet.before}{one.reads}", []).append(f"{sheet.before}{one.stage.name}")
    for last, part in pairwise(parts):
        if last not in sides and used + lengths[part] + SHUT * (part in sides) > room:
            rows.append([])  # never between what an auxiliary head reads and what it is drawn beside
            used = 0.0
        rows[-1] += [part, *sides.get(part, ())]
        used += lengths[part]
    return tuple(map(tuple, rows))


def align_rows(sheet: GraphBuilder) -> None:
    """Let the rows of a sheet, if it has any, start one below the other."""
    rows = sheet.rows
    if not rows:
        return
    names = [item.path for item in sheet.items if item.shape != "frame"]
    first = [next(name for name in names if name == row[0] or name.startswith(f"{row[0]}.")) for row in rows]
    starts = [f'"row {row[0]}"' for row in rows]  # boxes that nobody sees, and that hold the rows in their order
    sheet.lines += [
        f"{{ rank=same node [style=invis shape=point width=0.01 height=0.01] "
        f"{' -> '.join(starts)} [style=invis weight=100] }}",
        *(f'{start} -> "{name}" [style=invis weight=2]' for start, name in zip(starts, first, strict=True)),
    ]


def lead_arrows(svg: str, rows: Rows) -> str:
    """The drawing with the arrows from row to row led between them, where Graphviz leads them through boxes."""
    boxes = {unescape(path): _sides(shape) for path, shape in _BOX.findall(svg)}
    ends = {below[0]: (above, below) for above, below in pairwise(rows)}

    def lead(found: re.Match[str]) -> str:
        tail, head = (end.partition(":")[0] for end in unescape(found[2]).split("->"))
        above, below = next(pair for first, pair in ends.items() if head == first or head.startswith(f"{first}."))
        line, tip = _between(boxes, (tail, head), above, below)
        return f"{found[1]}{line}{found[3]}{tip}"

    return _TURN.sub(lead, svg)


def _between(
    boxes: Mapping[str, tuple[float, ...]], ends: tuple[str, str], above: Sequence[str], below: Sequence[str]
) -> tuple[str, str]:
    """An arrow's line and tip: out at the right, back between two rows, and in at the left."""
    (_, top, start, bottom), (end, upper, _, lower) = (boxes[end] for end in ends)
    out, back = max(boxes[part][2] for part in above) + AWAY, boxes[below[0]][0] - AWAY
    gap = (max(boxes[part][3] for part in above) + min(boxes[part][1] for part in below)) / 2
    y, to = (top + bottom) / 2, (upper + lower) / 2
    line = f"M{start:g},{y:g} H{out:g} V{gap:g} H{back:g} V{to:g} H{end - 6:g}"
    return line, f"{end - 6:g},{to - 2.1:g} {end:g},{to:g} {end - 6:g},{to + 2.1:g} {end - 6:g},{to - 2.1:g}"


def _sides(shape: str) -> tuple[float, ...]:
    """Left, top, right and bottom."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", shape)]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
