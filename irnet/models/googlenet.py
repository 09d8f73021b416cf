"""GoogLeNet: as Table 1 of Szegedy et al. 2014 (arXiv 1409.4842) prints it and as TorchVision has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from irnet.models.errata import errata
from irnet.models.fragments import fork, side
from irnet.models.recipe import Recipe
from irnet.spec import Auxiliary, Chain, Conv, Fork, Layer, Node, Part, Pool, Settings, Source, Stage

# name: filters of the 1x1, the 3x3's reduction, the 3x3, the 5x5's reduction, the 5x5 and the pooling's projection
MODULES: dict[str, tuple[int, int, int, int, int, int]] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
PARTS: dict[str, Part] = {"3": "a", "4": "b", "5": "c"}
POOL = Pool("max", 3, 2)
BIASED, NORMED = Conv(1, bias=True, norm=False), Conv(1)
_RESPONSE: Settings = (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0), ("size", 5))
RESPONSE_NORM = Layer("local_response_norm", _RESPONSE)  # settings of Caffe's bvlc_googlenet; none are printed
_TABLE = "Table 1 of arXiv 1409.4842"


def _sides(source: str, first: Node, conv: Conv) -> tuple[Auxiliary, ...]:
    """The heads after 4a and 4d: an average of 4x4, a 1x1, a hidden layer of 1024 units, seven tenths of it dropped."""
    hidden = Layer("linear", (("features", 1024), ("bias", True)))
    steps = (first, conv, hidden, Layer("relu"), Layer("dropout", (("p", 0.7),)))
    reads = {"aux1": "inception_4a", "aux2": "inception_4d"}
    return tuple(side(at, source, *steps, name=name) for name, at in reads.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class GoogLeNet(Recipe):
    """Nine modules of four branches, with poolings between them."""

    usual: Conv = BIASED  # what its convolutions have in common
    fives: int = 5  # kernel of the third branch
    response: tuple[Node, ...] = (RESPONSE_NORM,)
    pools: tuple[Pool, Pool] = (POOL, POOL)  # between modules and before the last two

    def _conv(self, filters: int, kernel: int = 1, stride: int = 1) -> Conv:
        return replace(self.usual, filters=filters, kernel=kernel, stride=stride)

    def _module(self, one: int, reduce3: int, three: int, reduce5: int, five: int, pooled: int) -> Fork:
        """Figure 2b."""
        conv = self._conv
        thrice, fives = (conv(reduce3), conv(three, 3)), (conv(reduce5), conv(five, self.fives))
        return fork(conv(one), thrice, fives, (Pool("max"), conv(pooled)))

    def _stages(self) -> Iterator[Stage]:
        """Table 1 from the input to the pooling."""
        pool, last, conv = *self.pools, self._conv
        stem = (conv(64, 7, 2), pool, *self.response, conv(64), conv(192, 3), *self.response, pool)
        yield self._stage("stem", Chain(stem), "Stem", "stem")
        for name, filters in MODULES.items():
            if name in ("4a", "5a"):
                part: Part = "reduction_a" if name == "4a" else "reduction_b"
                number = "3" if name == "4a" else "4"
                yield self._stage(f"pool{number}", pool if name == "4a" else last, f"Max pool {number}", part)
            node, part = self._module(*filters), PARTS[name[0]]
            yield self._stage(f"inception_{name}", node, f"Inception {name}", part, self.depth)


_NAMES = ("stem", "pool3", "pool4", *(f"inception_{name}" for name in MODULES))
PAPER = GoogLeNet(
    dropout=0.4,
    input_size=224,
    sides=_sides("Section 5 of arXiv 1409.4842", Pool("avg", 5, 3, "valid"), replace(BIASED, filters=128)),
    sources=dict.fromkeys(_NAMES, Source(_TABLE))
    | {
        "network": Source(
            _TABLE, "Settings of local response norm are not printed; those of Caffe's bvlc_googlenet.", errata("E21")
        ),
        "stem": Source(f"{_TABLE}, Fig. 3", "Fig. 3 has the local response norms, Table 1 does not.", errata("E19")),
        "inception_4c": Source(_TABLE, errata=errata("E20")),
        "inception_5a": Source(_TABLE, errata=errata("E20")),
        "head": Source(_TABLE, "Dropout drops 40 %."),
    },
)
_TORCHVISION = "TorchVision googlenet.py"
TORCHVISION = replace(
    PAPER,
    usual=NORMED,
    fives=3,
    response=(),
    pools=(Pool("max", 3, 2, "valid", rounds_up=True), Pool("max", 2, 2, "valid", rounds_up=True)),
    dropout=0.2,
    sides=_sides(f"{_TORCHVISION}, InceptionAux", Layer("adaptive_avg_pool2d", (("output_size", (4, 4)),)), Conv(128)),
    sources={name: Source(f"{_TORCHVISION}, {name.replace('_', '')}") for name in _NAMES}
    | {
        "network": Source(
            _TORCHVISION,
            "Batch norm instead of biases and local response norm; 3x3 where the paper has 5x5. Weights of TorchVision "
            "want pictures as transform_input makes them, from -1 to 1.",
        ),
        "stem": Source(f"{_TORCHVISION}, conv1 to maxpool2"),
        "head": Source(f"{_TORCHVISION}, avgpool to fc", "Dropout 0.2, where the paper drops 0.4."),
    },
)
