"""A file is asked which network it is; keys and shapes are enough."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from irnet.runtime.build import build
from irnet.runtime.weights import identify
from tests.checkpoints import listed_state, with_background
from tests.test_weights import V1, V2, V4


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where to save."""
    return tmp_path / "weights"


IDENTITIES = {
    "inception_v4": (V4, "timm", 1000, "last_linear"),
    "inception_resnet_v2": (V2, "timm", 1000, "classif"),
    "facenet_v1": (V1, "facenet_pytorch", 0, ""),
    "facenet_v1_classify8631": (V1, "facenet_pytorch", 8631, "logits"),
    "torchvision_inception_v3": ("inception_v3.torchvision", "torchvision", 1000, "fc"),
}


@pytest.mark.parametrize("listed", IDENTITIES)
def test_a_released_file_is_identified_also_with_another_number_of_classes(listed: str, file: Path) -> None:
    state, (preset, layout, classes, head) = listed_state(listed), IDENTITIES[listed]
    torch.save(state, file)
    found = identify(file)
    assert (found.preset, found.layout, found.classes) == (preset, layout, classes)
    assert (found.exact, found.unit_gammas, found.background) == (True, True, False)
    if listed == "torchvision_inception_v3":
        assert found.sentence.endswith("1000 classes, with an auxiliary head that is left out")
    if head:
        keys = [f"{head}.{name}" for name in ("weight", "bias")]
        torch.save(state | {key: state[key][:1].expand(37, *state[key].shape[1:]) for key in keys}, file)
        found = identify(file)
        assert (found.exact, found.preset, found.classes) == (True, preset, 37)


def test_a_file_of_ours_says_that_it_does_not_tell_how_averages_treat_padding(file: Path) -> None:
    torch.save(build("inception_v3.torchvision").state_dict(), file)
    found = identify(file)
    assert {found.preset, *found.also} == {"inception_v3.tf_slim", "inception_v3.torchvision"}
    assert found.sentence.endswith("nothing in it tells it from inception_v3.torchvision")
    torch.save(build(V1).state_dict(), file)
    assert identify(file).also == ()


def test_a_headless_file_and_trained_gammas_are_told_apart(file: Path) -> None:
    torch.save({k: t for k, t in listed_state("inception_v4").items() if not k.startswith("last_linear")}, file)
    assert (identify(file).preset, identify(file).classes) == (V4, 0)
    torch.save(listed_state("facenet_v1") | {"last_bn.weight": torch.full((512,), 0.9)}, file)
    assert identify(file).unit_gammas is False


@pytest.mark.parametrize(
    ("head", "listed", "layout"),
    [("last_linear", "inception_v4", "cadene"), ("classif", "inception_resnet_v2", "timm")],
)
def test_a_background_row_is_told_apart_from_a_class(head: str, listed: str, layout: str, file: Path) -> None:
    torch.save(with_background(listed_state(listed), head), file)
    found = identify(file)
    assert (found.exact, found.layout, found.classes, found.background) == (True, layout, 1000, True)


def test_a_file_of_no_network_has_no_preset_and_the_nearest_is_named_with_what_differs(file: Path) -> None:
    save_file({"encoder.weight": torch.zeros(3)}, file)
    found = identify(file)
    assert (found.exact, found.preset) == (False, None)
    assert found.sentence == "weights is none of the networks here: it has no key of any known layout"
    state = listed_state("inception_resnet_v2")
    del state["block8.conv2d.bias"]
    torch.save(state | {"ema.decay": torch.zeros(1), "classif.bias": torch.zeros(999)}, file)
    assert identify(file).sentence == (
        f"weights is none of the networks here; the nearest is {V2} in the layout of timm, 1000 classes: "
        "'block8.conv2d.bias' missing, 'ema.decay' left over, 'classif.bias' is (999,) instead of (1000,)"
    )
