"""Weights of other projects, in every format and layout: told from each other, and giving the outputs of there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from irnet.edit import network_of_label
from irnet.lab.activations import residual_scale
from irnet.models import network
from irnet.runtime.build import Model, build
from irnet.runtime.weights import identify, load_weights
from tests import checkpoints
from tests.checkpoints import State, drawn, error, listed_state, stored, with_background

V4, V2, V1 = "inception_v4.tf_slim", "inception_resnet_v2.tf_slim", "inception_resnet_v1.facenet"
LOGITS: list[float] = stored("golden_inception_v4")["cases"][0]["logits"]


def legacy(state: State, file: Path) -> None:
    """As torch saved before zip files."""
    torch.save(state, file, _use_new_zipfile_serialization=False)


SAVE: dict[str, Callable[[State, Path], object]] = {"safetensors": save_file, "zip": torch.save, "legacy": legacy}


@pytest.fixture(scope="module")
def v4_state() -> State:
    """The golden weights by timm's names."""
    return checkpoints.golden_v4()


@pytest.fixture(scope="module")
def v4() -> Model:
    """A model that is loaded into again and again."""
    return build(V4)


@pytest.fixture(scope="module")
def v2() -> Model:
    return build(V2)


@pytest.fixture(scope="module")
def keras_layers() -> list[tuple[str, str, Any]]:
    """The golden weights by Keras's names."""
    return list(checkpoints.keras_arrays())


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A name for one large file, which does not outlive its test."""
    yield tmp_path / "weights"
    (tmp_path / "weights").unlink(missing_ok=True)


@pytest.mark.parametrize(
    "form", ["safetensors", *(pytest.param(form, marks=pytest.mark.soak) for form in ("legacy", "zip"))]
)
def test_timms_v4_gives_its_logits_from_every_format(form: str, v4: Model, v4_state: State, file: Path) -> None:
    SAVE[form](v4_state, file)
    found = load_weights(v4, file)
    assert (found.layout, found.tensors, found.unit_gammas, found.dropped_background) == ("timm", 896, False, False)
    assert error(v4, LOGITS) <= 1


def test_cadenes_v4_gives_the_same_logits_without_its_background(v4: Model, v4_state: State, file: Path) -> None:
    torch.save(with_background(v4_state, "last_linear"), file)
    found = load_weights(v4, file)
    assert (found.layout, found.preset, found.dropped_background) == ("timm", V4, True) or found.layout == "cadene"
    assert found.dropped_background
    assert error(v4, LOGITS) <= 1


def test_files_older_than_the_count_of_batches_load(v4: Model, v4_state: State, file: Path) -> None:
    legacy({key: tensor for key, tensor in v4_state.items() if not key.endswith("num_batches_tracked")}, file)
    assert load_weights(v4, file).tensors == 896 - 149
    assert error(v4, LOGITS) <= 1


@pytest.mark.parametrize("start", [203, *(pytest.param(start, marks=pytest.mark.soak) for start in (0, 1))])
def test_keras_h5_gives_kerass_logits(start: int, v2: Model, keras_layers: list[Any], file: Path) -> None:
    checkpoints.save_keras(file, keras_layers, start=start)
    found = load_weights(v2, file)
    assert (found.layout, found.tensors, found.unit_gammas) == ("keras", 898, True)
    assert error(v2, stored("golden_keras_inception_resnet_v2")["logits"]) <= 1


def test_keras_3_weights_h5_gives_kerass_logits(v2: Model, keras_layers: list[Any], file: Path) -> None:
    checkpoints.save_keras_v3(file, keras_layers)
    assert load_weights(v2, file).layout == "keras_v3"
    assert error(v2, stored("golden_keras_inception_resnet_v2")["logits"]) <= 1


@pytest.mark.parametrize(
    "save", [checkpoints.save_keras_v3, pytest.param(checkpoints.save_keras, marks=pytest.mark.soak)]
)
def test_kerass_inception_v3_gives_its_logits_where_averages_leave_padding_out(
    save: Callable[[Path, list[Any]], None], file: Path
) -> None:
    save(file, list(checkpoints.keras_arrays("inception_v3")))
    model, logits = build("inception_v3.tf_slim"), stored("golden_keras_inception_v3")["logits"]
    assert load_weights(model, file).unit_gammas
    assert error(model, logits) <= 1
    for module in model.modules():
        if isinstance(module, nn.AvgPool2d):
            module.count_include_pad = True
    assert error(model, logits) > 1000


def same(model: Model, state: State) -> bool:
    return all(torch.equal(tensor, state[key]) for key, tensor in model.state_dict().items())


@pytest.mark.parametrize(
    ("name", "manifest", "head", "layout"),
    [  # Cadene calls every head last_linear, and keeps a background class before the others
        ("inception_v3.torchvision", "torchvision_inception_v3", "fc", "torchvision"),
        ("inception_v3.torchvision", "torchvision_inception_v3", "fc", "cadene"),
        (V2, "inception_resnet_v2", "classif", "timm"),
        (V2, "inception_resnet_v2", "classif", "cadene"),
        (f"{V1} (classes=0)", "facenet_v1", "", "facenet_pytorch"),
        (f"{V1} (classes=37)", "facenet_v1_classify8631", "", "facenet_pytorch"),
    ],
)
def test_a_released_file_loads_as_execution_order_pairs_it(
    name: str, manifest: str, head: str, layout: str, file: Path
) -> None:
    """TorchVision's has an auxiliary head besides, which is left out."""
    model, shapes, background = build(network_of_label(name)), stored(f"manifest_{manifest}")["state_dict"], False
    state, extra = drawn(model), {key: shape for key, shape in shapes.items() if key.startswith("AuxLogits.")}
    listed = [key for key in shapes if key not in extra]
    if layout == "cadene":
        background, listed = head == "classif", [key.replace(f"{head}.", "last_linear.") for key in listed]
    theirs = dict(zip(listed, state.values(), strict=True))
    theirs = with_background(theirs, "last_linear") if background else theirs
    extra = {key: torch.zeros(shape) for key, shape in extra.items()} if layout == "torchvision" else {}
    save_file(theirs | extra, file)
    found = load_weights(model, file)
    assert (found.layout, found.tensors, found.dropped_background) == (layout, len(listed), background)
    assert same(model, state)


