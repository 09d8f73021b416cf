"""Two derivations must agree: the rows, and what torch really does."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given

from irnet.models import PRESETS, network
from irnet.runtime.build import build
from irnet.spec import Network
from irnet.tree import resolve
from tests.conftest import Meta
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
    model = build(spec, device="meta")
    image = torch.empty(1, *spec.input_shape, device="meta")
    if fits(spec):
        assert model(image).shape[0] == 1
    else:
        with pytest.raises(RuntimeError, match=r"(?i)size|kernel"):
            model(image)
