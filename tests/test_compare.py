"""What changed between two networks, and that nothing is lost between parts and totals."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.comparison.changes import Change, Comparison, compare, part_counts
from irnet.comparison.side_by_side import changed_knobs
from irnet.models import PRESETS, network
from irnet.models.fragments import pool_last
from irnet.models.recipe import knobs
from irnet.spec import Conv, Fork, Network, Node, Residual, Stage
from irnet.tree import describe
from irnet.tree.totals import totals
from tests.walks import knob_values

V1, V2 = "inception_resnet_v1.paper", "inception_resnet_v2.paper"
FACENET, SLIM = "inception_resnet_v1.facenet", "inception_resnet_v2.tf_slim"
ORDERED = [("inception_v4.paper", "inception_a"), ("inception_v4.paper", "reduction_a"), (V2, "reduction_b")]


def compared(one: str, two: str) -> Comparison:
    return compare(network(one), network(two))


def found(one: str, two: str) -> dict[str, tuple[object, object]]:
    """The changes by place."""
    return {change.where: (change.left, change.right) for change in compared(one, two).changes}


def single(node: Node) -> Network:
    return Network("single", (Stage("block", node, part="a"),))


FILTERS = {name: (getattr(PRESETS["inception_v4.paper"], name), None) for name in "klmn"}
BLOCKS: dict[str, tuple[float, float]] = {"a": (5, 10), "b": (10, 20), "c": (5, 9)}
SCALES = {"scale_a": (0.1, 0.17), "scale_c": (0.1, 0.2)}


@pytest.mark.parametrize(
    ("one", "two", "knobs_"),
    [
        (V1, V2, {"k": (192, 256), "l": (192, 256), "m": (256, 384)}),
        (V2, SLIM, BLOCKS | SCALES),
        (V1, FACENET, {"classes": (1000, 8631), "dropout": (0.2, 0.6), "input_size": (299, 160)} | SCALES),
        ("inception_v4.paper", "inception_v4.tf_slim", {}),
        ("inception_v4.paper", "inception_v3.tf_slim", {"a": (4, None), "b": (7, None), "c": (3, None)} | FILTERS),
    ],
)
def test_networks_differ_in_these_knobs_of_table_1(
    one: str, two: str, knobs_: dict[str, tuple[object, object]]
) -> None:
    changed = changed_knobs(network(one), network(two))
    assert {change.where: change.values for change in changed} == knobs_


def test_a_release_is_told_by_its_repeats_scales_and_own_stages() -> None:
    changes = found(V2, SLIM)
    expected = {f"block_{part}.repeat": values for part, values in BLOCKS.items()}
    expected |= {f"block_{part}.scale": SCALES[f"scale_{part}"] for part in "ac"}
    assert {place: changes.get(place) for place in expected} == expected
    added = {place for place, (left, _) in changes.items() if left is None}
    assert added == {"stem.5", "mixed_5b", "block8", "conv2d_7b"}
    head = {"head.classes", "head.dropout", "head.embedding"}
    orders = {f"reduction_{part}: order of the branches" for part in "ab"}
    assert set(found(V1, FACENET)) == {"input", "block_a.scale", "block_c.scale", "block8"} | head | orders


@pytest.mark.parametrize(("name", "stage"), ORDERED)
def test_branches_in_another_order_are_one_change(name: str, stage: str) -> None:
    node = next(s.node for s in network(name).stages if s.name == stage)
    assert isinstance(node, Fork)
    changes = compare(single(node), single(pool_last(node))).changes
    assert changes == (Change("block: order of the branches", describe(node), describe(pool_last(node))),)


def test_the_same_order_is_told_once_a_stage_and_what_the_print_turned_round_kernel_by_kernel() -> None:
    """Errata E2 and E3, Figure 5: in print the pooling branch stands first, and the pairs are the other way round."""
    changes = found("inception_v4.paper", "inception_v4.tf_slim")
    ordered = [place.partition(":")[0] for place in changes if "order of the branches" in place]
    stages = ["inception_a", "reduction_a", "inception_b", "reduction_b", "inception_c"]
    assert ordered == [*stages[:-1], "inception_c.b3.3", "inception_c"]
    inside = [place for place in changes if place.startswith("inception_b.")]
    assert inside == ["inception_b.b2.2", *(f"inception_b.b3.{i}" for i in (1, 2, 3, 4))]


@pytest.mark.parametrize("one", PRESETS)
def test_nothing_is_lost_between_the_parts_and_the_totals_either_way_round(one: str) -> None:
    for two in PRESETS:
        comparison, back = compared(one, two), compared(two, one)
        ours, theirs = totals(network(one)), totals(network(two))
        parts = part_counts(network(one), network(two))
        whole = parts.pop("all")
        for count, values in whole.items():
            sums = tuple(map(sum, zip(*(found[count] for found in parts.values()), strict=True)))
            assert sums == values or count == "receptive_field", (two, count)
        assert whole["params"] == (ours.params, theirs.params)
        differences = (comparison.difference("params"), comparison.difference("macs"))
        assert differences == (theirs.params - ours.params, theirs.macs - ours.macs), two
        forth = Counter((str(change.left), str(change.right)) for change in comparison.changes)
        assert forth == Counter((str(change.right), str(change.left)) for change in back.changes), two
        assert (comparison.changes == ()) == (one == two), two


def test_parts_stand_in_the_order_of_the_network_and_the_finding_is_in_percent_of_the_left_one() -> None:
    """32,433,928 against 42,679,816 parameters, 9.258 against 12.254 GMAC."""
    parts = list(part_counts(network(V1), network(SLIM)))
    assert parts == ["stem", "a", "reduction_a", "b", "reduction_b", "c", "tail", "head", "all"]
    assert compared("inception_v4.paper", V2).finding == (
        "inception_resnet_v2.paper has 24.0 % fewer parameters and 24.4 % fewer MACs than inception_v4.paper."
    )


KNOBS = [(name, knob) for name, recipe in PRESETS.items() for knob in knobs(recipe)]


@given(st.sampled_from(KNOBS), st.data())
def test_every_turn_of_a_knob_is_found(at: tuple[str, str], data: st.DataObject) -> None:
    name, knob = at
    before = knobs(PRESETS[name])[knob]
    value = data.draw(knob_values(name, knob))
    changes = compare(network(name), network(name, **{knob: value})).changes
    assert (changes == ()) == (value == before)


def test_a_relu_that_is_missing_and_a_batch_norm_of_the_sum_are_one_change_each() -> None:
    plain = single(Residual(Conv(8)))
    assert compare(plain, single(Residual(Conv(8), relu=False))).changes == (Change("block.relu", True, False),)
    assert compare(plain, single(Residual(Conv(8), norm=True))).changes == (Change("block.norm", False, True),)


@pytest.mark.parametrize("name", [name for name in PRESETS if "resnet" in name])
def test_a_scale_is_found_in_every_stage_that_has_it(name: str) -> None:
    spec = network(name, scale_a=0.33, scale_b=0.33, scale_c=0.33)
    residual = [s.name for s in spec.stages if isinstance(s.node, Residual) and s.node.scale == 0.33]
    assert [change.where for change in compare(network(name), spec).changes] == [f"{stage}.scale" for stage in residual]