@pytest.mark.parametrize("name", ["inception_v4", V1, "inception_v3"])
def test_our_own_state_dict_loads_into_an_edited_network(name: str, file: Path) -> None:
    short = {} if name == "inception_v3" else {"a": 1, "b": 1, "c": 0}
    model = build(network(name, classes=5, **short))
    state = drawn(model)
    torch.save(state, file)
    assert load_weights(model, file).layout == "irnet"
    assert same(model, state)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_without_a_change(dtype: torch.dtype, file: Path) -> None:
    model = build(network(V1, a=0, b=0, c=0, classes=0))
    state = {k: t.to(dtype) if t.is_floating_point() else t for k, t in drawn(model).items()}
    save_file(state, file)
    load_weights(model, file)
    assert all(torch.equal(tensor, state[key].to(tensor.dtype)) for key, tensor in model.state_dict().items())


def test_a_model_says_where_its_weights_are_from(file: Path) -> None:
    spec = network(V1, a=1, b=0, c=0, classes=0, input_size=96)
    model = build(spec, seed=4)
    before = residual_scale(spec, torch.zeros(1, 3, 96, 96), model=model).weights
    torch.save(model.state_dict(), file)
    load_weights(model, file)
    after = residual_scale(spec, torch.zeros(1, 3, 96, 96), model=model).weights
    assert (before, after) == (
        "untrained, init torch, seed 4",
        "weights loaded from weights, in the layout of irnet",
    )


def test_a_model_on_meta_takes_no_weights(file: Path) -> None:
    with pytest.raises(ValueError, match=r"^a model on meta has shapes and no numbers"):
        load_weights(build(V4, "meta"), file)


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
        assert "1000 classes, with an auxiliary head that is left out; its averages count padding" in found.sentence
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
    assert found.sentence == (
        "weights is none of the networks that `irnet list` names: it holds 1 tensor of 'encoder.'"
    )
    state = listed_state("inception_resnet_v2")
    del state["block8.conv2d.bias"]
    torch.save(state | {"ema.decay": torch.zeros(1), "classif.bias": torch.zeros(999)}, file)
    assert identify(file).sentence == (
        f"weights is none of the networks here; the nearest is {V2} in the layout of timm, 1000 classes, from which it "
        "differs in 2 tensors: 'block8.conv2d.bias' missing, 'classif.bias' is (999,) instead of (1000,); not of "
        "the network: 1 tensor of 'ema.'"
    )


def test_a_file_of_1008_classes_is_fids_whose_averages_leave_padding_out(file: Path) -> None:
    """pytorch-fid saves TorchVision's keys, without an auxiliary head and without counts of batches."""
    listed = listed_state("torchvision_inception_v3").items()
    state = {key: t for key, t in listed if not key.startswith("AuxLogits") and not key.endswith("batches_tracked")}
    head = {key: state[key][:1].expand(1008, *state[key].shape[1:]) for key in ("fc.weight", "fc.bias")}
    torch.save(state | head, file)
    found = identify(file)
    assert (found.exact, found.preset, found.layout, found.classes) == (True, "inception_v3.tf_slim", "fid", 1008)
    assert "its averages leave padding out, as those of pytorch-fid do; that code takes a maximum" in found.sentence
    torch.save(state, file)
    assert (identify(file).preset, identify(file).layout) == ("inception_v3.torchvision", "torchvision")
    with pytest.raises(ValueError, match=r"it fits inception_v3\.torchvision in the layout of TorchVision and timm"):
        load_weights(build("inception_v3.tf_slim"), file)
