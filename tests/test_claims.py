"""The ledger of published counts: its lines add up to figures that others printed."""

from __future__ import annotations

import re
from dataclasses import replace
from math import prod

import pytest
import torch
from torch import nn
from torchinfo import summary

from irnet.models import PRESETS, network
from irnet.provenance.counts import published_counts
from irnet.provenance.explanations import (
    AFTER,
    Explanation,
    auxiliary,
    claims,
    explanation,
    records,
    similar_figures,
    summaries,
)
from irnet.spec import Network
from irnet.tree import resolve
from tests.checkpoints import stored
from tests.conftest import Meta

V4, V2, V1, V3, V3_TORCH = (
    "inception_v4.tf_slim",
    "inception_resnet_v2.tf_slim",
    "inception_resnet_v1.facenet",
    "inception_v3.tf_slim",
    "inception_v3.torchvision",
)
TOOLS = ("fvcore", "torchinfo", "torch")
# preset, who says it, what, pixels a side, classes: the figure, and of how many the last printed digit is one
PRINTED = {
    (V4, "timm", "parameters", 299, 1000): (42_680_000, 10_000),
    (V4, "timm", "MACs", 299, 1000): (12_280_000_000, 10_000_000),
    (V4, "timm", "activations", 299, 1000): (15_090_000, 10_000),
    (V4, "fvcore on timm", "MACs", 299, 1000): (12_284_251_296, 1),
    (V4, "torchinfo on timm", "MACs", 299, 1000): (12_253_975_624, 1),
    (V4, "torch on timm", "FLOPs", 299, 1000): (24_507_949_248, 1),
    (V4, "fvcore on timm", "MACs", 224, 1000): (6_137_468_832, 1),
    (V4, "torch on timm", "FLOPs", 224, 1000): (12_243_789_504, 1),
    (V4, "torchinfo on pretrainedmodels", "parameters", 299, 1001): (42_681_353, 1),
    (V4, "fvcore on pretrainedmodels", "MACs", 299, 1001): (12_284_154_528, 1),
    (V4, "torchinfo on pretrainedmodels", "MACs", 299, 1001): (12_254_040_329, 1),
    (V4, "Google", "FLOPs", 224, 0): (12_271_000_000, 1_000_000),
    (V4, "Google", "FLOPs", 321, 0): (27_390_000_000, 1_000_000),
    (V2, "timm", "parameters", 299, 1000): (55_840_000, 10_000),
    (V2, "timm", "MACs", 299, 1000): (13_180_000_000, 10_000_000),
    (V2, "timm", "activations", 299, 1000): (25_060_000, 10_000),
    (V2, "Keras, total", "parameters", 299, 1000): (55_873_736, 1),
    (V2, "Keras, trainable", "parameters", 299, 1000): (55_813_192, 1),
    (V2, "Keras, without top", "parameters", 299, 0): (54_336_736, 1),
    (V2, "fvcore on timm", "MACs", 299, 1000): (13_182_930_592, 1),
    (V2, "torchinfo on timm", "MACs", 299, 1000): (13_167_334_856, 1),
    (V2, "torch on timm", "FLOPs", 299, 1000): (26_311_588_032, 1),
    (V2, "fvcore on timm", "MACs", 224, 1000): (6_482_828_544, 1),
    (V2, "torch on timm", "FLOPs", 224, 1000): (12_937_922_240, 1),
    (V2, "torchinfo on pretrainedmodels", "parameters", 299, 1001): (55_845_001, 1),
    (V2, "fvcore on pretrainedmodels", "MACs", 299, 1001): (13_182_833_824, 1),
    (V2, "torchinfo on pretrainedmodels", "MACs", 299, 1001): (13_167_396_937, 1),
    (V2, "Google", "FLOPs", 224, 0): (12_958_000_000, 1_000_000),
    (V2, "Google", "FLOPs", 321, 0): (29_203_000_000, 1_000_000),
    (V1, "torchinfo on facenet-pytorch", "parameters", 160, 0): (23_482_624, 1),
    (V1, "torchinfo on facenet-pytorch", "parameters", 160, 8631): (27_910_327, 1),
    (V1, "torchinfo on facenet-pytorch", "parameters", 160, 10_575): (28_907_599, 1),
    (V1, "fvcore on facenet-pytorch", "MACs", 160, 0): (1_421_838_176, 1),
    (V1, "torch on facenet-pytorch", "FLOPs", 160, 0): (2_835_324_608, 1),
    (V1, "fvcore on facenet-pytorch", "MACs", 160, 8631): (1_426_257_248, 1),
    (V1, "torch on facenet-pytorch", "FLOPs", 160, 8631): (2_844_162_752, 1),
    (V3_TORCH, "timm", "parameters", 299, 1000): (23_830_000, 10_000),
    (V3_TORCH, "timm", "MACs", 299, 1000): (5_730_000_000, 10_000_000),
    (V3_TORCH, "timm", "activations", 299, 1000): (8_970_000, 10_000),
    (V3_TORCH, "TorchVision", "parameters", 299, 1000): (27_161_264, 1),
    (V3_TORCH, "TorchVision", "MACs", 299, 1000): (5_713_000_000, 1_000_000),
    (V3_TORCH, "torchinfo on timm", "parameters", 299, 1000): (23_834_568, 1),
    (V3_TORCH, "fvcore on timm", "MACs", 299, 1000): (5_731_282_144, 1),
    (V3_TORCH, "torchinfo on timm", "MACs", 299, 1000): (5_713_217_096, 1),
    (V3_TORCH, "torch on timm", "FLOPs", 299, 1000): (11_426_432_192, 1),
    (V3, "TF-slim, without head", "parameters", 299, 0): (21_802_784, 1),
    (V3, "Keras, total", "parameters", 299, 1000): (23_851_784, 1),
    (V3, "Keras, trainable", "parameters", 299, 1000): (23_817_352, 1),
    (V3, "Keras, without top", "parameters", 299, 0): (21_802_784, 1),
    (V3, "Google", "FLOPs", 224, 0): (5_689_000_000, 1_000_000),
    (V3, "Google", "FLOPs", 321, 0): (12_727_000_000, 1_000_000),
}
KERAS = ("total", "trainable", "without top")
RELEASED = (V4, V2, V1, V3, V3_TORCH)
EDITED = network("inception_resnet_v2", a=3, classes=10, input_size=224)


