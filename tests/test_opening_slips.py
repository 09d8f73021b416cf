"""What readers of the paper get wrong, written as modules, and the sentence that each is named by."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch
from torch import nn

from irnet.models import network
from irnet.opening.check import Report, compare_with_preset
from irnet.runtime.trace import trace
from tests.ports import Branches, Inception4, Port, ResNet1

V4 = network("inception_v4.tf_slim", a=2, b=1, c=1)
V1 = network("inception_resnet_v1", a=2, b=1, c=1)


def _report(base: type[Port], **written: Any) -> Report:
    """What is said of a port with some methods or settings written otherwise."""
    with torch.device("meta"):
        port = type("Theirs", (base,), written)()
    return compare_with_preset(trace(port), V4 if base is Inception4 else V1)


def _stages(sentence: str) -> list[str]:
    """The same of the three kinds of blocks of a residual network."""
    return [f"Inception-ResNet-{where}, {sentence}" for where in ("A 1 to 2", "B", "C")]


def _normed_linear(_: Any, width: int, filters: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(width, filters, 1, bias=False), nn.BatchNorm2d(filters, 1e-3))


def _stem_of_v1(port: Any) -> list[nn.Module]:
    first = port.layers(3, (32, 3, 2), (32, 3, 1, False), (64, 3))
    return [first, port.shrink(), port.layers(64, (80,), (192, 3, 1, False), (384, 3, 2))]


def _padded_stem(port: Any) -> list[nn.Module]:
    return [port.layers(3, (32, 3, 2), (32, 3), (64, 3)), *Inception4.stem(port)[1:]]


def _pool_first(port: Any) -> nn.Module:
    *convolutions, pooling = Inception4.block_a(port).children()
    return Branches([pooling, *convolutions])


def _no_pooling(port: Any) -> nn.Module:
    return Branches([*list(Inception4.block_a(port).children())[:3], port.layer(384, 96)])


def _five(port: Any) -> nn.Module:
    first, second, _, pooling = Inception4.block_a(port).children()
    return Branches([first, second, port.layers(384, (64,), (96, 5)), pooling])


def _swapped(port: Any) -> nn.Module:
    first, _, *rest = Inception4.block_b(port).children()
    return Branches([first, port.layers(1024, (192,), (224, (7, 1)), (256, (1, 7))), *rest])


def _norm_last(port: Any, *layer: Any) -> nn.Module:
    conv, norm, relu = Port.layer(port, *layer).children()
    return nn.Sequential(conv, relu, norm)


LAYERS = 55  # with batch norm
CLOSING = "Inception-C, branch {} of 4, step {} of {}, "
PAIR = "Inception-B, branch 2 of 4, step {} of 3: is {} where the preset has {}: the pair is swapped"
LINEAR = "linear 1x1: the linear 1x1 convolution that restores the depth has a {} before the sum; it is linear"


@pytest.mark.parametrize(
    ("base", "written", "sentences"),
    [
        (Inception4, {}, []),
        (ResNet1, {}, []),
        (
            Inception4,
            {"average": lambda _: nn.AvgPool2d(3, 1, 1)},
            [
                f"Inception-{kind}, branch 4 of 4, step 1 of 2: the average counts its padding; "
                "the preset's does not count its padding"
                for kind in ("A 1 to 2", "B", "C")
            ],
        ),
        (
            Inception4,
            {"eps": 1e-5},
            [f"Everywhere ({LAYERS} layers): batch norm's epsilon is 1e-05; the preset's is 0.001"],
        ),
        (
            Inception4,
            {"activation": lambda _: nn.SiLU()},
            [f"Everywhere ({LAYERS} layers): has silu; the preset has ReLU"],
        ),
        (
            ResNet1,
            {"layer": _norm_last},
            ["Stem, step 1 of 7 and 36 more places: batch norm stands behind the ReLU; in the preset before it"],
        ),
        (
            Inception4,
            {"block_b": _swapped},
            [PAIR.format(2, "7x1", "1x7"), PAIR.format(3, "1x7", "7x1")],
        ),
        (
            Inception4,
            {"ends": lambda port, width: port.layers(width, (256, (1, 3)), (512, (3, 1)))},
            [
                f"{CLOSING.format(2, 2, 2)}branch 2 of 2: filters 512; the preset has 256",
                f"{CLOSING.format(2, 2, 2)}concatenation: runs one after another what the preset runs side by side",
                f"{CLOSING.format(3, 4, 4)}branch 2 of 2: filters 512; the preset has 256",
                f"{CLOSING.format(3, 4, 4)}concatenation: runs one after another what the preset runs side by side",
            ],
        ),
        (
            Inception4,
            {"shrink": lambda _: nn.AvgPool2d(3, 2)},
            [
                f"{where}: has a 3x3 average pooling in the place of the 3x3 max pooling"
                for where in (
                    "Stem, step 4 of 6, branch 1 of 2",
                    "Stem, step 6 of 6, branch 2 of 2",
                    "Reduction-A, branch 3 of 3",
                    "Reduction-B, branch 3 of 3",
                )
            ],
        ),
        (
            Inception4,
            {"reduction_a": lambda port, width, *_: Port.reduction_a(port, width, 192, 192, 256, 384)},
            ["Reduction-A, branch 2 of 3, step 2 of 3: filters 192; the preset has 224"],
        ),
        (Inception4, {"a": 3}, ["Inception-A: has 3 blocks; the preset has 2"]),
        (Inception4, {"a": 1}, ["Inception-A: has 1 block; the preset has 2"]),
        (Inception4, {"b": 0}, ["Inception-B: is missing"]),
        (ResNet1, {"b": 4}, ["Inception-ResNet-B: has 4 blocks; the preset has 1"]),
        (
            Inception4,
            {"a": 3, "b": 3, "c": 2},
            [
                "Inception-A: has 3 blocks; the preset has 2",
                "Inception-B: has 3 blocks; the preset has 1",
                "Inception-C: has 2 blocks; the preset has 1",
            ],
        ),
        (
            Inception4,
            {"head": lambda port, x: port.classifier(x.mean((2, 3))).softmax(1)},
            ["Head, linear 10: has a softmax besides; the preset puts out logits"],
        ),
        (
            Inception4,
            {"head": lambda port, x: port.classifier(nn.functional.avg_pool2d(x, 7).flatten(1))},
            ["Head, average over the grid: has a 7x7 average pooling in the place of the average over the grid"],
        ),
        (
            Inception4,
            {"repeat": lambda _, make, many: [make()] * many},
            ["Inception-A 2 of 2: has the weights of Inception-A 1 of 2 once more; in the preset they are its own"],
        ),
        (
            Inception4,
            {"block_a": _pool_first},
            ["Inception-A 1 to 2, concatenation: branches are concatenated in the order 4, 1, 2, 3 of the preset's"],
        ),
        (
            Inception4,
            {"block_a": _no_pooling},
            ["Inception-A 1 to 2, branch 4 of 4, step 1 of 2: the 3x3 average pooling is missing"],
        ),
        (
            Inception4,
            {"block_a": _five},
            [
                "Inception-A 1 to 2, branch 3 of 4, step 2 of 3: is 5x5 where the preset has 3x3",
                "Inception-A 1 to 2, branch 3 of 4, step 3 of 3: the 3x3 convolution of 96 filters is missing",
            ],
        ),
        (
            Inception4,
            {"stem": _padded_stem},
            ["Stem, step 2 of 6: is padded by 1x1 pixels; the preset by 0x0"],
        ),
        (ResNet1, {"linear": _normed_linear}, _stages(LINEAR.format("batch norm"))),
        (
            ResNet1,
            {"linear": lambda _, width, filters: nn.Sequential(nn.Conv2d(width, filters, 1), nn.ReLU())},
            _stages(LINEAR.format("ReLU")),
        ),
        (
            ResNet1,
            {"linear": lambda _, width, filters: nn.Conv2d(width, filters, 1, bias=False)},
            _stages("linear 1x1: has no bias; the preset has one"),
        ),
        (
            ResNet1,
            {"join": lambda _, x, residual, _scale: torch.relu(x + residual)},
            _stages("scale: the scaling by 0.1 is missing"),
        ),
        (
            ResNet1,
            {"join": lambda _, x, residual, scale: torch.relu(x + 2 * scale * residual)},
            _stages("scale: scales by 0.2; the preset by 0.1"),
        ),
        (
            ResNet1,
            {"join": lambda _, x, residual, scale: torch.relu(scale * x + residual)},
            _stages("scale: the shortcut is scaled; the preset scales the residual alone"),
        ),
        (
            ResNet1,
            {"join": lambda _, x, residual, scale: torch.relu(scale * (x + residual))},
            _stages("scale: the sum is scaled, shortcut and all; the preset scales the residual alone"),
        ),
        (
            ResNet1,
            {"join": lambda _, x, residual, scale: x + scale * residual},
            _stages("sum: the ReLU is missing"),
        ),
        (
            ResNet1,
            {"join": lambda _, x, residual, scale: x + torch.relu(scale * residual)},
            _stages("sum: the ReLU stands before the sum; in the preset behind it"),
        ),
        (
            ResNet1,
            {"join": lambda _, _x, residual, scale: torch.relu(scale * residual)},
            _stages("sum: the shortcut is missing"),
        ),
    ],
)
def test_a_slip_is_named_in_one_sentence(base: type[Port], written: dict[str, Any], sentences: list[str]) -> None:
    found = _report(base, **written)
    assert [difference.sentence for difference in found.differences] == sentences
    assert found.equal == (not sentences)
    assert all(difference.figure for difference in found.differences)


@pytest.mark.parametrize(
    ("base", "written"),
    [
        (
            Inception4,  # no grid here is rounded
            {
                "head": lambda port, x: port.classifier(nn.functional.avg_pool2d(x, 8).view(x.size(0), -1)),
                "shrink": lambda _: nn.MaxPool2d(3, 2, ceil_mode=True),
            },
        ),
        (ResNet1, {"join": lambda _, x, residual, scale: torch.add(residual * scale, x).relu_()}),
        (ResNet1, {"join": lambda _, x, residual, scale: torch.relu(torch.add(x, residual, alpha=scale))}),
    ],
)
def test_another_way_to_write_the_same_is_no_difference(base: type[Port], written: dict[str, Any]) -> None:
    assert _report(base, **written).differences == ()


def test_a_scale_drawn_at_random_is_one_difference_a_stage() -> None:
    draw = Random(0).uniform
    with torch.device("meta"):
        port = type(
            "Theirs",
            (ResNet1,),
            {"a": 5, "join": lambda _, x, residual, least: torch.relu(x + draw(least, 0.3) * residual)},
        )()
    found = compare_with_preset(trace(port), network("inception_resnet_v1", a=5, b=1, c=1)).differences
    said = "scales by 0.15 to 0.27, by another number in each block; the preset by one number"
    assert [difference.sentence for difference in found] == [
        f"Inception-ResNet-{where}, scale: {said}" for where in ("A 1 to 5", "B", "C")
    ]


def test_a_bias_in_front_of_a_batch_norm_changes_no_output() -> None:
    found = _report(Inception4, bare=lambda _, *window: nn.Conv2d(*window))
    (difference,) = found.differences
    said = "has a bias; the preset has none, and batch norm takes it away"
    assert difference.sentence == f"Everywhere ({LAYERS} layers): {said}"
    assert difference.harmless
    assert found.equal


def test_another_stem_is_a_few_differences_in_the_stem() -> None:
    sentences = [found.sentence for found in _report(Inception4, stem=_stem_of_v1).differences]
    assert sentences[0] == (
        "Stem, step 4 of 6, concatenation: has a 3x3 max pooling in the place of the concatenation of 2 branches"
    )
    assert all(sentence.startswith("Stem, ") for sentence in sentences)
    assert len(sentences) <= 5


def test_a_stage_more_is_one_difference() -> None:
    def more(port: Any) -> list[nn.Module]:
        return [*Inception4.body(port), *(port.layer(1536, 1536) for _ in range(6))]

    (found,) = _report(Inception4, body=more).differences
    assert found.sentence == "Inception-C, concatenation: has 6 steps more: 6 convolutions"
    assert (found.here, found.there, found.field) == ("6 convolutions", None, "layer")
