"""Released networks put out what timm's, TorchVision's and Cadene's do, given the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from irnet.models import network
from irnet.runtime.build import build
from tests.conftest import DATA
from tests.data.golden_recipe import TOLERANCE, check, fill, image, load, units_of

STEM = ("conv1", "conv2", "conv3", "mixed_3a", "mixed_4a", "mixed_5a")
BLOCKS = {"inception_a": 4, "reduction_a": 1, "inception_b": 7, "reduction_b": 1, "inception_c": 3}
STAGES = {f"stem.{name}": f"stem.0.{i}" for i, name in enumerate(STEM)}
STAGES |= {(f"{s}.{i}" if n > 1 else s): f"{s}.{i}" for s, n in BLOCKS.items() for i in range(n)}
STAGES |= {"pool": "pool", "logits": "classifier"}
STEPS_V3 = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "maxpool2")
STAGES_V3 = {name: f"stem.0.{i}" for i, name in enumerate(STEPS_V3)}
STAGES_V3 |= {stage.capitalize(): f"{stage}.0" for stage in (s.name for s in network("inception_v3").stages[1:])}
STAGES_V3 |= {"fc": "classifier"}
OTHERS = {
    "googlenet.torchvision": "torchvision_googlenet",
    "bn_inception.cadene": "cadene_bninception",
    "resnet_50.torchvision": "torchvision_resnet50",
    "resnext_50.torchvision": "torchvision_resnext50",
    "xception.timm": "timm_xception",
}


@pytest.mark.parametrize(
    ("name", "golden", "stages"),
    [
        ("inception_v4.tf_slim", "golden_inception_v4.json", STAGES),
        ("inception_v3.torchvision", "golden_torchvision_inception_v3.json", STAGES_V3),
    ],
)
def test_a_released_network_has_the_outputs_of_timm_or_torchvision(
    name: str, golden: str, stages: dict[str, str]
) -> None:
    check(build(name), load(DATA / golden), stages)


@pytest.mark.parametrize("name", OTHERS)
def test_a_network_of_the_line_or_beside_it_has_the_outputs_of_its_release(name: str) -> None:
    golden = load(DATA / f"golden_{OTHERS[name]}.json")
    check(build(name), golden, {stage: stage for stage in golden["cases"][0]["stages"]})


@pytest.mark.parametrize("name", ["googlenet.torchvision", "inception_v3.torchvision"])
def test_auxiliary_heads_put_out_what_torchvisions_do_and_only_in_training(name: str) -> None:
    golden = load(DATA / f"golden_{OTHERS.get(name, 'torchvision_inception_v3')}.json")
    model, case, read = build(name, auxiliary=True), golden["cases"][0], dict[str, Tensor]()
    x, k = image(*case["input"]["shape"][-2:]), len(golden["units"])
    for number, unit in enumerate(units_of(model, x)):
        fill(number, unit)
    for one in model.network.auxiliary:
        model.get_submodule(one.stage.name).register_forward_pre_hook(
            lambda _, given, name=one.stage.name: read.update({name: given[0]})
        )
    model.training = True  # of the whole alone: its dropout and batch norms stay as they are for a picture
    with torch.no_grad():
        model(x)
        for one in model.network.auxiliary:
            for unit in units_of(model.get_submodule(one.stage.name), read[one.stage.name]):
                wanted = golden["auxiliary_units"][k - len(golden["units"])]
                assert unit.signature() == {what: wanted[what] for what in unit.signature()}
                k += fill(k, unit) == wanted["sha"]
        logits, *sides = model(x)
        model.training = False
        alone = model(x)
    assert torch.equal(alone, logits)
    wanted = [torch.tensor(case["logits"]), *map(torch.tensor, case["auxiliary"].values())]
    for found, want in zip((logits, *sides), wanted, strict=True):
        assert ((found[0] - want).abs().max() / want.std()).item() <= TOLERANCE


def test_an_average_that_leaves_padding_out_is_not_torchvisions() -> None:
    with pytest.raises(AssertionError, match=r"^Mixed_5b differs by"):
        check(build("inception_v3.tf_slim"), load(DATA / "golden_torchvision_inception_v3.json"), STAGES_V3)
