"""What a refusal advises works when it is typed; every public function refuses what is no network in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import irnet
from irnet.checkpoints import find
from irnet.cli import main
from irnet.diagrams.factory import check, content
from irnet.edit import edits_of, network
from irnet.edit.validate import validate
from irnet.models import PRESETS
from irnet.models.recipe import knobs
from irnet.tree import resolve

V4, V2 = "inception_v4.paper", "inception_resnet_v2.paper"
Ask = Callable[[], Any]


def refused_edit(name: str, text: str) -> Ask:
    """An edit as the editor tries it; its fix is a part of the message."""

    def ask() -> None:
        refusal = validate(network(name), edits_of(name, text)).refusal
        raise ValueError(refusal.message if refusal else "")

    return ask


REFUSALS: dict[str, tuple[str, Ask]] = {  # the network that is spoken of, and what is refused
    "in_chans": (V4, lambda: network(V4, in_chans=1)),
    "input_shape": (V4, lambda: network(V4, "input_shape=3x299x299")),
    "num_classes": (V4, lambda: irnet.build(V4, num_classes=10)),
    "drop_rate": (V4, lambda: irnet.code(V4, drop_rate=0.1)),
    "scale": (V2, lambda: irnet.diagram(V2, scale=0.2)),
    "a slip in a knob": (V4, lambda: network(V4, clases=10)),
    "a slip in a name": (V4, lambda: irnet.explore("inceptionv4")),
    "an input that is too small": (V4, lambda: resolve(network(V4, input_size=32))),
    "one that is much too small": (V2, lambda: resolve(network(V2, input_size=20))),
    "a stride of one branch": (V4, refused_edit(V4, "reduction_a.0.b0.stride=1")),
    "a padding of one branch": (V4, refused_edit(V4, "inception_a.0.b2.1.padding=valid")),
    "a stride of many steps": (V4, refused_edit(V4, "stem.stride=1")),
    "a stride in a residual": (V2, refused_edit(V2, "block_a.0.body.b0.stride=2")),
    "a stride of nothing": (V4, refused_edit(V4, "stem.0.33.stride=1")),
    "a stride of a merge": (V4, refused_edit(V4, "reduction_a.0.concat.stride=1")),
    "a padding of a unit": (V4, refused_edit(V4, "stem.0.0.bn.padding=same")),
    "a stride beyond its limits": (V4, refused_edit(V4, "stem.0.0.stride=9")),
    "another library's knob": (V4, refused_edit(V4, "in_chans=1")),
    "an even kernel": (V4, refused_edit(V4, "inception_b.0.b2.1.kernel=1x6")),
    "the width of a sum": (V2, refused_edit(V2, "block_b.0.project.filters=1154")),
    "no network": (V4, lambda: resolve(None)),  # type: ignore[arg-type]
    "no model": (V4, lambda: irnet.load_weights(V4, "weights.pth")),  # type: ignore[arg-type]
    "no figure": (V4, lambda: content("figure_99", "svg", "light", "natural", 2.0)),
    "a box": (V4, lambda: resolve(V4)["inception_b.0.b9"]),
    "a key of a checkpoint": (V4, lambda: find(network(V4), "inception_b.0.b9.conv.weight")),
}
_EDIT = r"[\w.]+=[\w.]+"


def hints(said: str, name: str) -> Iterator[Ask]:
    """What a message advises, as calls."""
    for call in re.findall(r'irnet\.\w+\("[^"]*"\)', said):
        yield partial(eval, call, {"irnet": irnet})
    for command in re.findall(r"`irnet ([^`]+)`", said):
        yield partial(run, command)
    for edits in re.findall(rf"(?:that works|[Cc]hange [\w ]+|fewer reductions): ({_EDIT}(?:, {_EDIT})*)", said):
        size = re.search(r"an input of (\d+)x", said)
        yield partial(runs, name, edits, **({"input_size": int(size[1])} if size else {}))
    for meant in re.findall(r"did you mean ([\w., ]+)\?", said):
        for one in re.split(", | or ", meant):
            same = {} if one in PRESETS else {one: knobs(PRESETS[name])[one]}
            yield partial(runs, one if one in PRESETS else name, **same)
    for near in re.findall(r"near(?: ones:|est is) ([\w., ']+)", said):
        for one in near.replace("'", "").split(", "):
            yield partial(find, network(name), one)


def run(command: str) -> None:
    assert main(command.split()) == 0


def runs(name: str, *edits: str, **changes: Any) -> None:
    assert resolve(network(name, *edits, **changes)).rows


@pytest.mark.parametrize(("name", "ask"), REFUSALS.values(), ids=REFUSALS)
def test_what_a_refusal_advises_works_when_it_is_typed(name: str, ask: Ask) -> None:
    with pytest.raises((ValueError, KeyError)) as refused:
        ask()
    said = str(refused.value.args[0])
    assert "\n" not in said
    found = list(hints(said, name))
    assert found, said
    for hint in found:
        hint()


def test_a_folder_without_an_index_is_made_by_the_command_that_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"`irnet export --all {re.escape(str(tmp_path))}`"):
        check(tmp_path, workers=1)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "network": irnet.network,
    "resolve": irnet.resolve,
    "build": lambda given: irnet.build(given, "meta"),
    "code": irnet.code,
    "diagram": irnet.diagram,
    "explore": irnet.explore,
    "compare": lambda given: irnet.compare("inception_v4", given),
}
OF_MODELS: dict[str, Callable[[Any], Any]] = {
    "capture": lambda given: irnet.capture(given, "stem").__enter__(),
    "intervene": lambda given: irnet.intervene(given, {}).__enter__(),
    "load_weights": lambda given: irnet.load_weights(given, "weights.pth"),
}


def test_every_public_function_is_tried() -> None:
    assert {*FUNCTIONS, *OF_MODELS, "check", "open", "PRESETS", "Rows"} == set(irnet.__all__)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_takes_a_network_a_name_or_a_built_model_and_refuses_the_rest(name: str) -> None:
    ask = FUNCTIONS[name]
    meant: tuple[Any, ...] = (network(V4, a=1), "inception_v4", irnet.build("inception_v4", "meta"))
    for given in meant:
        ask(given)
    others: tuple[tuple[Any, str], ...] = (
        (None, "None"),
        (3, "3"),
        ([], "a list"),
        (PRESETS[V4], "an irnet.models.inception_v4.InceptionV4"),
    )
    for given, what in others:
        with pytest.raises(ValueError, match=rf"^{re.escape(what)} is no network: give [^\n]+$"):
            ask(given)
    with pytest.raises(ValueError, match=r"^Linear can't be traced with an input of \(3, 299, 299\): [^\n]+$"):
        ask(nn.Linear(1, 1))


def test_a_check_takes_a_foreign_module_too_and_refuses_the_rest() -> None:
    assert irnet.check(network(V4), V4).sentence
    with pytest.raises(ValueError, match=r"^None is no network: give [^\n]+$"):
        irnet.check(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", OF_MODELS)
def test_what_runs_a_model_refuses_what_is_none(name: str) -> None:
    for given in (None, 3, "inception_v4", network("inception_v4")):
        with pytest.raises(ValueError, match=r'is no model: give what irnet.build\("inception_v4"\) gives$'):
            OF_MODELS[name](given)


def test_a_foreign_module_can_be_watched_and_takes_no_weights() -> None:
    module = nn.Sequential(nn.Linear(1, 1))
    with irnet.capture(module, "0") as found:
        module(torch.zeros(1, 1))
    assert found["0"].shape == (1, 1)
    with pytest.raises(ValueError, match=r"^a torch\.nn\.modules\.container\.Sequential is no model"):
        irnet.load_weights(module, "weights.pth")  # type: ignore[arg-type]


def test_knobs_can_be_changed_where_a_name_is_given() -> None:
    assert irnet.build("inception_v4", "meta", classes=0).network == network("inception_v4", classes=0)
    assert irnet.code("inception_v4", classes=7) == irnet.code(network("inception_v4", classes=7))
    assert irnet.diagram("inception_v4", channels=1).source == irnet.diagram(network("inception_v4", channels=1)).source
    again = irnet.network(network(V4, "reduction_b.stride=1", a=1), b=2)
    assert again.label == "inception_v4.paper (a=1, b=2, reduction_b.0.stride=1)"
