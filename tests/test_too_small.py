"""An input that is too small: what is said, and whether torch agrees."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from irnet.models import PRESETS, network
from irnet.runtime.build import build
from irnet.spec import Chain, Conv, Fork, Network, Pool, Stage
from irnet.tree import resolve, smallest_input

SAID = re.compile(
    r"^an input of (\d+)x(\d+) pixels is too small for (\S+): (\S+): a kernel of (\d+) does not fit in (\d+) pixels; "
    r"each side needs at least (\d+) pixels$"
)


def said(spec: Network) -> tuple[str, ...]:
    """Height, width, network, path, kernel, pixels there and smallest side, as the message gives them."""
    with pytest.raises(ValueError, match="too small") as refused:
        resolve(spec)
    found = SAID.match(str(refused.value))
    assert found, refused.value
    return found.groups()


def where_torch_fails(spec: Network) -> tuple[str, int]:
    """The last convolution or pooling that torch began, and the shorter side that reached it."""
    model = build(spec, device="meta")
    begun: list[tuple[str, int]] = []

    def watch(path: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, given: Sequence[Tensor]) -> None:
            begun.append((path.removesuffix(".conv"), min(given[0].shape[2:])))

        module.register_forward_pre_hook(hook)

    for path, module in model.named_modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            watch(path, module)
    with pytest.raises(RuntimeError):
        model(torch.empty(1, *spec.input_shape, device="meta"))
    return begun[-1]


@pytest.mark.parametrize("name", PRESETS)
def test_the_smallest_input_works_in_torch(name: str) -> None:
    side = smallest_input(network(name))
    spec = network(name, input_size=side)
    out = build(spec, device="meta")(torch.empty(1, *spec.input_shape, device="meta"))
    assert tuple(out.shape) == (1, resolve(spec).rows[-1].out_shape[0])


@pytest.mark.parametrize("size", ["square", "low", "narrow"])
@pytest.mark.parametrize("name", PRESETS)
def test_one_pixel_less_fails_in_torch_at_the_block_that_is_named(name: str, size: str) -> None:
    least = smallest_input(network(name))
    sides = {"square": (least - 1, least - 1), "low": (least - 1, 299), "narrow": (299, least - 1)}[size]
    spec = network(name, input_size=sides)
    _, _, _, path, _, pixels, _ = said(spec)
    assert (path, int(pixels)) == where_torch_fails(spec)


@pytest.mark.parametrize("side", [1, 20, 50])
@pytest.mark.parametrize("name", PRESETS)
def test_much_too_small_an_input_fails_in_torch_at_the_block_that_is_named(name: str, side: int) -> None:
    spec = network(name, input_size=side)
    _, _, _, path, _, pixels, _ = said(spec)
    assert (path, int(pixels)) == where_torch_fails(spec)


@pytest.mark.parametrize("name", PRESETS)
def test_the_message_names_the_input_and_the_smallest_that_works(name: str) -> None:
    height, width, whose, *_, least = said(network(name, input_size=(40, 299)))
    assert (height, width, whose, int(least)) == ("40", "299", name, smallest_input(network(name)))


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
