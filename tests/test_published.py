"""Counts that others published, and counts of the paper's networks made by another builder (see data/README.md)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from torch import nn

from benchmarks import paper_curves
from irnet.lessons import lesson_named
from irnet.models import network
from irnet.provenance.published import CURVE_EPOCHS, TABLE_2, TABLES, Result, comparable, curves, curves_of
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
V3_NAMES = ("inception_v3.tf_slim",)
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


@pytest.mark.parametrize("id_", TABLES)
def test_what_a_paper_repeats_of_another_is_its_result_rounded(id_: str) -> None:
    for result in TABLES[id_].results:
        if result.quotes:
            own = [one for one in TABLES[result.quotes].results if one.model == result.model]
            errors = [(one.crops, round(one.top1 or 0, 1), round(one.top5 or 0, 1)) for one in own]
            assert (result.crops, result.top1 or 0, result.top5) in errors


def test_tables_hold_what_the_papers_say_about_them_in_words() -> None:
    googlenet = [one.top5 or 0 for one in TABLES["1409.4842, Table 3"].results]
    assert [round(googlenet[0] - one, 2) for one in googlenet] == [0, 0.92, 2.18, 1.98, 2.45, 3.40]  # print: 3.45
    v3 = {one.model: one.top1 or 0 for one in TABLES["1512.00567, Table 3"].results}
    assert v3["GoogLeNet"] > v3["BN-GoogLeNet"] > v3["BN-Inception"] > v3["Inception-v2"] > v3["Inception-v3"]
    assert v3["Inception-v2, factorised 7x7"] - v3["Inception-v3"] == pytest.approx(0.4)  # section 4: 0.4 % by the head
    resnext = {one.model: one.top1 or 0 for one in TABLES["1611.05431, Table 3"].results}
    assert resnext["ResNet-50"] - resnext["ResNeXt-50 (32x4d)"] == pytest.approx(1.7)  # section 5.1
    full = {one.crops: one.top1 or 0 for one in TABLES["1512.00567, Tables 4 and 5"].results if one.models == 1}
    again = {12: comparable("10 or 12 crops", "top1")[V3_NAMES], 144: comparable("144 crops", "top1")[V3_NAMES]}
    assert all(
        0 < (again[crops].top1 or 0) - full[crops] < 0.4 for crops in full
    )  # the same with the blacklisted images


def test_a_lesson_prints_what_the_table_of_inception_v3_has() -> None:
    prose = lesson_named("inception-v3").steps[3].prose
    printed = [float(found) for found in re.findall(r"[\d.]+(?= %)", prose)]
    errors = {one.model: one.top1 for one in TABLES["1512.00567, Table 3"].results}
    changes = ("", ", RMSProp", ", label smoothing", ", factorised 7x7")
    assert printed == [errors[f"Inception-v2{change}"] for change in changes]


def test_results_are_compared_only_under_one_protocol() -> None:
    assert comparable("1 crop", "top5")["googlenet.paper",].top5 == 10.07  # of its own paper, and not its 10 crops
    assert comparable("1 crop", "top1")["googlenet.paper",].top1 == 29.0
    ensembles = comparable("ensembles", "top5")
    assert [(len(names), one.top5, one.images) for names, one in ensembles.items()] == [
        (4, 3.6, "validation"),
        (4, 3.1, "validation"),
    ]
    assert {one.crops for one in comparable("10 or 12 crops", "top1").values()} == {10, 12}


def test_a_result_without_errors_and_presets_for_other_models_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^x: a result has a top-1 error, a top-5 error or both, not neither$"):
        Result(model="x", images="validation")
    with pytest.raises(ValueError, match=r"^x: 1 presets can't stand for 4 models$"):
        Result(model="x", images="validation", top1=1.0, models=4, presets=("inception_v4.paper",))


def test_curves_end_where_table_2_says_and_the_residual_network_is_the_faster() -> None:
    table = {one.preset: {"top1": one.top1, "top5": one.top5} for one in TABLE_2}
    for one in curves():
        for line in one.lines:
            assert line.end == pytest.approx(table[line.preset][one.measure], abs=0.5)
            assert all(low <= mean <= high for low, mean, high in zip(line.low, line.mean, line.high, strict=True))
            assert line.epochs == tuple(range(line.epochs[0], line.epochs[-1] + 1, CURVE_EPOCHS))
    for figure in ("Fig. 21", "Fig. 22", "Fig. 23", "Fig. 24"):
        pure, residual = curves_of(figure).lines
        assert residual.reaches(curves_of(figure).goal) < pure.reaches(curves_of(figure).goal)
    with pytest.raises(ValueError, match=r"^no figure of curves is called 'Fig\. 20'; they are Fig\. 21, "):
        curves_of("Fig. 20")


def test_a_curve_is_read_at_the_scale_of_the_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = [((0, y), (9, y)) for y in (10, 20)] + [((x, 10), (x, 30)) for x in (0, 90)]
    found = [("black", "0.5", list(tick)) for tick in ticks]
    plot = [
        *found,
        (paper_curves.SOLID, "2", [(0, 20), (45, 15), (90, 10)]),
        (paper_curves.SOLID, "2", [(1, 1), (2, 1)]),
    ]
    monkeypatch.setattr(paper_curves, "frames", lambda _: [plot])
    monkeypatch.setattr(paper_curves, "FIGURES", (("Fig. 21", 15, 25, 200, {paper_curves.SOLID: "a"}),))
    assert paper_curves.curves("a.pdf") == {("Fig. 21", "a"): [(20, 25), (110, 20), (200, 15)]}
    assert [*paper_curves.lines([(20.5, 2.0), (21.9, 4.0), (23, 5.0)], 24)] == [
        "start = 20\nvalues = [",
        "  [3.00, 2.00, 4.00],",
        "  [5.00, 5.00, 5.00],",
        "]",
    ]
