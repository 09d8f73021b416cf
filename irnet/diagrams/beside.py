"""Two to four networks in one picture: partners at the same height, differences marked by sign, corner and colour."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from textwrap import wrap

from irnet.comparison.side_by_side import marks, side_by_side
from irnet.diagrams.bars import typeset
from irnet.diagrams.graph_builder import GraphBuilder, Item, Style
from irnet.diagrams.measures import Measures, pack
from irnet.diagrams.nested import Expansion, draw_broken, draw_nested, revealing, shown_in
from irnet.diagrams.overview import STAGE
from irnet.diagrams.photograph import slots_in
from irnet.diagrams.rows import align_rows
from irnet.spec import Network


def beside_sheet(
    whole: GraphBuilder,
    networks: tuple[Network, ...],
    opened: tuple[Expansion, ...],
    title: str = "",
    *,
    ghosts: bool = False,
    folded: bool = False,
    pictures: bool = False,
) -> GraphBuilder:
    """`whole` with the networks side by side on it; the id of a box is its network's number, a slash and its path.

    Parameters
    ----------
    opened
        What is open, network by network.
    ghosts
        Draw what is the same in all networks without fill.
    folded
        Each network in two columns that turn at partners.
    pictures
        Leave room in every box for the photograph.

    Raises
    ------
    ValueError
        If there are fewer than two networks or more than four.

    Examples
    --------
    >>> from irnet.diagrams.theme import LIGHT
    >>> from irnet.models import network
    >>> both = (network("inception_resnet_v1"), network("inception_resnet_v2"))
    >>> '"0/reduction_a"' in beside_sheet(GraphBuilder(LIGHT), both, (Expansion(), Expansion())).text
    True
    """
    groups, theme, sizes = _groups(networks), whole.theme, whole.measures
    whole.style = Style(marks={"": "same"})
    turns = _turns(networks) if folded else ()
    for i, (spec, marked) in enumerate(zip(networks, marks(*networks), strict=True)):
        slots = slots_in(spec, shown_in(spec, opened[i])) if pictures else {}
        style = Style(marks=marked, ghosts=ghosts, groups=groups[i], slots=slots)
        sheet = GraphBuilder(theme, whole.flow, style, f"{i}/", sizes)
        if folded:
            draw_nested(sheet, spec, opened[i], (turns[i],))
        else:
            draw_broken(sheet, spec, opened[i])
        whole.rows += sheet.rows
        whole.lines += [
            f'subgraph "cluster_{i}" {{ label=<{_heading(spec, sizes)}> labelloc=t color="{theme.paper}" '
            f"margin={sizes.margin}",
            *sheet.lines,
            "}",
        ]
        whole.shown |= sheet.shown
        frame = Item(path=f"{i}/", title=spec.label, detail="", description=spec.label, shape="frame")
        whole.items += [frame, *(item if item.frame else replace(item, frame=frame.path) for item in sheet.items)]
        whole.links += sheet.links
    if whole.rows:  # which break where each network wants
        align_rows(whole)
    else:
        whole.lines += _level(networks, whole.drawn)
    title = title or " and ".join(spec.label for spec in networks)
    return whole.close(title, ranksep=0.3, columns=4, shared=True)


def _heading(spec: Network, sizes: Measures) -> str:
    """A network's name over its source; in narrow pictures small and, between the words of the name, broken."""
    name, source = f"<b>{typeset(spec.label)}</b>", typeset(spec.source.ref)
    if sizes.broken:
        room = int(0.85 * sizes.broken * STAGE * sizes.shrunk / sizes.wide)  # bold letters are wider
        parts = re.split(r"(?<=_)|(?=\.)", spec.label)
        lines = (pack(parts, lambda line: len(line) <= room), wrap(spec.source.ref, room))
        name, source = ("<br/>".join(map(typeset, some)) for some in lines)
        name = f'<font point-size="{sizes.title}"><b>{name}</b></font>'
    return f'{name}<br/><font point-size="{sizes.detail}">{source}</font>'


def _level(networks: tuple[Network, ...], drawn: Collection[str]) -> Iterator[str]:
    """Partners on one rank, networks in their order."""
    for i in range(len(networks) - 1):
        yield f'{{ rank=same "{i}/input" -> "{i + 1}/input" [style=invis weight=0] }}'
    for row in side_by_side(*networks):
        for name in ("{}", "{}.0.input"):
            ends = (f"{i}/{name.format(path)}" for i, path in enumerate(row.paths) if path)
            level = [f'"{end}"' for end in ends if end in drawn]
            if len(level) > 1:
                yield f"{{ rank=same {' '.join(level)} }}"


def _turns(networks: tuple[Network, ...]) -> Sequence[str]:
    """Stages that are partners and lie in the middle of the longest network: the second columns start there."""
    longest = max(networks, key=lambda spec: len(spec.stages))
    at, names = networks.index(longest), [stage.name for stage in longest.stages]
    rows = [row.paths for row in side_by_side(*networks) if row.paths[at] in names and all(row.paths)]
    chosen = min(rows, key=lambda paths: abs(names.index(paths[at] or "") - len(names) // 2))
    return [path or "" for path in chosen]


def _groups(networks: tuple[Network, ...]) -> tuple[Mapping[str, str], ...]:
    """Of every network, from a path to a class that its partners have too; groups have those of what they hold."""
    rows = side_by_side(*networks)
    return tuple(
        {path: f"p{number}" for number, row in enumerate(rows) if (path := row.paths[i])} for i in range(len(networks))
    )


def opened_beside(networks: tuple[Network, ...], level: int, toggled: frozenset[str]) -> tuple[Expansion, ...]:
    """What is open in every network, from paths with the network's number in front: "0/block_b"."""
    own = tuple(frozenset(p.partition("/")[2] for p in toggled if p.startswith(f"{i}/")) for i in range(len(networks)))
    return tuple(Expansion(level, paths) for paths in own)


def revealing_beside(networks: tuple[Network, ...], level: int, toggled: frozenset[str], path: str) -> frozenset[str]:
    """`toggled` with every box open that stands round the one at `path`, so that it can be seen.

    Examples
    --------
    >>> from irnet.models import network
    >>> both = (network("inception_resnet_v1"), network("inception_resnet_v2"))
    >>> sorted(revealing_beside(both, 0, frozenset(), "1/block_b.0.body.b1.1"))
    ['1/block_b', '1/block_b.0.body.b1']
    """
    number, _, own = path.partition("/")
    if not own:
        return toggled
    before = opened_beside(networks, level, toggled)[int(number)]
    after = revealing(networks[int(number)], before, own)
    return toggled ^ frozenset(f"{number}/{around}" for around in before.toggled ^ after.toggled)
