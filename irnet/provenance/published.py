"""What others published: the versions of the paper, errors and curves; nothing here was measured by this project.

Tables, curves and what a version adds stand in `published.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from statistics import fmean
from typing import Any, Literal, get_args

from irnet.data_files import entry, read_data
from irnet.models import ARCHITECTURES
from irnet.spec import Basis, architecture_of

Images = Literal["validation", "non-blacklisted validation", "test"]
Measure = Literal["top1", "top5"]
Protocol = Literal["1 crop", "10 or 12 crops", "144 crops", "ensembles"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

CURVE_EPOCHS = 2  # that are one point of a curve here; the learning rate of the paper falls as often
RESNET_152_BLOCKS = (3, 8, 36, 3)  # He et al. 2015, arXiv 1512.03385, Table 1: blocks a stage, three convolutions each
FIG_3_END = (71, 35)  # pixels a side that Fig. 3 prints before and after its last step
FIG_15_CHANNELS = (256, 256, 896, 896, 1792, 1792)  # printed after the stem, A, Reduction-A, B, Reduction-B and C
GOOGLENET_STEM = (2.7, 34)  # Szegedy et al. 2014, Table 1: thousands of parameters and millions of operations, row 1,
GOOGLENET_MODULES = {  # of the modules (a thousand is 1024 there),
    "3a": (159, 128),
    "3b": (380, 304),
    "4a": (364, 73),
    "4b": (437, 88),
    "4c": (463, 100),
    "4d": (580, 119),
    "4e": (840, 170),
    "5a": (1072, 54),
    "5b": (1388, 71),
}
GOOGLENET_OTHERS = (112, 1000)  # and thousands of parameters of the second convolution and of the linear layer
ALEXNET_MILLIONS = 60  # parameters, Krizhevsky et al. 2012, abstract
BN_INCEPTION_CHANNELS = {"4c": 576, "4d": 576, "4e": 1024}  # Ioffe and Szegedy 2015, Fig. 5, as printed there


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Errors in percent that a paper prints, and on what they were measured; None where it prints none.

    The answers of `models` networks to `crops` parts of each image are averaged; 0 crops are dense, that is fully
    convolutional at several scales. `presets` stand for the models, one each; none where there is no such network here.
    """

    model: str
    images: Images
    top1: float | None = None
    top5: float | None = None
    crops: int = 1
    models: int = 1
    presets: tuple[str, ...] = ()
    quotes: str = ""  # the table that the paper repeats it from

    def __post_init__(self) -> None:
        if self.top1 is None and self.top5 is None:
            raise ValueError(f"{self.model}: a result has a top-1 error, a top-5 error or both, not neither")
        if len(self.presets) not in (0, self.models):
            raise ValueError(f"{self.model}: {len(self.presets)} presets can't stand for {self.models} models")

    @property
    def preset(self) -> str | None:
        """The preset that stands for a single model, if there is one."""
        return self.presets[0] if len(self.presets) == 1 else None

    @property
    def protocol(self) -> str:
        """How it was measured, in words.

        Examples
        --------
        >>> [result.protocol for result in TABLES["1409.4842, Table 3"].results][2:4]
        ['144 crops, validation images', '7 models, 1 crop, validation images']
        """
        models = f"{self.models} models, " if self.models > 1 else ""
        crops = f"{self.crops} crop{'s' * (self.crops > 1)}" if self.crops else "dense"
        return f"{models}{crops}, {self.images} images"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorTable:
    """A table of errors in a paper: where it stands, its results, and what to know about how they were measured."""

    id: str
    cited: str
    note: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Slip:
    """Where the print of a table of errors is wrong, or compares what was not measured alike."""

    where: str
    printed: str
    instead: str
    why: str


