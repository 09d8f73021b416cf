"""The network's dictionary is found among what training leaves in a file, or the reader is asked to choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from irnet.runtime.checkpoint_files import open_checkpoint
from tests.hostile import sentence

STATE = {f"layer{i}.weight": torch.full((2, 3), float(i)) for i in range(20)}
EMA = {key: tensor + 0.5 for key, tensor in STATE.items()}


def optimizer() -> dict[str, Any]:
    """The state of Adam after a step: tensors by numbers, and settings."""
    layer = torch.nn.Linear(3, 3)
    adam = torch.optim.Adam(layer.parameters())
    layer(torch.ones(3)).sum().backward()
    adam.step()
    return adam.state_dict()


FOUND: dict[str, tuple[Any, str, tuple[str, ...]]] = {
    "itself": (STATE, "", ()),
    "PyTorch's ImageNet example": (
        {"epoch": 3, "arch": "v4", "state_dict": STATE, "best_acc1": torch.tensor(7.0), "optimizer": optimizer()},
        "state_dict",
        ("epoch (int)", "arch (str)", "best_acc1 (Tensor)", "optimizer (dict of 2)"),
    ),
    "at a key that nobody knows": ({"weights of mine": STATE}, "weights of mine", ()),
    "two levels deep": (
        {"model": {"state_dict": STATE, "args": [1]}, "classes": torch.ones(9)},
        "model.state_dict",
        ("model.args (list of 1)", "classes (Tensor)"),
    ),
    "beside another value": (STATE | {"epoch": 3}, "", ("epoch (int)",)),
    "with a small head apart": (
        {"backbone": STATE, "head": {"weight": torch.ones(2, 2)}},
        "backbone",
        ("head (dict of 1)",),
    ),
    "under two names": ({"model": STATE, "same": STATE}, "model", ("same (dict of 20)",)),
}


@pytest.mark.parametrize("kind", FOUND)
def test_the_networks_dictionary_is_taken_and_the_rest_is_listed(kind: str, tmp_path: Path) -> None:
    saved, taken, ignored = FOUND[kind]
    torch.save(saved, tmp_path / "weights.pt")
    with open_checkpoint(tmp_path / "weights.pt") as found:
        assert (found.taken_from, found.ignored, found.others) == (taken, ignored, ())
        assert found.shapes == dict.fromkeys(STATE, (2, 3))
        assert all(torch.equal(found.read(key), STATE[key]) for key in STATE)


TWO = {"state_dict": STATE, "state_dict_ema": EMA, "epoch": 3}


@pytest.mark.parametrize(
    ("settings", "taken"), [({"key": "state_dict"}, "state_dict"), ({"ema": True}, "state_dict_ema")]
)
def test_one_of_two_is_taken_when_it_is_asked_for(settings: dict[str, Any], taken: str, tmp_path: Path) -> None:
    torch.save(TWO, tmp_path / "weights.pt")
    with open_checkpoint(tmp_path / "weights.pt", **settings) as found:
        assert (found.taken_from, found.ignored) == (taken, ("epoch (int)",))
        assert {found.taken_from, *found.others} == {"state_dict", "state_dict_ema"}
        assert torch.equal(found.read("layer3.weight"), TWO[taken]["layer3.weight"])  # type: ignore[index]


REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "two": (
        TWO,
        {},
        "holds several networks, 'state_dict' of 20 tensors and 'state_dict_ema' of 20 tensors: choose one with "
        "--key state_dict or, as the averaged one, --ema, in Python with key='state_dict' or ema=True",
    ),
    "two that are not averaged": (
        {"a b": STATE, "b": EMA},
        {},
        "choose one with --key 'a b', in Python with key='a b'",
    ),
    "the file itself and one inside": (
        STATE | {"x": EMA},
        {},
        "'.' (the file itself) of 20 tensors and 'x' of 20 tensors",
    ),
    "a key that is not there": (TWO, {"key": "model"}, "no dictionary of tensors at 'model'; it has 'state_dict' of"),
    "nothing averaged": ({"model": STATE}, {"ema": True}, "leave out --ema; it has 'model' of 20 tensors"),
    "two choices": (TWO, {"key": "a", "ema": True}, "leave one of them out"),
    "nothing": ({}, {}, "holds no dictionary of tensors: it has nothing"),
    "numbers alone": ({"a": 1, "b": [2]}, {}, "holds no dictionary of tensors: it has a (int) and b (list of 1)"),
    "names that are long or can't be printed": ({"\n" * 5000: STATE, "b" * 5000: EMA}, {}, "holds several networks"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_left_open_is_asked_in_one_sentence(kind: str, tmp_path: Path) -> None:
    saved, settings, told = REFUSED[kind]
    torch.save(saved, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match=r".") as refused, open_checkpoint(tmp_path / "weights.pt", **settings):
        pass
    assert told in str(refused.value)
    sentence(str(refused.value))


def test_a_dictionary_that_holds_itself_ends(tmp_path: Path) -> None:
    around: dict[str, Any] = {"state_dict": STATE}
    around["around"] = around
    torch.save(around, tmp_path / "weights.pt")
    with open_checkpoint(tmp_path / "weights.pt") as found:
        assert (found.taken_from, found.ignored) == ("state_dict", ("around (dict of 2)",))
