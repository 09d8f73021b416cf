"""The two versions of the paper, and what the later one adds, in our words; everything else here is from the first."""

from __future__ import annotations

from dataclasses import dataclass

from irnet.spec import Basis


@dataclass(frozen=True, slots=True)
class Addition:
    """One thing that a version says and the other does not."""

    what: str
    bears_on: tuple[str, ...]  # ids of errata and deviations
    basis: Basis = "read"


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of the paper."""

    name: str
    cited: str
    adds: tuple[Addition, ...] = ()


ARXIV = Paper(
    "arXiv v2", "Szegedy, Ioffe, Vanhoucke, Alemi: arXiv 1602.07261v2, 23 August 2016; figures and errata are its own"
)
AAAI = Paper(
    "AAAI-17",
    "Szegedy, Ioffe, Vanhoucke, Alemi: Inception-v4, Inception-ResNet and the Impact of Residual Connections on "
    "Learning. Thirty-First AAAI Conference on Artificial Intelligence, 2017",
    (
        Addition(
            "It calls the code at github.com/tensorflow/models open source implementations of its "
            "Inception-ResNet-v2 and Inception-v4. That code has the released block counts, which speaks for the "
            "released network as the one meant.",
            ("E8", "D3"),
        ),
        Addition("It adds gradient clipping to what keeps training stable.", ("D21",)),
        Addition("It says that deeper networks need lower constants for the scaling of residuals.", ("D7",)),
        Addition(
            "It gives a reason of its own for leaving batch norm off the sums, for memory's sake; its wording was not "
            "checked here.",
            ("E18",),
            "unverified",
        ),
    ),
)
PAPERS = (ARXIV, AAAI)


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
