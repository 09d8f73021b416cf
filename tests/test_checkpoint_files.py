"""Every kind of file that holds weights, tiny and made here, opens as what it is with the tensors that were saved."""

from __future__ import annotations

import argparse
import collections
import datetime
import gzip
import io
import json
import pickle
import shlex
import subprocess
import sys
import tarfile
import types
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from irnet.runtime.checkpoint_files import open_checkpoint, pickled
from tests.hostile import bounded, sentence
from tests.onnx_files import node, onnx

STATE = {
    "conv.weight": torch.arange(54.0).reshape(2, 3, 3, 3),
    "bn.running_var": torch.full((2,), 0.5),
    "bn.num_batches_tracked": torch.tensor(7),
}
LEFTOVERS: dict[str, tuple[Any, str]] = {
    "a namespace": (argparse.Namespace(lr=0.1, out=Path("/runs")), "Namespace"),
    "a number of NumPy": (np.float64(0.5), "number"),
    "an array of NumPy": (np.arange(3), "ndarray"),
    "the state of NumPy's generator": (np.random.get_state(), "tuple of 5"),
    "a dictionary with a default": (collections.defaultdict(list, {1: [2]}), "dict of 1"),
    "a queue": (collections.deque([1, 2]), "list of 2"),
    "a path": (Path("/runs"), type(Path()).__name__),
    "a date": (datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), "datetime"),
    "PyTorch's version": (torch.__version__, "TorchVersion"),
    "values by name": (types.SimpleNamespace(lr=0.1), "SimpleNamespace"),
}


def tensors(path: Path, **settings: Any) -> dict[str, torch.Tensor]:
    with open_checkpoint(path, **settings) as found:
        assert found.dtypes == {key: found.read(key).dtype for key in found.shapes}
        return {key: found.read(key).clone() for key in found.shapes}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def refusal(path: Path, **settings: Any) -> str:
    with pytest.raises(ValueError, match=r"\w") as refused, open_checkpoint(path, **settings):
        pass
    sentence(str(refused.value))
    return str(refused.value)


@pytest.mark.parametrize("new", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("kind", LEFTOVERS)
def test_what_training_leaves_in_a_file_is_listed_and_nothing_of_it_is_made(
    kind: str, new: bool, tmp_path: Path
) -> None:
    value, told = LEFTOVERS[kind]
    torch.save({"state_dict": STATE, "it": value}, tmp_path / "a.pt", _use_new_zipfile_serialization=new)
    with open_checkpoint(tmp_path / "a.pt") as found:
        assert found.ignored == (f"it ({told})",)
    assert same(tensors(tmp_path / "a.pt"), STATE)


def test_classes_of_packages_that_are_not_here_are_stood_in_for(tmp_path: Path) -> None:
    """The pickle of such a file asks for a class that nobody can import."""
    home = "lightning_fabric.utilities.data"
    held = type("AttributeDict", (dict,), {"__module__": home, "__qualname__": "AttributeDict"})
    with pytest.MonkeyPatch.context() as patch:
        for package in ("lightning_fabric", "lightning_fabric.utilities", home):
            patch.setitem(sys.modules, package, types.ModuleType(package))
        patch.setattr(sys.modules[home], "AttributeDict", held, raising=False)
        torch.save({"state_dict": STATE, "hyper_parameters": held(lr=1)}, tmp_path / "a.ckpt")
    with open_checkpoint(tmp_path / "a.ckpt") as found:
        assert found.ignored == ("hyper_parameters (dict of 1)",)


def test_what_is_allowed_for_a_file_is_not_allowed_afterwards(tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "args": argparse.Namespace()}, tmp_path / "a.pt")
    before = torch.serialization.get_safe_globals()
    tensors(tmp_path / "a.pt")
    assert {*torch.serialization.get_safe_globals()} == {*before}
    with pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "a.pt", weights_only=True)


