"""TensorFlow's checkpoints, read without TensorFlow: files that an independent writer makes, whole and broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from irnet.checkpoints import LAYOUTS, keys
from irnet.models import network
from irnet.runtime.build import build
from irnet.runtime.checkpoint_files import open_checkpoint, tensorflow
from irnet.runtime.weights import identify, load_weights
from tests.checkpoints import (
    drawn,
    error,
    message,
    save_tensorflow,
    save_tensorflow_v1,
    snappy,
    stored,
    table,
    tf_shape,
    tf_slim_arrays,
)
from tests.hostile import refused_or_done

Arrays = dict[str, NDArray[Any]]
FIRST = "InceptionV4/Conv2d_1a_3x3/weights"
SMALL: Arrays = {
    FIRST: np.arange(24, dtype=np.float32).reshape(2, 3, 4, 1),
    "InceptionV4/Conv2d_1a_3x3/BatchNorm/beta": np.arange(3, dtype=np.float64),
    "InceptionV4/Conv2d_1a_3x3/BatchNorm/moving_mean": np.arange(5, dtype=np.float16),
    "empty": np.zeros((0, 3), np.float32),
}
BESIDE: Arrays = {
    f"{FIRST}/RMSProp": np.zeros((2, 3, 4, 1), np.float32),
    f"{FIRST}/RMSProp_1": np.zeros((2, 3, 4, 1), np.float32),
    "beta1_power": np.array(0.9, np.float32),
    "global_step": np.array(7, np.int64),
}


def v1(prefix: Path, arrays: Arrays) -> None:
    """Half precision was not saved so."""
    wider = {name: a.astype(np.float64) if a.dtype == np.float16 else a for name, a in arrays.items()}
    save_tensorflow_v1(prefix, wider)


SAVE: dict[str, Callable[[Path, Arrays], None]] = {
    "V2": save_tensorflow,
    "V2 in three files": lambda prefix, arrays: save_tensorflow(prefix, arrays, shards=3),
    "V2 with Snappy": lambda prefix, arrays: save_tensorflow(prefix, arrays, compressed=True),
    "V1": v1,
}


@pytest.mark.parametrize("kind", SAVE)
def test_every_tensor_is_read_and_what_the_optimiser_keeps_is_listed(kind: str, tmp_path: Path) -> None:
    SAVE[kind](tmp_path / "model.ckpt", SMALL | BESIDE)
    with open_checkpoint(tmp_path / "model.ckpt") as found:
        assert {name: found.read(name).shape for name in found.shapes} == {n: a.shape for n, a in SMALL.items()}
        for name, array in SMALL.items():
            assert np.array_equal(found.read(name).numpy(), array)
        assert set(found.ignored) == {
            "RMSProp (1 tensor)",
            "RMSProp_1 (1 tensor)",
            "beta1_power (float)",
            "global_step (int64)",
        }
        assert (found.container, found.others) == ("TensorFlow checkpoint", ())


PARTS = ("model.ckpt", "model.ckpt.index", "model.ckpt.data-00000-of-00001", "model.ckpt.meta", ".")


@pytest.mark.parametrize("named", PARTS)
def test_a_checkpoint_is_found_by_its_prefix_by_each_of_its_files_and_in_its_folder(named: str, tmp_path: Path) -> None:
    save_tensorflow(tmp_path / "model.ckpt", SMALL)
    (tmp_path / "model.ckpt.meta").write_bytes(b"a graph")
    with open_checkpoint(tmp_path / named) as found:
        assert (found.name, len(found.shapes)) == ("model.ckpt.index", len(SMALL))


def test_a_folders_list_names_its_newest_and_never_a_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in ("model.ckpt-1", "model.ckpt-20"):
        save_tensorflow(tmp_path / "run" / name, SMALL)
    with pytest.raises(ValueError, match=r"^run is a folder with 2 TensorFlow checkpoints: give one of them, such as"):
        read_all(tmp_path / "run")
    listed = tmp_path / "run" / "checkpoint"
    listed.write_text('model_checkpoint_path: "/home/them/elsewhere/model.ckpt-20"\n')
    with open_checkpoint(tmp_path / "run") as found:
        assert found.name == "model.ckpt-20.index"
    save_tensorflow(tmp_path / "outside.ckpt", SMALL)
    listed.write_text('model_checkpoint_path: "../outside.ckpt"\n')
    with pytest.raises(ValueError, match=r"^there is no file '.*'$"):
        read_all(tmp_path / "run")


def test_averages_are_offered_and_taken_when_asked_for(tmp_path: Path) -> None:
    shadow = {f"{FIRST}/ExponentialMovingAverage": SMALL[FIRST] + 100}
    save_tensorflow(tmp_path / "a", SMALL | shadow)
    with pytest.raises(ValueError, match=r"choose one with --key \. or, as the averaged one, --ema"):
        read_all(tmp_path / "a")
    with open_checkpoint(tmp_path / "a", ".") as plain, open_checkpoint(tmp_path / "a", ema=True) as averaged:
        assert plain.shapes == averaged.shapes
        assert averaged.read(FIRST).sum() - plain.read(FIRST).sum() == 100 * 24
        assert (averaged.taken_from, averaged.others) == ("ExponentialMovingAverage", (".",))
        beta = "InceptionV4/Conv2d_1a_3x3/BatchNorm/beta"
        assert torch.equal(plain.read(beta), averaged.read(beta))


@pytest.mark.parametrize(
    ("listed", "golden", "preset", "save"),
    [
        ("inception_v3", "inception_v3", "inception_v3.tf_slim", save_tensorflow_v1),
        pytest.param(
            *("inception_resnet_v2", "inception_resnet_v2", "inception_resnet_v2.tf_slim", save_tensorflow),
            marks=pytest.mark.soak,
        ),
    ],
)
def test_tf_slims_names_give_the_logits_that_keras_has_with_the_same_weights(
    listed: str, golden: str, preset: str, save: Callable[[Path, Arrays], None], tmp_path: Path
) -> None:
    """Pairs variables in the order in which TF-slim makes them with layers in the order in which Keras does."""
    file = tmp_path / "model.ckpt"
    save(file, tf_slim_arrays(listed, golden))
    model, seen = build(preset), identify(file)
    assert (seen.preset, seen.layout, seen.exact) == (preset, "tf_slim", True)
    assert (seen.classes, seen.background) == (1000, True)
    assert "with an auxiliary head that is left out" in seen.sentence
    assert load_weights(model, file).dropped_background
    assert error(model, stored(f"golden_keras_{golden}")["logits"]) <= 1
    for part in tmp_path.iterdir():
        part.unlink()


def test_facenets_variables_load_into_its_network(tmp_path: Path) -> None:
    spec = network("inception_resnet_v1.facenet", a=1, b=0, c=0, classes=3)
    model = build(spec)
    state, names, layout = drawn(model), keys(spec, "tf_slim"), LAYOUTS["tf_slim"]
    arrays = {}
    for ours, theirs in names.items():
        held = state[ours]
        held = held.permute(*range(2, held.ndim), 1, 0) if held.ndim > 1 else held
        assert tuple(held.shape) == layout.stored_shape(spec.name, ours, tuple(state[ours].shape))
        arrays[theirs] = held.contiguous().numpy()
    save_tensorflow(tmp_path / "model-20180402.ckpt-275", arrays)
    assert load_weights(model, tmp_path / "model-20180402.ckpt-275").unit_gammas
    assert all(torch.equal(tensor, state[key]) for key, tensor in model.state_dict().items() if key in names)


def read_all(file: Path) -> None:
    with open_checkpoint(file) as found:
        for name in found.shapes:
            found.read(name)


def cut(name: str, size: int) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def flip(name: str, at: int) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[at] ^= 64
        (folder / name).write_bytes(data)

    return change


def entry(*fields: tuple[int, int | bytes], header: bytes | None = None) -> Callable[[Path], object]:
    """An index of one tensor."""
    head = message((1, 1)) if header is None else header
    return lambda folder: (folder / "a.index").write_bytes(table([(b"", head), (b"w", message(*fields))]))


FLOATS = ((1, 1), (2, tf_shape((2, 2))))
DATA = "a.data-00000-of-00001"
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no numbers": (lambda folder: (folder / DATA).unlink(), f"put {DATA} beside it"),
    "no index": (lambda folder: (folder / "a.index").unlink(), "put its a.index beside it"),
    "numbers cut off": (cut(DATA, 60), "is cut off, broken or no"),
    "a changed name": (flip("a.index", 20), "is cut off, broken or no"),
    "a beginning cut off": (lambda f: (f / "a.index").write_bytes((f / "a.index").read_bytes()[40:]), "is cut off, "),
    "numbers far out": (entry(*FLOATS, (4, 2**60), (5, 16)), "is cut off, broken or no"),
    "numbers of another size": (entry(*FLOATS, (5, 12)), "'w' is cut off, or saved in slices"),
    "a shape of exabytes": (entry((1, 1), (2, tf_shape((2**39, 2**20))), (5, 16)), "more than the 1,073,741,824 that"),
    "a shape beyond numbers": (entry((1, 1), (2, tf_shape((2**62,))), (5, 16)), "is cut off, broken or no"),
    "too many axes": (entry((1, 1), (2, tf_shape((1,) * 99)), (5, 4)), "is cut off, broken or no"),
    "a file that is not there": (entry(*FLOATS, (3, 9), (5, 16)), "is cut off, broken or no"),
    "a tensor in slices": (entry(*FLOATS, (5, 16), (7, message((1, b"")))), "'w' is cut off, or saved in slices"),
    "the high byte first": (entry(*FLOATS, header=message((1, 1), (2, 1))), "with the high byte first"),
    "millions of files": (entry(*FLOATS, header=message((1, 2**40))), "is cut off, broken or no"),
    "objects of TensorFlow 2": (
        lambda f: save_tensorflow(f / "a", {"_CHECKPOINTABLE_OBJECT_GRAPH": SMALL["empty"]}),
        "save it again, model.save_weights('model.weights.h5')",
    ),
    "thousands of fields": (entry(*FLOATS, *((9, 1),) * 10_000), "is cut off, broken or no"),
    "no checkpoint": (lambda f: (f / "a.index").write_bytes(table([(b"user", b"data")])), "is cut off, broken or no"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_checkpoint_gets_one_sentence(kind: str, tmp_path: Path) -> None:
    save_tensorflow(tmp_path / "a", SMALL)
    change, told = BROKEN[kind]
    change(tmp_path)
    with pytest.raises(ValueError, match=r"^a\.") as refused:
        read_all(tmp_path / (DATA if kind == "no index" else "a.index"))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("limit", ["MAX_KEYS", "_PACKED", "_UNPACKED", "_CHECKED"])
def test_a_table_over_a_limit_is_not_read(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_tensorflow(tmp_path / "a", SMALL, compressed=True)
    monkeypatch.setattr(tensorflow, limit, 3)
    with pytest.raises(ValueError, match=r"^a\.index is cut off, broken or no TensorFlow checkpoint file$"):
        read_all(tmp_path / "a")


@pytest.mark.parametrize("kind", ["V2", "V1"])
def test_every_changed_byte_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    SAVE[kind](tmp_path / "a", SMALL | BESIDE)
    file = tmp_path / ("a.index" if kind == "V2" else "a")
    whole = file.read_bytes()

    def read(data: bytes) -> None:
        file.write_bytes(data)
        read_all(file)

    for at in range(0, len(whole), 3):
        refused_or_done(read, whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        refused_or_done(read, whole[:at])


def test_snappy_is_undone_as_its_format_says() -> None:
    """The last is the format's own example of a copy that overlaps itself: "xababab"."""
    for data in (b"", b"a", bytes(range(256)) * 3, b"abcdefgh" * 50, np.random.default_rng(0).bytes(1000)):
        assert tensorflow._unsnap(snappy(data)) == data
    assert tensorflow._unsnap(bytes([7, 2 << 2]) + b"xab" + bytes([(4 - 1) << 2 | 2, 2, 0])) == b"xababab"