@dataclass(frozen=True, slots=True)
class CurveLine:
    """A network's error in percent in training, every `CURVE_EPOCHS` epochs: mean, least and most of what is drawn."""

    preset: str
    epochs: tuple[int, ...]  # the middle of each
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def end(self) -> float:
        """The mean of the last ten epochs."""
        return fmean(self.mean[-10 // CURVE_EPOCHS :])

    def reaches(self, error: float) -> int:
        """The first epochs, by their middle, with an error of at most so much; it gets there."""
        return next(epoch for epoch, mean in zip(self.epochs, self.mean, strict=True) if mean <= error)


@dataclass(frozen=True, slots=True)
class Curves:
    """A figure of training curves, as read out of its drawing."""

    figure: str
    measure: Measure
    lines: tuple[CurveLine, ...]

    @property
    def presets(self) -> tuple[str, ...]:
        """The networks whose curves are drawn."""
        return tuple(line.preset for line in self.lines)

    @property
    def goal(self) -> float:
        """An error, in steps of a half, that all of them get under well before their end."""
        return ceil(2 * (max(line.end for line in self.lines) + 0.25)) / 2

    @property
    def shows(self) -> str:
        """When each comes down to the goal, the fastest first, and where it ends.

        Examples
        --------
        >>> curves_of("Fig. 22").shows
        'Inception-ResNet-v1 is at 6 % top-5 error after 79 epochs, Inception-v3 after 125; they end at 5.7 and 5.7 %.'
        """
        lines = sorted(self.lines, key=lambda line: line.reaches(self.goal))
        names = [ARCHITECTURES[architecture_of(line.preset)] for line in lines]
        first, *after = (line.reaches(self.goal) for line in lines)
        *ends, last = (f"{line.end:.1f}" for line in lines)
        others = "".join(f", {name} after {epoch}" for name, epoch in zip(names[1:], after, strict=True))
        goal = f"{self.goal:g} % top-{self.measure[3:]} error"
        return f"{names[0]} is at {goal} after {first} epochs{others}; they end at {', '.join(ends)} and {last} %."


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


def _table(said: dict[str, Any]) -> ErrorTable:
    """A table of the file; what it says of all its results goes to each."""
    of_all = {name: said.pop(name) for name in ("images", "crops", "models") if name in said}
    return entry(ErrorTable, said | {"results": tuple(entry(Result, of_all | one) for one in said["results"])})


_SAID = read_data("provenance/published.toml")
TABLES: Mapping[str, ErrorTable] = {said["id"]: _table(said) for said in _SAID["tables"]}
SLIPS = tuple(entry(Slip, said) for said in _SAID["slips"])
TABLE_2 = TABLES["1602.07261, Table 2"].results
TABLE_2_SOURCE = f"{TABLES['1602.07261, Table 2'].cited}: {TABLES['1602.07261, Table 2'].note}"
CURVES_SOURCE: str = _SAID["curves"]["source"]
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


def comparable(protocol: Protocol, measure: Measure) -> dict[tuple[str, ...], Result]:
    """Results of the papers under one protocol, by the presets that stand for the models; of several the first.

    Dense ones and those on test images are no one's like, and are left out.

    Examples
    --------
    >>> {names: result.top1 for names, result in comparable("144 crops", "top1").items() if "v4" in names[0]}
    {('inception_v4.paper',): 17.7}
    """
    found: dict[tuple[str, ...], Result] = {}
    for result in (result for table in TABLES.values() for result in table.results):
        fits = result.presets and result.images != "test" and protocol_of(result) == protocol
        if fits and getattr(result, measure) is not None:
            found.setdefault(result.presets, result)
    return found


def protocol_of(result: Result) -> Protocol | None:
    """The protocol under which a result can be compared; None for a single model that is evaluated densely."""
    if result.models > 1:
        return "ensembles"
    return {1: PROTOCOLS[0], 10: PROTOCOLS[1], 12: PROTOCOLS[1], 144: PROTOCOLS[2]}.get(result.crops)


@cache
def curves() -> tuple[Curves, ...]:
    """Figures 21 to 26."""
    read: dict[str, list[CurveLine]] = {}
    for said in read_data("provenance/curves.toml")["curves"]:
        means, least, most = zip(*said["values"], strict=True)
        epochs = (said["start"] + CURVE_EPOCHS // 2 + CURVE_EPOCHS * i for i in range(len(means)))
        read.setdefault(said["figure"], []).append(CurveLine(said["preset"], tuple(epochs), means, least, most))
    return tuple(
        Curves(
            one["figure"], one["measure"], tuple(_until(line, one["last"]) for of in one["from"] for line in read[of])
        )
        for one in _SAID["curves"]["figures"]
    )


def _until(line: CurveLine, last: int) -> CurveLine:
    count = sum(epoch < last for epoch in line.epochs)
    return CurveLine(line.preset, line.epochs[:count], line.mean[:count], line.low[:count], line.high[:count])


def curves_of(figure: str) -> Curves:
    """The curves of one of the figures.

    Raises
    ------
    ValueError
        Naming the unknown figure and those that there are.

    Examples
    --------
    >>> curves_of("Fig. 23").presets
    ('inception_v4.paper', 'inception_resnet_v2.paper')
    """
    found = {one.figure: one for one in curves()}
    if figure not in found:
        raise ValueError(f"no figure of curves is called {figure[:40]!r}; they are {', '.join(found)}")
    return found[figure]
