"""Counts that others published, and counts of the paper's networks made by another builder (see data/README.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from torch import nn

from irnet.models import network
from irnet.provenance.published import TABLE_2
from irnet.spec import Network
from irnet.tree import resolve
from irnet.tree.totals import stages, totals
from tests.conftest import DATA, Meta

PAPER: dict[str, dict[str, Any]] = json.loads((DATA / "paper_counts.json").read_text(encoding="utf-8"))["nets"]
OTHER_NAMES = {"fc": "head"} | {f"inception_resnet_{part}": f"block_{part}" for part in "abc"}

V4, SLIM, FACE, V3 = (
    "inception_v4.tf_slim",
    "inception_resnet_v2.tf_slim",
    "inception_resnet_v1.facenet",
    "inception_v3",
)
# name, stages: parameters, MACs at 299; the source counts the last C block with the others
PARTS = {
    (V4, "inception_a"): (1_270_528, 1_550_438_400),
    (V4, "reduction_a"): (2_306_112, 1_097_164_800),
    (V4, "inception_b"): (20_553_792, 5_930_853_376),
    (V4, "reduction_b"): (2_747_392, 511_098_880),
    (V4, "inception_c"): (13_659_264, 872_939_520),
    (V4, "head"): (1_537_000, 1_536_000),
    (SLIM, "mixed_5b"): (268_320, 327_398_400),
    (SLIM, "block_a"): (1_231_680, 1_499_008_000),
    (SLIM, "reduction_a"): (2_664_960, 1_398_185_984),
    (SLIM, "block_b"): (22_535_680, 6_498_754_560),
    (SLIM, "reduction_b"): (3_880_960, 585_424_896),
    (SLIM, "block_c block8"): (20_354_240, 1_300_234_240),
    (SLIM, "conv2d_7b"): (3_197_952, 204_472_320),
    (FACE, "block_a"): (387_200, 470_400_000),
    (FACE, "reduction_a"): (1_710_080, 850_169_856),
    (FACE, "block_b"): (6_900_480, 1_988_689_920),
    (FACE, "reduction_b"): (3_346_176, 501_448_704),
    (FACE, "block_c block8"): (9_604_608, 613_416_960),
}
# convolutions, of these with bias, batch norms, their channels, conv weights, conv biases
COMPOSITION = {
    (V4, 1000): (149, 0, 149, 31_584, 41_079_648, 0),
    (SLIM, 1000): (244, 40, 204, 30_272, 54_200_160, 45_760),
    (FACE, 0): (132, 21, 112, 14_800, 22_514_528, 20_992),
}


def released(name: str, classes: int, size: int) -> Network:
    return network(name, classes=classes, input_size=size)


@pytest.mark.parametrize("net", PAPER)
def test_a_network_of_the_paper_has_the_counts_of_another_builder(net: str, meta: Meta) -> None:
    found, want = totals(network(net)), PAPER[net]
    assert (found.params, found.macs, found.convolutions) == (want["params"], want["macs"], want["convs"])
    norms = [m.num_features for m in meta(network(net)).modules() if isinstance(m, nn.BatchNorm2d)]
    assert sum(norms) == want["bn_channels"] == want["params"] - want["params_without_gamma"]
    ours = [(s.name, s.repeat, s.out_shape, s.params, s.macs) for s in stages(network(net))]
    assert ours == [
        (
            OTHER_NAMES.get(stage["stage"], stage["stage"]),
            stage["blocks"],
            tuple((*stage["out"][1:], 1, 1)[:3]),
            stage["params"],
            stage["macs"],
        )
        for stage in want["stages"]
    ]


@pytest.mark.parametrize(("name", "stage"), PARTS)
def test_a_released_stage_has_the_published_counts(name: str, stage: str) -> None:
    found = [s for s in stages(released(name, 1000, 299)) if s.name in stage.split()]
    assert (sum(s.params for s in found), sum(s.macs for s in found)) == PARTS[name, stage]


@pytest.mark.parametrize(("name", "classes"), COMPOSITION)
def test_a_released_module_has_the_published_composition(name: str, classes: int, meta: Meta) -> None:
    modules = list(meta(network(name, classes=classes)).modules())
    convs = [m for m in modules if isinstance(m, nn.Conv2d)]
    norms = [m.num_features for m in modules if isinstance(m, nn.BatchNorm2d | nn.BatchNorm1d)]
    biases = [m.bias.numel() for m in convs if m.bias is not None]
    weights = sum(m.weight.numel() for m in convs)
    found = (len(convs), len(biases), len(norms), sum(norms), weights, sum(biases))
    assert found == COMPOSITION[name, classes]


def test_an_embedder_ends_at_unit_length_and_a_classifier_does_not() -> None:
    ends = {classes: resolve(released(FACE, classes, 160)).rows[-1].op for classes in (0, 1000)}
    assert ends == {0: "normalize", 1000: "linear"}


def test_table_2_has_the_printed_errors() -> None:
    presets = [result for result in TABLE_2 if result.preset]
    assert [(r.preset, r.top1, r.top5) for r in presets] == [
        ("inception_v3.tf_slim", 21.2, 5.6),
        ("inception_resnet_v1.paper", 21.3, 5.5),
        ("inception_v4.paper", 20.0, 5.0),
        ("inception_resnet_v2.paper", 19.9, 4.9),
    ]