def key(claim: Explanation) -> tuple[str, str, str, int, int]:
    count = claim.count
    return count.preset, count.by, count.what, count.size, count.classes


@pytest.mark.parametrize("name", RELEASED)
def test_the_lines_add_up_to_every_printed_digit(name: str) -> None:
    want = {known: figure for known, figure in PRINTED.items() if known[0] == name}
    found = {key(claim): claim.total for claim in claims(network(name)) if claim.count.preset == name}
    assert len(published_counts()) == len(PRINTED)
    units = {known: unit for known, (_, unit) in want.items()}
    printed = {known: (total + units[known] // 2) // units[known] * units[known] for known, total in found.items()}
    assert printed == {known: figure for known, (figure, _) in want.items()}


@pytest.mark.parametrize("spec", [*(network(name) for name in PRESETS), EDITED], ids=lambda spec: spec.label)
def test_nothing_is_left_unexplained_and_every_count_says_where_it_is_printed(spec: Network) -> None:
    assert [claim.count.title for claim in claims(spec) if claim.unexplained] == []
    for claim in claims(spec):
        *lines, last = (int(str(record["amount"])) for record in records(claim))
        assert sum(lines) == last == claim.total
    for count in published_counts():  # none is ours
        assert "derived" not in count.source
        assert count.basis == "read" or count.by.partition(" on ")[0] in (*TOOLS, *(f"Keras, {w}" for w in KERAS))
    for record in summaries(spec):
        assert len(str(record["printed in"])) > 10
        assert re.search(r"\d+\.\d+|commit [0-9a-f]{7}", str(record["version"])), record
        assert record["basis"] in ("read", "run")


def test_the_first_line_is_what_the_pages_show_for_the_network_at_hand() -> None:
    ours = {claim.count.what: claim.ours for claim in claims(EDITED)}
    assert ours["parameters"] == sum(row.params for row in resolve(EDITED).rows)
    assert ours["MACs"] == ours["FLOPs"] == sum(row.macs for row in resolve(EDITED).rows)


def test_a_wrong_figure_is_not_explained_away_also_if_it_is_rounded() -> None:
    count = next(count for count in published_counts() if count.by == "Keras, total")
    wrong = explanation(network(V2), replace(count, printed="55,873,737"))
    assert (wrong.unexplained, wrong.verdict) == (1, "1 of it is unexplained")
    count = next(count for count in published_counts() if count.by == "Google" and count.printed == "12.271")
    wrong = explanation(network(V4), replace(count, printed="12.272"))
    assert wrong.unexplained == 12_272_000_000 - wrong.total


@pytest.mark.parametrize("name", [V4, V2, V3_TORCH])
def test_the_auxiliary_head_has_the_parameters_of_a_module_made_by_hand(name: str) -> None:
    stage = AFTER[name.partition(".")[0]]
    shape = [row.out_shape for row in resolve(network(name)).rows if row.path.startswith(f"{stage}.")][-1]
    convs = (nn.Conv2d(shape[0], 128, 1, bias=False), nn.BatchNorm2d(128), nn.Conv2d(128, 768, 5, bias=False))
    head = nn.Sequential(nn.AvgPool2d(5, 3), *convs, nn.BatchNorm2d(768), nn.Flatten(), nn.Linear(768, 1000))
    assert sum(row.params for row in resolve(auxiliary(shape, 1000)).rows) == sum(p.numel() for p in head.parameters())


def test_totals_of_torchvision_and_tf_slim_are_those_of_the_shapes_of_their_tensors() -> None:
    """Of TF-slim's own test, those of the arrays that Keras keeps, which are TF-slim's variables."""
    claim = next(claim for claim in claims(network(V3_TORCH)) if claim.count.printed == "27,161,264")
    assert [line.why for line in claim.lines][1:] == ["the auxiliary head"]
    shapes = stored("manifest_torchvision_inception_v3")["state_dict"]
    trained = [shape for key, shape in shapes.items() if "running" not in key and "num_" not in key]  # no buffers
    assert claim.total == sum(map(prod, trained))
    layers = stored("golden_keras_inception_v3")["layers"]
    arrays = [shape for name, _, held in layers if name != "predictions" for shape in held.values()]
    claim = next(claim for claim in claims(network(V3)) if claim.count.by == "TF-slim, without head")
    assert claim.total == claim.printed == sum(map(prod, arrays)) == 21_802_784
    assert "inception_v3_test.py, line 135" in claim.count.source


def test_timms_norm_is_no_leaf_to_torchinfo_and_cadenes_is(meta: Meta) -> None:
    """Two modules of one form under torchinfo itself: a norm that holds an activation is not counted."""

    class Fused(nn.BatchNorm2d):
        def __init__(self, channels: int) -> None:
            super().__init__(channels)
            self.act = nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            normed: torch.Tensor = self.act(super().forward(x))
            return normed

    conv = nn.Conv2d(3, 8, 1, bias=False)
    with_leaf, fused = (
        summary(nn.Sequential(conv, norm), input_size=(1, 3, 4, 4), verbose=0, depth=9).total_mult_adds
        for norm in (nn.BatchNorm2d(8), Fused(8))
    )
    assert with_leaf - fused == 2 * 8
    channels = sum(m.num_features for m in meta(network(V2)).modules() if isinstance(m, nn.BatchNorm2d))
    totals = {claim.count.by: claim.total for claim in claims(network(V2)) if "torchinfo" in claim.count.by}
    background = 1536 + 1  # Cadene's has one class more: its weights' products and its bias
    assert totals["torchinfo on pretrainedmodels"] - totals["torchinfo on timm"] == 2 * channels + background


@pytest.mark.parametrize("name", [V2, V3])
def test_a_missing_gamma_takes_one_parameter_from_every_channel_under_batch_norm(name: str, meta: Meta) -> None:
    claim = next(claim for claim in claims(network(name)) if claim.count.by == "Keras, trainable")
    norms = [m.num_features for m in meta(network(name)).modules() if isinstance(m, nn.BatchNorm2d)]
    assert [line.amount for line in claim.lines[1:]] == [-sum(norms)]


def test_the_figures_that_look_alike_are_told_apart() -> None:
    (sentence,) = similar_figures(network(V4))
    for part in ("12.28 GMAC at 299 px", "12.271 GFLOP at 224 px", "24.56 G", "12.27 G"):
        assert part in sentence
