"""What changed between two networks, and that nothing is lost between parts and totals."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irnet.comparison.changes import Change, Comparison, compare
from irnet.comparison.side_by_side import changed_knobs
from irnet.models import PRESETS, network
from irnet.models.fragments import pool_last
from irnet.models.recipe import knobs, limits
from irnet.spec import Conv, Fork, Network, Node, Residual, Stage
from irnet.tree import describe, smallest_input
from irnet.tree.totals import totals

V1, V2 = "inception_resnet_v1.paper", "inception_resnet_v2.paper"
FACENET, SLIM = "inception_resnet_v1.facenet", "inception_resnet_v2.tf_slim"
BOTH_WAYS = [(one, two) for one in PRESETS for two in PRESETS]
each_pair = pytest.mark.parametrize(("one", "two"), BOTH_WAYS)
ORDERED = [("inception_v4.paper", "inception_a"), ("inception_v4.paper", "reduction_a"), (V2, "reduction_b")]


def compared(one: str, two: str) -> Comparison:
    return compare(network(one), network(two))


def found(one: str, two: str) -> dict[str, tuple[object, object]]:
    """The changes by place."""
    return {change.where: (change.left, change.right) for change in compared(one, two).changes}


def knob_changes(one: str, two: str) -> dict[str, tuple[object, ...]]:
    return {change.where: change.values for change in changed_knobs(network(one), network(two))}


def single(node: Node) -> Network:
    return Network("single", (Stage("block", node, part="a"),))


def test_v1_and_v2_differ_in_three_knobs_of_table_1() -> None:
    assert knob_changes(V1, V2) == {"k": (192, 256), "l": (192, 256), "m": (256, 384)}


def test_the_released_v2_differs_from_the_drawn_one_in_five_knobs() -> None:
    assert knob_changes(V2, SLIM) == {
        "a": (5, 10),
        "b": (10, 20),
        "c": (5, 9),
        "scale_a": (0.1, 0.17),
        "scale_c": (0.1, 0.2),
    }


def test_facenet_differs_from_the_drawn_v1_in_five_knobs() -> None:
    assert knob_changes(V1, FACENET) == {
        "classes": (1000, 8631),
        "dropout": (0.2, 0.6),
        "input_size": (299, 160),
        "scale_a": (0.1, 0.17),
        "scale_c": (0.1, 0.2),
    }


def test_the_drawn_and_the_released_v4_have_the_same_knobs() -> None:
    assert knob_changes("inception_v4.paper", "inception_v4.tf_slim") == {}


def test_knobs_that_only_one_recipe_has_stand_against_none() -> None:
    changes = knob_changes("inception_v4.paper", "inception_v3.tf_slim")
    assert changes == {"a": (4, None), "b": (7, None), "c": (3, None)} | {
        name: (getattr(PRESETS["inception_v4.paper"], name), None) for name in "klmn"
    }


def test_the_released_v2_is_told_by_its_repeats_scales_and_own_stages() -> None:
    changes = found(V2, SLIM)
    expected = {
        "block_a.repeat": (5, 10),
        "block_b.repeat": (10, 20),
        "block_c.repeat": (5, 9),
        "block_a.scale": (0.1, 0.17),
        "block_c.scale": (0.1, 0.2),
    }
    assert {place: changes.get(place) for place in expected} == expected
    assert {place for place, (left, _) in changes.items() if left is None} == {
        "stem.5",
        "mixed_5b",
        "block8",
        "conv2d_7b",
    }


def test_facenet_is_told_by_its_head_input_and_last_block() -> None:
    assert set(found(V1, FACENET)) == {
        "input",
        "block_a.scale",
        "reduction_a: order of the branches",
        "reduction_b: order of the branches",
        "block_c.scale",
        "block8",
        "head.classes",
        "head.dropout",
        "head.embedding",
    }


@pytest.mark.parametrize(("name", "stage"), ORDERED)
def test_branches_in_another_order_are_one_change(name: str, stage: str) -> None:
    node = next(s.node for s in network(name).stages if s.name == stage)
    assert isinstance(node, Fork)
    changes = compare(single(node), single(pool_last(node))).changes
    assert changes == (Change("block: order of the branches", describe(node), describe(pool_last(node))),)


def test_the_same_order_in_all_blocks_is_told_once_a_stage() -> None:
    ordered = [
        place for place in found("inception_v4.paper", "inception_v4.tf_slim") if "order of the branches" in place
    ]
    stages = ["inception_a", "reduction_a", "inception_b", "reduction_b", "inception_c"]
    assert [place.partition(":")[0] for place in ordered] == [*stages[:-1], "inception_c.b3.3", "inception_c"]


def test_what_the_print_turned_round_is_told_kernel_by_kernel_beside_the_order() -> None:
    """Errata E2 and E3, Figure 5: in print the pooling branch stands first, and the pairs are the other way round."""
    changes = compare(network("inception_v4.paper"), network("inception_v4.tf_slim")).changes
    inside = [c.where for c in changes if c.where.startswith("inception_b.")]
    assert inside == ["inception_b.b2.2", *(f"inception_b.b3.{i}" for i in (1, 2, 3, 4))]


@each_pair
def test_the_parts_add_up_to_the_totals(one: str, two: str) -> None:
    fields = ("params", "macs", "activation_elements")
    sums = {field: [pair.sums(field) for pair in compared(one, two).pairs] for field in fields}
    ours, theirs = totals(network(one)), totals(network(two))
    assert {field: (sum(left for left, _ in s), sum(right for _, right in s)) for field, s in sums.items()} == {
        field: (getattr(ours, field), getattr(theirs, field)) for field in fields
    }


@each_pair
def test_every_stage_is_in_exactly_one_part(one: str, two: str) -> None:
    sides = zip(*((pair.left, pair.right) for pair in compared(one, two).pairs), strict=True)
    names = [sorted(stage.name for part in side for stage in part) for side in sides]
    assert names == [sorted([*(stage.name for stage in network(name).stages), "head"]) for name in (one, two)]


def test_parts_stand_in_the_order_of_the_network_and_the_head_is_one_of_its_own() -> None:
    parts = [pair.part for pair in compared(V1, SLIM).pairs]
    assert parts == ["stem", "a", "reduction_a", "b", "reduction_b", "c", "tail", "head"]


@each_pair
def test_the_other_way_round_every_change_changes_sides(one: str, two: str) -> None:
    forth = Counter((str(change.left), str(change.right)) for change in compared(one, two).changes)
    back = Counter((str(change.right), str(change.left)) for change in compared(two, one).changes)
    assert forth == back


@each_pair
def test_there_are_changes_exactly_between_two_networks(one: str, two: str) -> None:
    assert (compared(one, two).changes == ()) == (one == two)


@each_pair
def test_the_difference_is_that_of_the_totals(one: str, two: str) -> None:
    ours, theirs = totals(network(one)), totals(network(two))
    comparison = compared(one, two)
    found = (comparison.difference("params"), comparison.difference("macs"))
    assert found == (theirs.params - ours.params, theirs.macs - ours.macs)


def test_the_finding_is_told_in_percent_of_the_left_network() -> None:
    """32,433,928 against 42,679,816 parameters, 9.258 against 12.254 GMAC."""
    assert compared("inception_v4.paper", V2).finding == (
        "inception_resnet_v2.paper has 24.0 % fewer parameters and 24.4 % fewer MACs than inception_v4.paper."
    )


KNOBS = [(name, knob) for name, recipe in PRESETS.items() for knob in knobs(recipe)]


def values(name: str, knob: str) -> st.SearchStrategy[Any]:
    """What a knob may be; an input has to be large enough, and widths that are near round to the same filters."""
    before, limit = knobs(PRESETS[name])[knob], limits(PRESETS[name])[knob]
    if isinstance(before, bool):
        return st.booleans()
    if knob == "width":
        return st.integers(int(limit.low / limit.step), int(limit.high / limit.step)).map(lambda n: n * limit.step)
    low = smallest_input(network(name)) if knob == "input_size" else int(limit.low)
    whole = st.integers(low, int(limit.high))
    return st.floats(limit.low, limit.high) if isinstance(before, float) else whole


@given(st.sampled_from(KNOBS), st.data())
def test_every_turn_of_a_knob_is_found(at: tuple[str, str], data: st.DataObject) -> None:
    name, knob = at
    before = knobs(PRESETS[name])[knob]
    value = data.draw(values(name, knob))
    changes = compare(network(name), network(name, **{knob: value})).changes
    assert (changes == ()) == (value == before)


def test_a_relu_that_is_missing_after_a_sum_is_one_change() -> None:
    changes = compare(single(Residual(Conv(8))), single(Residual(Conv(8), relu=False))).changes
    assert changes == (Change("block.relu", True, False),)


def test_a_batch_norm_of_the_sum_is_one_change() -> None:
    changes = compare(single(Residual(Conv(8))), single(Residual(Conv(8), norm=True))).changes
    assert changes == (Change("block.norm", False, True),)


@pytest.mark.parametrize("name", [name for name in PRESETS if "resnet" in name])
def test_a_scale_is_found_in_every_stage_that_has_it(name: str) -> None:
    spec = network(name, scale_a=0.33, scale_b=0.33, scale_c=0.33)
    residual = [s.name for s in spec.stages if isinstance(s.node, Residual) and s.node.scale == 0.33]
    assert [change.where for change in compare(network(name), spec).changes] == [f"{stage}.scale" for stage in residual]
