"""What the grammar refuses, and when two networks are the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from irnet.models import PRESETS, network
from irnet.models.recipe import knobs
from irnet.spec import Chain, Conv, Edit, Fork, Network, Node, Padding, Pool, Residual, Source, Stage
from irnet.tree import resolve
from tests.walks import knob_values

REFUSED: dict[str, tuple[Callable[[], Node], str]] = {
    "no filters": (lambda: Conv(0), "a convolution needs at least 1 filter, not 0"),
    "negative filters": (lambda: Conv(-3), "a convolution needs at least 1 filter, not -3"),
    "an empty kernel": (lambda: Conv(8, 0), "kernel 0 and stride 1 must be at least 1"),
    "a kernel empty on one side": (lambda: Conv(8, (3, 0)), r"kernel \(3, 0\) and stride 1 must be at least 1"),
    "no branch": (lambda: Fork(()), "a fork needs at least 1 branch"),
    "no stride": (lambda: Conv(8, 3, 0, "valid"), "kernel 3 and stride 0 must be at least 1"),
    "a strided same": (lambda: Conv(8, 3, 2), "'same' padding needs stride 1 and an odd kernel, not stride 2"),
    "an even same": (lambda: Conv(8, 2), "'same' padding needs stride 1 and an odd kernel, not stride 1 and kernel 2"),
    "a same even on one side": (lambda: Conv(8, (1, 4)), r"an odd kernel, not stride 1 and kernel \(1, 4\)"),
    "an empty window": (lambda: Pool("max", 0), "kernel 0 and stride 1 must be at least 1"),
    "a strided same pool": (lambda: Pool("avg", 3, 2), "'same' padding needs stride 1 and an odd kernel"),
    "an even same pool": (lambda: Pool("max", 2), "'same' padding needs stride 1 and an odd kernel"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_an_illegal_window_is_refused(make: Callable[[], Node], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_an_odd_kernel_of_stride_1_may_have_either_padding(padding: Padding) -> None:
    assert Conv(8, (1, 7), 1, padding).padding == padding


def alone(node: Node) -> Network:
    return Network("alone", (Stage("only", node),), input_shape=(3, 9, 9))


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (Residual(Conv(8, 3, 2, "valid")), r"^only\.0: cannot add a grid of \(4, 4\) to a grid of \(9, 9\)$"),
        (
            Chain((Conv(4), Fork((Conv(8), Conv(8, 3, 2, "valid"))))),
            r"^only\.0\.1: branches end on different grids: 4x4, 9x9$",
        ),
    ],
)
def test_what_can_not_be_joined_is_refused_by_its_path(node: Node, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        resolve(alone(node))


def settings(preset: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={knob: knob_values(preset, knob) for knob in knobs(PRESETS[preset])})


def filled(preset: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Every knob with its value; a square written as a pair."""
    every = {**knobs(PRESETS[preset]), **changes}
    size = every["input_size"]
    return {**every, "input_size": size if isinstance(size, tuple) else (size, size)}


@given(st.data(), st.sampled_from(sorted(PRESETS)))
def test_the_key_changes_exactly_when_a_knob_does(data: st.DataObject, preset: str) -> None:
    ours = data.draw(settings(preset))
    knob = data.draw(st.sampled_from(sorted(knobs(PRESETS[preset]))))
    theirs = {**ours, knob: data.draw(st.just(filled(preset, ours)[knob]) | knob_values(preset, knob))}
    assume(knob != "depth" or any(filled(preset, ours).get(blocks, 1) for blocks in "abc"))  # no block, no depth
    same = filled(preset, ours) == filled(preset, theirs)
    assume(same or knob not in "klmn" or filled(preset, ours)["width"] == 1)  # near counts round to the same filters
    assert (network(preset, **ours).key == network(preset, **theirs).key) == same


def test_a_key_says_all_of_an_architecture_and_nothing_else_in_every_process() -> None:
    assert len({network(name).key for name in PRESETS}) == len(PRESETS)
    for knob, whole in {"scale_a": 1, "dropout": 0}.items():
        one, two = (network("inception_resnet_v1", **{knob: value}) for value in (whole, float(whole)))
        assert one.key == two.key
    spec = network("inception_resnet_v2")
    stages = tuple(replace(stage, title="x", part="tail", source=Source("x")) for stage in spec.stages)
    head = replace(spec.head, source=Source("x"))
    assert (
        replace(spec, name="x", edits=(Edit("", "x", 1),), source=Source("x"), stages=stages, head=head).key == spec.key
    )
    code = "import irnet; print(irnet.network('inception_resnet_v2').key)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == spec.key
