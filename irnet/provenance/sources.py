"""Where a stage comes from: its names in the releases, how they deviate, and which errata concern it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from irnet.models import PRESETS
from irnet.models.errata import ERRATA
from irnet.provenance.deviations import COLUMNS, PAPER, Deviation, has, numbered_deviations
from irnet.provenance.names import releases
from irnet.provenance.quantities import fill, network_of
from irnet.spec import Network

NOT_DRAWN = "not in the paper"
MOVED = (  # tests/data/golden_recipe.py fills the weights, tests/test_strengths.py takes the other way
    "With the weights of the test recipe, the logit that moves most moves by this many standard deviations of them all:"
)
_RESNETS = ("inception_resnet_v2", "inception_resnet_v1")


@dataclass(frozen=True, slots=True)
class Named:
    """What an implementation calls a stage; `of` is "v1" or "v2" for a counterpart in the other Inception-ResNet."""

    by: str
    name: str
    of: str = ""

    @property
    def label(self) -> str:
        """The name, with the other network in brackets if it is of that one."""
        return f"{self.name} ({self.of})" if self.of else self.name


@dataclass(frozen=True, slots=True)
class Provenance:
    """One stage: the paper's figure, its names in the releases, and the ids of the deviations that touch it."""

    stage: str
    paper: str
    names: tuple[Named, ...]
    deviations: tuple[str, ...]

    @property
    def called(self) -> dict[str, str]:
        """Who calls it what, the paper first; those with one name for it share an entry."""
        by_name: dict[str, list[str]] = {}
        for one in self.names:
            by_name.setdefault(one.label, []).append(one.by)
        return {"Paper": self.paper} | {", ".join(who): name for name, who in by_name.items()}

    @property
    def line(self) -> str:
        """All of it in one line."""
        numbers = f"deviations {', '.join(self.deviations)}" if self.deviations else "no deviation"
        return " · ".join((*(f"{who} {name}" for who, name in self.called.items()), numbers))


def provenance(network: Network, stage: str) -> Provenance:
    """The names of a stage or auxiliary head of `network`, or of its "head".

    The two Inception-ResNets have counterparts: what only the sibling's releases name is listed with the sibling.

    Raises
    ------
    ValueError
        Naming the unknown stage and the known ones.

    Examples
    --------
    >>> from irnet.models import network
    >>> print(provenance(network("inception_resnet_v2"), "block_b").line)  # doctest: +NORMALIZE_WHITESPACE
    Paper Fig. 17 · TF-slim Repeat_1/block17_1 to Repeat_1/block17_20 · Keras block17_1 to block17_20 ·
    timm, Cadene repeat_1.0 to repeat_1.19 · facenet Repeat_1/block17_1 to Repeat_1/block17_10 (v1) ·
    facenet-pytorch repeat_2.0 to repeat_2.9 (v1) · deviations D3, D6, D7, D8, D12, D23
    """
    known = [*network.stages_by_name, "head"]
    if stage not in known:
        raise ValueError(f"{network.name} has no stage {stage!r}; its stages: {', '.join(known)}")
    architecture = network.architecture
    touching = (d.id for d in numbered_deviations().values() if stage in d.touches.get(architecture, ()))
    return Provenance(stage, _figure(architecture, stage), tuple(_names(architecture, stage)), tuple(touching))


def _figure(architecture: str, stage: str) -> str:
    """The paper's figure; the stages that only released networks have are in none."""
    paper = PRESETS.get(f"{architecture}.{PAPER}")
    if paper is None:
        return NOT_DRAWN
    sources = {one.stage.name: one.stage.source for one in paper.sides} | dict(paper.sources)
    return sources[stage].ref if stage in sources else NOT_DRAWN


def _names(architecture: str, stage: str) -> Iterator[Named]:
    for other in (architecture, *(name for name in _RESNETS if architecture in _RESNETS and name != architecture)):
        for one in releases()[other]:
            if stage in one.stages:
                yield Named(one.name, one.stages[stage], other[-2:] if other != architecture else "")


