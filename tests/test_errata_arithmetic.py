"""The arithmetic behind the errata, from counts and from built modules."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from torch import nn

from irnet.models import network
from irnet.tree import resolve
from irnet.tree.totals import totals
from tests.conftest import Meta

V4, V1, V2, V3 = "inception_v4.paper", "inception_resnet_v1.paper", "inception_resnet_v2.paper", "inception_v3.tf_slim"
SLIM = "inception_resnet_v2.tf_slim"
AVERAGING = [V4, "inception_v4.tf_slim", SLIM, V3]  # the others pool by maximum only


def test_e1_stride_2_leads_from_71_to_35() -> None:
    rows = {row.path: row for row in resolve(network(V4)).rows}
    ends = [(rows[path].in_shape[1], rows[path].out_shape[1]) for path in ("stem.0.5.b0", "stem.0.5.b1")]
    assert ends == [(71, 35), (71, 35)]


def test_e2_and_e3_change_no_count() -> None:
    assert totals(network(V4)) == totals(network("inception_v4.tf_slim"))


def kernels(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """Kernel sizes by path in stem and Inception blocks, branches numbered as if the pooling branch came last."""
    found = {path: m.kernel_size for path, m in model.named_modules() if isinstance(m, nn.Conv2d)}
    return {path: kernel for path, kernel in found.items() if path.startswith(("stem", "inception"))}


def pool_last(path: str) -> str:
    return re.sub(r"^(inception_.\.\d)\.b(\d)", lambda found: f"{found[1]}.b{(int(found[2]) - 1) % 4}", path)


def test_e2_and_e3_change_43_kernels_and_the_sides_of_three_forks(meta: Meta) -> None:
    """2 in the stem, 5 in each of 7 B blocks, 2 in each of 3 C blocks, whose last fork (2 more) only changes sides."""
    paper = {pool_last(path): kernel for path, kernel in kernels(meta(network(V4))).items()}
    released = kernels(meta(network("inception_v4.tf_slim")))
    differing = Counter(path.split(".")[0] for path in paper if paper[path] != released[path])
    assert differing == {"stem": 2, "inception_b": 7 * 5, "inception_c": 3 * (2 + 2)}


@pytest.mark.parametrize("name", [V4, V1, V2])
def test_e10_e11_a_unit_is_dropped_with_one_fifth_before_a_linear_layer_to_the_classes(name: str, meta: Meta) -> None:
    assert [m.p for m in meta(network(name)).modules() if isinstance(m, nn.Dropout)] == [0.2]
    assert [(row.op, row.out_shape) for row in resolve(network(name)).rows[-1:]] == [("linear", (1000, 1, 1))]


@pytest.mark.parametrize("name", AVERAGING)
def test_e14_average_pools_are_3x3_and_leave_the_border_out(name: str, meta: Meta) -> None:
    pools = [m for m in meta(network(name)).modules() if isinstance(m, nn.AvgPool2d)]
    assert {(p.kernel_size, p.stride, p.padding, p.count_include_pad) for p in pools} == {(3, 1, 1, False)}


@pytest.mark.parametrize("name", [V1, V2])
def test_e15_e18_branches_are_concatenated_before_a_linear_convolution_with_a_bias_and_no_batch_norm(
    name: str, meta: Meta
) -> None:
    ops = [row.op for row in resolve(network(name)).rows if row.path in ("block_a.0.body", "block_a.0.project")]
    assert ops == ["concat", "project"]
    block = meta(network(name)).get_submodule("block_b.0")
    up = block.get_submodule("project")
    assert isinstance(up, nn.Conv2d)
    assert up.bias is not None
    assert [type(child).__name__ for child in block.children()] == ["ForkUnit", "Conv2d", "Scale", "Add", "ReLU"]
