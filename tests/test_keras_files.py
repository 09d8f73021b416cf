"""Keras's files: nested and fine-tuned models, archives, and what lies beside a network's arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from irnet.runtime.build import build
from irnet.runtime.checkpoint_files import open_checkpoint
from irnet.runtime.weights import identify, load_weights
from tests import checkpoints
from tests.checkpoints import Layers, error, save_keras, save_keras_archive, save_keras_v3, stored
from tests.hostile import refused_or_done

V3 = "inception_v3.tf_slim"
ONE = np.ones((1, 1, 2, 2), np.float32)
NUMBERS = ("", "_1", "_2", "_3")
BODY: Layers = [
    *((f"conv2d{n}", f"conv2d{n}", {"kernel": ONE * i}) for i, n in enumerate(NUMBERS)),
    *((name := f"batch_normalization{n}", name, {"beta": ONE[0, 0, 0] * i}) for i, n in enumerate(NUMBERS[:2])),
]
DENSE: Layers = [("dense_7", "dense", {"kernel": ONE[0, 0], "bias": ONE[0, 0, 0]})]


@pytest.fixture(scope="module")
def layers() -> Layers:
    """Keras's Inception-v3 under the golden recipe."""
    return list(checkpoints.keras_arrays("inception_v3"))


def nested(file: Path, layers: Layers) -> None:
    """As a `Sequential` of the network without its head, a pooling and a dense layer, after a step of Adam."""
    save_keras(file, layers[:-1], start=94, root="model_weights/inception_v3", end="")
    with h5py.File(file, "a") as out:
        for tensor, array in layers[-1][2].items():
            out.create_dataset(f"model_weights/dense_1/sequential/dense_1/{tensor}", data=array)
            out.create_dataset(f"optimizer_weights/adam/sequential_dense_1_{tensor}_momentum", data=array)
        out.create_dataset("optimizer_weights/adam/iteration", data=np.array(7))
        out.create_dataset("model_weights/dropout/seed_generator_state", data=np.zeros(2, np.uint32))


def nested_v3(file: Path, layers: Layers) -> None:
    with h5py.File(file, "w") as out:
        for i, array in enumerate(layers[-1][2].values()):
            out.create_dataset(f"layers/dense/vars/{i}", data=array)
        out.create_dataset("optimizer/vars/0", data=np.array(7))
        out.create_dataset("layers/dropout/seed_generator/vars/0", data=np.zeros(2, np.uint32))
    save_keras_v3(file, layers[:-1], "layers/functional/")


def archived(file: Path, layers: Layers) -> None:
    save_keras_archive(file, layers)


def packed(file: Path, layers: Layers) -> None:
    save_keras_archive(file, layers, method=zipfile.ZIP_DEFLATED)


Save = Callable[[Path, Layers], None]
SAVE: dict[str, tuple[Save, str, str, int]] = {
    "an .h5 with a model inside": (nested, "keras", "inception_v3", 2),
    "a .weights.h5 with a model inside": (nested_v3, "keras_v3", "functional", 2),
    "a .keras archive": (archived, "keras_v3", "", 0),
    "a .keras archive that was packed again": (packed, "keras_v3", "", 0),
}


FIRST, *REST = SAVE


@pytest.mark.parametrize("kind", [FIRST, *(pytest.param(kind, marks=pytest.mark.soak) for kind in REST)])
def test_every_kind_gives_kerass_logits_and_lists_what_is_no_weight(kind: str, layers: Layers, tmp_path: Path) -> None:
    save, layout, taken_from, beside = SAVE[kind]
    file = tmp_path / "weights"
    save(file, layers)
    with open_checkpoint(file) as found:
        assert (found.taken_from, len(found.ignored), found.others) == (taken_from, beside, ())
    model, seen = build(V3), identify(file)
    assert (seen.exact, seen.preset, seen.layout, seen.classes) == (True, V3, layout, 1000)
    load_weights(model, file)
    assert error(model, stored("golden_keras_inception_v3")["logits"]) <= 1
    file.unlink()


def keys_of(file: Path, **choice: Any) -> dict[str, float]:
    """Every key with the first number of its array."""
    with open_checkpoint(file, **choice) as found:
        return {key: float(found.read(key).flatten()[0]) for key in found.shapes}


