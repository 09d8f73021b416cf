"""Modules as others write them: opened, counted as fvcore counts them, built and written with the same outputs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import torch
from fvcore.nn import FlopCountAnalysis
from hypothesis import given, settings
from torch import Tensor, nn
from torch.nn.functional import batch_norm, conv2d, pad

from irnet.codegen import class_name, code
from irnet.opening.graph import DIV
from irnet.opening.network import network_from_graph
from irnet.opening.normal_form import normal_form
from irnet.opening.preset import steps_of
from irnet.opening.tree import Merge, parts, tree
from irnet.runtime.build import build
from irnet.runtime.trace import trace
from irnet.runtime.weights import load_weights
from irnet.spec import Network
from irnet.tree import resolve
from tests.walks import fits, networks_of_others

SHAPE = (3, 16, 16)


class Factors(nn.Module):
    """ConvNeXt's: a norm and linear layers over the channels of every pixel, and a factor a channel."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm, self.linear = nn.Conv2d(3, 6, 3), nn.LayerNorm(6), nn.Linear(6, 6)
        self.gamma = nn.Parameter(torch.rand(6))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        r = self.linear(self.norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        out: Tensor = x + r * self.gamma.reshape(1, -1, 1, 1)
        return out


class WeightFirst(nn.Module):
    """ConvNeXt-v2's norm of responses, and a weight before what it is multiplied with."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.rand(3)), nn.Parameter(torch.rand(3))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.view(1, -1, 1, 1)
        return torch.addcmul(self.bias.view(1, -1, 1, 1), weight, weight * x.relu())


class Parts(nn.Module):
    """Halves of the channels, of which one is left as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.conv = nn.Conv2d(3, 8, 1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        one, two = self.stem(x).chunk(2, dim=1)
        return torch.cat((self.conv(one), two), dim=1)


class Blurs(nn.Module):
    """A blur of a reflected border, whose numbers are no parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 3, 1)
        self.register_buffer("kernel", torch.rand(3, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(pad(self.stem(x), (1, 1, 1, 1), mode="reflect"), self.get_buffer("kernel"), groups=3)


class Gates(nn.Module):
    """A gate of one pixel, seen as a row of channels, spread over the grid."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x.mean((2, 3)).view(x.shape[0], 1, -1)).view(x.shape[0], -1, 1, 1)
        out: Tensor = x * y.sigmoid().expand_as(x)
        return out


class AddsAPixel(nn.Module):
    """A sum of a grid and of a linear 1x1 of its average, which the paper's residual blocks have nothing of."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv(x.mean((2, 3), keepdim=True))
        return out


class Standardises(nn.Conv2d):
    """A convolution whose weight is normalised while it runs."""

    def forward(self, x: Tensor) -> Tensor:
        weight = batch_norm(self.weight.view(1, len(self.weight), -1), None, None, training=True)
        return conv2d(x, weight.view_as(self.weight), self.bias)


@pytest.mark.parametrize(
    "author",
    [
        nn.Conv2d(3, 4, (2, 4), padding="same", dilation=3),
        nn.Conv2d(3, 4, 3, padding="valid"),
        Factors(),
        WeightFirst(),
        Parts(),
        Blurs(),
        Gates(),
        AddsAPixel(),
    ],
    ids=lambda author: type(author).__name__,
)
@torch.no_grad()
def test_a_module_is_counted_built_and_written_as_its_author_did(author: nn.Module) -> None:
    network = network_from_graph(trace(deepcopy(author), SHAPE))
    x = torch.rand(2, *SHAPE)
    counted: Any = FlopCountAnalysis(author, x[:1])
    theirs = counted.unsupported_ops_warnings(enabled=False).by_operator()
    rows = resolve(network).rows
    assert sum(row.params for row in rows) == sum(one.numel() for one in author.parameters())
    if getattr(author, "padding", "") not in ("same", "valid"):  # of which fvcore knows nothing
        assert sum(row.macs for row in rows) == theirs["conv"] + theirs["linear"]
    model = build(network)
    load_weights(model, author)
    torch.testing.assert_close(model(x), author(x))
    made: dict[str, Any] = {}
    exec(code(network), made)
    written = made[class_name(network)]().eval()
    written.load_state_dict(model.state_dict())
    torch.testing.assert_close(written(x), author(x))


def test_a_weight_that_is_computed_is_counted_and_is_why_it_is_not_built() -> None:
    network = network_from_graph(trace(nn.Sequential(Standardises(3, 8, 3), nn.ReLU()), SHAPE))
    rows = resolve(network).rows
    assert (sum(row.params for row in rows), sum(row.macs for row in rows)) == (8 * 27 + 8, 8 * 27 * 14 * 14)
    for make in (build, code):
        with pytest.raises(ValueError, match="the weight of conv is computed while it runs, which can't be built"):
            make(network)


@settings(max_examples=8)  # each is built and traced, and what it opens as is built
@given(networks_of_others().filter(fits))
@torch.no_grad()
def test_a_random_network_of_others_has_its_counts_and_outputs_when_it_is_opened(original: Network) -> None:
    author = build(original, seed=1)
    graph = trace(deepcopy(author), original.input_shape)
    opened = network_from_graph(graph)
    steps = normal_form(tree(graph))
    if not any(isinstance(part, Merge) and part.how == DIV for part in parts(steps)):  # which is opened as operations
        assert steps == steps_of(opened)
    theirs, ours = resolve(original).rows, resolve(opened).rows
    assert sum(row.params for row in ours) == sum(row.params for row in theirs)
    assert sum(row.macs for row in ours) == sum(row.macs for row in theirs)
    model = build(opened)
    load_weights(model, author)
    x = torch.rand(1, *original.input_shape)
    torch.testing.assert_close(model(x), author(x))
