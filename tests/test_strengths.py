"""By how much outputs move where a release's rule is not followed: run with the weights of the golden recipe."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import cache, lru_cache

import pytest
import torch
from torch import Tensor, nn

from irnet.models import network
from irnet.provenance.deviations import numbered_deviations
from irnet.runtime.build import Model, Scale, build
from tests.data.golden_recipe import fill, image, units_of

RELEASED = {
    "inception_v4": "inception_v4.tf_slim",
    "inception_resnet_v2": "inception_resnet_v2.tf_slim",
    "inception_resnet_v1": "inception_resnet_v1.facenet",
    "inception_v3": "inception_v3.tf_slim",
}


def set_all(model: nn.Module, kind: type[nn.Module], **values: object) -> None:
    """Give every module of a kind these values."""
    for module in model.modules():
        if isinstance(module, kind):
            for name, value in values.items():
                setattr(module, name, value)


OTHER_WAY: dict[str, Callable[[Model], None]] = {
    "D4": lambda model: setattr(model.get_submodule("block8.0"), "relu", nn.ReLU()),
    "D7": lambda model: set_all(model.get_submodule("block_b"), Scale, scale=0.11),
    "D17": lambda model: set_all(model, nn.BatchNorm2d, eps=1e-5),
    "D19": lambda model: set_all(model, nn.AvgPool2d, count_include_pad=True),
}
CASES = [(id_, architecture) for id_, one in numbered_deviations().items() for architecture in one.moves]
RARE = [case for case in CASES if case[1] not in ("inception_resnet_v2", "inception_v3")]


@lru_cache(maxsize=1)  # one is large
def filled(architecture: str) -> tuple[Model, Tensor]:
    """A released network with the recipe's weights, and the recipe's image of its size."""
    model, x = build(RELEASED[architecture]), image(*network(RELEASED[architecture]).input_shape[1:])
    for k, unit in enumerate(units_of(model, x)):
        fill(k, unit)
    return model, x


@cache
def right(architecture: str) -> Tensor:
    return logits(*filled(architecture))


@torch.inference_mode()
def logits(model: Model, x: Tensor) -> Tensor:
    out: Tensor = model(x)[0]
    return out.double()


def moved(architecture: str, change: Callable[[Model], None]) -> float:
    """How far the logit that moves most moves, in standard deviations of them all."""
    before, (model, x) = right(architecture), filled(architecture)
    other = deepcopy(model)
    change(other)
    return float((logits(other, x) - before).abs().max() / before.std())


@pytest.mark.parametrize(
    ("id_", "architecture"), [pytest.param(*case, marks=[pytest.mark.soak] if case in RARE else []) for case in CASES]
)
def test_the_other_way_moves_the_logits_by_what_the_deviation_says(id_: str, architecture: str) -> None:
    assert moved(architecture, OTHER_WAY[id_]) == pytest.approx(
        numbered_deviations()[id_].moves[architecture], abs=0.006
    )


@pytest.mark.parametrize("id_", ["D7", "D17"])
def test_a_scale_off_by_a_hundredth_and_another_eps_show_in_the_logits(id_: str) -> None:
    assert moved("inception_resnet_v2", OTHER_WAY[id_]) > 0.01


def test_every_strength_that_was_run_is_run_again_here() -> None:
    assert {id_ for id_, one in numbered_deviations().items() if one.moves} == set(OTHER_WAY) - {"D7", "D17"}
    assert {id_ for id_, one in numbered_deviations().items() if one.why_basis == "run"} == set(OTHER_WAY)
