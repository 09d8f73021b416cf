"""A network that somebody else wrote, held against a preset: every difference, in the words of the paper."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import cast

from irnet.models import PRESETS, title
from irnet.models import network as preset
from irnet.opening.differences import Difference, differences
from irnet.opening.distance import apart
from irnet.opening.graph import FOLDED, Graph, Operation
from irnet.opening.normal_form import normal_form
from irnet.opening.preset import steps_of
from irnet.opening.tree import Part, Steps, Tangle, parts, tree
from irnet.opening.words import composition
from irnet.spec import Network
from irnet.tree import smallest_input
from irnet.units import exact, short

STRANGER = 0.5  # so far apart, two networks are not called near
LIKELY = 3  # presets that are looked at closely
PORT = 0.25  # so near, one is another way to write the other, with slips


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody else's network is, and where it differs from the nearest preset or the one asked for."""

    source: str
    nearest: str
    asked: bool  # whether the preset was asked for, rather than found
    differences: tuple[Difference, ...]
    params: int
    macs: int
    irreducible: int  # parts that are no tree of branches
    apart: float  # 0 is equal, 1 has nothing in common
    composition: str  # what it consists of, in words
    folded: bool = False  # whether no convolution of the file has a batch norm, so that none can be told

    @property
    def near(self) -> bool:
        """Whether its differences say something: the preset was asked for, or is not another network altogether."""
        return self.asked or self.apart <= STRANGER

    @property
    def equal(self) -> bool:
        """Whether no number of an output differs."""
        return all(found.harmless for found in self.differences)

    @property
    def sentence(self) -> str:
        """What was found, in one sentence."""
        sizes = f"{exact(self.params)} parameters, {short(self.macs, 'MAC')}"
        sizes += "; batch norms are folded into the convolutions, or left out" if self.folded else ""
        if not self.differences:
            return f"{self.source} is {title(self.nearest)}: no difference ({sizes})."
        if not self.near:
            return f"{self.source} is none of the networks here: {self.composition} ({sizes})."
        kind = "that change no output " if self.equal else ""
        many = len(self.differences)
        what = f"{many} difference{'' if many == 1 else 's'} {kind}".strip()
        nearest = "is held against" if self.asked else "is nearest to"
        return f"{self.source} {nearest} {title(self.nearest)}: {what} ({sizes})."

    def record(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "source": self.source,
            "nearest": {"name": self.nearest, "differences": len(self.differences)},
            "changes": [
                {
                    "path": found.path,
                    "theirs": found.theirs,
                    "field": found.field,
                    "here": found.here,
                    "there": found.there,
                    "figure": found.figure,
                    "blocks": list(found.blocks),
                    "harmless": found.harmless,
                    "sentence": found.sentence,
                }
                for found in self.differences
            ],
            "params": self.params,
            "macs": self.macs,
            "irreducible": self.irreducible,
            "folded": self.folded,
        }


def compare_with_preset(graph: Graph, against: Network | None = None) -> Report:
    """Hold a graph against a network; without one, against the preset that it differs least from.

    Classes and the size of the picture are taken from the graph.

    Examples
    --------
    >>> from irnet.runtime.build import build
    >>> from irnet.runtime.trace import trace
    >>> from irnet.models import network
    >>> small = network("inception_resnet_v1", a=1, b=1, c=1)
    >>> graph = trace(build(network("inception_resnet_v1", a=1, b=1, c=1, scale_b=0.3), "meta"))
    >>> [found.sentence for found in compare_with_preset(graph, small).differences]
    ['Inception-ResNet-B, scale: scales by 0.3; the preset by 0.1']
    """
    theirs = _logits(normal_form(tree(graph)))
    best = _fit(against, graph, theirs) if against else _best(graph, theirs)
    ours = steps_of(best)
    return Report(
        source=graph.name,
        nearest=best.label,
        asked=against is not None,
        differences=differences(best, theirs, ours),
        params=sum(operation.params for operation in graph.operations),
        macs=sum(operation.macs for operation in graph.operations),
        irreducible=sum(1 for part in parts(theirs) if isinstance(part, Tangle)),
        apart=_share(theirs, ours),
        composition=composition(theirs),
        folded=any(operation.setting("norm") == FOLDED for operation in graph.operations),
    )


def _logits(steps: Steps) -> Steps:
    """Steps without the activation of the last layer, where Keras keeps the softmax that PyTorch has in the loss."""
    match steps:
        case (*rest, Operation("linear", module=layer), Operation("softmax", module=where)) if layer == where:
            return steps[: len(rest) + 1]
    return steps


def nearest_preset(graph: Graph, steps: Steps) -> Network | None:
    """The preset that a graph, whose steps these are, differs least from; None where that is more than a port would.

    Classes and the size of the picture are taken from the graph.
    """
    best = _best(graph, steps)
    return best if _share(steps, steps_of(best)) <= PORT else None


def _best(graph: Graph, steps: Steps) -> Network:
    """The preset that is nearest, of those that have most layers in common."""
    layers = _layers(_once(steps))

    def strange(name: str) -> int:
        ours = _layers(_once(steps_of(preset(name))))
        return layers.total() + ours.total() - 2 * (layers & ours).total()

    def distance(one: Network) -> tuple[float, float]:
        ours = steps_of(one)
        return _share(steps, ours), apart(steps, ours)

    return min((_fit(preset(name), graph, steps) for name in sorted(PRESETS, key=strange)[:LIKELY]), key=distance)


def _layers(steps: Steps) -> Counter[Part]:
    """Every operation of a tree, whatever its norm, and how often it is there."""
    found = (part for part in parts(steps) if isinstance(part, Operation))
    return Counter(one.with_settings(norm=None, bias=None) if one.kind in ("conv", "linear") else one for one in found)


def _share(theirs: Steps, ours: Steps) -> float:
    """How far two networks are apart: 0 is equal, 1 has nothing in common. Repeats of a block are left out."""
    one, other = _once(theirs), _once(ours)
    return apart(one, other) / (apart(one, ()) + apart((), other))


def _once(steps: Steps) -> Steps:
    """Each part of a network once, so that one with fewer blocks than its relative is no stranger."""
    return tuple(dict.fromkeys(steps))


def _fit(network: Network, graph: Graph, theirs: Steps) -> Network:
    """A network with the classes and the input of a graph; with its own input, where that of the graph is too small."""
    ends = [part for part in theirs if isinstance(part, Operation) and part.kind in ("linear", "normalize")]
    last = ends[-1] if ends and ends[-1].kind == "linear" else None
    classes = last.setting("features") if last and last.setting("norm") in (None, FOLDED) else 0
    found = replace(network, head=replace(network.head, classes=cast("int", classes)))
    least = smallest_input(found)
    return replace(found, input_shape=graph.input_shape) if min(graph.input_shape[1:]) >= least else found
