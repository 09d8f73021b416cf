"""ResNet-50 and ResNeXt-50 as TorchVision has them: where the shortcut comes from, and where branches went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from irnet.models.fragments import fork
from irnet.models.recipe import Recipe, knob
from irnet.spec import IDENTITY, Chain, Conv, Layer, Norm, Part, Pool, Source, Stage

PARTS: tuple[Part, ...] = ("stem", "a", "b", "c")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResNet(Recipe):
    """Bottlenecks of 1x1, 3x3 and 1x1, each added to its input; the first of a layer changes grid and width."""

    bottleneck: int = 64  # filters of the first layer's 3x3; every layer has twice those of the one before
    groups: int = 1
    a: int = knob(3, 1, 20, "Blocks of layer 1")
    b: int = knob(4, 1, 20, "Blocks of layer 2")
    c: int = knob(6, 1, 40, "Blocks of layer 3")
    d: int = knob(3, 1, 20, "Blocks of layer 4")

    def _block(self, layer: int, *, first: bool) -> Chain:
        """One block, with the stride in its 3x3, as in Figure 5 of He et al. 2015 but for that place."""
        inner, out = self.bottleneck * 2**layer, 256 * 2**layer
        stride = 2 if first and layer else 1
        body = Conv(inner), Conv(inner, 3, stride, groups=self.groups), Conv(out, activation=None)
        shortcut = Conv(out, 1, stride, "valid", activation=None) if first else IDENTITY
        return Chain((replace(fork(body, shortcut), merge="add"), Layer("relu")))

    def _stages(self) -> Iterator[Stage]:
        """From the input to the pooling."""
        yield self._stage("stem", Chain((Conv(64, 7, 2), Pool("max", 3, 2))), "Stem", "stem")
        for i, (part, blocks) in enumerate(zip(PARTS, (self.a, self.b, self.c, self.d), strict=True)):
            stage = self._stage(f"layer{i + 1}", self._block(i, first=False), f"Layer {i + 1}", part)
            yield replace(stage, repeat=blocks * self.depth, others=((0, self._block(i, first=True)),))


def _sources(name: str, note: str) -> dict[str, Source]:
    file = "TorchVision resnet.py"
    return {
        "network": Source(f"{file}, {name}", note),
        "stem": Source(f"{file}, conv1 to maxpool"),
        "head": Source(f"{file}, avgpool and fc"),
    } | {f"layer{i}": Source(f"{file}, layer{i}") for i in range(1, 5)}


RESNET_50 = ResNet(
    dropout=0.0,
    input_size=224,
    norm=Norm(eps=1e-5),
    sources=_sources("resnet50", "The stride stands in the 3x3 of a block, in He et al. 2015 in its first 1x1."),
)
RESNEXT_50 = replace(
    RESNET_50,
    bottleneck=128,
    groups=32,
    sources=_sources("resnext50_32x4d", "32 groups of 4 filters in the 3x3 of layer 1, twice as many in each next."),
)
