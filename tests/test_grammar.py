"""What the grammar and the knobs refuse, and when two networks are the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from irnet.edit import network_of_label
from irnet.models import PRESETS, network
from irnet.models.recipe import Limits, knobs, limits, parse_knob
from irnet.spec import Chain, Conv, Edit, Fork, Layer, Network, Node, Padding, Pool, Residual, Source, Stage
from irnet.tree import resolve
from tests.walks import knob_values

REFUSED: dict[str, tuple[Callable[[], Node], str]] = {
    "no filters": (lambda: Conv(0), "a convolution needs at least 1 filter, not 0"),
    "negative filters": (lambda: Conv(-3), "a convolution needs at least 1 filter, not -3"),
    "an empty kernel": (lambda: Conv(8, 0), "kernel 0 and stride 1 must be at least 1"),
    "a kernel empty on one side": (lambda: Conv(8, (3, 0)), r"kernel \(3, 0\) and stride 1 must be at least 1"),
    "no branch": (lambda: Fork(()), "a fork needs at least 1 branch"),
    "no stride": (lambda: Conv(8, 3, 0, "valid"), "kernel 3 and stride 0 must be at least 1"),
    "an even same": (lambda: Conv(8, 2), "'same' padding needs an odd kernel, not 2"),
    "a same even on one side": (lambda: Conv(8, (1, 4)), r"an odd kernel, not \(1, 4\)"),
    "an empty window": (lambda: Pool("max", 0), "kernel 0 and stride 1 must be at least 1"),
    "an even same pool": (lambda: Pool("max", 2), "'same' padding needs an odd kernel, not 2"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_an_illegal_window_is_refused(make: Callable[[], Node], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_an_odd_kernel_of_any_stride_may_have_either_padding(padding: Padding) -> None:
    for stride in (1, 2, 3):
        assert Conv(8, (1, 7), stride, padding).padding == Pool("avg", 3, stride, padding).padding == padding


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


def message(preset: str, **changes: object) -> str:
    """What is said about these knobs."""
    with pytest.raises(ValueError, match=r".+") as refused:
        network(preset, **changes)
    return str(refused.value)


def bounds(limit: Limits) -> str:
    return f"{limit.low:g} to {limit.high:g} ({limit.help})"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_knob_takes_its_limits_and_nothing_beyond_and_no_other_type(preset: str) -> None:
    for knob, limit in limits(PRESETS[preset]).items():
        now = knobs(PRESETS[preset])[knob]
        if isinstance(now, bool):
            for word in ("true", None, 0, 1, 0.0, [True]):
                told = f"{preset}: {knob}={word!r} is neither true nor false ("
                assert message(preset, **{knob: word}).startswith(told)
            continue
        for end in (limit.low, limit.high):
            assert network(preset, **{knob: type(now)(end)}).name == preset
        for value in (type(now)(limit.low - limit.step), type(now)(limit.high + limit.step)):
            assert message(preset, **{knob: value}) == f"{preset}: {knob}={value} is outside {bounds(limit)}"
        for other in ("8", None, True, [8], float("nan")):
            said = message(preset, **{knob: other})
            assert said.startswith(f"{preset}: {knob}={other!r} is ")
            assert said.endswith(bounds(limit))
        if isinstance(now, int):
            value = limit.low + 0.5
            told = f"{preset}: {knob}={value} is not a whole number from {bounds(limit)}"
            assert message(preset, **{knob: value}) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "is outside 1 to 4096 (Input size in pixels)"),
        ((299, 4097), "is outside 1 to 4096 (Input size in pixels)"),
        ((), "input_size=() is not a whole number from 1 to 4096"),
        ((3, 299, 299), "input_size=(3, 299, 299) is not a whole number from 1 to 4096"),
    ],
)
def test_an_input_has_one_or_two_sides_within_their_limits(size: int | tuple[int, ...], told: str) -> None:
    assert told in message("inception_v4", input_size=size)


def test_a_pair_is_height_and_width_and_a_square_has_one_way_to_be_written() -> None:
    assert network("inception_v4", input_size=(224, 261)).input_shape == (3, 224, 261)
    assert network("inception_v4", input_size=(224, 224)).label == network("inception_v4", input_size=224).label


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_the_common_knobs_and_names_them_where_one_is_misspelt(preset: str) -> None:
    """A slider that starts at the low limit can reach the published value."""
    assert {"classes", "dropout", "input_size"} <= set(limits(PRESETS[preset]))
    told = f"{preset} has no knob 'clases'; did you mean classes? Its knobs: classes,"
    assert message(preset, clases=10).startswith(told)
    recipe = PRESETS[preset]
    steps = {k: (value - limits(recipe)[k].low) / limits(recipe)[k].step for k, value in knobs(recipe).items()}
    assert {k: step for k, step in steps.items() if abs(step - round(step)) > 1e-9} == {}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("inception_v5", "inception_v4.paper"),
        ("inception_resnet_v2.papers", "inception_resnet_v2.paper"),
        ("inception-resnet-v1", "inception_resnet_v1.paper"),
        ("inceptionv3", "inception_v3.tf_slim"),
    ],
)
def test_a_misspelt_name_gets_its_near_match(name: str, near: str) -> None:
    hint = message(name).partition("did you mean ")[2].partition("?")[0]
    assert near in hint.split(" or ")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("inception_resnet_v2.keras", "the network that Keras has is inception_resnet_v2.tf_slim"),
        ("inception_v3.keras", "the network that Keras has is inception_v3.tf_slim"),
        ("inception_v3.timm", "the network that timm has is inception_v3.torchvision"),
        ("inception_v3.tf_in1k", "the network that timm has is inception_v3.torchvision"),
        ("inception_v4.cadene", "the network that Cadene has is inception_v4.tf_slim"),
        ("inception_resnet_v1.facenet_pytorch", "the network that facenet-pytorch has is inception_resnet_v1.facenet"),
    ],
)
def test_a_name_as_another_project_has_it_gets_the_preset_that_it_is(name: str, told: str) -> None:
    assert f"; {told}. All names: " in message(name)


def test_an_unknown_name_gets_all_names_and_an_unknown_knob_all_knobs() -> None:
    assert message("zzz") == f"no network is called 'zzz'. All names: {', '.join(PRESETS)}"
    said = message("inception_v3", zzz=1)
    assert (
        said
        == "inception_v3.tf_slim has no knob 'zzz'. Its knobs: classes, dropout, input_size, channels, width, depth, "
        "auxiliary"
    )


def test_a_bare_architecture_means_the_paper_and_v3_the_release() -> None:
    for architecture in ("inception_v4", "inception_resnet_v1", "inception_resnet_v2"):
        assert network(architecture) == network(f"{architecture}.paper")
    assert network("inception_v3").name == "inception_v3.tf_slim"


def test_a_label_tells_the_edits_and_leads_back_to_its_network() -> None:
    spec = network("inception_resnet_v2", scale_b=0.25, a=6, input_size=(224, 261), classes=1000)
    assert spec.label == "inception_resnet_v2.paper (input_size=224x261, a=6, scale_b=0.25)"
    spec = network("inception_resnet_v1", sum_norm=True, width=0.5, depth=2)
    assert (spec.edit_text, network_of_label(spec.label).key) == ("width=0.5, depth=2, sum_norm=true", spec.key)


def test_a_switch_is_read_from_words() -> None:
    recipe = PRESETS["inception_resnet_v1.paper"]
    for word, value in {"true": True, "1": True, "False": False, "0": False}.items():
        assert parse_knob(recipe, f"sum_norm={word}") == ("sum_norm", value)
    with pytest.raises(ValueError, match=r"^sum_norm=maybe is not true or false$"):
        parse_knob(recipe, "sum_norm=maybe")


def convolutions(node: Node) -> list[Conv]:
    match node:
        case Conv():
            return [node]
        case Pool() | Layer():
            return []
        case Chain(parts) | Fork(parts):
            return [found for part in parts for found in convolutions(part)]
        case Residual(body):
            return convolutions(body)
        case _:
            raise AssertionError(f"no preset has {node}")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_width_multiplies_every_filter_in_eights_and_a_depth_repeats_blocks_and_nothing_else(preset: str) -> None:
    stages = network(preset).stages
    plain = [conv for stage in stages for block in stage.blocks for conv in convolutions(block)]
    for width in (0.125, 0.5, 1.5, 4.0):
        blocks = (block for stage in network(preset, width=width).stages for block in stage.blocks)
        wide = [conv.filters for block in blocks for conv in convolutions(block)]
        assert all(filters % 8 == 0 and filters >= 8 for filters in wide)
        for before, after in zip(plain, wide, strict=True):
            step = 24 if before.groups == 3 else 8  # three groups of eights, one a colour
            assert abs(after - max(step, width * before.filters)) <= step / 2
    macs = [sum(row.macs for row in resolve(network(preset, width=w)).rows if row.op == "conv") for w in (1.0, 2.0)]
    assert 3.8 < macs[1] / macs[0] < 4  # the first convolution reads three colours whatever the width
    times = {s.name: d.repeat // s.repeat for s, d in zip(stages, network(preset, depth=3).stages, strict=True)}
    # block8 is one at the end of the released networks, however many come before it; so are two of Xception's
    once, more = ("block8", "block2", "exit"), ("layer1",)
    repeated = {s.name for s in stages if (s.part in ("a", "b", "c") and s.name not in once) or s.name in more}
    assert times == {s.name: 3 if s.name in repeated else 1 for s in stages}
