"""Whatever is wrong with a file ends in one sentence; the model is as before, and nothing in the file was run."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from irnet.checkpoints import keys
from irnet.models import network
from irnet.runtime import checkpoint
from irnet.runtime.build import Model, build
from irnet.runtime.weights import identify, load_weights
from tests.checkpoints import State, drawn, hollow
from tests.conftest import Meta
from tests.corruptions import CORRUPTED, attacks, cut_keras, repacked

SPEC = network("inception_resnet_v1.facenet", a=1, b=0, c=0, classes=3)
THEIRS = keys(SPEC, "facenet_pytorch")


@pytest.fixture(scope="module")
def model() -> Model:
    """A short network; no test here may change it."""
    return build(SPEC)


@pytest.fixture(scope="module")
def state(model: Model) -> State:
    """A checkpoint of it in the layout of facenet-pytorch that would load."""
    return {THEIRS[key]: tensor for key, tensor in drawn(model).items()}


@pytest.mark.parametrize("kind", CORRUPTED)
def test_a_corrupted_file_gets_one_sentence_and_changes_nothing(
    kind: str, model: Model, state: State, tmp_path: Path
) -> None:
    write, told = CORRUPTED[kind]
    file, before = tmp_path / "weights", {key: tensor.clone() for key, tensor in model.state_dict().items()}
    write(state, file)
    with pytest.raises(ValueError, match=r"^weights") as refused:
        load_weights(model, file)
    sentence = str(refused.value)
    assert told in sentence
    assert "\n" not in sentence
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())
    assert (model.loaded, model.origin) == (False, "untrained, init torch, seed 0")
    assert not (tmp_path / "victim").exists()


def test_the_attack_works_on_those_who_trust_a_pickle(tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    attacks(torch.save)({}, tmp_path / "weights")
    torch.load(tmp_path / "weights", weights_only=False)
    assert (tmp_path / "victim").exists()


def test_the_file_without_a_fault_loads(state: State, tmp_path: Path) -> None:
    save_file(state, tmp_path / "weights")
    assert load_weights(build(SPEC), tmp_path / "weights").tensors == len(state)


@pytest.mark.parametrize(("have", "want"), [(0, 8631), (8631, 0)])
def test_a_file_with_another_head_says_how_to_build_for_it(have: int, want: int, meta: Meta, tmp_path: Path) -> None:
    one, two = (network("inception_resnet_v1.facenet", classes=classes) for classes in (have, want))
    torch.save(hollow(dict(meta(one).state_dict())), tmp_path / "weights")
    with pytest.raises(ValueError, match=rf"; it (is without a classifier|is {have} classes): .* with classes={have}$"):
        load_weights(build(two), tmp_path / "weights")


def test_a_file_of_another_network_says_which(model: Model, meta: Meta, tmp_path: Path) -> None:
    torch.save(hollow(dict(meta(network("inception_v4.tf_slim")).state_dict())), tmp_path / "weights")
    with pytest.raises(ValueError, match=r"; it fits inception_v4\.tf_slim in the layout of irnet, 1000 classes$"):
        load_weights(model, tmp_path / "weights")


@pytest.mark.parametrize("file", ["nowhere", "."])
def test_what_is_no_file_is_refused(file: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^there is no file '"):
        identify(tmp_path / file)


def test_a_file_over_the_limit_is_not_opened(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(state, tmp_path / "weights")
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match=r"^weights holds [\d,]+ bytes, more than the 1,000 that are read$"):
        identify(tmp_path / "weights")


def test_a_zip_bomb_is_not_unpacked(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "weights"
    repacked(zipfile.ZIP_DEFLATED, 20_000_000)(state, file)
    monkeypatch.setattr(checkpoint, "MAX_BYTES", 2_000_000)
    assert file.stat().st_size < 2_000_000
    with pytest.raises(ValueError, match=r"^weights holds [\d,]+ bytes, more than the 2,000,000 that are read$"):
        identify(file)


def test_a_keras_file_without_h5py_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_keras({}, tmp_path / "weights")
    monkeypatch.setitem(sys.modules, "irnet.runtime.hdf5", None)
    with pytest.raises(ValueError, match=r"^weights is an HDF5 file, .* needs h5py: pip install h5py$"):
        identify(tmp_path / "weights")
