"""What others published: the versions of the paper, errors and curves; nothing here was measured by this project.

Tables, curves and what a version adds stand in `published.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass

from irnet.data_files import entry, read_data
from irnet.spec import Basis

FIG_23_END = 20.0  # top-1 error, in percent, at which the curve called "pure" ends: read by eye, to about 0.1
RESNET_152_BLOCKS = (3, 8, 36, 3)  # He et al. 2015, arXiv 1512.03385, Table 1: blocks a stage, three convolutions each
FIG_3_END = (71, 35)  # pixels a side that Fig. 3 prints before and after its last step
FIG_15_CHANNELS = (256, 256, 896, 896, 1792, 1792)  # printed after the stem, A, Reduction-A, B, Reduction-B and C


@dataclass(frozen=True, slots=True)
class Result:
    """Errors in percent on ILSVRC-2012 validation images."""

    model: str
    top1: float
    top5: float
    preset: str | None = None  # the preset that stands for it, if there is one


@dataclass(frozen=True, slots=True)
class Curve:
    """What a figure of training curves shows, in our words; levels in percent are read by eye, to about 0.1."""

    figure: str
    measure: str
    presets: tuple[str, ...]
    epochs: tuple[int, int]  # on its axis
    shows: str
    basis: Basis = "unverified"  # nobody has read these levels a second time


@dataclass(frozen=True, slots=True)
class Addition:
    """One thing that a version of the paper says and the other does not, in our words."""

    what: str
    bears_on: tuple[str, ...]  # ids of errata and deviations
    basis: Basis = "read"


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of the paper, and what it adds to the first."""

    name: str
    cited: str
    adds: tuple[Addition, ...] = ()


_SAID = read_data("provenance/published.toml")
TABLE_2_SOURCE: str = _SAID["table_2"]["source"]
TABLE_2 = tuple(entry(Result, said) for said in _SAID["table_2"]["results"])
CURVES_SOURCE: str = _SAID["curves"]["source"]
CURVES = tuple(entry(Curve, said) for said in _SAID["curves"]["figures"])
PAPERS = tuple(
    entry(Paper, said | {"adds": tuple(entry(Addition, one) for one in said.get("adds", ()))})
    for said in _SAID["papers"]
)


def additions(id_: str) -> tuple[str, ...]:
    """What the AAAI-17 version says that bears on an erratum or a deviation.

    Examples
    --------
    >>> len(additions("E8")), additions("E1")
    (1, ())
    """
    return tuple(
        f"{paper.name}: {one.what}{' (unverified)' if one.basis == 'unverified' else ''}"
        for paper in PAPERS
        for one in paper.adds
        if id_ in one.bears_on
    )
