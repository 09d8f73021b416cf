"""Xception as timm has it (`legacy_xception`, also Cadene's): every channel is a branch of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from irnet.models.fragments import conv, down, fork
from irnet.models.recipe import Recipe, knob
from irnet.spec import IDENTITY, Chain, Conv, Fork, Layer, Node, Norm, Pool, Source, Stage


def separable(width: int, filters: int, *, relu: bool = True) -> tuple[Conv, Conv]:
    """A 3x3 of every channel for itself, then a 1x1 of all."""
    each = Conv(width, 3, groups=width, norm=False, activation=None)
    return each, Conv(filters, activation="relu" if relu else None)


def block(*widths: int, reduces: bool = True, relu: bool = True) -> Fork:
    """Separable convolutions between these widths, beside a shortcut; with a ReLU before, and a pooling behind them."""
    last = len(widths) - 2
    steps: list[Node] = [Layer("relu")] if relu else []
    for i, (width, filters) in enumerate(pairwise(widths)):
        steps += separable(width, filters, relu=i < last)
    if reduces:
        steps.append(Pool("max", 3, 2))
    shortcut = Conv(widths[-1], 1, 2, "valid", activation=None) if reduces else IDENTITY
    return replace(fork(tuple(steps), shortcut), merge="add")


@dataclass(frozen=True, kw_only=True, slots=True)
class Xception(Recipe):
    """The flow of Figure 5 of Chollet 2016 (arXiv 1610.02357): entry, middle and exit."""

    b: int = knob(8, 0, 40, "Blocks of the middle flow")

    def _stages(self) -> Iterator[Stage]:
        """From the input to the pooling."""
        yield self._stage("stem", Chain((down(32), conv(64, 3, 1, "valid"))), "Stem", "stem")
        yield self._stage("block1", block(64, 128, 128, relu=False), "Block 1", "stem")
        yield self._stage("block2", block(128, 256, 256), "Block 2", "a")
        yield self._stage("block3", block(256, 728, 728), "Block 3", "reduction_a")
        yield self._stage("middle", block(*[728] * 4, reduces=False), "Middle flow", "b", self.b * self.depth)
        yield self._stage("block12", block(728, 728, 1024), "Block 12", "reduction_b")
        exit_flow: Sequence[Node] = (*separable(1024, 1536), *separable(1536, 2048))
        yield self._stage("exit", Chain(tuple(exit_flow)), "Exit flow", "c")


_TIMM = "timm xception.py"
TIMM = Xception(
    dropout=0.0,
    norm=Norm(eps=1e-5),
    sources={name: Source(f"{_TIMM}, {name}") for name in ("block1", "block2", "block3", "block12")}
    | {
        "network": Source(_TIMM, "As Cadene's; Keras's has batch norm's eps at 0.001."),
        "stem": Source(f"{_TIMM}, conv1 and conv2"),
        "middle": Source(f"{_TIMM}, block4 to block11"),
        "exit": Source(f"{_TIMM}, conv3 and conv4"),
        "head": Source(f"{_TIMM}, global_pool and fc"),
    },
)
