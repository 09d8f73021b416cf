"""Every kind of file that holds weights, tiny and made here, opens as what it is with the tensors that were saved."""

from __future__ import annotations

import argparse
import collections
import datetime
import pickle
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from irnet.runtime.checkpoint_files import open_checkpoint, pickled
from tests.hostile import sentence

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


def test_other_classes_are_named(tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "it": [slice(1), range(3)]}, tmp_path / "a.pt")
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