def test_an_old_file_gives_the_tensors_that_torch_reads_from_it(tmp_path: Path) -> None:
    kinds = (torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.bool, torch.int32)
    whole = torch.arange(24.0).reshape(4, 6)
    state = {str(kind): torch.arange(5).to(kind) for kind in kinds} | {"whole": whole, "view": whole[1:, ::2].T}
    more = {"parameter": nn.Parameter(torch.ones(3)), "none": torch.zeros(0, 3), "twice": whole}
    torch.save({"model": state | more}, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    there = torch.load(tmp_path / "a.pt", weights_only=True)["model"]
    assert same(tensors(tmp_path / "a.pt"), there)


class Net(nn.Module):
    """A module with another inside, a buffer, and an attribute that is no tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.blocks = nn.Sequential(nn.BatchNorm2d(2), nn.Sequential(nn.Conv2d(2, 2, 1, bias=False)))
        self.scale = 0.5
        self.register_buffer("empty", torch.zeros(0, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.blocks(self.conv(x)) * self.scale
        return found


def traced(net: nn.Module) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.trace(net.eval(), torch.ones(1, 3, 8, 8), check_trace=False)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("new", [True, False], ids=["zip", "legacy"])
def test_a_whole_model_is_called_one_with_its_class_and_how_to_save_it(new: bool, tmp_path: Path) -> None:
    torch.save(Net(), tmp_path / "a.pt", _use_new_zipfile_serialization=new)
    told = refusal(tmp_path / "a.pt")
    assert told.startswith(
        f"a.pt holds a whole model saved with torch.save, of class {Net.__module__}.Net, and nothing"
    )
    assert told.endswith("and save its state_dict, torch.save(model.state_dict(), 'weights.pt')")


@pytest.mark.parametrize("new", [True, False], ids=["zip", "legacy"])
def test_other_classes_are_named_and_nothing_else_is_read(new: bool, tmp_path: Path) -> None:
    saved = {"state_dict": STATE, "it": [slice(1), range(3)]}
    torch.save(saved, tmp_path / "a.pt", _use_new_zipfile_serialization=new)
    assert "holds Python objects of __builtin__.slice, __builtin__.xrange, and nothing" in refusal(tmp_path / "a.pt")


def test_a_torchscript_file_gives_the_tensors_that_torch_reads_from_it(tmp_path: Path) -> None:
    net = Net()
    torch.jit.save(traced(net), tmp_path / "a.pt")
    with open_checkpoint(tmp_path / "a.pt") as found:
        assert found.container == "TorchScript"
        assert found.shapes == {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}
    assert same(tensors(tmp_path / "a.pt"), net.state_dict())
    there = torch.jit.load(tmp_path / "a.pt")  # type: ignore[no-untyped-call]
    assert same(tensors(tmp_path / "a.pt"), there.state_dict())


def test_views_and_other_types_of_numbers_are_read_from_torchscript(tmp_path: Path) -> None:
    net = Net()
    net.register_buffer("view", torch.arange(24.0).reshape(4, 6)[1:, ::2].T)
    for kind in (torch.float16, torch.bfloat16, torch.float64, torch.int8, torch.bool):
        net.register_buffer(str(kind).replace(".", "_"), torch.arange(5).to(kind))
    torch.jit.save(traced(net), tmp_path / "a.pt")
    assert same(tensors(tmp_path / "a.pt"), net.state_dict())


def test_a_frozen_torchscript_file_says_why_it_has_no_tensors(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.freeze(traced(Net())), tmp_path / "a.pt")
    assert "is a TorchScript file whose tensors have no names, as torch.jit.freeze leaves it" in refusal(
        tmp_path / "a.pt"
    )


def test_reading_a_pickle_imports_and_calls_nothing(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            return Path.touch, (tmp_path / "victim",)

    data = pickle.dumps({"it": [Attack(), np.float64(1), (2,)]}, protocol=2)
    found = pickled.parse(data)
    assert isinstance(found["it"][0], pickled.Call)
    assert found["it"][2] == (2,)
    assert not (tmp_path / "victim").exists()
    assert "getattr" in next(pickled.names(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x02",
        b"\x80\x02t.",
        b"\x80\x02h\x07.",
        b"\x80\x02]K\x01b.",
        b"\x80\x02}(K\x01u.",
        b"\x80\x02]]u.",
    ],
)
def test_a_broken_pickle_is_strange(data: bytes) -> None:
    with pytest.raises(pickled.Strange):
        pickled.parse(data)


WAYS: dict[str, Callable[[dict[str, Any], Path], object]] = {
    "zip": torch.save,
    "legacy": lambda state, file: torch.save(state, file, _use_new_zipfile_serialization=False),
    "safetensors": save_file,
    "NumPy": lambda state, file: np.savez(file.open("wb"), **{key: t.numpy() for key, t in state.items()}),
}


@pytest.mark.parametrize("way", WAYS)
def test_opening_a_file_leaves_its_numbers_there(way: str, tmp_path: Path) -> None:
    WAYS[way]({"small": torch.ones(2), "large": torch.ones(2**24)}, tmp_path / "a")
    with bounded(megabytes=32), open_checkpoint(tmp_path / "a") as found:
        assert found.shapes == {"small": (2,), "large": (2**24,)}
        assert found.read("small").tolist() == [1, 1]
    (tmp_path / "a").unlink()


SHARDS = {"a-00001-of-00002.safetensors": ("conv.weight",), "a-00002-of-00002.safetensors": ("bn.running_var",)}
INDEX = "a.safetensors.index.json"


def sharded(folder: Path, **changed: str) -> Path:
    """Two shards and their index, which says of the tensors in `changed` that they are elsewhere."""
    for name, keys in SHARDS.items():
        save_file({key: STATE[key] for key in keys}, folder / name)
    listed = {key: name for name, keys in SHARDS.items() for key in keys} | changed
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 224}, "weight_map": listed}))
    return folder / INDEX


@pytest.mark.parametrize("place", [INDEX, "."])
def test_shards_open_as_one_by_their_index_or_their_folder(place: str, tmp_path: Path) -> None:
    sharded(tmp_path)
    with open_checkpoint(tmp_path / place) as found:
        assert (found.name, found.container) == (INDEX, "safetensors in 2 shards")
    assert same(tensors(tmp_path / place), {key: STATE[key] for key in ("conv.weight", "bn.running_var")})


def test_shards_that_are_linked_to_from_a_cache_open(tmp_path: Path) -> None:
    """As huggingface_hub keeps them."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots"
    blobs.mkdir()
    snapshot.mkdir()
    sharded(blobs)
    for file in blobs.iterdir():
        (snapshot / file.name).symlink_to(file)
    assert len(tensors(snapshot)) == 2


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/passwd", "link.safetensors", ".."])
def test_an_index_opens_nothing_outside_its_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    save_file({"x": STATE["conv.weight"]}, tmp_path / "secret.safetensors")
    (tmp_path / "in" / "link.safetensors").symlink_to(tmp_path / "secret.safetensors")
    told = refusal(sharded(tmp_path / "in", x=name))
    assert told == f"{INDEX} names '{name}', which is not beside it; nothing elsewhere is opened"


def broken_shard(folder: Path) -> None:
    (folder / "a-00002-of-00002.safetensors").write_bytes(b"{}")


def unlisted(folder: Path) -> None:
    save_file({"bn.running_var": STATE["bn.running_var"], "more": torch.ones(1)}, folder / [*SHARDS][1])


BAD_SHARDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda f: (f / [*SHARDS][1]).unlink(), "needs a-00002-of-00002.safetensors, which is missing"),
    "broken": (broken_shard, "a-00002-of-00002.safetensors is cut off, broken or no safetensors file"),
    "unlisted": (unlisted, "and its files do not agree on 'more'"),
    "in the other": (
        lambda f: sharded(f, **{"conv.weight": [*SHARDS][1]}),
        "and its files do not agree on 'conv.weight'",
    ),
    "no index": (lambda f: (f / INDEX).write_text('{"weight_map": [1]}'), "no index of safetensors file"),
    "deep": (lambda f: (f / INDEX).write_text("[" * 100_000), "no index of safetensors file"),
    "large": (lambda f: (f / INDEX).write_bytes(bytes(2**23 + 1)), "more than the 8,388,608 bytes of an index"),
    "many": (
        lambda f: (f / INDEX).write_text(json.dumps({"weight_map": {str(i): f"{i}" for i in range(101)}})),
        "names 101 files, more than the 100 that are opened",
    ),
}


