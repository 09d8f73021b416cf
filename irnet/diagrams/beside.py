"""Two to four networks in one picture: partners at the same height, differences marked by sign, corner and colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from irnet.analysis.side_by_side import checked, marks, side_by_side
from irnet.diagrams.nested import Opened, sheet_of
from irnet.diagrams.sheet import Flow, Look, Sheet, typeset
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
    groups = _groups(networks)
    whole = Sheet(theme, flow, look=Look(marks={"": "same"}))
    sheets = []
    for i, (spec, marked) in enumerate(zip(checked(networks), marks(*networks), strict=True)):
        look = Look(marks=marked, ghosts=ghosts, groups=groups[i])
        sheet = sheet_of(spec, theme, opened[i], look, flow, f"{i}/")
        label = f'<<b>{typeset(spec.label)}</b><br/><font point-size="9">{typeset(spec.source.ref)}</font>>'
        whole.lines += [
            f'subgraph "cluster_{i}" {{ label={label} labelloc=t color="{theme.paper}" margin=14',
            *sheet.lines,
            "}",
        ]
        whole.shown |= sheet.shown
        sheets.append(sheet)
    whole.lines += _level(networks, sheets)
    return whole.dot(" and ".join(spec.label for spec in networks), ranksep=0.3, columns=4, shared=True)


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
