"""Two derivations must agree: the rows, and what torch really does, also where an input is too small."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from torch import Tensor, nn

from irnet.models import PRESETS, network
from irnet.runtime.build import build
from irnet.spec import Chain, Conv, Fork, Network, Pool, Stage
from irnet.tree import resolve, smallest_input
from tests.conftest import Meta, presets
from tests.walks import fits, flat, networks, seen, torch_macs, torch_params

SIZES: dict[str, int | tuple[int, int]] = {"its own": 0, "even grids": (224, 256), "uneven": (261, 139)}
EACH = [
    pytest.param(name, size, marks=[] if size == "its own" or name == "inception_v4.paper" else [pytest.mark.soak])
    for name in PRESETS
    for size in SIZES
]


@pytest.mark.parametrize(("name", "size"), EACH)
def test_every_row_has_the_shapes_macs_and_parameters_of_its_module_in_the_order_of_torch(
    name: str, size: str, meta: Meta
) -> None:
    spec = network(name, input_size=SIZES[size]) if SIZES[size] else network(name)
    rows, model = resolve(spec).rows, meta(network(name))
    shapes, paths = seen(model, spec.input_shape), [row.path for row in rows]
    found = {row.path: (flat(row.in_shape), flat(row.out_shape)) for row in rows}
    assert found == {path: (flat(shapes[path].in_shape), flat(shapes[path].out_shape)) for path in found}
    assert {row.path: row.macs for row in rows} == torch_macs(model, rows, shapes)
    assert {row.path: row.params for row in rows} == torch_params(model, rows)
    assert len(set(paths)) == len(paths)
    assert paths == [path for path in shapes if path in set(paths)]
    leaves = [path for path, module in model.named_modules() if not list(module.children())]
    # The only layers without a row of their own are those inside a convolution, a residual or the head.
    assert [path for path in leaves if path not in found and path.rpartition(".")[0] not in found] == []


@given(networks().filter(fits))
def test_rows_of_any_spec_agree_with_torch(spec: Network) -> None:
    rows, model = resolve(spec).rows, build(spec, device="meta")
    shapes = seen(model, spec.input_shape)
    params, macs = torch_params(model, rows), torch_macs(model, rows, shapes)
    assert {row.path: (flat(row.in_shape), flat(row.out_shape), row.params, row.macs) for row in rows} == {
        path: (flat(shapes[path].in_shape), flat(shapes[path].out_shape), params[path], macs[path]) for path in params
    }


@given(networks(high=4))
def test_a_spec_is_too_small_exactly_when_torch_refuses_it(spec: Network) -> None:
    channels, height, width = spec.input_shape
    least = smallest_input(spec)
    model = build(replace(spec, input_shape=(channels, max(height, least), max(width, least))), device="meta")
    image = torch.empty(1, *spec.input_shape, device="meta")
    if fits(spec):
        assert model(image).shape[0] == 1
    else:
        with pytest.raises(RuntimeError, match=r"(?i)size|kernel"):
            model(image)


SAID = re.compile(
    r"^an input of (\d+)x(\d+) pixels is too small for (\S+): (\S+): a kernel of (\d+) does not fit in (\d+) pixels; "
    r"each side needs at least (\d+) pixels(?:, or the network fewer reductions: [\w.=, ]+)?$"
)


def said(spec: Network) -> tuple[str, ...]:
    """Height, width, network, path, kernel, pixels there and smallest side, as the message gives them."""
    with pytest.raises(ValueError, match="too small") as refused:
        resolve(spec)
    found = SAID.match(str(refused.value))
    assert found, refused.value
    return found.groups()


def where_torch_fails(model: nn.Module, spec: Network) -> tuple[str, int]:
    """The last convolution or pooling that torch began, and the shorter side that reached it."""
    begun: list[tuple[str, int]] = []

    def watch(path: str) -> Callable[[nn.Module, Sequence[Tensor]], None]:
        return lambda _, given: begun.append((path.removesuffix(".conv"), min(given[0].shape[2:])))

    windows = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d
    hooks = [m.register_forward_pre_hook(watch(path)) for path, m in model.named_modules() if isinstance(m, windows)]
    with pytest.raises(RuntimeError):
        model(torch.empty(1, *spec.input_shape, device="meta"))
    for hook in hooks:
        hook.remove()
    return begun[-1]


@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v1.facenet", "inception_v3.tf_slim"))
def test_the_smallest_input_works_in_torch_and_one_pixel_less_fails_at_the_block_that_is_named(
    name: str, meta: Meta
) -> None:
    model, side = meta(network(name)), smallest_input(network(name))
    out = model(torch.empty(1, 3, side, side, device="meta"))
    assert tuple(out.shape) == (1, resolve(network(name)).rows[-1].out_shape[0])
    for sides in ((side - 1, side - 1), (299, side - 1), (20, 20)):
        small = network(name, input_size=sides)
        height, width, whose, path, _, pixels, least = said(small)
        assert (int(height), int(width), whose, int(least)) == (*sides, name, side)
        assert (path, int(pixels)) == where_torch_fails(model, small)


def test_the_smallest_input_is_the_one_that_keras_documents() -> None:
    """keras.applications.InceptionResNetV2: "width and height should be no smaller than 75"."""
    assert smallest_input(network("inception_resnet_v2.tf_slim")) == 75


def test_a_kernel_that_is_longer_on_one_side_fails_on_that_side() -> None:
    spec = Network("long", (Stage("only", Conv(4, (1, 7), 1, "valid")),), input_shape=(3, 1, 6))
    assert said(spec)[3:] == ("only.0", "7", "6", "7")


def test_the_first_of_two_branches_that_do_not_fit_is_named() -> None:
    fork = Fork((Chain((Conv(4), Conv(4, 5, 1, "valid"))), Pool("max", 5, 1, "valid")))
    spec = Network("fork", (Stage("only", fork),), input_shape=(3, 4, 9))
    assert said(spec)[3:] == ("only.0.b0.1", "5", "4", "5")