def test_arrays_of_one_name_in_two_groups_are_two(tmp_path: Path) -> None:
    """A head's normalisation beside that of the network, as fine-tuning by hand makes it."""
    file = tmp_path / "a.h5"
    save_keras(file, BODY, root="inception_v3", start=20)
    save_keras(file, [("batch_normalization", "", {"beta": ONE[0, 0, 0] * 9})])
    found = keys_of(file)
    assert found["conv2d_3/kernel"] == 3
    assert found["batch_normalization_1/beta"] == 1
    assert [key for key, first in found.items() if first == 9] == [
        "head/batch_normalization/batch_normalization/beta:0"
    ]
    other = tmp_path / "b.h5"
    save_keras_v3(other, BODY, "layers/functional/")
    save_keras_v3(other, [("", "batch_normalization", {"gamma": ONE[0, 0, 0] * 9})])
    found = keys_of(other)
    assert found["layers/batch_normalization/vars/0"] == 0
    assert found["head/layers/batch_normalization/vars/0"] == 9


def test_the_only_dense_layer_is_the_classifier_and_of_two_none_is(tmp_path: Path) -> None:
    cases: tuple[tuple[Save, str], ...] = (
        (save_keras, "predictions/kernel"),
        (save_keras_v3, "layers/dense/vars/0"),
    )
    for n, (save, name) in enumerate(cases):
        one, two = tmp_path / f"one{n}", tmp_path / f"two{n}"
        save(one, [*BODY, *DENSE])
        save(two, [*BODY, *DENSE, ("dense_8", "dense_1", DENSE[0][2])])
        assert name in keys_of(one)
        assert name not in keys_of(two)
        assert len(keys_of(two)) == len(BODY) + 4


def test_a_dense_layer_behind_others_with_weights_is_no_classifier(tmp_path: Path) -> None:
    """Without the normalisation before it, it would say something else."""
    head = [*DENSE, ("batch_normalization_9", "batch_normalization", {"gamma": ONE[0, 0, 0]})]
    old, new = tmp_path / "old", tmp_path / "new"
    save_keras(old, BODY, root="model_weights/inception_v3")
    save_keras(old, head)
    save_keras_v3(new, BODY, root="layers/functional/")
    save_keras_v3(new, head)
    for file in (old, new):
        assert sum(key.startswith("head/") for key in keys_of(file)) == 3


def test_of_two_models_inside_one_file_the_reader_chooses(tmp_path: Path) -> None:
    file = tmp_path / "a.h5"
    save_keras(file, BODY, root="left")
    save_keras(file, [(name, at, {t: a + 10 for t, a in held.items()}) for name, at, held in BODY], root="right")
    with pytest.raises(
        ValueError, match=r"^a\.h5 holds several networks, 'left' of 6 tensors and 'right' of 6 tensors: "
    ):
        keys_of(file)
    assert keys_of(file, key="left")["conv2d_3/kernel"] == 3
    assert len(keys_of(file, key="left")) == len(BODY)
    assert keys_of(file, key="right")["conv2d_3/kernel"] == 13


def test_a_layer_of_a_graph_that_was_built_twice_keeps_its_group(tmp_path: Path) -> None:
    """TensorFlow 1 numbered the arrays of such layers once more: conv2d_2/conv2d_2_1/kernel:0."""
    file = tmp_path / "a.h5"
    with h5py.File(file, "w") as out:
        for n in ("conv2d_1", "conv2d_2"):
            out.create_dataset(f"{n}/{n}_1/kernel:0", data=ONE)
    assert [*keys_of(file)] == ["conv2d/kernel", "conv2d_1/kernel"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_damaged_archive_is_read_or_refused(whole: bool, tmp_path: Path) -> None:
    file = tmp_path / "a.keras"
    save_keras_archive(file, BODY, method=zipfile.ZIP_STORED if whole else zipfile.ZIP_DEFLATED)
    data = file.read_bytes()

    def read(content: bytes) -> None:
        file.write_bytes(content)
        keys_of(file)

    for at in range(0, len(data), len(data) // 150):
        refused_or_done(read, data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        refused_or_done(read, data[:at])


def test_half_precision_and_whole_numbers_are_read_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.h5"
    with h5py.File(file, "w") as out:
        out.create_dataset("conv2d/conv2d/kernel:0", data=ONE.astype(np.float16))
        out.create_dataset("names/names/of:0", data=np.array([b"classes"]))
    with open_checkpoint(file) as found:
        assert (found.read("conv2d/kernel").dtype, found.dtypes["conv2d/kernel"]) == (torch.float16, torch.float16)
        assert found.ignored == ("names/names/of:0 (bytes56)",)
