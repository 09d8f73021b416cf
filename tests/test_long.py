"""Everything that runs a network says how far it is, can be stopped at any time, and can be asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import irnet
from app import live, long, passes, text
from app.live import Setting
from app.weights import Weights
from irnet.models import network
from irnet.runtime.watch import watch_layers
from tests.apps import SMALL, sample

SPEC = network("inception_resnet_v1", input_size=SMALL, width=0.25, a=1, b=1, c=1)
IMAGE = Image.new("RGB", (SMALL, SMALL), "teal")
ONE, TWO = (Setting(seeds, "tf", "batch", "cpu", 0) for seeds in ((7,), (7, 8)))


class Stopped(BaseException):
    """As Streamlit's own: no exception that a page would show."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    path = tmp_path_factory.mktemp("long") / "weights.safetensors"
    save_file(irnet.build(SPEC, init="tf").state_dict(), path)
    return Weights(path.name, "long", path.parent)


# What a reader can wait for, and what the page says meanwhile. Races and death maps have buttons of their own.
OPERATIONS: dict[str, tuple[str, Callable[[Weights], object]]] = {
    "Cost": ("Counting with fvcore", lambda _: live.module_counts(SPEC, "cpu")),
    "Cost, others": ("Counting with torchinfo and torch", lambda _: live.counted_otherwise(SPEC, "cpu")),
    "Activations": ("Running the network", lambda _: live.residual_scales(SPEC, IMAGE, (None, 0.5), TWO)),
    "Activations, loaded": ("Running the network", lambda file: live.residual_scales(SPEC, IMAGE, (None,), ONE, file)),
    "Activations, classes": ("Classifying", lambda file: live.classify_image(SPEC, IMAGE, "cpu", file)),
    "Block": ("Running the block", lambda _: passes.block_at_scale(SPEC, IMAGE, ONE, None, "block_b.0", 0.3)),
    "Feature maps": ("Running the network", lambda _: passes.glance_at(SPEC, IMAGE, ONE, None)),
    "Feature maps, box": ("Running to the box", lambda _: passes.box_maps(SPEC, IMAGE, ONE, None, "block_b.0")),
    "Receptive field": (
        "Running the network up to the box, and back",
        lambda _: live.effective_field_of(SPEC, IMAGE, "block_b.0", (1, 1), None, ONE),
    ),
    "Receptive field, seeds": (
        "Running the network up to the box, and back",
        lambda _: live.effective_field_of(SPEC, IMAGE, "block_b.0", (1, 1), None, TWO),
    ),
}


def forget() -> None:
    """Nothing is remembered."""
    for shelf in (long._shelves, live._models, live._passes):
        shelf.clear()


class Reader:
    """Hears how far the work is, and stops it after so many words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, patience: int) -> None:
        self.heard: list[str] = []
        self._patience = patience

        def tell(work: Any, share: float, where: str) -> None:
            assert 0 <= share <= 1
            self.heard.append(f"{work._what}: {where}")
            if len(self.heard) > self._patience:
                raise Stopped

        monkeypatch.setattr(long.Work, "tell", tell)


@pytest.mark.parametrize(
    "name", sample(OPERATIONS, "Cost", "Activations", "Block", "Feature maps, box", "Receptive field")
)
def test_it_says_how_far_it_is_and_ends_where_it_is_stopped(
    name: str, loaded: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, ask = OPERATIONS[name]
    forget()
    with monkeypatch.context() as patched:
        whole = Reader(patched, 10**9)
        ask(loaded)
    assert {one.partition(":")[0] for one in whole.heard} == {told}
    forget()
    passing = [i for i, one in enumerate(whole.heard) if text.WEIGHTS_OF not in one]
    for patience in (0, passing[len(passing) // 2]):
        with monkeypatch.context() as patched:
            reader = Reader(patched, patience)
            with pytest.raises(Stopped):
                ask(loaded)
            assert len(reader.heard) == patience + 1
        forget()
    assert ask(loaded) is not None  # nothing is held any more, and no hook is left


def test_what_was_computed_before_a_stop_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    with monkeypatch.context() as patched:
        reader = Reader(patched, 10**9)
        live.residual_scales(SPEC, IMAGE, (None,), ONE)
        whole = sum(text.WEIGHTS_OF not in one for one in reader.heard)
    live._passes.clear()
    with monkeypatch.context() as patched:
        Reader(patched, whole // 2)  # of the pass alone: the model is there already
        with pytest.raises(Stopped):
            live.residual_scales(SPEC, IMAGE, (None,), ONE)
    with monkeypatch.context() as patched:
        reader = Reader(patched, 10**9)
        live.residual_scales(SPEC, IMAGE, (None,), ONE)
        assert "stem" not in " ".join(reader.heard)


def test_a_watched_model_computes_the_same_and_keeps_no_hook() -> None:
    model, image = irnet.build(SPEC), torch.rand(1, 3, SMALL, SMALL, requires_grad=True)
    plain = model(image)
    told: list[str] = []
    with watch_layers(model, lambda _share, path: told.append(path)):
        seen = model(image)
        forward = len(told)
        seen.sum().backward()
    assert torch.equal(plain, seen)
    assert len(told) == 2 * forward  # once forwards, once on the way back
    assert not any(module._forward_pre_hooks for module in model.modules())