@pytest.mark.parametrize("kind", BAD_SHARDS)
def test_shards_that_do_not_fit_their_index_are_refused(kind: str, tmp_path: Path) -> None:
    change, told = BAD_SHARDS[kind]
    sharded(tmp_path)
    change(tmp_path)
    assert told in refusal(tmp_path / INDEX)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["stored", "compressed"])
def test_arrays_of_numpy_open_by_their_names(save: Callable[..., None], tmp_path: Path) -> None:
    arrays: dict[str, Any] = {key: tensor.numpy() for key, tensor in STATE.items()}
    turned = np.asfortranarray(arrays["conv.weight"])
    save(tmp_path / "a.npz", **arrays | {"big": turned.astype(">f8"), "turned": turned, "arch": np.array("v4")})
    with open_checkpoint(tmp_path / "a.npz") as found:
        assert (found.container, found.ignored) == ("NumPy", ("arch (str64)",))
    read = tensors(tmp_path / "a.npz")
    assert torch.equal(read.pop("turned"), STATE["conv.weight"])
    assert torch.equal(read.pop("big"), STATE["conv.weight"].double())
    assert same(read, STATE)


def header(text: str) -> bytes:
    """The beginning of an array with a header that somebody made up."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"), "is cut off, broken"),
        (header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), "holds pickled Python objects and no"),
        (header("[" * 5000), "is cut off, broken"),
        (b"\x93NUMPY", "is cut off, broken"),
        (b"", "is cut off, broken"),
    ],
)
def test_a_broken_archive_of_arrays_is_refused(array: bytes, told: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("x.npy", array)
    assert told in refusal(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npy", "a.pkl"])
def test_a_pickled_dictionary_of_arrays_says_how_to_convert_it_and_that_works(name: str, tmp_path: Path) -> None:
    arrays: Any = {key: tensor.numpy() for key, tensor in STATE.items()}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(arrays))
    np.save(tmp_path / "a.npy", arrays)
    told = refusal(tmp_path / name)
    command = told[told.index("python -c") : told.index(" makes a file that is read")]
    subprocess.run([sys.executable, *shlex.split(command)[1:]], cwd=tmp_path, check=True)
    assert same(tensors(tmp_path / "weights.npz"), STATE)


def test_a_directory_that_is_larger_than_a_table_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as out:
        for number in range(9000):
            out.writestr(f"{number:01000}", b"")
    with bounded(megabytes=16):
        assert "is cut off, broken or no zip" in refusal(tmp_path / "a.pt")


def test_a_pickle_of_too_many_steps_is_strange() -> None:
    with pytest.raises(pickled.Strange):
        pickled.parse(pickle.dumps([None] * 600_000, protocol=2))


def test_more_tensors_than_a_network_has_are_refused(tmp_path: Path) -> None:
    torch.save(dict.fromkeys(map(str, range(50_001)), torch.ones(1)), tmp_path / "a.pt")
    assert refusal(tmp_path / "a.pt") == "a.pt holds 50,001 tensors, more than the 50,000 that are read"


def tarred(name: str) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as out:
        out.addfile(tarfile.TarInfo(name))
    return whole.getvalue()


def zipped(*names: str) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as out:
        for name in names:
            out.writestr(name, "x")
    return whole.getvalue()


def message(*fields: tuple[int, bytes | int]) -> bytes:
    """A protobuf message of texts and small numbers."""
    found = b""
    for number, value in fields:
        tag = number << 3 | (0 if isinstance(value, int) else 2)
        found += bytes([tag & 127 | 128, tag >> 7]) if tag > 127 else bytes([tag])
        found += bytes([value]) if isinstance(value, int) else bytes([len(value)]) + value
    return found


NODE = (1, message((1, b"conv"), (2, b"Conv2D")))
FOREIGN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "a.bin is empty: fetch it again"),
    "a pointer of Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 170645392\n",
        "a.bin is a Git LFS pointer to a file of 170,645,392 bytes: fetch that with git lfs pull",
    ),
    "a page": (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html>", "a.bin is a web page that was saved instead of a file: fetch"),
    "a page cut in a letter": (("<html>" + "é" * 4096).encode(), "is a web page"),
    "gzip": (gzip.compress(b"x" * 9999), "is a gzip archive: unpack it with gzip -dk a.bin and open what is inside"),
    "tar": (tarred("v4.ckpt"), "is a tar archive: unpack it with tar -xf a.bin"),
    "tar in gzip": (gzip.compress(tarred("v4.ckpt")), "is a tar archive: unpack it with tar -xf a.bin"),
    "7z": (b"7z\xbc\xaf'\x1c\0", "is a 7z archive: unpack it with 7z x a.bin"),
    "zip": (
        zipped("v4/read.me", "v4/v4.pth"),
        "zip archive of 2 files, such as v4/read.me: unpack it with unzip a.bin",
    ),
    "an empty zip": (zipped()[:0] + b"PK\x03\x04", "is cut off, broken or no"),
    "JSON": (b'{"model_type": "inception"}', "is a JSON text and holds no weights"),
    "YAML": (b"model:\n  name: inception_v4\n", "is a text, which begins with 'model:', and holds no weights"),
    "OpenVINO": (
        b'<?xml version="1.0"?>\n<net name="v4" version="11">',
        "is an OpenVINO network, whose weights are in",
    ),
    "XML": (b"<?xml version='1.0'?><a/>", "is an XML text and holds no weights"),
    "TensorFlow Lite": (b"\x1c\0\0\0TFL3\0\0", "is a TensorFlow Lite file: take the checkpoint that it was made from"),
    "GGUF": (b"GGUF\x03\0\0\0{\0", "is a GGUF file, as llama.cpp reads it: take"),
    "ONNX": (
        onnx([node("Relu", "x", "y")], {"x": (1, 3, 9, 9)}, "y"),
        "is an ONNX file without weights: irnet check a.bin reads its operations",
    ),
    "a frozen graph": (message(NODE, NODE, (4, message((1, 21)))), "is a TensorFlow graph of 2 nodes: take"),
    "a saved model": (message((1, 1), (2, b"graph")), "is the graph of a TensorFlow SavedModel: take"),
    "Core ML": (message((1, 4), (2, b"x"), (500, b"layers")), "is a Core ML model: take"),
    "Caffe": (message((1, b"v4"), (100, b"l"), (100, b"l")), "is a Caffe model of 2 layers: take"),
    "an array": (
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"),
        "is one array of NumPy without a",
    ),
    "a pickle": (
        pickle.dumps(slice(1)),
        "is a pickle with objects of builtins.slice that torch.save did not write, and",
    ),
    "an old pickle": (
        pickle.dumps({"a": slice(1)}, 0),
        "is a pickle with objects of __builtin__.slice that torch.save",
    ),
    "noise": (bytes(range(7, 200)), "is cut off, broken or no PyTorch, safetensors, Keras or NumPy file"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_without_weights_is_called_what_it_is(kind: str, tmp_path: Path) -> None:
    data, told = FOREIGN[kind]
    (tmp_path / "a.bin").write_bytes(data)
    assert told in refusal(tmp_path / "a.bin")


def test_a_long_graph_is_given_up_and_not_counted(tmp_path: Path) -> None:
    (tmp_path / "a.pb").write_bytes(message((1, 9), (2, b"x")) + message((7, b"")) * 200_000)
    assert "is cut off, broken" in refusal(tmp_path / "a.pb")


def test_an_exported_program_of_before_is_called_one_with_its_nodes_and_how_to_save_its_weights(tmp_path: Path) -> None:
    torch.export.save(torch.export.export(Net().eval(), (torch.ones(1, 3, 8, 8),)), tmp_path / "a.pt2")
    old = tmp_path / "old" / "a.pt2"
    old.parent.mkdir()
    with zipfile.ZipFile(tmp_path / "a.pt2") as now, zipfile.ZipFile(old, "w") as before:
        before.writestr("serialized_exported_program.json", now.read("a/models/model.json"))
    told = refusal(old)
    assert told.startswith("a.pt2 is an exported program of torch.export of 4 nodes: save its state_dict")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        torch.save(torch.export.load("a.pt2").state_dict, "weights.pt")
    assert told.endswith("torch.save(torch.export.load('a.pt2').state_dict, 'weights.pt')")
    assert tensors(tmp_path / "weights.pt").keys() == Net().state_dict().keys()


def test_a_folder_is_called_one_with_the_file_to_open(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path.name} is a folder without a file of weights"
    (tmp_path / "config.json").write_text("{}")
    save_file(STATE, tmp_path / "model.safetensors")
    assert refusal(tmp_path) == f"{tmp_path.name} is a folder: open the file model.safetensors in it"
    torch.save(STATE, tmp_path / "a.pt")
    assert refusal(tmp_path) == f"{tmp_path.name} is a folder of 2 files of weights, such as a.pt: open one of them"
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert "is the folder of a TensorFlow SavedModel" in refusal(tmp_path)


def test_key_and_ema_are_refused_where_nothing_can_be_chosen(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "a.safetensors")
    assert refusal(tmp_path / "a.safetensors", ema=True).endswith("so leave out --key and --ema")
