"""Two derivations must agree: the rows, and what torch really does."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from hypothesis import assume, given

from irnet.models import PRESETS, network
from irnet.runtime.build import Model, build
from irnet.spec import Network
from irnet.tree import Row, resolve
from tests.walks import Seen, flat, networks, seen, torch_macs, torch_params

SIZES: dict[str, int | tuple[int, int]] = {"its own": 0, "even grids": (224, 256), "uneven": (261, 139)}
CASES = [(name, size) for name in PRESETS for size in SIZES]


@cache
def walked(spec: Network) -> tuple[tuple[Row, ...], Model, dict[str, Seen]]:
    """Rows of a network, its module on "meta", and what went in and out of every part of that."""
    model = build(spec, device="meta")
    return resolve(spec).rows, model, seen(model)


def sized(name: str, size: str) -> Network:
    return network(name, input_size=SIZES[size]) if SIZES[size] else network(name)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_every_row_has_the_input_and_output_of_its_module(name: str, size: str) -> None:
    rows, _, shapes = walked(sized(name, size))
    found = {row.path: (flat(row.in_shape), flat(row.out_shape)) for row in rows}
    assert found == {path: (flat(shapes[path].in_shape), flat(shapes[path].out_shape)) for path in found}


@pytest.mark.parametrize(("name", "size"), CASES)
def test_every_row_has_the_macs_of_its_module(name: str, size: str) -> None:
    rows, model, shapes = walked(sized(name, size))
    assert {row.path: row.macs for row in rows} == torch_macs(model, rows, shapes)


@pytest.mark.parametrize("name", PRESETS)
def test_every_row_has_the_parameters_of_its_module(name: str) -> None:
    rows, model, _ = walked(network(name))
    assert {row.path: row.params for row in rows} == torch_params(model, rows)


@pytest.mark.parametrize("name", PRESETS)
def test_paths_are_unique(name: str) -> None:
    rows = resolve(network(name)).rows
    assert len({row.path for row in rows}) == len(rows)


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_of_torch_belongs_to_a_row(name: str) -> None:
    """The only layers without a row of their own are those inside a convolution, a residual or the head."""
    rows, model, _ = walked(network(name))
    paths = {row.path for row in rows}
    leaves = [path for path, module in model.named_modules() if not list(module.children())]
    assert [path for path in leaves if path not in paths and path.rpartition(".")[0] not in paths] == []


@pytest.mark.parametrize("name", PRESETS)
def test_rows_stand_in_the_order_in_which_torch_runs(name: str) -> None:
    rows, _, shapes = walked(network(name))
    paths = [row.path for row in rows]
    assert paths == [path for path in shapes if path in set(paths)]


@given(networks())
def test_rows_of_any_spec_agree_with_torch(spec: Network) -> None:
    try:
        rows = resolve(spec).rows
    except ValueError:
        assume(False)
        return
    model = build(spec, device="meta")
    shapes = seen(model)
    params, macs = torch_params(model, rows), torch_macs(model, rows, shapes)
    assert {row.path: (flat(row.in_shape), flat(row.out_shape), row.params, row.macs) for row in rows} == {
        path: (flat(shapes[path].in_shape), flat(shapes[path].out_shape), params[path], macs[path]) for path in params
    }


@given(networks(high=4))
def test_a_spec_is_too_small_exactly_when_torch_refuses_it(spec: Network) -> None:
    model = build(spec, device="meta")
    image = torch.empty(1, *spec.input_shape, device="meta")
    fits = True
    try:
        resolve(spec)
    except ValueError:
        fits = False
    if fits:
        assert model(image).shape[0] == 1
    else:
        with pytest.raises(RuntimeError, match=r"(?i)size|kernel"):
            model(image)
