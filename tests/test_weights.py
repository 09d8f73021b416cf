"""Weights of other projects, in every format and layout, give the outputs that they gave there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from irnet.lab.activations import residual_scale
from irnet.models import network
from irnet.runtime.build import Model, build
from irnet.runtime.weights import load_weights
from tests import checkpoints
from tests.checkpoints import State, drawn, error, stored, with_background

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


@pytest.mark.parametrize("form", ["safetensors", "legacy", pytest.param("zip", marks=pytest.mark.soak)])
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


@pytest.mark.parametrize(("head", "auxiliary"), [("fc", True), ("last_linear", False)])
def test_torchvisions_inception_v3_loads_with_and_without_its_auxiliary_head(
    head: str, auxiliary: bool, file: Path
) -> None:
    model = build("inception_v3.torchvision")
    state = drawn(model)
    shapes = stored("manifest_torchvision_inception_v3")["state_dict"]
    listed = [key.replace("fc.", f"{head}.") for key in shapes if not key.startswith("AuxLogits.")]
    theirs = dict(zip(listed, state.values(), strict=True))
    if auxiliary:
        theirs |= {key: torch.zeros(shape) for key, shape in shapes.items() if key.startswith("AuxLogits.")}
    save_file(theirs, file)
    found = load_weights(model, file)
    assert (found.layout, found.tensors) == ("torchvision" if head == "fc" else "cadene", len(listed))
    assert same(model, state)


@pytest.mark.parametrize(
    ("head", "layout", "background"), [("classif", "timm", False), ("last_linear", "cadene", True)]
)
def test_inception_resnet_v2_loads_as_execution_order_pairs_it(
    head: str, layout: str, background: bool, v2: Model, file: Path
) -> None:
    state = drawn(v2)
    listed = [key.replace("classif", head) for key in stored("manifest_inception_resnet_v2")["state_dict"]]
    theirs = dict(zip(listed, state.values(), strict=True))
    torch.save(with_background(theirs, head) if background else theirs, file)
    found = load_weights(v2, file)
    assert (found.layout, found.dropped_background) == (layout, background)
    assert same(v2, state)


@pytest.mark.parametrize("classes", [0, 37])
def test_facenet_loads_as_execution_order_pairs_it(classes: int, file: Path) -> None:
    model = build(network(V1, classes=classes))
    state = drawn(model)
    listed = stored(f"manifest_facenet_v1{'_classify8631' if classes else ''}")["state_dict"]
    save_file(dict(zip(listed, state.values(), strict=True)), file)
    assert load_weights(model, file).layout == "facenet_pytorch"
    assert same(model, state)


def same(model: Model, state: State) -> bool:
    return all(torch.equal(tensor, state[key]) for key, tensor in model.state_dict().items())


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
