"""Two to four networks in one picture: partners at the same height, differences marked by sign, corner and colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from irnet.analysis.side_by_side import checked, marks, side_by_side
from irnet.diagrams.bars import typeset
from irnet.diagrams.nested import Opened, sheet_of
from irnet.diagrams.sheet import Flow, Item, Look, Sheet
from irnet.diagrams.theme import Theme
from irnet.spec import Network


def beside(
    networks: tuple[Network, ...],
    theme: Theme,
    opened: tuple[Opened, ...],
    *,
    ghosts: bool = False,
    flow: Flow = "down",
) -> str:
    """DOT of the networks side by side; the id of a box is its network's number, a slash and its path.

    Parameters
    ----------
    opened
        What is open, network by network.
    ghosts
        Draw what is the same in all networks without fill.

    Raises
    ------
    ValueError
        If there are fewer than two networks or more than four.

    Examples
    --------
    >>> from irnet.diagrams.theme import LIGHT
    >>> from irnet.models import network
    >>> both = (network("inception_resnet_v1"), network("inception_resnet_v2"))
    >>> '"0/reduction_a"' in beside(both, LIGHT, (Opened(), Opened()))
    True
    """
    return beside_sheet(Sheet(theme, flow), networks, opened, ghosts=ghosts).text


def beside_sheet(
    whole: Sheet, networks: tuple[Network, ...], opened: tuple[Opened, ...], title: str = "", *, ghosts: bool = False
) -> Sheet:
    """`whole` with the networks side by side on it.

    Raises
    ------
    ValueError
        If there are fewer than two networks or more than four.
    """
    groups, theme, flow = _groups(networks), whole.theme, whole.flow
    whole.look = Look(marks={"": "same"})
    sheets = []
    for i, (spec, marked) in enumerate(zip(checked(networks), marks(*networks), strict=True)):
        look = Look(marks=marked, ghosts=ghosts, groups=groups[i])
        sheet = sheet_of(spec, theme, opened[i], look, flow, f"{i}/", whole.measures)
        size = whole.measures.detail
        label = f'<<b>{typeset(spec.label)}</b><br/><font point-size="{size}">{typeset(spec.source.ref)}</font>>'
        whole.lines += [
            f'subgraph "cluster_{i}" {{ label={label} labelloc=t color="{theme.paper}" margin=14',
            *sheet.lines,
            "}",
        ]
        whole.shown |= sheet.shown
        frame = Item(path=f"{i}/", title=spec.label, detail="", told=spec.label, shape="frame")
        whole.items += [frame, *(item if item.frame else replace(item, frame=frame.path) for item in sheet.items)]
        whole.links += sheet.links
        sheets.append(sheet)
    whole.lines += _level(networks, sheets)
    title = title or " and ".join(spec.label for spec in networks)
    return whole.closed(title, ranksep=0.3, columns=4, shared=True)


def _level(networks: tuple[Network, ...], sheets: list[Sheet]) -> Iterator[str]:
    """Partners on one rank, networks in their order."""
    for i in range(len(networks) - 1):
        yield f'{{ rank=same "{i}/input" -> "{i + 1}/input" [style=invis weight=0] }}'
    for row in side_by_side(*networks):
        for name in ("{}", "{}.0.input"):
            ends = [name.format(path) if path else "" for path in row.paths]
            drawn = [f'"{i}/{end}"' for i, end in enumerate(ends) if end in sheets[i].names]
            if len(drawn) > 1:
                yield f"{{ rank=same {' '.join(drawn)} }}"


def _groups(networks: tuple[Network, ...]) -> tuple[Mapping[str, str], ...]:
    """Of every network, from a path to a class that its partners have too; groups have those of what they hold."""
    found: tuple[dict[str, str], ...] = tuple({} for _ in networks)
    for number, row in enumerate(side_by_side(*networks)):
        for told, path in zip(found, row.paths, strict=True):
            if path:
                told[path] = f"p{number}"
    return found


def opened_beside(networks: tuple[Network, ...], level: int, turned: frozenset[str]) -> tuple[Opened, ...]:
    """What is open in every network, from paths with the network's number in front: "0/block_b"."""
    own = tuple(frozenset(p.partition("/")[2] for p in turned if p.startswith(f"{i}/")) for i in range(len(networks)))
    return tuple(Opened(level, paths) for paths in own)


def opened_for(networks: tuple[Network, ...], stages: tuple[str, ...]) -> tuple[Opened, ...]:
    """What is open in every network so that these stages show their branches."""
    return tuple(Opened(0, frozenset(s.name for s in spec.stages if s.name in stages)) for spec in networks)