def names(network: Network) -> list[dict[str, object]]:
    """The stages of `network` side by side: one record a stage, one column an implementation."""
    found = [provenance(network, stage) for stage in (*(s.name for s in network.stages), "head")]
    columns: dict[str, object] = dict.fromkeys((named.by for one in found for named in one.names), "none")
    return [
        {"stage": one.stage, "paper": one.paper, **columns}
        | {named.by: named.label for named in one.names}
        | {"deviations": ", ".join(one.deviations)}
        for one in found
    ]


def deviations(network: Network | None = None) -> list[dict[str, object]]:
    """The numbered deviations that touch `network`, or all: a record each, with a column an implementation.

    Of a network, columns have what holds for it, and only those that implement it have anything. Without one, what
    differs from network to network is said of each.

    Examples
    --------
    >>> from irnet.models import network
    >>> of_v3 = {found["id"]: found for found in deviations(network("inception_v3.torchvision"))}
    >>> of_v3["D19"]["timm"], of_v3["D19"]["facenet"]
    ('padding counts (avg_pool2d as it comes)', '')
    """
    return [
        {"id": one.id, "what": one.what}
        | {column: _column_text(one, column, network) for column in COLUMNS}
        | {
            "why": " ".join(filter(None, (one.why, _strength(one, network)))),
            "basis": one.basis,
            "why basis": one.why_basis,
            "touches": [f"{name} {stage}" for name, stages in one.touches.items() for stage in stages],
        }
        for one in numbered_deviations().values()
        if network is None or network.architecture in one.touches
    ]


def _column_text(deviation: Deviation, column: str, network: Network | None) -> str:
    """What a column has for a network, or for all that the deviation touches."""
    if network:
        found = _versions(deviation, column, network.architecture)
        return found or (NOT_DRAWN if column == PAPER and not has(PAPER, network.architecture) else "")
    by_text: dict[str, list[str]] = {}
    for architecture in deviation.touches:
        if text := _versions(deviation, column, architecture):
            by_text.setdefault(text, []).append(architecture.rpartition("_")[2])
    if len(by_text) == 1:
        return next(iter(by_text))
    return "; ".join(f"{' and '.join(names)}: {text}" for text, names in by_text.items())


def _versions(deviation: Deviation, column: str, architecture: str) -> str:
    """What a column has for one architecture, version by version where they differ."""
    found = deviation.values_of(column, architecture)
    if not found:
        return ""
    presets = {one.name: one.preset for one in releases()[architecture]}
    network = network_of(presets.get(column, f"{architecture}.{PAPER}"))
    texts = [(one.version, fill(one.text, network)) for one in found]
    return "; ".join(f"{version}: {text}" if version else text for version, text in texts)


def _strength(deviation: Deviation, network: Network | None) -> str:
    """By how much outputs move where the other way is taken."""
    asked = (network.architecture,) if network else tuple(deviation.moves)
    moved = {name: deviation.moves[name] for name in asked if name in deviation.moves}
    if not moved:
        return ""
    sizes = " and ".join(f"{by:g} in {name.rpartition('_')[2]}" for name, by in moved.items())
    return f"{MOVED} {sizes}."


def implementations(network: Network) -> list[dict[str, str]]:
    """The releases of `network`'s architecture: file and version in which each was read, and the preset that it is.

    Examples
    --------
    >>> from irnet.models import network
    >>> [one["by"] for one in implementations(network("inception_v3.torchvision"))]
    ['TF-slim', 'Keras', 'timm', 'TorchVision', 'Cadene']
    """
    return [
        {"by": one.name, "file": one.file, "version": one.version, "preset": one.preset}
        for one in releases()[network.architecture]
    ]


def errata_of(network: Network | None = None) -> list[dict[str, object]]:
    """The errata of one network with the stages that they touch, or all errata.

    Examples
    --------
    >>> from irnet.models import network
    >>> [(found["id"], found["stages"]) for found in errata_of(network("inception_resnet_v2"))][:2]
    [('E1', ['stem']), ('E3', ['stem'])]
    """
    touched: dict[str, list[str]] = {}
    if network:
        sources = [(stage.name, stage.source) for stage in network.stages if stage.repeat]
        for name, source in (*sources, ("head", network.head.source), ("network", network.source)):
            for erratum in source.errata:
                touched.setdefault(erratum.id, []).append(name)
    return [
        asdict(erratum) | ({"stages": touched[erratum.id]} if network else {})
        for erratum in ERRATA.values()
        if network is None or erratum.id in touched
    ]
