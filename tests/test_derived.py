"""A width that nobody can set is said to be there, with an edit that works when it is typed."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from irnet.cli import app
from irnet.edit import apply, parse
from irnet.edit.validate import check, validate
from irnet.models import PRESETS, network
from irnet.spec import Edit, Network
from irnet.tree import resolve
from tests.conftest import presets

V2 = "inception_resnet_v2.paper"
HINT = re.compile(r": ([a-z0-9_.]+=\d+)$")


def refused(spec: Network, path: str, filters: int) -> str:
    """What is said of an edit of the filters at `path`; "" where it is done."""
    try:
        apply(spec, (Edit(path, "filters", filters),))
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", presets("inception_v4.paper", "inception_resnet_v2.paper", "inception_v3.tf_slim"))
def test_every_box_either_takes_a_width_or_says_whose_it_has_and_the_hint_works(name: str) -> None:
    spec = network(name)
    every = [box for box in resolve(spec).values() if box.level != "stage" and box.path.split(".")[1:2] in ([], ["0"])]
    hints = 0
    for box in every:
        width = box.out_shape[0]
        told = refused(spec, box.path, width + 8)
        assert told == "" or "it is there" in told, box.path
        if told and (hint := HINT.search(told)):
            hints += 1
            found = check(apply(spec, (parse(PRESETS[name], hint[1]),)))
            assert resolve(found)[box.path].out_shape[0] == width + 8, (box.path, hint[1])
    assert hints > len(every) / 3


def test_the_width_of_a_projection_is_that_of_the_shortcut() -> None:
    told = refused(network(V2), "block_b.0.project", 1154)
    assert "it is there, and 1152 wide, as the shortcut" in told
    assert told.endswith("reduction_a.0.b1.filters=386")
    assert "1152 wide" in refused(network(V2), "block_b.0.project", 1152)
    assert "nothing is there" in refused(network(V2), "block_b.0.body.b9", 8)


@pytest.mark.parametrize("edit", ["block_b.0.project.filters=1154", "block_c.0.add.filters=2146"])
def test_the_command_line_says_it_and_takes_what_it_says(edit: str) -> None:
    run = CliRunner().invoke(app, ["summary", V2, "--set", edit])
    assert run.exit_code != 0
    hint = HINT.search(str(run.exception))
    assert hint
    assert CliRunner().invoke(app, ["summary", V2, "--set", hint[1]]).exit_code == 0


def test_the_fix_is_what_the_reason_names() -> None:
    refusal = validate(network(V2), (Edit("block_b.0.project", "filters", 1154),)).refusal
    assert refusal
    assert refusal.fix == Edit("reduction_a.0.b1", "filters", 386)
    assert refusal.message.count("reduction_a.0.b1.filters=386") == 1


def test_what_has_no_filters_and_no_kernel_is_not_said_to_be_missing() -> None:
    for edit in (Edit("block_b.0.project", "kernel", 3), Edit("block_b.0.body.concat", "kernel", 5)):
        with pytest.raises(ValueError, match=f"it is there, and has no {edit.what} that can be set"):
            apply(network(V2), (edit,))
