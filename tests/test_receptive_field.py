"""Receptive fields: Google's published table, and what really reaches an output when a pixel is no number."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from torch import Tensor

from irnet.models import network
from irnet.provenance.ledger import term_sum, terms_of
from irnet.runtime.build import Model, build
from irnet.runtime.capture import capture
from irnet.spec import Network
from irnet.tree import Row, resolve
from tests.walks import fits, networks

V4, V2, V3 = "inception_v4.tf_slim", "inception_resnet_v2.tf_slim", "inception_v3.tf_slim"
# google-research/receptive_field, RECEPTIVE_FIELD_TABLE.md: end point, our path, size, stride, padding,
# GFLOP (2 a MAC) up to there at 224 pixels
TABLE = {
    (V4, "Conv2d_1a_3x3"): ("stem.0.0", 3, 2, 0, 0.022),
    (V4, "Conv2d_2b_3x3"): ("stem.0.2", 11, 2, 2, 0.680),
    (V4, "Mixed_3a"): ("stem.0.3", 15, 4, 2, 1.004),
    (V4, "Mixed_4a"): ("stem.0.4", 47, 4, 14, 2.057),
    (V4, "Mixed_5a"): ("stem.0.5", 55, 8, 14, 2.473),
    (V4, "Mixed_5e"): ("inception_a.3", 183, 8, 78, 4.066),
    (V4, "Mixed_6a"): ("reduction_a.0", 215, 16, 86, 5.173),
    (V4, "Mixed_6h"): ("inception_b.6", 1559, 16, 758, 11.095),
    (V4, "Mixed_7a"): ("reduction_b.0", 1687, 32, 806, 11.588),
    (V4, "Mixed_7d"): ("inception_c.2", 2071, 32, 998, 12.271),
    (V2, "Conv2d_1a_3x3"): ("stem.0.0", 3, 2, 0, 0.022),
    (V2, "Conv2d_2b_3x3"): ("stem.0.2", 11, 2, 2, 0.680),
    (V2, "MaxPool_3a_3x3"): ("stem.0.3", 15, 4, 2, 0.681),
    (V2, "Conv2d_4a_3x3"): ("stem.0.5", 23, 4, 2, 1.460),
    (V2, "MaxPool_5a_3x3"): ("stem.0.6", 31, 8, 2, 1.461),
    (V2, "Mixed_5b"): ("mixed_5b.0", 63, 8, 18, 1.796),
    (V2, "Mixed_6a"): ("reduction_a.0", 415, 16, 186, 4.745),
    (V2, "PreAuxLogits"): ("block_b.19", 2335, 16, 1146, 11.230),
    (V2, "Mixed_7a"): ("reduction_b.0", 2399, 32, 1162, 11.781),
    (V2, "Conv2d_7b_1x1"): ("conv2d_7b.0", 3039, 32, 1482, 12.958),
}
# the same table at 321 pixels: path of the end point, GFLOP
AT_321 = {
    (V3, "mixed_5b.0"): 3.796,
    (V3, "mixed_5d.0"): 5.339,
    (V3, "mixed_6a.0"): 6.241,
    (V3, "mixed_6e.0"): 10.663,
    (V3, "mixed_7a.0"): 11.303,
    (V3, "mixed_7b.0"): 11.948,
    (V3, "mixed_7c.0"): 12.727,
}
Seen = dict[str, Tensor]  # path -> (input side, output side): does the output line see the input line?


@pytest.mark.parametrize("name", [V4, V2])
def test_a_released_network_has_the_published_fields_and_work_up_to_there(name: str) -> None:
    fields = {row.path: row.field for row in resolve(network(name)).rows}
    small = network(name, input_size=224)
    for (of, point), (path, size, stride, padding, gflop) in TABLE.items():
        if of == name:
            field = fields[path]
            both = ((size, size), (stride, stride), (padding, padding))
            assert (field.size, field.stride, field.padding) == both, point
            assert round(profiled(small, path) / 1e9, 3) == gflop, point


def test_the_work_is_the_published_one_also_at_321_pixels() -> None:
    found = {(name, path): profiled(network(name, input_size=321), path) for name, path in AT_321}
    assert {place: round(flops / 1e9, 3) for place, flops in found.items()} == AT_321


def profiled(spec: Network, path: str) -> int:
    """FLOPs of all steps up to the end point at `path`, as TensorFlow's profiler counts them."""
    rows = resolve(spec).rows
    last = next(i for i, row in enumerate(rows) if row.path == path)
    return term_sum(terms_of(rows[: last + 1]), "tensorflow")


@torch.no_grad()
def lines(model: Model, axis: int) -> Seen:
    """Which lines of the input reach which lines of every output: one line at a time is not a number."""
    image = torch.zeros(1, *model.network.input_shape, dtype=torch.float64)
    found: dict[str, list[Tensor]] = {}
    across = (0, 1, 5 - axis)  # batch, channels and the other side
    for i in range(image.shape[axis]):
        marked = image.clone()
        marked.select(axis, i).fill_(torch.nan)
        stages = [f"{stage.name}*" for stage in model.network.stages]
        with capture(model, *stages, keep=lambda made: made.isnan().any(dim=across)) as reached:
            model.through(marked, model.stage_names)
        for path, line in reached.items():
            found.setdefault(path, []).append(line)
    return {path: torch.stack(each) for path, each in found.items()}


def predicted(row: Row, axis: int, side: int) -> tuple[Tensor, Tensor]:
    """The same from the row's field, and which output lines see nothing but the image."""
    size, stride, padding = (getattr(row.field, what)[axis - 2] for what in ("size", "stride", "padding"))
    first = torch.arange(row.out_shape[axis - 1]) * stride - padding
    inputs = torch.arange(side).unsqueeze(1)
    return (first <= inputs) & (inputs < first + size), (first >= 0) & (first + size <= side)


def agrees(row: Row, seen: Tensor, axis: int) -> bool:
    """Nothing outside the field is seen, and inside the image all of it."""
    field, inner = predicted(row, axis, len(seen))
    return bool((seen <= field).all()) and torch.equal(seen[:, inner], field[:, inner])


@given(networks(low=5, high=17, gaps=False).filter(fits))
def test_a_field_is_what_reaches_the_output_of_any_spec(spec: Network) -> None:
    rows = [row for row in resolve(spec).rows if "." in row.path]  # those before the head
    model = build(spec).double()
    seen = {axis: lines(model, axis) for axis in (2, 3)}
    assert [row.path for row in rows for axis in seen if not agrees(row, seen[axis][row.path], axis)] == []
