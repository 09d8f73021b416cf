"""BN-Inception: as Figure 5 of Ioffe and Szegedy 2015 (arXiv 1502.03167) prints it, and as Cadene has it from Caffe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from irnet.models.errata import errata
from irnet.models.fragments import AVG, fork
from irnet.models.googlenet import NORMED, PARTS, POOL
from irnet.models.recipe import Recipe
from irnet.spec import Chain, Conv, Fork, Norm, Part, Pool, Source, Stage

# name: filters of the 1x1, the 3x3's reduction and the 3x3, the double 3x3's and of both of it, and of the projection;
# a module without 1x1 and projection halves the grid
MODULES: dict[str, tuple[int, int, int, int, int, int]] = {
    "3a": (64, 64, 64, 64, 96, 32),
    "3b": (64, 64, 96, 64, 96, 64),
    "3c": (0, 128, 160, 64, 96, 0),
    "4a": (224, 64, 96, 96, 128, 128),
    "4b": (192, 96, 128, 96, 128, 128),
    "4c": (160, 128, 160, 128, 160, 128),
    "4d": (96, 128, 192, 160, 192, 128),
    "4e": (0, 128, 192, 192, 256, 0),
    "5a": (352, 192, 320, 160, 224, 128),
    "5b": (352, 192, 320, 192, 224, 128),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BNInception(Recipe):
    """Ten modules; 5x5 convolutions are two of 3x3, and strides stand in modules."""

    usual: Conv = NORMED  # what its convolutions have in common
    separable: bool = True  # the first one: 8 filters a channel, then a 1x1
    average: Pool = AVG
    pool: Pool = POOL

    def _conv(self, filters: int, kernel: int = 1, stride: int = 1) -> Conv:
        return replace(self.usual, filters=filters, kernel=kernel, stride=stride)

    def _module(self, name: str) -> Fork:
        (one, reduce, three, reduce2, double, pooled), conv = MODULES[name], self._conv
        stride = 1 if pooled else 2
        thrice = (conv(reduce), conv(three, 3, stride)), (conv(reduce2), conv(double, 3), conv(double, 3, stride))
        if not pooled:
            return fork(*thrice, self.pool)
        return fork(conv(one), *thrice, (Pool("max") if name == "5b" else self.average, conv(pooled)))

    def _stages(self) -> Iterator[Stage]:
        """Figure 5 from the input to the pooling."""
        first: tuple[Conv, ...] = (self._conv(64, 7, 2),)
        if self.separable:
            each = Conv(8 * self.channels, 7, 2, groups=self.channels, norm=False, activation=None)
            first = each, self._conv(64)
        stem = Chain((*first, self.pool, self._conv(64), self._conv(192, 3), self.pool))
        yield self._stage("stem", stem, "Stem", "stem")
        for name in MODULES:
            reduces: Part = "reduction_a" if name == "3c" else "reduction_b"
            part, repeat = (PARTS[name[0]], self.depth) if name not in ("3c", "4e") else (reduces, 1)
            yield self._stage(f"inception_{name}", self._module(name), f"Inception {name}", part, repeat)


_FIGURE = "Fig. 5 of arXiv 1502.03167"
PAPER = BNInception(
    dropout=0.0,
    input_size=224,
    sources={
        f"inception_{name}": Source(_FIGURE, errata=errata("E22") if name in ("4c", "4d", "4e") else ())
        for name in MODULES
    }
    | {
        "network": Source(_FIGURE, "Batch norm settings are not printed; eps 0.001 as TF-slim."),
        "stem": Source(_FIGURE, "The text makes the first convolution separable, with depth multiplier 8."),
        "head": Source(_FIGURE, "Section 4.2.1 removes dropout."),
    },
)
_CADENE = "Cadene bninception.py"
CADENE = replace(
    PAPER,
    usual=Conv(1, bias=True),
    separable=False,
    average=replace(AVG, counts_padding=True),
    pool=Pool("max", 3, 2, "valid", rounds_up=True),
    norm=Norm(eps=1e-5),
    sources={f"inception_{name}": Source(f"{_CADENE}, inception_{name}") for name in MODULES}
    | {
        "network": Source(
            _CADENE, "Ported from Caffe: biases before batch norm, a whole first convolution, pictures in BGR to 255."
        ),
        "stem": Source(f"{_CADENE}, conv1_7x7_s2 to pool2_3x3_s2"),
        "head": Source(f"{_CADENE}, global_pool and last_linear"),
    },
)
