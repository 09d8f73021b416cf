"""fvcore, torchinfo and torch's own counter against the rows, on every preset at its own input size."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn

from irnet.models import PRESETS, network
from irnet.provenance.ledger import ledger, sums
from irnet.runtime.build import build
from irnet.runtime.measure import measure, records
from irnet.spec import Conv, Head, Network, Residual, Stage
from irnet.tree import Row, resolve
from tests.conftest import Measured

TINY = Network("tiny", (Stage("block", Residual(Conv(4, 3)), 2),), Head(3), input_shape=(3, 8, 8))
MADE_OF = {  # what a module does that fvcore counts nothing for, by the row's op
    "max_pool": {"max_pool2d": 1},
    "avg_pool": {"avg_pool2d": 1},
    "concat": {"cat": 1},
    "conv": {"relu": 1},
    "scale": {"mul": 1},
    "add": {"add": 1},
    "dropout": {"dropout": 1},
    "global_pool": {"flatten": 1},
}
each_preset = pytest.mark.parametrize("name", PRESETS)


def within(path: str, rows: tuple[Row, ...]) -> list[Row]:
    """The rows of a module and of all that it holds."""
    return [row for row in rows if not path or f"{row.path}.".startswith(f"{path}.")]


def uncounted(rows: list[Row]) -> dict[str, int]:
    """The calls that fvcore has to leave out, from the rows."""
    calls: Counter[str] = Counter()
    for row in rows:
        calls.update(MADE_OF.get(row.op, {}))
        calls.update({"relu": 1} if row.op == "add" and not row.notation.endswith("no ReLU") else {})
    return dict(sorted(calls.items()))


@each_preset
def test_rows_have_the_macs_that_fvcore_counts_module_by_module(name: str, measured: Measured) -> None:
    rows = resolve(network(name)).rows
    counted = {module.path: module.macs for module in measured(name).modules}
    assert {path: counted[path] for path in (row.path for row in rows)} == {
        row.path: sum(inner.macs for inner in within(row.path, rows)) for row in rows
    }


@each_preset
def test_stages_have_the_macs_that_fvcore_counts(name: str, measured: Measured) -> None:
    spec = network(name)
    rows = resolve(spec).rows
    counted = {module.path: module.macs for module in measured(name).modules}
    paths = ["", *(stage.name for stage in spec.stages)]
    assert [counted[path] for path in paths] == [sum(row.macs for row in within(path, rows)) for path in paths]


@each_preset
def test_the_ledger_explains_all_three_counters_to_the_unit(name: str, measured: Measured) -> None:
    counts = measured(name)
    explained = sums(ledger(network(name)))
    assert explained == {
        "fvcore": counts.whole.total,
        "torchinfo": counts.others.torchinfo_mult_adds,
        "torch": counts.others.torch_flops,
    }


def test_the_totals_are_named_after_their_counters(measured: Measured) -> None:
    counts = measured("inception_v4.paper")
    found = (counts.whole.total, counts.others.torchinfo_mult_adds, counts.others.torch_flops)
    assert counts.totals == dict(zip(("fvcore", "torchinfo", "torch"), found, strict=True))


@each_preset
def test_what_is_left_out_is_listed_for_every_row(name: str, measured: Measured) -> None:
    rows = resolve(network(name)).rows
    left_out = {module.path: module.not_counted for module in measured(name).modules}
    assert {row.path: left_out[row.path] for row in rows} == {
        row.path: uncounted(within(row.path, rows)) for row in rows
    }


@each_preset
def test_scalings_and_sums_of_residuals_are_listed_as_not_counted(name: str, measured: Measured) -> None:
    residuals = sum(stage.repeat for stage in network(name).stages if isinstance(stage.node, Residual))
    left_out = measured(name).whole.not_counted
    assert (left_out.get("mul", 0), left_out.get("add", 0)) == (residuals, residuals)


@each_preset
def test_poolings_are_listed_as_not_counted(name: str, measured: Measured) -> None:
    ops = Counter(row.op for row in resolve(network(name)).rows)
    left_out = measured(name).whole.not_counted
    assert (left_out.get("max_pool2d", 0), left_out.get("avg_pool2d", 0)) == (ops["max_pool"], ops["avg_pool"])


@each_preset
def test_a_pooling_has_no_total_which_is_not_zero(name: str, measured: Measured) -> None:
    totals = {m.path: m.total for m in measured(name).modules if m.kind in ("MaxPool2d", "AvgPool2d")}
    assert totals == {row.path: None for row in resolve(network(name)).rows if row.op in ("max_pool", "avg_pool")}


@each_preset
def test_modules_have_the_parameters_of_their_rows(name: str, measured: Measured) -> None:
    rows = resolve(network(name)).rows
    params = {module.path: module.params for module in measured(name).modules}
    assert {row.path: params[row.path] for row in rows} == {
        row.path: sum(inner.params for inner in within(row.path, rows)) for row in rows
    }


def test_a_record_of_a_pooling_has_no_numbers_that_were_not_counted(measured: Measured) -> None:
    (record,) = [found for found in records(measured("inception_v4.paper").modules) if found["path"] == "stem.0.3.b0"]
    assert (record["macs"], record["fvcore_total"], record["counted"]) == (None, None, {})


def test_a_model_on_meta_has_the_same_counts() -> None:
    assert measure(build(TINY, device="meta")) == measure(build(TINY))


@each_preset
def test_fvcore_counts_on_meta_what_it_counts_with_numbers(name: str) -> None:
    spec = network(name, input_size=96)
    analysis = FlopCountAnalysis(build(spec), torch.zeros(1, *spec.input_shape)).unsupported_ops_warnings(False)
    counted = analysis.tracer_warnings("none").by_module_and_operator()
    assert {module.path: module.counted for module in measure(build(spec, device="meta")).modules} == counted


def test_measuring_leaves_no_hook_behind() -> None:
    model = build(TINY)
    measure(model)
    assert [m for m in model.modules() if m._forward_hooks or m._forward_pre_hooks] == []


def test_nothing_is_printed_or_logged(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        measure(build(TINY))
    assert (tuple(capfd.readouterr()), caplog.records) == (("", ""), [])


def test_nothing_is_printed_in_a_process_of_its_own() -> None:
    code = (
        "from irnet import build, network; from irnet.runtime.measure import measure; "
        "measure(build(network('inception_resnet_v1', a=0, b=1, c=1, input_size=75)))"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(("training", "each"), [(False, 2), (True, 5)])
def test_fvcore_counts_a_batch_norm_by_its_mode(training: bool, each: int) -> None:
    found = FlopCountAnalysis(nn.BatchNorm2d(4).train(training), torch.zeros(2, 4, 5, 5)).unsupported_ops_warnings(
        False
    )
    assert found.by_module_and_operator()[""]["batch_norm"] == each * 2 * 4 * 5 * 5
