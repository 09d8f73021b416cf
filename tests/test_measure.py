"""fvcore, torchinfo and torch's own counter against the rows, on every preset at its own input size."""

from __future__ import annotations

import logging
from collections import Counter

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn

from irnet.models import PRESETS, network
from irnet.models.recipe import limits
from irnet.opening.network import network_from_graph
from irnet.provenance.ledger import ledger, sums
from irnet.runtime.build import build
from irnet.runtime.measure import measure, records
from irnet.runtime.trace import trace
from irnet.spec import Conv, Head, Layer, Network, Residual, Stage
from irnet.tree import Row, Tree, resolve
from tests.conftest import Measured, presets

TINY = Network("tiny", (Stage("block", Residual(Conv(4, 3)), 2),), Head(3), input_shape=(3, 8, 8))
MADE_OF = {  # what a module does that fvcore counts nothing for, by the row's op
    "max_pool": {"max_pool2d": 1},
    "avg_pool": {"avg_pool2d": 1},
    "concat": {"cat": 1},
    "scale": {"mul": 1},
    "add": {"add": 1},
    "dropout": {"dropout": 1},
    "global_pool": {"flatten": 1},
}
OTHERS = {  # the same of other layers, by their kind
    "relu": {"relu": 1},
    "local_response_norm": {"add": 1, "avg_pool3d": 1, "div": 1, "mul": 2, "pad": 1, "pow": 1},
}
COUNTED = ("inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v1.facenet", "inception_v3.tf_slim")
each_preset = pytest.mark.parametrize("name", presets(*COUNTED))


def within(path: str, rows: tuple[Row, ...]) -> list[Row]:
    """The rows of a module and of all that it holds."""
    return [row for row in rows if not path or f"{row.path}.".startswith(f"{path}.")]


def uncounted(tree: Tree, rows: list[Row]) -> dict[str, int]:
    """The calls that fvcore has to leave out, from the rows."""
    calls: Counter[str] = Counter()
    for row in rows:
        calls.update(MADE_OF.get(row.op, {}))
        match tree[row.path].node:
            case Conv(activation="relu"):
                calls["relu"] += 1
            case Layer(kind):
                calls.update(OTHERS.get(kind, {}))
        calls["relu"] += row.op == "add" and row.notation.startswith("x +") and not row.notation.endswith("no ReLU")
    return {name: calls[name] for name in sorted(calls) if calls[name]}


@each_preset
def test_rows_and_stages_have_the_macs_and_parameters_that_fvcore_counts_module_by_module(
    name: str, measured: Measured
) -> None:
    spec = network(name)
    tree, counted = resolve(spec), {module.path: module for module in measured(name).modules}
    rows = tree.rows
    for path in ("", *(stage.name for stage in spec.stages), *(row.path for row in rows)):
        inner = within(path, rows)
        found = (counted[path].macs, counted[path].params, counted[path].not_counted)
        sums_ = (sum(row.macs for row in inner), sum(row.params for row in inner), uncounted(tree, inner))
        assert found[:2] == sums_[:2], path
        assert "." not in path or found[2] == sums_[2], path
    pools = {m.path: m.total for m in counted.values() if m.kind in ("MaxPool2d", "AvgPool2d")}
    assert pools == {row.path: None for row in rows if row.op in ("max_pool", "avg_pool")}  # which is not zero


@each_preset
def test_the_ledger_explains_all_three_counters_to_the_unit(name: str, measured: Measured) -> None:
    counts = measured(name)
    explained = sums(ledger(network(name)))
    assert explained == {
        "fvcore": counts.whole.total,
        "torchinfo": counts.others.torchinfo_mult_adds,
        "torch": counts.others.torch_flops,
    }


def test_the_ledger_knows_biases_and_missing_norms_of_an_opened_network() -> None:
    convolutions = (nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8, bias=False), nn.BatchNorm2d(8))
    author = nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)).to("meta")
    opened = network_from_graph(trace(author, (3, 16, 16)))
    assert sums(ledger(opened)) == measure(build(opened, "meta")).totals


def test_the_totals_are_named_after_their_counters(measured: Measured) -> None:
    counts = measured("inception_v4.paper")
    found = (counts.whole.total, counts.others.torchinfo_mult_adds, counts.others.torch_flops)
    assert counts.totals == dict(zip(("fvcore", "torchinfo", "torch"), found, strict=True))
    (record,) = [found for found in records(counts.modules) if found["path"] == "stem.0.3.b0"]
    assert (record["macs"], record["fvcore_total"], record["counted"]) == (None, None, {})  # a pooling


@each_preset
def test_scalings_and_sums_of_residuals_are_listed_as_not_counted(name: str, measured: Measured) -> None:
    """And so are poolings."""
    tree = resolve(network(name))
    ops = Counter(row.op for row in tree.rows)
    layers = [box.node.kind for row in tree.rows if isinstance((box := tree[row.path]).node, Layer)]
    inside = Counter(op for kind in layers for op in Counter(OTHERS.get(kind, {})).elements())
    left_out = Counter(measured(name).whole.not_counted)
    assert [left_out[op] - inside[op] for op in ("mul", "add")] == [ops["scale"], ops["add"]]
    assert [left_out[f"{op}2d"] for op in ("max_pool", "avg_pool")] == [ops["max_pool"], ops["avg_pool"]]


@pytest.mark.parametrize("name", presets("inception_resnet_v2.tf_slim", "inception_v3.torchvision"))
def test_fvcore_counts_on_meta_what_it_counts_with_numbers(name: str) -> None:
    few = {knob: 1 for knob in limits(PRESETS[name]) if knob in "abc"}
    spec = network(name, input_size=96, width=0.25, **few)
    analysis = FlopCountAnalysis(build(spec), torch.zeros(1, *spec.input_shape)).unsupported_ops_warnings(False)
    counted = analysis.tracer_warnings("none").by_module_and_operator()
    assert {module.path: module.counted for module in measure(build(spec, device="meta")).modules} == counted


def test_measuring_leaves_no_hook_behind_prints_nothing_and_counts_on_meta_what_it_counts_elsewhere(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    model = build(TINY)
    with caplog.at_level(logging.INFO):
        found = measure(model)
    assert (tuple(capfd.readouterr()), caplog.records) == (("", ""), [])
    assert [m for m in model.modules() if m._forward_hooks or m._forward_pre_hooks] == []
    assert measure(build(TINY, device="meta")) == found


@pytest.mark.parametrize(("training", "each"), [(False, 2), (True, 5)])
def test_fvcore_counts_a_batch_norm_by_its_mode(training: bool, each: int) -> None:
    module, x = nn.BatchNorm2d(4).train(training), torch.zeros(2, 4, 5, 5)
    found = FlopCountAnalysis(module, x).unsupported_ops_warnings(False)
    assert found.by_module_and_operator()[""]["batch_norm"] == each * 2 * 4 * 5 * 5
