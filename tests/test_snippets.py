"""Snippets run as they stand, and do what they say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

import irnet
from irnet.codegen.snippets import snippets
from irnet.models import network
from irnet.spec import Network
from irnet.tree import resolve

V2 = network("inception_resnet_v2.tf_slim", a=1, b=1, c=1, input_size=(96, 80), width=0.25)
V1 = network("inception_resnet_v1.facenet", a=1, b=1, c=1, input_size=96, classes=0, dropout=0.5, width=0.25)
V4 = network("inception_v4", a=1, b=1, c=1, input_size=139, width=0.25)  # the last blocks have several pixels
PLACES = [
    (V2, "block_b.0.body.b1.2"),
    (V2, "block_b.0.body.b1.2.bn"),
    (V2, "block_b.0.body.concat"),
    (V2, "block_b.0.scale"),
    (V2, "mixed_5b"),
    (V2, "stem.0.3"),
    (V2, "classifier"),
    (V1, "block8.0"),
    (V1, "embedding"),
    (V4, "inception_c.0.b3.3"),
    (V4, "pool"),
]
IDS = [f"{spec.name} {path}" for spec, path in PLACES]
HOOKED, CAM, CUT, FREEZE = "in plain torch", "Grad-CAM", "Cut", "Freeze"


def lively(code: str) -> str:
    """The snippet with numbers in its image and weights: from a black one, untrained layers make nothing but zeros."""
    lively = "from irnet.runtime.init import initialise\ninitialise(model, 'he', 0)"
    code = code.replace('# irnet.load_weights(model, "model.safetensors")', lively)
    return code.replace("torch.zeros(", "torch.ones(")


@cache
def ran(spec: Network, path: str, title: str) -> dict[str, Any]:
    """What a snippet leaves behind; empty if there is none of that title."""
    found: dict[str, Any] = {}
    for snippet in snippets(spec, path):
        if title in snippet.title:
            exec(lively(snippet.code), found)  # the snippet itself is what is tested
    return found


def shape(spec: Network, path: str) -> tuple[int, ...]:
    """Of one output, (N, C, H, W) or, in the head, (N, C)."""
    box = resolve(spec)[path]
    return (1, *box.out_shape) if box.stage else (1, *box.out_shape[:1])


@pytest.mark.parametrize(("spec", "path"), PLACES, ids=IDS)
def test_a_hook_reads_the_output_of_the_box_and_capture_the_same(spec: Network, path: str) -> None:
    hooked = ran(spec, path, HOOKED)
    ((module, made),) = hooked["features"].items()
    assert tuple(made.shape) == shape(spec, path)
    assert made.std() > 0
    assert sum(len(module._forward_hooks) for module in hooked["model"].modules()) == 0
    code = next(snippet.code for snippet in snippets(spec, path) if snippet.title == "Read its output")
    found: dict[str, Any] = {}
    exec(lively(code), found)
    assert torch.equal(found["features"], hooked["features"][module])


@pytest.mark.parametrize(("spec", "path"), PLACES, ids=IDS)
def test_a_cut_network_puts_out_the_same_has_nothing_behind_and_its_cam_the_grid_of_the_box(
    spec: Network, path: str
) -> None:
    found, hooked = ran(spec, path, CUT), ran(spec, path, HOOKED)["features"]
    assert torch.equal(found["features"], *hooked.values())
    behind = {"classifier", "normalize"} - {path}
    assert behind.isdisjoint(dict(found["cut"].named_children()))
    cam = ran(spec, path, CAM)
    assert bool(cam) == bool(resolve(spec)[path].stage)  # the head has none
    assert not cam or tuple(cam["cam"].shape) == (1, *shape(spec, path)[2:])


@pytest.mark.parametrize(("spec", "path"), PLACES, ids=IDS)
def test_what_is_frozen_is_what_runs_up_to_the_box(spec: Network, path: str) -> None:
    """By the rows: a row's parameters are frozen if it stands before the last row of the box, or is that."""
    model = ran(spec, path, FREEZE)["model"]
    frozen = sum(p.numel() for p in model.parameters() if not p.requires_grad)
    rows, last = resolve(spec).rows, resolve(spec)[path].rows[-1]
    assert frozen == sum(row.params for row in rows[: rows.index(last) + 1])


def test_every_snippet_runs_as_it_stands_and_makes_the_network_that_is_on_screen() -> None:
    for snippet in snippets(V2, "block_b.0"):
        exec(snippet.code, {})
    assert ran(V2, "mixed_5b", HOOKED)["model"].network == V2


def test_the_cam_of_the_last_block_is_the_weighted_sum_of_its_channels() -> None:
    """After the last block come only the mean and a matrix, so the gradient is that matrix over the grid."""
    found = ran(V4, "inception_c", CAM)
    model = found["model"]
    with irnet.capture(model, "inception_c") as kept, torch.no_grad():
        best = model(found["image"])[0].argmax()
    made = kept["inception_c"]
    weights = model.classifier.weight[best] / made[0, 0].numel()
    wanted = torch.einsum("c,nchw->nhw", weights.detach(), made).relu()
    assert wanted.max() > 0
    assert torch.allclose(found["cam"], wanted, rtol=1e-4, atol=1e-4 * float(wanted.max()))


def test_a_cam_shows_only_what_speaks_for_the_class() -> None:
    code = next(snippet.code for snippet in snippets(V4, "inception_c") if CAM in snippet.title)
    against = "model.classifier.weight.data = -model.classifier.weight.data.abs()\nimage = "
    found: dict[str, Any] = {}
    exec(lively(code).replace("image = ", against, 1), found)
    assert found["cam"].max() == 0


def test_an_unknown_box_and_a_network_of_no_preset_are_refused() -> None:
    with pytest.raises(KeyError, match=r"has no box 'block_z'"):
        snippets(V2, "block_z")
    with pytest.raises(ValueError, match=r"^mine is not a preset"):
        snippets(replace(V2, name="mine"), "pool")
