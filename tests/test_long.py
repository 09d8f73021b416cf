"""Everything that runs a network says how far it is, can be stopped at any time, and can be asked again."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import Any, cast

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import irnet
from app import long, passes, text
from app.server import networks, worker
from app.server.networks import Setting, Weights
from app.server.worker import Unwanted
from irnet.models import network
from irnet.runtime.capture import watch_layers
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
OPERATIONS: dict[str, tuple[str, Callable[[Any, Weights], object]]] = {
    "Cost": ("Counting with fvcore", lambda at, _: at.module_counts(SPEC, "cpu")),
    "Cost, others": ("Counting with torchinfo and torch", lambda at, _: at.counted_otherwise(SPEC, "cpu")),
    "Activations": ("Running the network", lambda at, _: at.residual_scales(SPEC, IMAGE, (None, 0.5), TWO)),
    "Activations, loaded": (
        "Running the network",
        lambda at, file: at.residual_scales(SPEC, IMAGE, (None,), ONE, file),
    ),
    "Activations, classes": ("Classifying", lambda at, file: at.classify_image(SPEC, IMAGE, "cpu", file)),
    "Block": ("Running the block", lambda at, _: at.block_at_scale(SPEC, IMAGE, ONE, None, "block_b.0", 0.3)),
    "Feature maps": ("Running the network", lambda at, _: at.glance_at(SPEC, IMAGE, ONE, None)),
    "Feature maps, box": ("Running to the box", lambda at, _: at.box_maps(SPEC, IMAGE, ONE, None, "block_b.0")),
    "Receptive field": (
        "Running the network up to the box, and back",
        lambda at, _: at.effective_field_of(SPEC, IMAGE, "block_b.0", (1, 1), None, ONE),
    ),
    "Receptive field, seeds": (
        "Running the network up to the box, and back",
        lambda at, _: at.effective_field_of(SPEC, IMAGE, "block_b.0", (1, 1), None, TWO),
    ),
}
SOME = sample(OPERATIONS, "Cost", "Activations", "Block", "Feature maps, box", "Receptive field")


@pytest.fixture(autouse=True, name="forget")
def _forget() -> None:
    forget()


def forget() -> None:
    """Nothing is remembered."""
    for pool in (networks.MODELS, networks.EXPERIMENTS, networks.LOOKS):
        pool._entries.clear()


class Reader:
    """Whoever asked: hears how far the work is, and leaves after so many reports."""

    def __init__(self, patience: int = 10**9) -> None:
        self.heard: list[str] = []
        self._patience = patience

    def report(self, share: float, where: str) -> None:
        assert 0 <= share <= 1
        self.heard.append(where)
        if len(self.heard) > self._patience:
            raise Unwanted

    def ask(self, question: Callable[[Any, Weights], object], file: Weights) -> object:
        context = copy_context()
        context.run(worker._LINE.set, cast("Any", self))
        return context.run(question, networks, file)


@pytest.mark.parametrize("name", SOME)
def test_every_convolution_says_how_far_it_is_and_can_be_the_last(name: str, loaded: Weights) -> None:
    _, question = OPERATIONS[name]
    whole = Reader()
    whole.ask(question, loaded)
    passing = [i for i, where in enumerate(whole.heard) if text.WEIGHTS_OF not in where]
    for patience in (0, passing[len(passing) // 2]):
        forget()
        reader = Reader(patience)
        with pytest.raises(Unwanted):
            reader.ask(question, loaded)
        assert len(reader.heard) == patience + 1
    assert Reader().ask(question, loaded) is not None  # nothing is held any more, and no hook is left


def test_what_was_computed_before_a_stop_is_not_computed_again(loaded: Weights) -> None:
    whole, question = Reader(), OPERATIONS["Activations, loaded"][1]
    whole.ask(question, loaded)
    networks.EXPERIMENTS._entries.clear()
    passing = sum(text.WEIGHTS_OF not in where for where in whole.heard)
    with pytest.raises(Unwanted):
        Reader(passing // 2).ask(question, loaded)  # of the pass alone: the model is there already
    rest = Reader()
    rest.ask(question, loaded)
    assert rest.heard
    assert "stem" not in " ".join(rest.heard)


@pytest.mark.parametrize("name", SOME)
def test_a_page_shows_the_work_by_its_name_and_a_reader_who_stops_it_can_ask_again(
    name: str, loaded: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    label, question = OPERATIONS[name]
    heard: list[str] = []

    def stop(work: Any, _share: float, _where: str) -> None:
        heard.append(work._what)
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(long.Work, "tell", stop)
        with pytest.raises(Stopped):
            question(passes, loaded)
    assert heard == [label]
    assert question(passes, loaded) is not None


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
