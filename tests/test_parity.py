"""The released Inception-v4 and v3 put out what timm's and TorchVision's do, given the same weights."""

from __future__ import annotations

import pytest

from irnet.models import network
from irnet.runtime.build import build
from tests.conftest import DATA
from tests.data.golden_recipe import check, load

STEM = ("conv1", "conv2", "conv3", "mixed_3a", "mixed_4a", "mixed_5a")
BLOCKS = {"inception_a": 4, "reduction_a": 1, "inception_b": 7, "reduction_b": 1, "inception_c": 3}
STAGES = {f"stem.{name}": f"stem.0.{i}" for i, name in enumerate(STEM)}
STAGES |= {(f"{s}.{i}" if n > 1 else s): f"{s}.{i}" for s, n in BLOCKS.items() for i in range(n)}
STAGES |= {"pool": "pool", "logits": "classifier"}
STEPS_V3 = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "maxpool2")
STAGES_V3 = {name: f"stem.0.{i}" for i, name in enumerate(STEPS_V3)}
STAGES_V3 |= {stage.capitalize(): f"{stage}.0" for stage in (s.name for s in network("inception_v3").stages[1:])}
STAGES_V3 |= {"fc": "classifier"}


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


def test_an_average_that_leaves_padding_out_is_not_torchvisions() -> None:
    with pytest.raises(AssertionError, match=r"^Mixed_5b differs by"):
        check(build("inception_v3.tf_slim"), load(DATA / "golden_torchvision_inception_v3.json"), STAGES_V3)
